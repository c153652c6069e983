"""The tools of capacity over a real database: what they tell of kept samples, and what they cannot."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.monitors import Looked, Measure, Monitor, Sample, Watch
from agents.pools import Pools
from agents.ports import Done, Failed
from scheduler.timetable import Every
from storage.database import open_database
from storage.samples import SqlSamples
from tests.tools.sources import NOW, opened
from tools.toolbox import Toolbox

DAY = timedelta(days=1)
NOISE = (0.0, 7.0, 3.0, 9.0, 1.0, 8.0, 4.0)

USED = Watch(Measure.VALUE, "used", "GB")
STORAGE = Watch(
    Measure.FORECAST, "used", "GB", within=timedelta(days=30), limits=(("eu", 500.0), ("us", 300.0)), pool="storage", step=10.0,
    headroom=20.0,
)
SEATS = Watch(Measure.FORECAST, "taken", "seats", limit=100.0, pool="")


def monitor(name: str, *watches: Watch, **more: Any) -> Monitor:
    return Monitor(name, "sql", "shop", Every(timedelta(hours=1)), watches, DAY, subject=f"all {name}", **more)


MONITORS = {
    one.name: one for one in (
        monitor("disks", USED, STORAGE, Watch(Measure.SCHEMA)), monitor("seats", Watch(Measure.VALUE, "taken", "seats"), SEATS),
        monitor("columns", Watch(Measure.SCHEMA)),
    )
}  # fmt: skip


def days(series: str, start: float, growth: float, count: int = 60) -> list[Sample]:
    """So much today, and so much more each day, with what weekdays are apart."""
    midnight = NOW.replace(hour=0, minute=0)
    return [Sample(series, midnight - back * DAY, start - growth * back + NOISE[back % 7]) for back in range(1, count + 1)]


async def keep(book: SqlSamples, name: str, samples: Sequence[Sample]) -> None:
    assert await book.put(Looked(name, 1, "d", NOW - 60 * DAY, NOW, NOW, NOW), samples)


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[SqlSamples]:
    async with open_database(f"sqlite:///{tmp_path}/journal.db") as database:
        kept = SqlSamples(database)
        gone = [Sample("value(used) region=old", NOW - 20 * DAY - back * DAY, 5.0) for back in range(40)]
        await keep(kept, "disks", [
            *days("value(used) region=eu", 440, 3), *days("value(used) region=us", 100, 0), *days("value(used) region=new", 1, 0, 5), *gone,
        ])  # fmt: skip
        await keep(kept, "seats", days("value(taken)", 20, 0))
        yield kept


async def call(toolbox: Toolbox, operation: str, **arguments: Any) -> Done | Failed:
    assert toolbox.invalid(f"plan_{operation}", arguments) is None
    found = await toolbox.run(f"plan_{operation}", arguments, key="k")
    assert isinstance(found, Done | Failed)
    return found


async def test_a_forecast_tells_ranges_with_dates_and_never_one_number(book: SqlSamples) -> None:
    async with opened({"name": "plan", "capacity": {}}, pools=Pools(book, MONITORS)) as toolbox:
        found = await call(toolbox, "forecast", monitor="disks", series="region=eu")
        assert isinstance(found, Done)
        assert found.taints is True
        (eu,) = json.loads(found.text)["series"]
        assert (eu["history"], eu["limit"], eu["growth"]) == ("60 days", 500.0, "It grows by about 21 GB a week.")
        reached = eu["limit_reached"]
        assert "2026-12-10" < reached["earliest"] <= reached["likely"] <= reached["latest"] < "2026-12-31"
        assert " to " in reached["in_days"]
        assert len(eu["last_weeks"]) == 8
        assert list(eu["ahead"]) == ["2026-11-28", "2026-12-04", "2026-12-11", "2026-12-27", "2027-01-26", "2027-02-25"]
        assert all(" to " in one for one in eu["ahead"].values())
        everything = json.loads((await call(toolbox, "forecast", monitor="disks")).text)["series"]
        assert [one["series"] for one in everything] == ["region=eu", "region=new", "region=us"]
        assert everything[1] == {"series": "region=new", "history": "5 days", "forecast": "not enough history: 5 days, 14 are needed"}
        assert everything[2]["limit_reached"] == {"in_days": "not within 90 days"}


async def test_another_limit_may_be_asked_about_and_a_value_that_nobody_forecasts(book: SqlSamples) -> None:
    bare = {"disks": monitor("disks", USED)}
    async with opened({"name": "plan", "capacity": {}}, pools=Pools(book, bare)) as toolbox:
        (eu,) = json.loads((await call(toolbox, "forecast", monitor="disks", value="used", series="=eu")).text)["series"]
        assert eu["limit"] == "none is known"
        (eu,) = json.loads((await call(toolbox, "forecast", monitor="disks", series="=eu", limit=460)).text)["series"]
        assert eu["limit_reached"]["earliest"] < "2026-12-10"
        (eu,) = json.loads((await call(toolbox, "forecast", monitor="disks", series="=eu", limit=10)).text)["series"]
        assert eu["limit_reached"]["in_days"] == "reached now"


async def test_a_reallocation_has_its_numbers_and_leaves_every_giver_what_it_needs(book: SqlSamples) -> None:
    async with opened({"name": "plan", "capacity": {}}, pools=Pools(book, MONITORS)) as toolbox:
        found = json.loads((await call(toolbox, "reallocate", pool="storage")).text)
        assert found["enough_for_days"] == 30
        (move,) = found["moves"]
        eu, us = found["each"]
        assert move == f"us gives {eu['would_have'] - 500:.0f} GB to eu"
        assert us["has"] - us["would_have"] == eu["would_have"] - eu["has"] > 0
        assert float(eu["left_now"]) < 20 <= float(eu["left_then"]) < 30
        assert float(us["left_then"]) >= 20
        assert (eu["full_then"] > "", us["full_then"]) == (True, "not within 90 days")
        assert found["left_out"] == ["new, not enough history: 5 days, 14 are needed"]
        sooner = json.loads((await call(toolbox, "reallocate", pool="storage", days=2, headroom=0)).text)
        assert sooner["moves"] == "none are needed, or nobody can give anything"
        assert json.loads((await call(toolbox, "reallocate", pool="seats/taken")).text)["each"][0]["name"] == "seats"


async def test_what_cannot_be_told_is_said(book: SqlSamples) -> None:
    async with opened({"name": "plan", "capacity": {"monitors": ["disks", "columns"]}}, pools=Pools(book, MONITORS)) as toolbox:
        assert [one["monitor"] for one in json.loads((await call(toolbox, "list")).text)] == ["disks"]
        assert await call(toolbox, "forecast", monitor="seats") == Failed("There is no monitor by this name here. Known: disks, columns.")
        assert await call(toolbox, "forecast", monitor="disks", value="free") == Failed(
            "disks measures nothing by this name that can be forecast. Known: used."
        )
        assert isinstance(await call(toolbox, "forecast", monitor="columns"), Failed)
        assert await call(toolbox, "forecast", monitor="disks", series="mars") == Failed(
            "No values of it are kept, or none whose dimensions hold these words."
        )
        assert await call(toolbox, "reallocate", pool="seats/taken") == Failed("There is no such pool. Known: storage.")
    async with opened({"name": "plan", "capacity": {}}) as toolbox:
        for operation, arguments in (("list", {}), ("forecast", {"monitor": "disks"}), ("reallocate", {"pool": "storage"})):
            assert await call(toolbox, operation, **arguments) == Failed("There is no database here in which samples of monitors could be.")
