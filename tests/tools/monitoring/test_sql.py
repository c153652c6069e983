"""Tables as monitors measure them, against what plain Python counts of the same rows: in SQLite, PostgreSQL and MariaDB."""

import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agents.monitors import Measure, Monitor, Reading, Sample, Watch
from tests.tools.monitoring.opened import NOW, monitor, sources, told
from tests.tools.monitoring.tables import BEGIN, Order, in_mariadb, in_postgres, in_sqlite, orders
from tools.monitoring.parts import SqlPart

ROWS = orders()
HOUR = timedelta(hours=1)
WATCHES = (
    Watch(Measure.VOLUME), Watch(Measure.NULL_RATE, "amount"), Watch(Measure.ZERO_RATE, "amount"), Watch(Measure.ZERO_RATE, "status"),
    Watch(Measure.DISTINCT, "customer"), Watch(Measure.VALUE, "revenue", expression="sum(amount)"), Watch(Measure.FRESHNESS),
    Watch(Measure.VALUE, "paid", expression="avg(case when status = 'paid' then 1e0 else 0 end)"),
)  # fmt: skip


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


async def test_the_biggest_groups_are_told_apart_and_the_rest_is_one(tmp_path: Path) -> None:
    one = monitor(part(), Watch(Measure.VOLUME), bucket=HOUR, dimensions=("customer",), most=5)
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        reading = await looked(one, url, BEGIN, BEGIN + 36 * HOUR)
    totals = {series: sum(value or 0 for _, value in values) for series, values in told(reading.samples).items()}
    counts = sorted((sum(row.customer == customer for row in ROWS) for customer in range(50)), reverse=True)
    assert len(totals) == 6
    other = totals.pop("volume customer=(other)")
    assert sorted(totals.values(), reverse=True) == counts[:5]
    assert other == sum(counts[5:])
    assert reading.notes == (
        "There are more than 5 combinations of customer: the 5 biggest are told apart, the rest is one.",
    )  # fmt: skip


async def test_groups_stay_the_same_from_look_to_look(tmp_path: Path) -> None:
    one = monitor(part(), Watch(Measure.VOLUME), bucket=HOUR, dimensions=("customer",), most=5)
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        whole = await looked(one, url, BEGIN, BEGIN + 36 * HOUR)
        async with sources({"m": one}, [{"name": "db", "sql": {"url": url}}]) as found:
            parts = [await found["m"].read(one, BEGIN + hour * HOUR, BEGIN + (hour + 1) * HOUR) for hour in range(36)]
    pieces = {(sample.series, sample.at): sample.value for reading in parts for sample in reading.samples}
    assert {(sample.series, sample.at): sample.value for sample in whole.samples}.items() <= pieces.items()


async def test_late_rows_are_there_when_a_bucket_is_read_again(tmp_path: Path) -> None:
    one = monitor(part(), Watch(Measure.VOLUME), Watch(Measure.FRESHNESS), bucket=HOUR)
    late = Order(9_999, BEGIN + 20 * HOUR + timedelta(minutes=50), "eu", "gold", 1.0, 1, "new")
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        async with sources({"m": one}, [{"name": "db", "sql": {"url": url}}]) as found:
            before = await found["m"].read(one, BEGIN + 20 * HOUR, BEGIN + 21 * HOUR)
            with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
                connection.execute("INSERT INTO orders (id, created_at, status) VALUES (9999, '2026-11-26 20:50:00', 'new')")
                connection.commit()
            after = await found["m"].read(one, BEGIN + 20 * HOUR, BEGIN + 21 * HOUR)
    assert before.samples[0].value == 0
    assert [sample.value for sample in after.samples] == [1, 600]
    agree(after.samples, lambda sample: expected([*ROWS, late], sample.at, HOUR)[sample.series])


async def test_there_is_nothing_before_the_first_row_and_nothing_in_an_empty_table(tmp_path: Path) -> None:
    one = monitor(part(), Watch(Measure.VOLUME), Watch(Measure.FRESHNESS), bucket=HOUR)
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        reading = await looked(one, url, BEGIN - 48 * HOUR, BEGIN + 2 * HOUR)
    first = min(row.created_at for row in ROWS)
    assert min(sample.at for sample in reading.samples) == first.replace(minute=0, second=0)
    with in_sqlite(tmp_path / "empty.db", []) as url:
        reading = await looked(one, url, BEGIN, BEGIN + 2 * HOUR)
    assert reading == Reading(())


async def test_only_buckets_that_begin_within_are_read(tmp_path: Path) -> None:
    one = monitor(part(), Watch(Measure.VOLUME), bucket=HOUR)
    minute = timedelta(minutes=1)
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        reading = await looked(one, url, BEGIN + minute, BEGIN + 3 * HOUR + minute)
        assert [sample.at for sample in reading.samples] == [BEGIN + hour * HOUR for hour in (1, 2, 3)]
        assert (await looked(one, url, BEGIN + minute, BEGIN + 2 * minute)).samples == ()


async def test_a_table_without_a_time_is_counted_whole(tmp_path: Path) -> None:
    watches = (Watch(Measure.VOLUME), Watch(Measure.NULL_RATE, "amount"), Watch(Measure.DISTINCT, "customer"))
    one = monitor(part(time=None), *watches, bucket=HOUR)
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        async with sources({"m": one}, [{"name": "db", "sql": {"url": url}}]) as found:
            assert not found["m"].has_past
            reading = await found["m"].read(one, BEGIN, BEGIN + 36 * HOUR)
    nulls = sum(row.amount is None for row in ROWS)
    assert [(sample.at, sample.value) for sample in reading.samples] == [
        (NOW, len(ROWS)), (NOW, nulls / len(ROWS)), (NOW, len({row.customer for row in ROWS})),
    ]  # fmt: skip


async def test_columns_are_read_with_a_past_that_took_minutes_to_read(tmp_path: Path) -> None:
    one = monitor(part(), Watch(Measure.SCHEMA), bucket=HOUR / 360)
    with in_sqlite(tmp_path / "shop.db", ROWS[:3]) as url:
        read = [(await looked(one, url, BEGIN, NOW - late)).samples for late in (HOUR / 15, HOUR / 10)]
    assert [len(samples) for samples in read] == [1, 0]


async def test_columns_are_those_of_now(postgres_url: str, tmp_path: Path) -> None:
    one = monitor(part(table="sales.orders"), Watch(Measure.SCHEMA), bucket=HOUR)
    with in_postgres(postgres_url, ROWS[:3]) as url:
        reading = await looked(one, url, NOW - 3 * HOUR, NOW)
        (sample,) = reading.samples
        assert (sample.series, sample.at, sample.value) == ("schema", NOW - HOUR, None)
        assert sample.summary == {"columns": [
            ["id", "INTEGER", False], ["created_at", "TIMESTAMP WITH TIME ZONE", True], ["region", "TEXT", True], ["tier", "TEXT", True],
            ["amount", "NUMERIC(10, 2)", True], ["customer", "INTEGER", True], ["status", "TEXT", False], ['odd "name`', "INTEGER", True],
        ]}  # fmt: skip
        assert (await looked(one, url, BEGIN, BEGIN + HOUR)).samples == ()  # of the past nothing is known
