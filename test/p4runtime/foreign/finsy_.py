"""finsy (PyPI) against our server: its Switch, from the handshake to delete_all."""
import asyncio
from pathlib import Path

import finsy as fy

from switch import Steps, Switch, equal

switch = Switch()
step = Steps()
options = fy.SwitchOptions(p4info=Path(switch.p4info), p4blob=Path(switch.config))


def entry(key, value, table="exact_one"):
    return fy.P4TableEntry(table, match=fy.P4TableMatch(key=key), action=fy.P4TableAction("found", value=value))


async def listed(sw, filter):
    return [found async for found in sw.read(filter)]


async def first_of(stream, seconds=5):
    async for message in stream:
        return message


async def table_entries(sw):
    await sw.insert(entry(key, 5) for key in range(1, 21))
    await sw.modify([entry(1, 6)])
    await sw.delete([entry(2, 5)])
    found = await listed(sw, fy.P4TableEntry("exact_one"))
    equal(len(found), 19)
    equal(sorted(e.match["key"] for e in found)[:3], [1, 3, 4])
    equal([e.action.args["value"] for e in found if e.match["key"] == 1], [6])


async def refused(sw):
    try:
        await sw.insert([entry(1, 5), entry(400, 5)])
    except fy.P4ClientError as error:
        equal([(n, e.canonical_code.name) for n, e in error.details.items()], [(0, "ALREADY_EXISTS")])
        return
    raise AssertionError("it was taken")


async def other_keys(sw):
    mixed = fy.P4TableEntry("mixed", priority=3, match=fy.P4TableMatch(key="10.0.0.0/8", value="80...90", kind=1),
                            action=fy.P4TableAction("found", value=4))
    prefix = fy.P4TableEntry("lpm_one", match=fy.P4TableMatch(prefix="10.1.0.0/16"), action=fy.P4TableAction("found", value=4))
    await sw.insert([mixed, prefix])
    equal([e.priority for e in await listed(sw, fy.P4TableEntry("mixed"))], [3])
    equal(len(await listed(sw, fy.P4TableEntry("lpm_one"))), 1)


async def profiles(sw):
    members = [fy.P4ActionProfileMember("next_hops", member_id=n, action=fy.P4TableAction("found", value=n)) for n in (1, 2)]
    group = fy.P4ActionProfileGroup("next_hops", group_id=1, members=[fy.P4Member(1, weight=1), fy.P4Member(2, weight=3)])
    by_group = fy.P4TableEntry("selected", match=fy.P4TableMatch(key=7), action=fy.P4IndirectAction(group_id=1))
    set_ = fy.P4IndirectAction([(2, fy.P4TableAction("found", value=9))])
    await sw.insert([*members, group, by_group])
    await sw.insert([fy.P4TableEntry("limited", match=fy.P4TableMatch(key=8), action=set_)])
    found = await listed(sw, fy.P4ActionProfileGroup("next_hops"))
    equal([(m.member_id, m.weight) for m in found[0].members], [(1, 1), (2, 3)])
    equal((await listed(sw, fy.P4TableEntry("limited")))[0].action.action_set[0][0], 2)


async def cells(sw):
    await sw.modify([fy.P4CounterEntry("seen", index=3, data=fy.P4CounterData(byte_count=5, packet_count=2)),
                     fy.P4MeterEntry("limits", index=1, config=fy.P4MeterConfig(cir=1000, cburst=100, pir=2000, pburst=200)),
                     fy.P4RegisterEntry("words", index=2, data=258)])
    found = await listed(sw, fy.P4CounterEntry("seen"))
    equal((len(found), found[3].packet_count), (16, 2))
    equal((await listed(sw, fy.P4RegisterEntry("words", index=2)))[0].data, 258)


async def replication(sw):
    await sw.insert([fy.P4MulticastGroupEntry(4, replicas=(0, 1)), fy.P4CloneSessionEntry(5, replicas=(1,))])
    equal(len((await listed(sw, fy.P4MulticastGroupEntry()))[0].replicas), 2)


async def packets(sw):
    waiting = asyncio.ensure_future(first_of(sw.read_packets()))
    await asyncio.sleep(0.1)
    await sw.write([fy.P4PacketOut(b"\x00\x2avon weitem", kind=1, key=1)])
    packet = await asyncio.wait_for(waiting, 5)
    equal((packet.payload, packet["found"]), (b"\x00\x2avon weitem", 6))


async def digests(sw):
    waiting = asyncio.ensure_future(first_of(sw.read_digests("learned")))
    await sw.insert([fy.P4DigestEntry("learned", max_list_size=1, max_timeout_ns=0, ack_timeout_ns=10 ** 9)])
    await sw.write([fy.P4PacketOut(b"\x00\x66", kind=3, key=85)])
    digest = await asyncio.wait_for(waiting, 5)
    equal(digest.data, [{"key": 85, "value": 0x66}])
    await sw.write([digest.ack()])


async def idle(sw):
    waiting = asyncio.ensure_future(first_of(sw.read_idle_timeouts()))
    aged = fy.P4TableEntry("idle", match=fy.P4TableMatch(key=9), action=fy.P4TableAction("aged"), idle_timeout_ns=200_000_000)
    await sw.insert([aged])
    notification = await asyncio.wait_for(waiting, 5)
    equal([e.match["key"] for e in notification], [9])


async def delete_all(sw):
    await sw.delete_all()
    equal([e for e in await listed(sw, fy.P4TableEntry()) if not e.is_const], [])
    # With a const table in the program, finsy 0.30 passes over everything that is no table entry.
    rest = [fy.P4ActionProfileGroup(), fy.P4ActionProfileMember(), fy.P4MulticastGroupEntry(), fy.P4CloneSessionEntry()]
    await sw.delete([found async for found in sw.read(rest)])
    equal(await listed(sw, rest), [])


async def main():
    async with fy.Switch("sw1", switch.address, options) as sw:
        step("handshake, arbitration, pipeline")(lambda: equal((sw.is_primary, sw.p4info.exists), (True, True)))
        for name, run in [("table entries", table_entries), ("errors by update", refused), ("ternary, range, lpm", other_keys),
                          ("members, groups, one-shots", profiles), ("counters, meters, registers", cells),
                          ("multicast groups and clone sessions", replication), ("packets out and in", packets),
                          ("digests", digests), ("idle timeouts", idle), ("delete_all", delete_all)]:
            problem = None
            try:
                await run(sw)
            except Exception as error:
                problem = error

            def outcome(problem=problem):
                if problem:
                    raise problem
            step(name)(outcome)


asyncio.run(main())
step.end()
