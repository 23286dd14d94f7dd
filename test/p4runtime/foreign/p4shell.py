"""p4runtime-shell (PyPI) against our server: what one types at its prompt, as a script."""
import logging

from p4runtime_sh import shell as sh
from p4runtime_sh.p4runtime import P4RuntimeWriteException

from switch import Steps, Switch, equal

logging.disable(logging.CRITICAL)
switch = Switch()
step = Steps()


@step("connect, arbitrate and push the pipeline")
def _():
    sh.setup(device_id=1, grpc_addr=switch.address, election_id=(0, 1),
             config=sh.FwdPipeConfig(switch.p4info, switch.config), verbose=False)
    assert "MainControl.exact_one" in [t.name for t in sh.P4Objects(sh.P4Type.table)]


def exact_one(key, value):
    entry = sh.TableEntry("exact_one")(action="found")
    entry.match["key"] = str(key)
    entry.action["value"] = str(value)
    return entry


def count(name):
    entries = []
    sh.TableEntry(name).read(entries.append)
    return len(entries)


@step("table entries: insert, read, modify, delete")
def _():
    for key in range(1, 21):
        exact_one(key, 5).insert()
    equal(count("exact_one"), 20)
    exact_one(1, 6).modify()
    exact_one(2, 5).delete()
    equal(count("exact_one"), 19)
    entry = next(iter(sh.TableEntry("exact_one").read()))
    equal(entry.action.action_name, "MainControl.found")


@step("a duplicate is refused with ALREADY_EXISTS")
def _():
    try:
        exact_one(1, 6).insert()
    except P4RuntimeWriteException as error:
        assert "ALREADY_EXISTS" in str(error), error
        return
    raise AssertionError("it was taken")


@step("ternary, range and optional fields, lpm")
def _():
    entry = sh.TableEntry("mixed")(action="found", priority=3)
    entry.match["key"] = "10.0.0.0&&&255.0.0.0"
    entry.match["value"] = "80..90"
    entry.match["kind"] = "1"
    entry.action["value"] = "4"
    entry.insert()
    equal(count("mixed"), 1)
    prefix = sh.TableEntry("lpm_one")(action="found")
    prefix.match["prefix"] = "10.1.0.0/16"
    prefix.action["value"] = "4"
    prefix.insert()
    equal(count("lpm_one"), 1)


@step("the default entry: set and reset")
def _():
    entry = sh.TableEntry("exact_one")(action="only_default", is_default=True)
    entry.modify()
    entry = sh.TableEntry("exact_one")(is_default=True)
    entry.modify()


@step("members and a group")
def _():
    for n in (1, 2):
        member = sh.ActionProfileMember("next_hops")(member_id=n, action="found")
        member.action["value"] = str(n)
        member.insert()
    group = sh.ActionProfileGroup("next_hops")(group_id=1)
    group.add(1, 1)
    group.add(2, 3)
    group.insert()
    found = []
    sh.ActionProfileGroup("next_hops").read(found.append)
    equal([(m.member_id, m.weight) for m in found[0].members], [(1, 1), (2, 3)])
    entry = sh.TableEntry("selected")(group_id=1)
    entry.match["key"] = "7"
    entry.insert()
    equal(count("selected"), 1)


@step("a one-shot action set")
def _():
    entry = sh.TableEntry("limited")
    one_shot = sh.Oneshot("limited")
    action = sh.Action("found")
    action["value"] = "9"
    one_shot.add(action, weight=2)
    entry.oneshot = one_shot
    entry.match["key"] = "8"
    entry.insert()
    equal(count("limited"), 1)


@step("counters, meters, direct counters")
def _():
    counter = sh.CounterEntry("seen")(index=3)
    counter.packet_count, counter.byte_count = 2, 5
    counter.modify()
    found = []
    sh.CounterEntry("seen").read(found.append)
    equal((len(found), found[3].packet_count), (16, 2))
    meter = sh.MeterEntry("limits")(index=1)
    meter.cir, meter.cburst, meter.pir, meter.pburst = 1000, 100, 2000, 200
    meter.modify()
    direct = []
    sh.DirectCounterEntry("hits").read(direct.append)


@step("a multicast group and a clone session")
def _():
    group = sh.MulticastGroupEntry(4)
    group.add(0, 1).add(1, 1)
    group.insert()
    found = []
    sh.MulticastGroupEntry(4).read(found.append)
    equal(len(found[0].replicas), 2)
    session = sh.CloneSessionEntry(5)
    session.add(1, 1)
    session.insert()


@step("packet-out, and the packet-in that comes back")
def _():
    packet_in = sh.PacketIn()
    packet = sh.PacketOut(b"\x00\x2avon weitem", kind="1", key="1")
    packet.send()
    came = []
    packet_in.sniff(came.append, timeout=1)
    equal([p.packet.payload for p in came], [b"\x00\x2avon weitem"])


@step("digests")
def _():
    entry = sh.DigestEntry("learned")
    entry.max_timeout_ns, entry.max_list_size, entry.ack_timeout_ns = 0, 1, 1_000_000_000
    entry.insert()
    lists = sh.DigestList()
    sh.PacketOut(b"\x00\x66", kind="3", key="85").send()
    came = []
    lists.sniff(came.append, timeout=1)
    equal(len(came), 1)


@step("idle timeout notification")
def _():
    notifications = sh.IdleTimeoutNotification()
    entry = sh.TableEntry("idle")(action="aged")
    entry.match["key"] = "9"
    entry.idle_timeout_ns = 200_000_000
    entry.insert()
    came = []
    notifications.sniff(came.append, timeout=3)
    assert came, "none came"
    entry.delete()


sh.teardown()
step.end()
