"""Columns, distributions and forecasts: what is judged otherwise than by its last values."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from agents.core.finding import Mark
from agents.detection.distribution import categories, summed_up
from agents.monitors import Measure, Monitor, Reading, Sample, Watch
from scheduler.timetable import Every
from tests.scheduler.watch import DAY, FIVE, HOUR, NOON, Watchtower, World, monitor, watching
from tests.world import Clock

ID, AMOUNT, NOTE = ["id", "bigint", False], ["amount", "integer", True], ["note", "text", True]

Summaries = Callable[[datetime], dict[str, Any] | None]


@dataclass
class Table:
    """A source that gives a summary beside each value."""

    summaries: Summaries
    series: str = "schema"
    has_past: bool = False
    value: float | None = None
    reads: list[datetime] = field(default_factory=list)

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        self.reads.append(since)
        begins = [since + number * monitor.bucket for number in range(int((until - since) / monitor.bucket))]
        return Reading(tuple(Sample(self.series, at, None, self.summaries(at)) for at in begins))


def table(*spans: tuple[datetime, list[Any]]) -> Table:
    """A table whose columns are others from some times on."""
    def columns(at: datetime) -> dict[str, Any]:
        return {"columns": [*[held for begin, held in spans if begin <= at][-1]]}

    return Table(columns)


def columns(**more: Any) -> Monitor:
    return monitor("orders", Watch(Measure.SCHEMA), **more)


async def why(tower: Watchtower) -> list[str]:
    return [text for text in await tower.signals()]


async def test_a_column_that_is_gone_is_told_at_once_and_its_return_too(tmp_path: Path) -> None:
    source = table((NOON, [ID, AMOUNT]), (NOON + HOUR, [ID]), (NOON + 2 * HOUR, [ID, AMOUNT]))
    async with watching(tmp_path, Clock(), {"orders": source}, columns()) as tower:
        await tower.through(NOON, NOON + HOUR, HOUR)
        (found,) = await tower.told()
        (alert,) = (await tower.run_of(found)).signals.values()
        assert alert.finding is not None
        assert (alert.finding.direction, alert.severity, alert.title) == ("changed", "high", "schema of shop.orders has changed")
        assert await why(tower) == ["firing: Column amount (integer) is gone."]
        await tower.through(NOON + 2 * HOUR, NOON + 2 * HOUR + 2 * FIVE)
        assert (await why(tower))[1:] == ["resolved: The columns are what they were, after 1h 10m."]


async def test_what_changes_again_is_told_again_and_what_stays_is_taken_for_granted(tmp_path: Path) -> None:
    source = table((NOON, [ID]), (NOON + HOUR, [ID, NOTE]), (NOON + 2 * HOUR, [ID, NOTE, AMOUNT]))
    async with watching(tmp_path, Clock(), {"orders": source}, columns()) as tower:
        await tower.through(NOON, NOON + 2 * HOUR, HOUR)
        assert len(await tower.told()) == 1
        assert await why(tower) == [
            "firing: Column note (text) is new.",
            "firing: Column note (text) is new. Column amount (integer) is new. It has become worse.",
        ]
        await tower.through(NOON + 5 * HOUR, NOON + 26 * HOUR, HOUR)
        assert (await tower.told())[0].status == "resolved"
        assert "taken for granted from now on" in (await why(tower))[-1]
        await tower.through(NOON + 27 * HOUR, NOON + 30 * HOUR, HOUR)
        assert len(await tower.told()) == 1


async def test_the_columns_with_which_the_past_was_read_are_compared_with(tmp_path: Path) -> None:
    """A source with a past tells the columns of the newest bucket alone."""
    class Now(Table):
        async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
            reading = await super().read(monitor, since, until)
            new = reading.samples[-1:] if until == clock.now else ()
            return Reading(tuple(new))

    clock = Clock()
    source = Now(table((NOON - 90 * DAY, [ID, AMOUNT]), (NOON, [ID, AMOUNT, NOTE])).summaries, has_past=True)
    async with watching(tmp_path, clock, {"orders": source}, columns()) as tower:
        await tower.at(NOON)
        assert await tower.told() == ()
        await tower.at(NOON + FIVE)
        assert await why(tower) == ["firing: Column note (text) is new."]
        await tower.through(NOON + 2 * FIVE, NOON + 5 * FIVE)
        assert "taken for granted from now on" in (await why(tower))[-1]


async def test_what_somebody_expects_is_silent_from_then_on(tmp_path: Path) -> None:
    source = table((NOON, [ID, AMOUNT]), (NOON + HOUR, [ID]), (NOON + 6 * HOUR, [ID, NOTE]))
    async with watching(tmp_path, Clock(), {"orders": source}, columns()) as tower:
        await tower.through(NOON, NOON + HOUR, HOUR)
        (found,) = await tower.told()
        await tower.mark(found, Mark.LEARN)
        await tower.through(NOON + 2 * HOUR, NOON + 6 * HOUR, HOUR)
        assert (await why(tower))[1:] == ["firing: Column note (text) is new."]


async def test_what_is_no_columns_is_passed_over_and_many_changes_are_counted(tmp_path: Path) -> None:
    many = [[f"c{number}", "int", None] for number in range(9)]
    source = table((NOON, [ID]), (NOON + HOUR, many))
    good = source.summaries
    source.summaries = lambda at: {"columns": 5} if at == NOON + HOUR - FIVE else good(at)
    async with watching(tmp_path, Clock(), {"orders": source}, columns()) as tower:
        await tower.through(NOON, NOON + HOUR, 11 * FIVE)
        await tower.at(NOON + HOUR)
        assert (await why(tower))[0].endswith("And 4 more changes.")


def amounts(shift: float = 0.0) -> Summaries:
    """An hour's amounts, which move by so much from NOON on."""
    def summary(at: datetime) -> dict[str, Any]:
        random = Random(int(at.timestamp()))  # noqa: S311 - it makes values
        middle = 20.0 + (shift if at >= NOON + HOUR else 0.0)
        return {"kind": "numeric", **summed_up([random.gauss(middle, 4.0) for _ in range(200)]).as_json()}

    return summary


def hourly(*watches: Watch, **more: Any) -> Monitor:
    return monitor("orders", *watches, **{"bucket": HOUR, "times": Every(HOUR), **more})


async def test_a_distribution_that_moves_is_told_with_what_is_different(tmp_path: Path) -> None:
    source = Table(amounts(9.0), "distribution(amount)", has_past=True)
    async with watching(tmp_path, Clock(), {"orders": source}, hourly(Watch(Measure.DISTRIBUTION, "amount"))) as tower:
        await tower.at(NOON)
        kept = await tower.samples.samples("orders", NOON - DAY, "distribution(amount)")
        assert all(one.value is not None and one.value < 0.5 for one in kept)
        await tower.through(NOON + HOUR, NOON + 2 * HOUR, HOUR)
        (found,) = await tower.told()
        finding = (await tower.run_of(found)).signals[found.fingerprint].finding
        assert finding is not None
        assert (finding.direction, finding.measure, (finding.observed or 0) > 2) == ("above", "distribution(amount)", True)
        assert " Now: median 20 → 2" in finding.why.replace("19.9", "20").replace("20.1", "20")


async def test_after_a_restart_distances_are_to_the_same_past(tmp_path: Path) -> None:
    source = Table(amounts(), "distribution(amount)", has_past=True)
    watched = hourly(Watch(Measure.DISTRIBUTION, "amount"), bucket=6 * HOUR)
    values = []
    for number, folder in enumerate(("one", "two")):
        (tmp_path / folder).mkdir()
        async with watching(tmp_path / folder, Clock(), {"orders": source}, watched) as tower:
            await tower.at(NOON)
            if not number:
                await tower.at(NOON + 3 * HOUR)
        async with watching(tmp_path / folder, Clock(), {"orders": source}, watched) as tower:
            await tower.at(NOON + 12 * HOUR)
            values.append([one.value for one in await tower.samples.samples("orders", NOON - DAY)])
    assert values[0] == values[1]


async def test_names_of_another_kind_are_another_distribution(tmp_path: Path) -> None:
    def names(at: datetime) -> dict[str, Any]:
        random = Random(int(at.timestamp()))  # noqa: S311 - it makes rows
        rows = {"card": 300 + random.randrange(40), "cash": 100 + random.randrange(20)}
        rows |= {"crypto": 250} if at >= NOON + HOUR else {}
        return {"kind": "category", **categories(sum(rows.values()), 0, rows).as_json()}

    source = Table(names, "distribution(kind)", has_past=True)
    async with watching(tmp_path, Clock(), {"orders": source}, hourly(Watch(Measure.DISTRIBUTION, "kind"))) as tower:
        await tower.at(NOON)
        await tower.through(NOON + HOUR, NOON + 2 * HOUR, HOUR)
        (found,) = await tower.told()
        run = await tower.run_of(found)
        finding = run.signals[found.fingerprint].finding
        assert finding is not None
        assert "crypto 0% → " in finding.why
        assert run.tainted is False


def disk(at: datetime) -> float:
    """Grows by 3 a day, and is 730 at NOON."""
    days = (at - NOON) / DAY
    return 730.0 + 3.0 * days + (int(at.timestamp()) // 3600 * 7919 % 100) / 100


async def test_a_limit_that_comes_near_is_told_once_with_a_range(tmp_path: Path) -> None:
    watches = Watch(Measure.VALUE, "disk", unit="GB"), Watch(Measure.FORECAST, "disk", unit="GB", limit=800, within=timedelta(days=20))
    monitored = monitor("disks", *watches, bucket=DAY, times=Every(HOUR))
    source = World({"value(disk) host=a": disk, "value(disk) host=b": lambda at: 100.0 + disk(at) % 1})
    async with watching(tmp_path, Clock(), {"disks": source}, monitored) as tower:
        await tower.through(NOON, NOON + 9 * DAY, 12 * HOUR)
        found = [one for one in await tower.told() if "forecast" in (await tower.run_of(one)).signals[one.fingerprint].title]
        assert len(found) == 1
        finding = (await tower.run_of(found[0])).signals[found[0].fingerprint].finding
        assert finding is not None
        assert (finding.measure, finding.subject, finding.high, finding.unit) == ("forecast(disk)", "shop.orders, host=a", 800, "GB")
        assert finding.why.startswith("The limit is reached in ")
        assert " to " in finding.why
        assert finding.band[-1][0] > finding.points[-1][0] + 30 * 86400
        left = await tower.samples.samples("disks", NOON - DAY, "forecast(disk) host=a")
        assert [one.at for one in left] == [NOON.replace(hour=0) + number * DAY for number in range(10)]
        assert left[-1].value is not None
        assert left[-1].value < 20


async def test_a_forecast_says_nothing_while_it_learns(tmp_path: Path) -> None:
    watches = Watch(Measure.VALUE, "disk"), Watch(Measure.FORECAST, "disk", limit=10)
    source = World({"value(disk)": lambda at: 100.0 if at >= NOON else None})
    async with watching(tmp_path, Clock(), {"disks": source}, monitor("disks", *watches, times=Every(HOUR))) as tower:
        await tower.through(NOON, NOON + 2 * DAY, 6 * HOUR)
        assert await tower.told() == ()
