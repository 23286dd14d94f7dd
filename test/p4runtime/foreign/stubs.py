"""Stubs of protoc from the public .proto files, on grpcio, against our server: arbitration, pipeline, writes, reads, packets, digests.

Usage: stubs.py PROTO_DIR   (the folder `proto` of a checkout of p4lang/p4runtime)
"""
import os
import queue
import subprocess
import sys
import tempfile
import threading

from switch import Steps, Switch, equal

if len(sys.argv) != 2 or not os.path.exists(os.path.join(sys.argv[1], "p4", "v1", "p4runtime.proto")):
    sys.exit(__doc__)

# The public files import google/rpc/status.proto from beside them, and any.proto from protoc's own includes.
stubs = tempfile.mkdtemp(prefix="softipu-stubs-")
files = ["p4/v1/p4runtime.proto", "p4/v1/p4data.proto", "p4/config/v1/p4info.proto", "p4/config/v1/p4types.proto"]
plugin = subprocess.run(["which", "grpc_python_plugin"], capture_output=True, text=True, check=True).stdout.strip()
subprocess.run(
    ["protoc", f"-I{sys.argv[1]}", "-I/usr/include", f"--python_out={stubs}", f"--grpc_python_out={stubs}",
     f"--plugin=protoc-gen-grpc_python={plugin}", *files, "google/rpc/status.proto"],
    check=True,
)
sys.path.insert(0, stubs)

import google  # noqa: E402

# Debian's package `google` is an ordinary one: what protoc wrote below it has to be found as well.
google.__path__.append(os.path.join(stubs, "google"))

import grpc  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from google.rpc import status_pb2  # noqa: E402
from p4.config.v1 import p4info_pb2  # noqa: E402
from p4.v1 import p4runtime_pb2, p4runtime_pb2_grpc  # noqa: E402

p4 = p4runtime_pb2
switch = Switch()
step = Steps()

info = p4info_pb2.P4Info()
text_format.Parse(open(switch.p4info).read(), info)
ids = {o.preamble.alias: o.preamble.id
       for kind in (info.tables, info.actions, info.action_profiles, info.counters, info.meters, info.registers,
                    info.value_sets, info.digests)
       for o in kind}
header_fields = {c.preamble.name: {m.name: m.id for m in c.metadata} for c in info.controller_packet_metadata}

stub = p4runtime_pb2_grpc.P4RuntimeStub(grpc.insecure_channel(switch.address, [("grpc.max_metadata_size", 1 << 22)]))


class Client:
    """One StreamChannel: what is to be sent, and what came."""

    def __init__(self, election_id, role=None):
        self.out, self.came = queue.Queue(), queue.Queue()
        self.election_id = p4.Uint128(high=0, low=election_id)
        responses = stub.StreamChannel(iter(self.out.get, None))
        threading.Thread(target=self.read, args=(responses,), daemon=True).start()
        claim = p4.StreamMessageRequest()
        claim.arbitration.device_id = 1
        claim.arbitration.election_id.CopyFrom(self.election_id)
        if role:
            claim.arbitration.role.name = role
        self.out.put(claim)

    def read(self, responses):
        try:
            for response in responses:
                self.came.put(response)
        except grpc.RpcError as error:
            self.came.put(error)

    def next(self, kind, seconds=5):
        while True:
            message = self.came.get(timeout=seconds)
            if isinstance(message, Exception):
                raise message
            if message.WhichOneof("update") == kind:
                return getattr(message, kind)

    def write(self, *updates, atomicity=p4.WriteRequest.CONTINUE_ON_ERROR):
        request = p4.WriteRequest(device_id=1, election_id=self.election_id, updates=updates, atomicity=atomicity)
        return stub.Write(request)

    def close(self):
        self.out.put(None)


def refused(call):
    """The status of a call that must fail, and the codes of its parts."""
    try:
        call()
    except grpc.RpcError as error:
        trailer = dict(error.trailing_metadata() or []).get("grpc-status-details-bin")
        if trailer is None:
            return error.code(), None
        status = status_pb2.Status.FromString(trailer)
        codes = []
        for part in status.details:
            each = p4.Error()
            assert part.Unpack(each), part.type_url
            codes.append(each.canonical_code)
        return error.code(), codes
    raise AssertionError("the call was not refused")


def update(kind, **entity):
    return p4.Update(type=getattr(p4.Update, kind), entity=p4.Entity(**entity))


def action(name, *params):
    return p4.Action(action_id=ids[name], params=[
        p4.Action.Param(param_id=i + 1, value=value) for i, value in enumerate(params)])


def exact(table, key, value, **more):
    match = p4.FieldMatch(field_id=1, exact=p4.FieldMatch.Exact(value=key))
    return p4.TableEntry(table_id=ids[table], match=[match],
                         action=p4.TableAction(action=action("found", value)), **more)


def read(*entities):
    return [entity for response in stub.Read(p4.ReadRequest(device_id=1, entities=entities)) for entity in response.entities]


def packet_out(client, kind, key, body):
    fields = header_fields["packet_out"]
    message = p4.StreamMessageRequest()
    message.packet.payload = body
    for name, value in (("kind", bytes([kind])), ("key", key)):
        message.packet.metadata.add(metadata_id=fields[name], value=value)
    client.out.put(message)


first = Client(10)


@step("Capabilities says 1.5 or newer")
def _():
    version = stub.Capabilities(p4.CapabilitiesRequest()).p4runtime_api_version
    assert tuple(int(n) for n in version.split(".")[:2]) >= (1, 5), version


@step("arbitration: the first client is primary")
def _():
    answer = first.next("arbitration")
    equal((answer.status.code, answer.election_id.low, answer.device_id), (0, 10, 1))


@step("no pipeline yet: FAILED_PRECONDITION, and an empty config")
def _():
    equal(refused(lambda: read(p4.Entity(table_entry=p4.TableEntry())))[0], grpc.StatusCode.FAILED_PRECONDITION)
    request = p4.GetForwardingPipelineConfigRequest(device_id=1)
    assert not stub.GetForwardingPipelineConfig(request).HasField("config")


def push(config_file, p4info=info, action=p4.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT):
    request = p4.SetForwardingPipelineConfigRequest(device_id=1, election_id=first.election_id, action=action)
    request.config.p4info.CopyFrom(p4info)
    request.config.p4_device_config = open(config_file, "rb").read()
    request.config.cookie.cookie = 0xC0FFEE
    return stub.SetForwardingPipelineConfig(request)


@step("a P4Info that does not belong is refused with the difference")
def _():
    wrong = p4info_pb2.P4Info()
    wrong.CopyFrom(info)
    wrong.tables[0].size = 7
    try:
        push(switch.config, wrong)
    except grpc.RpcError as error:
        equal(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        assert "size" in error.details() and "7" in error.details(), error.details()
        return
    raise AssertionError("it was taken")


@step("pipeline: P4 source as device config")
def _():
    push(os.path.join(os.path.dirname(__file__), "..", "..", "..", "p4", "p4runtime-conformance.p4"))


@step("pipeline: what `softipu compile -o` wrote")
def _():
    push(switch.config)


@step("the pipeline read back: P4Info, device config, cookie")
def _():
    config = stub.GetForwardingPipelineConfig(p4.GetForwardingPipelineConfigRequest(device_id=1)).config
    equal((config.p4info == info, len(config.p4_device_config), config.cookie.cookie),
          (True, os.path.getsize(switch.config), 0xC0FFEE))


@step("writes: insert, modify, delete")
def _():
    first.write(*(update("INSERT", table_entry=exact("exact_one", bytes([n]), b"\x07")) for n in range(1, 101)))
    first.write(update("MODIFY", table_entry=exact("exact_one", b"\x01", b"\x08")))
    first.write(update("DELETE", table_entry=exact("exact_one", b"\x02", b"\x07")))


@step("wildcard read: one table, all tables, one action")
def _():
    equal(len(read(p4.Entity(table_entry=p4.TableEntry(table_id=ids["exact_one"])))), 99)
    everything = [e.table_entry for e in read(p4.Entity(table_entry=p4.TableEntry()))]
    equal(sum(e.table_id == ids["exact_one"] for e in everything), 99)
    assert any(e.is_const for e in everything)
    only = p4.TableEntry(table_id=ids["exact_one"], action=p4.TableAction(action=p4.Action(action_id=ids["NoAction"])))
    equal(read(p4.Entity(table_entry=only)), [])
    key = exact("exact_one", b"\x01", b"\x00")
    key.ClearField("action")
    equal([e.table_entry.action.action.params[0].value for e in read(p4.Entity(table_entry=key))], [b"\x08"])


@step("long bytestrings are accepted, and read back canonical")
def _():
    first.write(update("INSERT", table_entry=exact("exact_one", b"\x00\x00\x01\x2c", b"\x00\x00\x05")))
    found = [e.table_entry for e in read(p4.Entity(table_entry=p4.TableEntry(table_id=ids["exact_one"])))]
    assert exact("exact_one", b"\x01\x2c", b"\x05") in found


@step("errors: one p4.v1.Error per update in the trailer")
def _():
    code, parts = refused(lambda: first.write(
        update("INSERT", table_entry=exact("exact_one", b"\x01", b"\x08")),
        update("INSERT", table_entry=exact("exact_one", b"\xf0", b"\x08")),
        update("DELETE", table_entry=exact("exact_one", b"\xf1", b"\x08")),
        update("INSERT", table_entry=exact("exact_one", b"\x01\x00\x00\x00\x00", b"\x08"))))
    equal((code, parts), (grpc.StatusCode.UNKNOWN, [6, 0, 5, 11]))


@step("ROLLBACK_ON_ERROR: all or none")
def _():
    code, parts = refused(lambda: first.write(
        update("INSERT", table_entry=exact("exact_one", b"\xf5", b"\x08")),
        update("INSERT", table_entry=exact("exact_one", b"\x01", b"\x08")),
        atomicity=p4.WriteRequest.ROLLBACK_ON_ERROR))
    equal((code, parts), (grpc.StatusCode.UNKNOWN, [10, 6]))
    found = [e.table_entry.match[0].exact.value for e in read(p4.Entity(table_entry=p4.TableEntry(table_id=ids["exact_one"])))]
    assert b"\xf5" not in found


@step("ternary, lpm, range, optional keys with priorities")
def _():
    def field(number, **match):
        return p4.FieldMatch(field_id=number, **match)
    entry = p4.TableEntry(table_id=ids["mixed"], priority=7, action=p4.TableAction(action=action("found", b"\x09")), match=[
        field(1, ternary=p4.FieldMatch.Ternary(value=b"\x0a\x00\x00\x00", mask=b"\xff\x00\x00\x00")),
        field(2, range=p4.FieldMatch.Range(low=b"\x50", high=b"\x5a")),
        field(4, exact=p4.FieldMatch.Exact(value=b"\x01"))])
    prefix = p4.TableEntry(table_id=ids["lpm_one"], action=p4.TableAction(action=action("found", b"\x09")), match=[
        field(1, lpm=p4.FieldMatch.LPM(value=b"\x0a\x01\x00\x00", prefix_len=16))])
    first.write(update("INSERT", table_entry=entry), update("INSERT", table_entry=prefix))
    equal([e.table_entry for e in read(p4.Entity(table_entry=p4.TableEntry(table_id=ids["mixed"])))], [entry])
    equal([e.table_entry for e in read(p4.Entity(table_entry=p4.TableEntry(table_id=ids["lpm_one"])))], [prefix])


@step("members, groups and one-shot action sets read back as written")
def _():
    profile = ids["next_hops"]
    members = [p4.ActionProfileMember(action_profile_id=profile, member_id=n, action=action("found", bytes([n]))) for n in (1, 2)]
    group = p4.ActionProfileGroup(action_profile_id=profile, group_id=1, members=[
        p4.ActionProfileGroup.Member(member_id=n, weight=n) for n in (1, 2)])
    entry = exact("selected", b"\x01", b"\x00")
    entry.action.action_profile_group_id = 1
    first.write(*(update("INSERT", action_profile_member=m) for m in members),
                update("INSERT", action_profile_group=group), update("INSERT", table_entry=entry))
    found = read(p4.Entity(action_profile_member=p4.ActionProfileMember()), p4.Entity(action_profile_group=p4.ActionProfileGroup()))
    equal([e.action_profile_member for e in found[:2]], members)
    equal(found[2].action_profile_group, group)
    one_shot = exact("limited", b"\x02", b"\x00")
    one_shot.action.action_profile_action_set.action_profile_actions.add(action=action("found", b"\x03"), weight=2)
    first.write(update("INSERT", table_entry=one_shot))
    equal([e.table_entry for e in read(p4.Entity(table_entry=p4.TableEntry(table_id=ids["limited"])))], [one_shot])


@step("counters, meters, registers, multicast groups, clone sessions, value sets")
def _():
    counter = p4.CounterEntry(counter_id=ids["seen"], index=p4.Index(index=3), data=p4.CounterData(byte_count=5, packet_count=2))
    meter = p4.MeterEntry(meter_id=ids["limits"], index=p4.Index(index=1),
                          config=p4.MeterConfig(cir=1000, cburst=100, pir=2000, pburst=200))
    register = p4.RegisterEntry(register_id=ids["words"], index=p4.Index(index=2))
    register.data.bitstring = b"\x01\x02"
    pre = p4.PacketReplicationEngineEntry()
    pre.multicast_group_entry.multicast_group_id = 4
    pre.multicast_group_entry.replicas.add(port=b"\x01", instance=1)
    clone = p4.PacketReplicationEngineEntry()
    clone.clone_session_entry.session_id = 5
    clone.clone_session_entry.replicas.add(port=b"\x01", instance=1)
    values = p4.ValueSetEntry(value_set_id=ids["special"])
    values.members.add().match.add(field_id=1, exact=p4.FieldMatch.Exact(value=b"\x4d"))
    first.write(update("MODIFY", counter_entry=counter), update("MODIFY", meter_entry=meter),
                update("MODIFY", register_entry=register), update("INSERT", packet_replication_engine_entry=pre),
                update("INSERT", packet_replication_engine_entry=clone), update("MODIFY", value_set_entry=values))
    found = read(p4.Entity(counter_entry=p4.CounterEntry(counter_id=ids["seen"])))
    equal((len(found), found[3].counter_entry), (16, counter))
    equal(read(p4.Entity(meter_entry=p4.MeterEntry(meter_id=ids["limits"], index=p4.Index(index=1))))[0].meter_entry, meter)
    equal(read(p4.Entity(register_entry=p4.RegisterEntry(register_id=ids["words"], index=p4.Index(index=2))))[0].register_entry, register)
    every_group = p4.PacketReplicationEngineEntry()
    every_group.multicast_group_entry.SetInParent()
    equal([e.packet_replication_engine_entry for e in read(p4.Entity(packet_replication_engine_entry=every_group))], [pre])
    every_session = p4.PacketReplicationEngineEntry()
    every_session.clone_session_entry.SetInParent()
    equal([e.packet_replication_engine_entry for e in read(p4.Entity(packet_replication_engine_entry=every_session))], [clone])
    equal(read(p4.Entity(value_set_entry=p4.ValueSetEntry(value_set_id=ids["special"])))[0].value_set_entry, values)


@step("packet-out through the program, packet-in back with its metadata")
def _():
    packet_out(first, 1, b"\x01", b"\x00\x2avon weitem")
    packet = first.next("packet")
    fields = header_fields["packet_in"]
    metadata = {m.metadata_id: m.value for m in packet.metadata}
    equal((metadata[fields["found"]], metadata[fields["flags"]], packet.payload), (b"\x08", b"\x01", b"\x00\x2avon weitem"))


@step("packet-out without its metadata: a StreamError")
def _():
    message = p4.StreamMessageRequest()
    message.packet.payload = b"x"
    first.out.put(message)
    equal(first.next("error").canonical_code, 3)


@step("digests: configured, a list with its data, acknowledged")
def _():
    entry = p4.DigestEntry(digest_id=ids["learned"])
    entry.config.max_timeout_ns, entry.config.max_list_size, entry.config.ack_timeout_ns = 0, 1, 10 ** 9
    first.write(update("INSERT", digest_entry=entry))
    packet_out(first, 3, b"\x55", b"\x00\x66")
    digest = first.next("digest")
    members = digest.data[0].struct.members
    equal((digest.digest_id, [m.bitstring for m in members]), (entry.digest_id, [b"\x55", b"\x66"]))
    ack = p4.StreamMessageRequest()
    ack.digest_ack.digest_id, ack.digest_ack.list_id = digest.digest_id, digest.list_id
    first.out.put(ack)
    packet_out(first, 3, b"\x55", b"\x00\x66")
    equal(first.next("digest").list_id != digest.list_id, True)


@step("idle timeout: a notification with the entry")
def _():
    entry = exact("idle", b"\x09", b"")
    entry.action.action.CopyFrom(action("aged"))
    entry.idle_timeout_ns = 200_000_000
    first.write(update("INSERT", table_entry=entry))
    equal(first.next("idle_timeout_notification").table_entry[0].match[0].exact.value, b"\x09")


@step("RECONCILE_AND_COMMIT keeps the entries")
def _():
    before = len(read(p4.Entity(table_entry=p4.TableEntry(table_id=ids["exact_one"]))))
    push(switch.config, action=p4.SetForwardingPipelineConfigRequest.RECONCILE_AND_COMMIT)
    equal(len(read(p4.Entity(table_entry=p4.TableEntry(table_id=ids["exact_one"])))), before)


@step("a second client with a higher id takes over, the first one is told and refused")
def _():
    second = Client(11)
    equal(second.next("arbitration").status.code, 0)
    equal(first.next("arbitration").status.code, 6)
    equal(refused(lambda: first.write(update("DELETE", table_entry=exact("exact_one", b"\x01", b"\x08")))),
          (grpc.StatusCode.PERMISSION_DENIED, None))
    second.write(update("DELETE", table_entry=exact("exact_one", b"\x01", b"\x08")))
    second.close()
    equal(first.next("arbitration").status.code, 5)


@step("a role of its own")
def _():
    mine = Client(1, role="statistics")
    answer = mine.next("arbitration")
    equal((answer.status.code, answer.role.name), (0, "statistics"))
    mine.close()


step.end()
