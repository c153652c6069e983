"""Tables as monitors measure them, against what plain Python counts of the same rows: in SQLite, PostgreSQL and MariaDB."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agents.monitors import Measure, Monitor, Reading, Sample, Watch
from tests.tools import mariadb
from tests.tools.monitoring.opened import monitor, sources, told
from tests.tools.monitoring.tables import BEGIN, Order, in_mariadb, in_postgres, in_sqlite, orders
from tools.monitoring.parts import SqlPart

ROWS = orders()
HOUR = timedelta(hours=1)
WATCHES = (
    Watch(Measure.VOLUME), Watch(Measure.NULL_RATE, "amount"), Watch(Measure.ZERO_RATE, "amount"), Watch(Measure.ZERO_RATE, "status"),
    Watch(Measure.DISTINCT, "customer"), Watch(Measure.VALUE, "revenue", expression="sum(amount)"), Watch(Measure.FRESHNESS),
    Watch(Measure.VALUE, "paid", expression="avg(case when status = 'paid' then 1e0 else 0 end)"),
)  # fmt: skip


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    if not mariadb.installed():
        pytest.skip("MariaDB is not installed (apt-get install mariadb-server)")
    with mariadb.serving() as found:
        yield found


@pytest.fixture(params=["sqlite", "sqlite iso", "sqlite unix", "sqlite millis", "timestamptz", "timestamp", "DATETIME", "TIMESTAMP"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The orders in each database, with their times in each form."""
    kind = str(request.param)
    if kind.startswith("sqlite"):
        made = in_sqlite(tmp_path / "shop.db", ROWS, kind.partition(" ")[2] or "timestamp")
    elif kind.startswith("timestamp"):
        made = in_postgres(request.getfixturevalue("postgres_url"), ROWS, kind)
    else:
        made = in_mariadb(request.getfixturevalue("socket"), ROWS, kind)
    with made as found:
        yield found


def part(**more: object) -> SqlPart:
    return SqlPart.model_validate({"source": "db", "table": "orders", "time": "created_at", **more})


async def looked(one: Monitor, url: str, since: datetime, until: datetime, **more: object) -> Reading:
    schemas = {} if url.startswith("sqlite") else {"schemas": ["sales"]}
    async with sources({"m": one}, [{"name": "db", "sql": {"url": url, **schemas, **more}}]) as found:
        return await found["m"].read(one, since, until)


def expected(rows: Sequence[Order], begin: datetime, length: timedelta) -> dict[str, float | None]:
    """What is measured of the rows of one bucket."""
    here = [row for row in rows if begin <= row.created_at < begin + length]
    count, end = len(here), begin + length
    amounts = [row.amount for row in here if row.amount is not None]
    newest = max((row.created_at for row in rows if row.created_at < end), default=None)
    return {
        "volume": count,
        "null_rate(amount)": (count - len(amounts)) / count if count else None,
        "zero_rate(amount)": amounts.count(0) / count if count else None,
        "zero_rate(status)": sum(row.status == "" for row in here) / count if count else None,
        "distinct(customer)": len({row.customer for row in here}) if count else None,
        "value(revenue)": sum(amounts) if amounts else None,
        "value(paid)": sum(row.status == "paid" for row in here) / count if count else None,
        "freshness": (end - newest).total_seconds() if newest else None,
    }


def agree(samples: Iterable[Sample], want: Callable[[Sample], float | None]) -> int:
    """Each sample is as it should be; how many there are."""
    count = 0
    for sample in samples:
        count += 1
        value, wanted = sample.value, want(sample)
        close = value is not None and wanted is not None and math.isclose(value, wanted, abs_tol=1e-6)
        assert close or value is wanted is None, (sample, wanted)
    return count


async def test_all_of_it_in_every_database(url: str) -> None:
    reading = await looked(monitor(part(), *WATCHES, bucket=HOUR), url, BEGIN, BEGIN + 36 * HOUR)
    count = agree(reading.samples, lambda sample: expected(ROWS, sample.at, HOUR)[sample.series])
    assert count == len(WATCHES) * 36
    assert reading.notes == ()
    empty = {sample.series: sample.value for sample in reading.samples if sample.at == BEGIN + 20 * HOUR}
    assert (empty["volume"], empty["null_rate(amount)"], empty["value(revenue)"]) == (0, None, None)  # no rows are not zero


async def test_dimensions_in_every_database(url: str) -> None:
    one = monitor(part(where="status <> 'test'"), *WATCHES, bucket=HOUR, dimensions=("region", "tier"))
    reading = await looked(one, url, BEGIN, BEGIN + 36 * HOUR)
    rows = [row for row in ROWS if row.status != "test"]

    def want(sample: Sample) -> float | None:
        watch, _, dimensions = sample.series.partition(" ")
        same = [row for row in rows if dimensions == f"region={row.region or '(none)'}, tier={row.tier}"]
        assert same
        return expected(same, sample.at, HOUR)[watch]

    assert agree(reading.samples, want) > 35 * 10 * len(WATCHES)
    assert len({sample.series for sample in reading.samples}) == 10 * len(WATCHES)
    silent = told(reading.samples)["volume region=apac, tier=gold"]
    assert [value for _, value in silent[-6:]] == [0] * 6  # it is known, and nothing comes of it


async def test_distributions_in_every_database(url: str) -> None:
    one = monitor(part(), Watch(Measure.DISTRIBUTION, "amount"), Watch(Measure.DISTRIBUTION, "status"), bucket=6 * HOUR)
    reading = await looked(one, url, BEGIN, BEGIN + 36 * HOUR)
    assert len(reading.samples) == 12
    for sample in reading.samples:
        here = [row for row in ROWS if sample.at <= row.created_at < sample.at + 6 * HOUR]
        assert sample.value is None
        assert sample.summary is not None
        if sample.series == "distribution(amount)":
            amounts = sorted(row.amount for row in here if row.amount is not None)
            assert (sample.summary["count"], sample.summary["nulls"]) == (len(here), len(here) - len(amounts))
            ranks = [math.ceil(step * (len(amounts) - 1) / 20) for step in range(21)]
            assert sample.summary["quantiles"] == [amounts[rank] for rank in ranks]
        else:
            counts = {status: sum(row.status == status for row in here) for status in ("new", "paid", "test", "")}
            assert dict(map(tuple, sample.summary["top"])) == counts
            assert [many for _, many in sample.summary["top"]] == sorted(counts.values(), reverse=True)
