"""Time columns of all kinds: wall times of a zone over the days on which clocks change, days, offsets, and what is no time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pymysql
import pytest

from agents.monitors import Measure, Reading, SourceDown, Watch
from tests.tools.monitoring.opened import monitor, sources, told
from tools.monitoring.parts import SqlPart

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


async def read(url: str, since: datetime, until: datetime, bucket: timedelta, **part: object) -> Reading:
    one = monitor(SqlPart.model_validate({"source": "db", "table": "t", "time": "at", **part}), Watch(Measure.VOLUME), bucket=bucket)
    async with sources({"m": one}, [{"name": "db", "sql": {"url": url}}]) as found:
        return await found["m"].read(one, since, until)


@contextmanager
def in_postgres(url: str, kind: str, *values: object) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE t (at {kind})")
        try:
            for value in values:
                connection.execute("INSERT INTO t VALUES (%s)", (value,))
            yield
        finally:
            connection.execute("DROP TABLE t")


def in_sqlite(path: Path, *values: object, kind: str = "") -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE t (at {kind})")
        connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
        connection.commit()
    return f"sqlite:///{path}"


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)])
async def test_wall_times_of_a_zone_over_a_change_of_clocks(postgres_url: str, day: datetime) -> None:
    """A row a quarter of an hour, from the evening before to the evening after, kept as Berlin's clocks show it."""
    moments = [day - 3 * HOUR + timedelta(minutes=15 * count) for count in range(4 * 27)]
    walls = [moment.astimezone(BERLIN).replace(tzinfo=None) for moment in moments]
    with in_postgres(postgres_url, "timestamp", *walls):
        reading = await read(postgres_url, day - 2 * HOUR, day + 23 * HOUR, HOUR, zone="Europe/Berlin")
    values = [value or 0 for _, value in told(reading.samples)["volume"]]
    if day.month == 10:  # an hour of wall times comes twice: its rows are all in one of the two hours
        assert sorted(values) == [0, *[4] * 23, 8]
    else:
        assert values == [4] * 25


async def test_without_a_zone_wall_times_are_those_of_utc(postgres_url: str) -> None:
    with in_postgres(postgres_url, "timestamp", "2026-11-28 10:30:00"):
        reading = await read(postgres_url, datetime(2026, 11, 28, 10, tzinfo=UTC), datetime(2026, 11, 28, 11, tzinfo=UTC), HOUR)
    assert told(reading.samples) == {"volume": [("28 10:00", 1)]}


async def test_the_zone_of_the_server_changes_nothing(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE postgres SET timezone = 'Asia/Kolkata'")
        try:
            with in_postgres(postgres_url, "timestamptz", "2026-11-28 10:30:00+00", "2026-11-28 11:00:00+00"):
                reading = await read(postgres_url, datetime(2026, 11, 28, 10, tzinfo=UTC), datetime(2026, 11, 28, 12, tzinfo=UTC), HOUR)
        finally:
            connection.execute("ALTER DATABASE postgres RESET timezone")
    assert told(reading.samples) == {"volume": [("28 10:00", 1), ("28 11:00", 1)]}


async def test_days_take_buckets_of_a_day(postgres_url: str, tmp_path: Path) -> None:
    begin = datetime(2026, 11, 25, tzinfo=UTC)
    days = ("2026-11-25", "2026-11-25", "2026-11-27")
    with in_postgres(postgres_url, "date", *days):
        reading = await read(postgres_url, begin, begin + 3 * DAY, DAY)
        with pytest.raises(SourceDown, match=r"The column at says the day and no more: write bucket: 1d\."):
            await read(postgres_url, begin, begin + 3 * DAY, HOUR)
    assert told(reading.samples) == {"volume": [("25 00:00", 2), ("26 00:00", 0), ("27 00:00", 1)]}
    url = in_sqlite(tmp_path / "days.db", *days, kind="DATE")
    assert (await read(url, begin, begin + 3 * DAY, DAY)).samples == reading.samples
    with pytest.raises(SourceDown, match="write bucket: 1d"):
        await read(url, begin, begin + 3 * DAY, HOUR)


async def test_texts_with_offsets_are_moments(tmp_path: Path) -> None:
    url = in_sqlite(
        tmp_path / "t.db", "2026-11-28T12:10:00+02:00", "2026-11-28T10:20:00Z", "2026-11-28 10:30:00.5", "2026-11-27T22:40:00-11:30",
        "2026-11-29T00:40:00+14:00", "2026-11-28T11:00:00+00:00", "2026-11-28T09:59:59Z",
    )  # fmt: skip
    reading = await read(url, datetime(2026, 11, 28, 10, tzinfo=UTC), datetime(2026, 11, 28, 11, tzinfo=UTC), HOUR)
    assert told(reading.samples) == {"volume": [("28 10:00", 5)]}


async def test_numbers_are_unix_time_in_any_scale(postgres_url: str) -> None:
    begin = datetime(2026, 11, 28, 10, tzinfo=UTC)
    second = int(begin.timestamp())
    for kind, scale in (("int", 1), ("bigint", 1000), ("bigint", 1_000_000), ("double precision", 1)):
        with in_postgres(postgres_url, kind, second * scale, (second + 3599) * scale, (second + 3600) * scale):
            reading = await read(postgres_url, begin, begin + 2 * HOUR, HOUR)
        assert told(reading.samples) == {"volume": [("28 10:00", 2), ("28 11:00", 1)]}, (kind, scale)


async def test_what_is_no_time_is_said(postgres_url: str) -> None:
    begin = datetime(2026, 11, 28, 10, tzinfo=UTC)
    with in_postgres(postgres_url, "text", "soon"), pytest.raises(SourceDown, match="db, table t: The column at is TEXT, which is no time"):
        await read(postgres_url, begin, begin + HOUR, HOUR)
    with in_postgres(postgres_url, "timestamptz"), pytest.raises(SourceDown, match=r"There is no column when; there is at\."):
        await read(postgres_url, begin, begin + HOUR, HOUR, time="when")


async def test_mariadb_takes_moments_whatever_its_zone_is(socket: Path) -> None:
    begin = datetime(2026, 11, 28, 10, tzinfo=UTC)
    with closing(pymysql.connect(unix_socket=str(socket), user="root", autocommit=True)) as client, client.cursor() as cursor:
        cursor.execute("SET GLOBAL time_zone = '+05:30'")
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute("CREATE DATABASE d")
        cursor.execute("CREATE TABLE d.t (at TIMESTAMP NULL)")
        cursor.execute("INSERT INTO d.t VALUES ('2026-11-28 10:30:00'), ('2026-11-28 11:00:00')")
        url = f"mysql://root@/d?unix_socket={socket}"
        reading = await read(url, begin, begin + 2 * HOUR, HOUR)
        cursor.execute("CREATE TABLE d.wall AS SELECT CAST(at AS DATETIME) AS at FROM d.t")
        if not cursor.execute("SELECT 1 FROM mysql.time_zone_name WHERE name = 'Europe/Berlin'"):
            with pytest.raises(SourceDown, match="The server does not know the zone Europe/Berlin: load its time zone tables"):
                await read(url, begin, begin + HOUR, HOUR, table="wall", zone="Europe/Berlin")
        else:
            moved = await read(url, begin - HOUR, begin + HOUR, HOUR, table="wall", zone="Europe/Berlin")
            assert told(moved.samples) == {"volume": [("28 09:00", 1), ("28 10:00", 1)]}
        cursor.execute("SET GLOBAL time_zone = SYSTEM")
        cursor.execute("DROP DATABASE d")
    assert told(reading.samples) == {"volume": [("28 10:00", 1), ("28 11:00", 1)]}
