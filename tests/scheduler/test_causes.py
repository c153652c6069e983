"""Where findings come from is told with them, and what has one cause is told together."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from agents.core.finding import Finding
from agents.detection.changes import Change, ChangeKind
from agents.detection.lineage import Lineage, declare
from agents.monitors import Measure, Monitor, Watch
from scheduler.causes import LineageCauses, Pipeline
from scheduler.telling import again_of
from tests.scheduler.watch import FIVE, HOUR, NOON, Watchtower, World, during, monitor, usual, watching
from tests.world import Clock

CHAIN = (("raw.orders", "stg_orders", "orders", "revenue", "dashboard"),)
SINCE = NOON + HOUR


@dataclass(frozen=True, slots=True)
class Known:
    """A pipeline of declared edges, in which something happened."""

    lineage: Lineage
    changes: tuple[Change, ...] = ()


def placed(name: str, node: str, **more: Any) -> Monitor:
    return monitor(name, **{"node": node, "lineage": "shop", "subject": name, "channel": "#ops", **more})


def broken(delay: timedelta) -> World:
    return World({"volume": during(usual, (SINCE + delay, SINCE + 9 * HOUR, lambda at: 0.0))})


def causes(tower: Callable[[], Watchtower], *monitors: Monitor, pipeline: Pipeline | None) -> LineageCauses:
    async def look() -> Pipeline | None:
        return pipeline

    async def see(run_id: Any) -> Any:
        return await tower().runs.see(run_id)

    return LineageCauses({one.name: one for one in monitors}, {"shop": look}, see)


async def found(tmp_path: Path, worlds: dict[str, World], *monitors: Monitor, pipeline: Pipeline | None, until: timedelta) -> Any:
    """What was told by then, each with its finding."""
    towers: list[Watchtower] = []
    made = causes(lambda: towers[0], *monitors, pipeline=pipeline)
    async with watching(tmp_path, Clock(), worlds, *monitors, causes=made) as tower:
        towers.append(tower)
        await tower.through(NOON, SINCE + until, 5 * FIVE)
        return [(one, (await tower.run_of(one)).signals[one.fingerprint].finding) for one in await tower.told()]


async def test_a_finding_names_what_went_wrong_above_it_and_who_is_below(tmp_path: Path) -> None:
    worlds = {"raw": broken(timedelta()), "orders": broken(FIVE)}
    monitors = placed("orders", "orders"), placed("raw", "raw.orders")
    change = Change("raw.orders", SINCE.timestamp() - 600, ChangeKind.FAILED, "the load broke")
    pipeline = Known(declare(Lineage({}), CHAIN), (change,))
    told = await found(tmp_path, worlds, *monitors, pipeline=pipeline, until=2 * HOUR)
    finding: Finding = next(each for one, each in told if one.monitor == "orders")
    first = finding.suspects[0]
    assert (first.node, first.path, first.grounding) == ("raw.orders", ("raw.orders", "stg_orders", "orders"), "measured")
    assert any("the load broke" in line for line in first.evidence)
    assert finding.impact == ("revenue", "dashboard")
    assert len(finding.suspects) <= 3
    assert {one.incident for one, _ in told} == {"monitor:orders"}
    assert len({one.run_id for one, _ in told}) == 1


async def test_without_a_place_or_a_lineage_that_can_be_read_it_is_told_all_the_same(tmp_path: Path) -> None:
    worlds = {"raw": broken(timedelta()), "orders": broken(FIVE)}
    monitors = placed("orders", "nowhere"), placed("raw", "raw.orders")
    told = await found(tmp_path, worlds, *monitors, pipeline=Known(declare(Lineage({}), CHAIN)), until=HOUR)
    assert {one.incident for one, _ in told} == {"monitor:orders", "monitor:raw"}
    assert [finding.impact for one, finding in told if one.monitor == "orders"] == [()]
    (tmp_path / "other").mkdir()
    told = await found(tmp_path / "other", worlds, *monitors, pipeline=None, until=HOUR)
    assert [finding.suspects for _, finding in told] == [(), ()]


async def test_what_is_over_keeps_the_cause_that_was_told(tmp_path: Path) -> None:
    world = World({"volume": during(usual, (SINCE, SINCE + HOUR, lambda at: 0.0))})
    monitors = placed("orders", "orders"), placed("raw", "raw.orders")
    told = await found(tmp_path, {"raw": world, "orders": world}, *monitors, pipeline=Known(declare(Lineage({}), CHAIN)), until=2 * HOUR)
    assert [one.status for one, _ in told] == ["resolved"] * 2
    assert [finding.suspects[0].node for one, finding in told if one.monitor == "orders"] == ["raw.orders"]


async def test_a_column_that_is_gone_above_is_a_change_that_explains(tmp_path: Path) -> None:
    class Table(World):
        async def read(self, monitor: Monitor, since: Any, until: Any) -> Any:
            reading = await super().read(monitor, since, until)
            columns = [["id", "int", None], ["amount", "int", None]][: 1 if since >= SINCE - FIVE else 2]
            return replace(reading, samples=tuple(replace(one, value=None, summary={"columns": columns}) for one in reading.samples))

    table = Table({"schema": usual}, has_past=False)
    monitors = placed("orders", "orders"), placed("raw", "raw.orders", watches=(Watch(Measure.SCHEMA),))
    told = await found(tmp_path, {"raw": table, "orders": broken(FIVE)}, *monitors, pipeline=Known(declare(Lineage({}), CHAIN)), until=HOUR)
    first = next(finding.suspects[0] for one, finding in told if one.monitor == "orders")
    assert first.node == "raw.orders"
    assert any("Column amount (int) is gone." in line for line in first.evidence)




async def test_a_cause_that_is_found_later_brings_the_report_up_to_date_once(tmp_path: Path) -> None:
    worlds = {"raw": broken(6 * FIVE), "orders": broken(timedelta())}
    monitors = placed("orders", "orders"), placed("raw", "raw.orders")
    towers: list[Watchtower] = []
    made = causes(lambda: towers[0], *monitors, pipeline=Known(declare(Lineage({}), CHAIN)))
    async with watching(tmp_path, Clock(), worlds, *monitors, causes=made) as tower:
        towers.append(tower)
        await tower.through(NOON, SINCE + 3 * FIVE)
        (orders,) = await tower.told()
        assert await suspected(tower, orders) == "orders"
        await tower.through(SINCE + 4 * FIVE, SINCE + 9 * FIVE)
        assert {one.incident for one in await tower.told()} == {"monitor:orders"}
        assert await suspected(tower, orders) == "raw.orders"
        keys = [key for key in (await tower.run_of(orders)).inputs if "/cause/" in key]
        assert [key.rpartition("/cause/")[0] for key in keys] == [f"{orders.fingerprint}/{orders.began}"]
        before = await tower.findings.findings()
        raw = next(one for one in before if one.monitor == "raw")
        alert = (await tower.run_of(raw)).signals[raw.fingerprint]
        again = replace(again_of(placed("raw", "raw.orders"), alert), opens=True)
        assert await made.anew([again], before) == ()


async def suspected(tower: Watchtower, finding: Any) -> str:
    """What the report takes for the cause."""
    found = (await tower.run_of(finding)).signals[finding.fingerprint].finding
    return found.suspects[0].node if found else ""
