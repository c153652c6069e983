"""What hostile names, failing databases and large tables come to: nothing is written, nothing leaks, caps hold, messages help."""

import re
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from agents.monitors import Measure, Monitor, SourceDown, Watch
from tests.tools.monitoring.opened import NOW, monitor, sources, told
from tests.tools.monitoring.tables import BEGIN, in_postgres, in_sqlite, orders
from tests.tools.monitoring.test_sql import looked
from tools.monitoring.parts import HttpPart, SqlPart

HOUR = timedelta(hours=1)
ROWS = orders(200, 12)


def part(**more: object) -> SqlPart:
    return SqlPart.model_validate({"source": "db", "table": "orders", "time": "created_at", **more})


async def refused(url: str, one: SqlPart, *watches: Watch, **more: Any) -> str:
    """What is said of a reading that is refused."""
    with pytest.raises(SourceDown) as caught:
        await looked(monitor(one, *(watches or (Watch(Measure.VOLUME),)), bucket=HOUR, **more), url, BEGIN, BEGIN + HOUR)
    return str(caught.value)


NAMES = (
    "orders; DROP TABLE orders", 'orders"; DROP TABLE orders; --', "orders WHERE 1=1 --", "(SELECT 1)", "sqlite_master",
    "pg_catalog.pg_shadow", "information_schema.tables", "orders` --", "nowhere",
)  # fmt: skip


def hostile(name: str) -> list[Monitor]:
    """The name in each place where a name can stand: first the table, then columns."""
    measures = (Measure.NULL_RATE, Measure.ZERO_RATE, Measure.DISTINCT, Measure.DISTRIBUTION)
    return [
        monitor(part(table=name), Watch(Measure.VOLUME)), monitor(part(time=name), Watch(Measure.VOLUME)),
        monitor(part(), Watch(Measure.VOLUME), dimensions=(name,)), *(monitor(part(), Watch(measure, name)) for measure in measures),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_hostile_names_are_names_that_are_not_there(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    in_server = kind == "postgresql"
    made = in_postgres(request.getfixturevalue("postgres_url"), ROWS) if in_server else in_sqlite(tmp_path / "shop.db", ROWS)
    whole = monitor(part(), Watch(Measure.VOLUME), bucket=12 * HOUR)
    with made as url:
        monitors = {"whole": whole} | {f"{name} {place}": one for name in NAMES for place, one in enumerate(hostile(name))}
        async with sources(monitors, [{"name": "db", "sql": {"url": url, "schemas": ["sales"] if in_server else []}}]) as found:
            for name in NAMES:
                for place, one in enumerate(hostile(name)):
                    with pytest.raises(SourceDown, match="may be read here" if place == 0 else re.escape(f"There is no column {name}")):
                        await found[f"{name} {place}"].read(one, BEGIN, BEGIN + HOUR)
            (sample,) = (await found["whole"].read(whole, BEGIN, BEGIN + 12 * HOUR)).samples
    assert sample.value == len(ROWS)  # all of it is there


HOSTILE = ("1=1; DROP TABLE orders", "id IN (SELECT 1)", "load_extension('x') = 1", "sum(id) > 1", "id = :x", "orders.id = 1")


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_expressions_are_refused_also_where_no_configuration_was_checked(tmp_path: Path, text: str) -> None:
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        assert (await refused(url, part(where=text))).startswith("db, table orders: ")
        assert (await refused(url, part(), Watch(Measure.VALUE, "v", expression=f"max({text})"))).startswith("db, table orders: ")


async def test_odd_names_that_are_there_are_read(postgres_url: str, tmp_path: Path) -> None:
    watches = (Watch(Measure.DISTINCT, 'odd "name`'), Watch(Measure.NULL_RATE, 'odd "name`'))
    with in_sqlite(tmp_path / "shop.db", ROWS) as file, in_postgres(postgres_url, ROWS) as server:
        for url in (file, server):
            one = monitor(part(), *watches, bucket=12 * HOUR, dimensions=('odd "name`',))
            reading = await looked(one, url, BEGIN, BEGIN + 12 * HOUR)
            assert [(sample.series, sample.value) for sample in reading.samples] == [
                ('distinct(odd "name`) odd "name`=1', 1), ('null_rate(odd "name`) odd "name`=1', 0),
            ]  # fmt: skip


async def test_values_of_dimensions_are_values(postgres_url: str, tmp_path: Path) -> None:
    """Whatever stands in a column by which rows are told apart, it is compared and never run."""
    nasty = ["a' OR 'x'='x", "'); DROP TABLE t; --", "a\\", "x" * 300, "line\nbreak, and=more", "", "ü"]
    rows = [(f"2026-11-28 10:{minute:02}:00", value) for minute, value in enumerate(nasty * 3)]
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.execute("CREATE TABLE t (at TEXT, d TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
        connection.commit()
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute("CREATE TABLE t (at timestamp, d text)")
        try:
            for row in rows:
                server.execute("INSERT INTO t VALUES (%s, %s)", row)
            for url in (f"sqlite:///{tmp_path / 't.db'}", postgres_url):
                for most in (3, 20):
                    one = monitor(part(table="t", time="at"), Watch(Measure.VOLUME), bucket=HOUR, dimensions=("d",), most=most)
                    async with sources({"m": one}, [{"name": "db", "sql": {"url": url}}]) as found:
                        reading = await found["m"].read(one, NOW - 2 * HOUR, NOW - HOUR)
                    assert sum(sample.value or 0 for sample in reading.samples) == len(rows)
                    assert all(len(sample.series) < 80 and sample.series.isprintable() for sample in reading.samples)
                    assert {sample.value for sample in reading.samples} == ({3} if most == 20 else {3, 12})
        finally:
            server.execute("DROP TABLE t")


async def test_a_source_that_cannot_be_read_says_so_and_hurts_no_other(tmp_path: Path) -> None:
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        monitors = {
            "good": monitor(part(), Watch(Measure.VOLUME), bucket=HOUR), "gone": monitor(part(source="gone"), Watch(Measure.VOLUME)),
            "unknown": monitor(part(source="nobody"), Watch(Measure.VOLUME), bucket=HOUR),
            "http": monitor(HttpPart(url="http://127.0.0.1:9/", value="a"), Watch(Measure.VALUE), kind="http"),
        }  # fmt: skip
        items = [{"name": "db", "sql": {"url": url}}, {"name": "gone", "sql": {"url": f"sqlite:///{tmp_path / 'gone.db'}"}}]
        async with sources(monitors, items) as found:
            assert len((await found["good"].read(monitors["good"], BEGIN, BEGIN + HOUR)).samples) == 1
            said = {}
            for name in ("gone", "unknown", "http"):
                with pytest.raises(SourceDown) as caught:
                    await found[name].read(monitors[name], BEGIN, BEGIN + HOUR)
                said[name] = str(caught.value)
    assert said == {
        "gone": f"gone, table orders: There is no file {tmp_path / 'gone.db'}.",
        "unknown": "There is no SQL source nobody among the tools.",
        "http": "http://127.0.0.1:9/ could not be read: All connection attempts failed.",
    }  # fmt: skip


async def test_only_the_tables_of_the_source_are_there(tmp_path: Path) -> None:
    with in_sqlite(tmp_path / "shop.db", ROWS) as url, pytest.raises(SourceDown, match="There is no table orders that may be read here"):
        await looked(monitor(part(), Watch(Measure.VOLUME), bucket=HOUR), url, BEGIN, BEGIN + HOUR, tables=["others"])


async def test_a_statement_that_takes_too_long_is_made_of_smaller_ones(tmp_path: Path) -> None:
    """A join that explodes, as a view: an hour of it can be counted in time, a day cannot."""
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.execute("CREATE TABLE t (at INTEGER, n INTEGER)")
        begin = int(BEGIN.timestamp())
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(begin + 12 * number, number) for number in range(24 * 300)])
        connection.execute("CREATE INDEX i ON t (at)")
        connection.execute("CREATE TABLE m (x)")
        connection.executemany("INSERT INTO m VALUES (?)", [(number,) for number in range(200)])
        connection.execute("CREATE VIEW slow AS SELECT t.at, m.x FROM t, m")
        connection.commit()
    one = monitor(part(table="slow", time="at"), Watch(Measure.DISTINCT, "x"), bucket=HOUR)
    url = f"sqlite:///{tmp_path / 't.db'}"
    begun = time.monotonic()
    await looked(one, url, BEGIN, BEGIN + HOUR)
    reading = await looked(one, url, BEGIN, BEGIN + 24 * HOUR, seconds=10 * (time.monotonic() - begun))
    assert [value for _, value in told(reading.samples)["distinct(x)"]] == [200] * 24


async def test_what_cannot_be_counted_in_time_is_said(tmp_path: Path) -> None:
    with in_sqlite(tmp_path / "shop.db", orders(3000, 3)) as url:
        one = monitor(part(table="huge"), Watch(Measure.VOLUME), bucket=HOUR)
        with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
            connection.execute("CREATE VIEW huge AS SELECT a.created_at FROM orders a, orders b, orders c")
        with pytest.raises(SourceDown, match=r"It took longer than 0\.1 seconds and was cancelled"):
            await looked(one, url, BEGIN, BEGIN + HOUR, seconds=0.1)


async def test_the_row_cap_is_met_by_reading_less_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.monitoring.sql.ROWS", 40)
    one = monitor(part(), Watch(Measure.VOLUME), bucket=HOUR, dimensions=("region", "tier"))
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        reading = await looked(one, url, BEGIN, BEGIN + 12 * HOUR)
    assert sum(sample.value or 0 for sample in reading.samples) == len(ROWS)
    monkeypatch.setattr("tools.monitoring.sql.ROWS", 3)
    with in_sqlite(tmp_path / "again.db", ROWS) as url:
        assert "Take fewer dimensions" in await refused(url, part(), dimensions=("region", "tier"))


async def test_names_in_other_letters_are_found(tmp_path: Path) -> None:
    with in_sqlite(tmp_path / "shop.db", ROWS) as url:
        one = monitor(part(table="ORDERS", time="Created_At"), Watch(Measure.VOLUME), bucket=HOUR)
        assert len((await looked(one, url, datetime(2026, 11, 26, tzinfo=UTC), BEGIN + HOUR)).samples) == 1
