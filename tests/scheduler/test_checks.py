"""What is wrong is told once, by whatever way a look comes about: late, again, after a sleep, over changes of clocks, by two processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.core.finding import Mark
from agents.core.switches import Halt
from agents.monitors import Measure, Monitor, Watch
from scheduler.timetable import Cron, Every
from tests.scheduler.watch import DAY, FIVE, HOUR, MINUTE, NOON, Values, Watchtower, World, during, monitor, usual, watching
from tests.world import ALICE, Clock


def nothing(at: Any) -> float | None:
    return None


def zero(at: Any) -> float | None:
    return 0.0


@pytest.fixture
def tower(tmp_path: Path) -> Any:
    """Opens a process with some monitors, each with a world of its own or the one that is given."""

    @asynccontextmanager
    async def opened(world: World, *monitors: Monitor, **more: Any) -> AsyncIterator[Watchtower]:
        watched = monitors or (monitor(),)
        async with watching(tmp_path, Clock(), {one.name: world for one in watched}, *watched, **more) as made:
            yield made

    return opened


def broken(begin: timedelta, length: timedelta, how: Values = zero) -> World:
    """The usual volume, with another in a stretch of time after NOON."""
    return World({"volume": during(usual, (NOON + begin, NOON + begin + length, how))})


async def test_the_past_is_read_first_in_parts_and_tells_nothing(tower: Any) -> None:
    world = broken(-3 * DAY, 2 * HOUR)
    async with tower(world) as made:
        await made.at(NOON)
        assert (world.reads[0][0], world.reads[-1][1]) == (NOON - 28 * DAY, NOON)
        assert len(world.reads) == 14
        assert (await made.told(), len((await made.samples.history("orders", "volume", NOON - 28 * DAY)).at)) == ((), 28 * 288)
        await made.through(NOON + FIVE, NOON + 2 * HOUR, FIVE + HOUR)
        assert await made.told() == ()
        assert [until - since for since, until in world.reads[14:]] == [FIVE, HOUR + FIVE]


async def test_an_outage_is_one_finding_from_its_begin_to_its_end(tower: Any) -> None:
    async with tower(broken(HOUR, 3 * HOUR)) as made:
        await made.through(NOON, NOON + HOUR + FIVE, 13 * FIVE)
        (found,) = await made.told(open_only=True)
        run = await made.run_of(found)
        (alert,) = run.signals.values()
        assert (found.incident, run.trigger.quiet, run.trigger.actor, run.agent) == ("monitor:orders", True, "monitor/orders", "triage")
        finding = alert.finding
        assert (finding.since, finding.observed, finding.direction, alert.severity) == (NOON + HOUR, 0.0, "below", "high")
        assert 500 < finding.low < 900 < finding.high
        assert finding.points[-1] == (int((NOON + HOUR).timestamp()), 0.0)
        assert (len(finding.points) <= 120, len(finding.band) <= 60) == (True, True)
        await made.through(NOON + HOUR + 2 * FIVE, NOON + 6 * HOUR, 3 * FIVE)
        (found,) = await made.told()
        assert (found.status, found.resolved_at) == ("resolved", NOON + 4 * HOUR + 5 * FIVE)
        assert [text.partition(":")[0] for text in await made.signals()] == ["firing", "resolved"]


async def test_after_three_days_asleep_one_look_tells_what_was_and_what_is(tower: Any) -> None:
    world = broken(DAY, 2 * HOUR)
    world.series["volume"] = during(world.series["volume"], (NOON + 3 * DAY - HOUR, NOON + 9 * DAY, zero))
    async with tower(world) as made:
        await made.at(NOON)
        await made.at(NOON + 3 * DAY)
        was, is_ = await made.told()
        assert ((was.began, was.status), (is_.began, is_.status)) == (
            (str(int((NOON + DAY).timestamp())), "resolved"), (str(int((NOON + 3 * DAY - HOUR).timestamp())), "firing"),
        )  # fmt: skip
        assert was.run_id == is_.run_id
        assert len(await made.signals()) == 3


async def test_only_complete_buckets_are_judged_and_late_data_has_its_delay(tower: Any) -> None:
    world = broken(HOUR, HOUR)
    async with tower(world, monitor(delay=10 * MINUTE)) as made:
        await made.through(NOON, NOON + HOUR + 14 * MINUTE, MINUTE)
        assert (await made.told(), world.reads[-1][1]) == ((), NOON + HOUR)
        await made.at(NOON + HOUR + 15 * MINUTE)
        assert len(await made.told()) == 1


async def test_no_data_is_told_after_a_while_and_so_is_their_return(tower: Any) -> None:
    async with tower(broken(HOUR, HOUR, nothing)) as made:
        await made.through(NOON, NOON + HOUR + 10 * MINUTE, 7 * FIVE)
        assert await made.told() == ()
        await made.through(NOON + HOUR + 15 * MINUTE, NOON + 2 * HOUR, 3 * FIVE)
        (found,) = await made.told()
        (alert,) = (await made.run_of(found)).signals.values()
        assert (alert.finding.direction, alert.finding.since, alert.severity) == ("missing", NOON + HOUR, "warning")
        await made.through(NOON + 2 * HOUR + FIVE, NOON + 3 * HOUR, 11 * FIVE)
        assert [one.status for one in await made.told()] == ["resolved"]


async def test_what_comes_and_goes_by_nature_is_not_missing(tower: Any) -> None:
    def by_day(at: Any) -> float | None:
        return usual(at) if 6 <= at.hour < 20 else None

    async with tower(World({"volume": by_day})) as made:
        await made.through(NOON, NOON + 2 * DAY, HOUR)
        assert await made.told() == ()


async def test_a_series_that_is_new_learns_and_says_nothing(tower: Any) -> None:
    world = World({"volume": usual, "volume region=new": during(nothing, (NOON, NOON + DAY, lambda at: 10.0 + at.minute * at.hour))})
    async with tower(world) as made:
        await made.through(NOON, NOON + DAY - HOUR, HOUR)
        assert await made.told() == ()


async def test_limits_hold_from_the_first_bucket_on(tower: Any) -> None:
    watch = Watch(Measure.VOLUME, least=400)
    world = World({"volume": during(nothing, (NOON, NOON + HOUR, usual), (NOON + HOUR, NOON + 2 * HOUR, lambda at: 399.0))})
    async with tower(world, monitor("orders", watch)) as made:
        await made.through(NOON, NOON + HOUR + 2 * FIVE)
        (found,) = await made.told()
        assert (await made.signals()) == ["firing: It must not be below 400."]
        assert (await made.run_of(found)).signals[found.fingerprint].finding.low == 400


async def test_only_the_side_that_matters(tower: Any) -> None:
    async with tower(broken(HOUR, 2 * HOUR), monitor("orders", Watch(Measure.VOLUME, direction="above"))) as made:
        await made.through(NOON, NOON + 4 * HOUR, HOUR)
        assert await made.told() == ()


async def test_a_source_that_fails_twice_says_so_once_and_others_go_on(tmp_path: Path) -> None:
    bad, good = World(down="The database is away."), broken(HOUR, HOUR)
    sources = {"bad": bad, "good": good}
    async with watching(tmp_path, Clock(), sources, monitor("bad", channel="#ops"), monitor("good")) as made:
        await made.at(NOON)
        assert await made.told() == ()
        await made.through(NOON + 30 * MINUTE, NOON + 2 * HOUR)
        failed, found = await made.told()
        assert (failed.monitor, failed.opened_at, found.monitor) == ("bad", NOON + 30 * MINUTE, "good")
        assert [alert.finding.direction for alert in (await made.run_of(failed)).signals.values() if alert.finding] == ["failed"]
        assert len(bad.reads) == 20
        bad.down = ""
        await made.through(NOON + 2 * HOUR + FIVE, NOON + 3 * HOUR, 11 * FIVE)
        failed, _ = await made.told()
        assert failed.status == "resolved"
        assert len((await made.samples.history("bad", "volume", NOON - 28 * DAY)).at) > 28 * 288


async def test_a_blip_of_a_source_says_nothing_and_misses_nothing(tower: Any) -> None:
    world = broken(2 * FIVE, HOUR)
    async with tower(world) as made:
        await made.at(NOON)
        world.down = "Try again."
        await made.at(NOON + FIVE)
        world.down = ""
        await made.at(NOON + FIVE + MINUTE)
        assert (await made.told(), (await made.samples.looked())["orders"].error) == ((), "")
        await made.at(NOON + 3 * FIVE)
        assert [one.began for one in await made.told()] == [str(int((NOON + 2 * FIVE).timestamp()))]


async def test_a_source_that_breaks_is_a_monitor_that_could_not_look(tower: Any, caplog: pytest.LogCaptureFixture) -> None:
    world = World({"volume": lambda at: 1 / 0})
    async with tower(world) as made:
        await made.through(NOON, NOON + 10 * MINUTE, MINUTE)
        (found,) = await made.told()
        finding = (await made.run_of(found)).signals[found.fingerprint].finding
        assert finding.why == "It could not be read: ZeroDivisionError. The bot's log has the details."


@pytest.mark.parametrize(("halted", "quiet"), [(False, False), (True, True)])
async def test_a_halted_agent_is_told_and_does_not_look_into_it(tower: Any, halted: bool, quiet: bool) -> None:
    async with tower(broken(HOUR, HOUR), monitor(investigates=True)) as made:
        if halted:
            made.standing.switches = replace(made.standing.switches, halts={"triage": Halt("triage", ALICE, "Alice", "Sale.", NOON)})
        await made.through(NOON, NOON + HOUR + FIVE, 13 * FIVE)
        (found,) = await made.told()
        assert (await made.run_of(found)).trigger.quiet is quiet


async def test_what_is_not_watched_any_more_is_not_open_any_more(tower: Any) -> None:
    async with tower(broken(HOUR, HOUR)) as made:
        await made.through(NOON, NOON + HOUR + FIVE, 13 * FIVE)
        assert [one.status for one in await made.told()] == ["firing"]
    async with tower(World(), monitor("other")) as made:
        await made.at(NOON + 2 * HOUR)
        (found,) = await made.told()
        (alert,) = (await made.run_of(found)).signals.values()
        assert (found.status, alert.text) == ("resolved", "orders is not watched any more")


async def test_samples_are_kept_for_as_long_as_they_are_to_be(tower: Any) -> None:
    async with tower(World(), monitor(keep=30 * DAY)) as made:
        await made.at(NOON)
        assert await made.checks.sweep() == 0
        made.clock.now = NOON + 5 * DAY
        assert await made.checks.sweep() == 3
        left = await made.samples.history("orders", "volume", NOON - 99 * DAY)
        assert left.at[0] == int((NOON - 25 * DAY).timestamp()) // 86400 * 86400


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
async def test_over_a_change_of_clocks_a_daily_look_finds_each_day(tower: Any, zone: str) -> None:
    world = World({"volume": lambda at: 100.0 + at.timetuple().tm_yday % 3})
    daily = monitor(times=Cron("30 2 * * *", ZoneInfo(zone)), bucket=DAY)
    start = NOON.replace(month=10, day=20)
    async with tower(world, daily) as made:
        await made.through(start, start + 20 * DAY, HOUR)
        reads = [(end - begin) / DAY for begin, end in world.reads]
        assert reads[1:] == [1.0] * 20
        assert await made.told() == ()


async def test_false_alarms_do_not_come_back_for_the_same_episode(tower: Any) -> None:
    async with tower(broken(HOUR, 5 * HOUR)) as made:
        await made.through(NOON, NOON + HOUR + FIVE, 13 * FIVE)
        (found,) = await made.told()
        await made.mark(found, Mark.FALSE_ALARM)
        await made.through(NOON + HOUR + 2 * FIVE, NOON + 8 * HOUR, 30 * MINUTE)
        assert [one.status for one in await made.told()] == ["resolved"]
        assert len(await made.signals()) == 1


async def test_a_snooze_is_silent_until_its_end(tower: Any) -> None:
    async with tower(broken(HOUR, 20 * HOUR)) as made:
        await made.through(NOON, NOON + HOUR + FIVE, 13 * FIVE)
        (found,) = await made.told()
        await made.mark(found, Mark.SNOOZED, NOON + 10 * HOUR)
        await made.through(NOON + HOUR + 2 * FIVE, NOON + 10 * HOUR - FIVE, HOUR)
        assert len(await made.signals()) == 1
        await made.through(NOON + 10 * HOUR, NOON + 11 * HOUR)
        (woken,) = (await made.signals())[1:]
        assert woken == "firing: It is still below what it was before. The snooze is over, and it has gone on for 8h 10m."


async def test_what_is_learned_is_normal_and_what_was_before_is_not_missed(tower: Any) -> None:
    async with tower(broken(HOUR, 40 * DAY, lambda at: usual(at) * 3)) as made:
        await made.through(NOON, NOON + HOUR + FIVE, 13 * FIVE)
        (found,) = await made.told()
        await made.mark(found, Mark.LEARN)
        await made.through(NOON + HOUR + 2 * FIVE, NOON + 4 * DAY, 6 * HOUR)
        assert [one.status for one in await made.told()] == ["resolved"]


async def test_a_storm_of_one_source_is_one_incident(tower: Any) -> None:
    many = [monitor(f"m{number}") for number in range(8)]
    async with tower(broken(HOUR, HOUR), *many) as made:
        for at in (timedelta(), HOUR + FIVE, 3 * HOUR):
            await made.at(NOON + at)
        found = await made.told()
        assert {one.incident for one in found} == {"source:sql"}
        assert (len(found), len({one.run_id for one in found})) == (8, 1)
        assert (await made.run_of(found[0])).resolved


async def test_another_definition_begins_anew(tower: Any) -> None:
    world = World()
    async with tower(world) as made:
        await made.at(NOON)
    async with tower(world, monitor(bucket=HOUR, times=Every(HOUR))) as made:
        await made.at(NOON + HOUR)
        assert len((await made.samples.history("orders", "volume", NOON - 40 * DAY)).at) == 28 * 24


async def test_a_channel_that_cannot_be_found_delays_what_is_told(tower: Any) -> None:
    async with tower(broken(HOUR, 4 * HOUR), monitor(channel="#gone")) as made:
        await made.through(NOON, NOON + HOUR + 2 * FIVE)
        assert (await made.told(), made.checks.lag()[0]) == ((), "orders")
        made.channels["#gone"] = "C9"
        await made.at(NOON + HOUR + 3 * FIVE)
        (found,) = await made.told()
        assert ((await made.run_of(found)).trigger.place.channel, made.checks.lag()[0]) == ("C9", "")
        assert found.began == str(int((NOON + HOUR).timestamp()))


async def test_what_has_no_past_is_asked_for_now(tower: Any) -> None:
    world = World({"value(depth)": usual}, has_past=False)
    async with tower(world, monitor("queue", Watch(Measure.VALUE, "depth"))) as made:
        await made.through(NOON, NOON + HOUR)
        assert world.reads == [(NOON + number * FIVE, NOON + (number + 1) * FIVE) for number in range(13)]
        assert len((await made.samples.history("queue", "value(depth)", NOON)).at) == 13


async def test_a_monitor_that_is_switched_off_rests(tower: Any) -> None:
    async with tower(world := World(), replace(monitor(), enabled=False)) as made:
        await made.through(NOON, NOON + HOUR)
        assert world.reads == []
