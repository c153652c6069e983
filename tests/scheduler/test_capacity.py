"""Forecasts of capacity on a real database: what a report says, who is proposed to give to whom, and where limits come from."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agents.core.finding import Finding, told
from agents.monitors import Measure, Monitor, Watch
from bot.charts import described
from bot.views.report import report
from scheduler.timetable import Every
from tests.scheduler.watch import DAY, HOUR, NOON, Values, Watchtower, World, monitor, watching
from tests.world import Clock

VALUE = Watch(Measure.VALUE, "used", unit="GB")


def grown(start: float, growth: float) -> Values:
    """So much at NOON, and so much more each day, with a little noise that is always the same."""
    def used(at: datetime) -> float:
        return start + growth * ((at - NOON) / DAY) + (int(at.timestamp()) // 3600 * 7919 % 100) / 5

    return used


def daily(name: str = "disks", **forecast: Any) -> Monitor:
    watched = Watch(Measure.FORECAST, "used", **{"unit": "GB", "within": timedelta(days=30), **forecast})
    return monitor(name, VALUE, watched, bucket=DAY, times=Every(HOUR), subject="used space")


async def found_in(tower: Watchtower) -> dict[str, Finding]:
    """What was told of forecasts, by what it is about."""
    found = {}
    for one in await tower.told():
        finding = (await tower.run_of(one)).signals[one.fingerprint].finding
        if finding is not None and finding.central:
            found[finding.subject] = finding
    return found


async def test_a_report_says_the_range_the_growth_the_history_and_who_gives_how_much(tmp_path: Path) -> None:
    limits = (("eu", 500.0), ("region=us", 300.0))
    source = World({"value(used) region=eu": grown(440, 3), "value(used) region=us": grown(100, 0)})
    async with watching(tmp_path, Clock(), {"disks": source}, daily(limits=limits, pool="", step=10.0, headroom=20.0)) as tower:
        await tower.at(NOON)
        (found,) = await tower.told()
        run = await tower.run_of(found)
        finding = run.signals[found.fingerprint].finding
    assert finding is not None
    assert (finding.subject, finding.limit, finding.direction) == ("used space, region=eu", 500.0, "above")
    assert "The limit is reached in " in finding.why
    assert " to " in finding.why
    assert "(2026-12-" in finding.why
    assert "It grows by about 21 GB a week." in finding.why
    assert "Forecast from 89 days of history." in finding.why
    assert finding.action.startswith("us gives 70 GB to eu. Left above what each may need within 30 days: eu -46")
    assert finding.action.endswith("of 230 GB.")
    assert f"Proposed: {finding.action}" in told(finding)
    assert [at for at, _ in finding.central] == [at for at, _, _ in finding.band]
    assert all(low <= value <= high for (_, value), (_, low, high) in zip(finding.central, finding.band, strict=True))
    text = str(report(run).blocks)
    assert "nears its limit" in text
    assert "limit 500 GB · *8" in text
    assert "us gives 70 GB to eu" in text
    assert described(finding).startswith("forecast(used) of used space, region=eu: 43")
    assert run.tainted is True  # names of regions are from outside


async def test_monitors_of_a_pool_give_to_each_other_and_what_nobody_can_give_is_said(tmp_path: Path) -> None:
    pool = {"pool": "storage", "step": 10.0}
    first, second = daily("shop", limit=500.0, **pool), daily("mail", limit=130.0, within=timedelta(days=10), **pool)
    other, young = daily("apart", limit=900.0, pool="other"), daily("young", limit=900.0, **pool)
    sources = {
        "shop": World({"value(used)": grown(470, 3)}), "mail": World({"value(used)": grown(100, 0)}),
        "apart": World({"value(used)": grown(100, 0)}),
        "young": World({"value(used)": lambda at: 1.0 if at > NOON - 5 * DAY else None}),
    }
    async with watching(tmp_path, Clock(), sources, second, other, young, first) as tower:
        await tower.at(NOON)
        await tower.at(NOON + DAY)
        (finding,) = (await found_in(tower)).values()
    assert finding.monitor == "shop"
    assert finding.action.startswith("mail gives 10 GB to shop. Left above what each may need within 30 days: ")
    assert "shop lacks " in finding.action
    assert "GB that nobody can give, at the earliest from 20" in finding.action
    assert "Left out: young, not enough history: " in finding.action


async def test_a_limit_may_be_a_value_that_is_measured_and_without_capacity_nothing_is_proposed(tmp_path: Path) -> None:
    size = Watch(Measure.VALUE, "size", unit="GB")
    watched = Watch(Measure.FORECAST, "used", "GB", within=timedelta(days=30), limit_of="size")
    monitored = monitor("disks", VALUE, size, watched, bucket=DAY, times=Every(HOUR))
    source = World({
        "value(used) host=a": grown(440, 3), "value(size) host=a": lambda at: 500.0,
        "value(used) host=b": grown(440, 3), "value(size) host=b": lambda at: 5000.0, "value(used) host=c": grown(440, 3),
    })  # fmt: skip
    async with watching(tmp_path, Clock(), {"disks": source}, monitored) as tower:
        await tower.at(NOON)
        ((subject, finding),) = (await found_in(tower)).items()
    assert (subject, finding.high, finding.action) == ("shop.orders, host=a", 500.0, "")


async def test_a_floor_is_told_too_and_what_was_over_the_limit_already_is_reached_now(tmp_path: Path) -> None:
    source = World({"value(used) host=a": grown(100, -2), "value(used) host=b": grown(10, 0)})
    async with watching(tmp_path, Clock(), {"disks": source}, daily(limit=50.0, direction="below")) as tower:
        await tower.at(NOON)
        found = await found_in(tower)
    assert found["used space, host=a"].limit == 50.0
    assert "It falls by about 14.1 GB a week." in found["used space, host=a"].why
    assert found["used space, host=b"].why.startswith("The limit is reached now. It does not grow steadily.")
