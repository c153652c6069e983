"""One table of orders in three databases, with everything that makes counting hard: nulls, gaps, a silent region, odd names."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pymysql

BEGIN = datetime(2026, 11, 26, tzinfo=UTC)
"""The first row is not before this."""

COLUMNS = ("id", "created_at", "region", "tier", "amount", "customer", "status", 'odd "name`')


@dataclass(frozen=True, slots=True)
class Order:
    """One row."""

    id: int
    created_at: datetime
    region: str | None
    tier: str
    amount: float | None
    customer: int
    status: str
    odd: int = 1

    @property
    def values(self) -> tuple[Any, ...]:
        return self.id, self.created_at, self.region, self.tier, self.amount, self.customer, self.status, self.odd


def orders(count: int = 1_500, hours: int = 36) -> list[Order]:
    """Rows at random times, the same in each run; from the 30th hour on none from `apac`, and none at all in the 20th."""
    random = Random(6)  # noqa: S311 - the same each time
    found: list[Order] = []
    while len(found) < count:
        at = BEGIN + timedelta(seconds=random.randrange(hours * 3600))
        region = random.choice(["eu", "eu", "us", "apac", "it's; --", None])
        hour = (at - BEGIN) // timedelta(hours=1)
        if hour != 20 and not (region == "apac" and hour >= 30):
            amount = random.choice([None, 0, round(random.random() * 100, 2), round(random.random() * 100, 2)])
            status = random.choice(["new", "paid", "test", ""])
            found.append(Order(len(found), at, region, random.choice(["gold", "free"]), amount, random.randrange(50), status))
    return found


@contextmanager
def in_sqlite(path: Path, rows: Sequence[Order], time: str = "timestamp") -> Iterator[str]:
    """The url of a file; `time` is how times are kept: `timestamp` (text with a blank), `iso`, `unix` or `millis`."""
    kinds = {"timestamp": "TIMESTAMP", "iso": "TEXT", "unix": "INTEGER", "millis": "INTEGER"}
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            f"CREATE TABLE orders (id INTEGER PRIMARY KEY, created_at {kinds[time]}, region TEXT, tier TEXT, amount NUMERIC(10, 2), "
            'customer INTEGER, status TEXT NOT NULL, "odd ""name`" INTEGER)'
        )
        connection.executemany(f"INSERT INTO orders VALUES ({', '.join('?' * 8)})", [_for_sqlite(row, time) for row in rows])  # noqa: S608
        connection.commit()
    yield f"sqlite:///{path}"


@contextmanager
def in_postgres(url: str, rows: Sequence[Order], kind: str = "timestamptz") -> Iterator[str]:
    """The same in a schema of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA sales")
        try:
            connection.execute(
                f"CREATE TABLE sales.orders (id int PRIMARY KEY, created_at {kind}, region text, tier text, amount numeric(10, 2), "
                'customer int, status text NOT NULL, "odd ""name`" int)'
            )
            with connection.cursor() as cursor, cursor.copy("COPY sales.orders FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row.values if kind == "timestamptz" else (row.id, row.created_at.replace(tzinfo=None), *row.values[2:]))
            yield url
        finally:
            connection.execute("DROP SCHEMA sales CASCADE")


@contextmanager
def in_mariadb(socket: Path, rows: Sequence[Order], kind: str = "DATETIME") -> Iterator[str]:
    """The same in a database of its own. Times are kept in UTC."""
    with closing(pymysql.connect(unix_socket=str(socket), user="root", autocommit=True)) as client, client.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute("CREATE DATABASE sales")
        cursor.execute(
            f"CREATE TABLE sales.orders (id INT PRIMARY KEY, created_at {kind} NULL, region VARCHAR(20), tier VARCHAR(20), "
            "amount DECIMAL(10, 2), customer INT, status VARCHAR(20) NOT NULL, `odd \"name``` INT)"
        )
        cursor.executemany(
            f"INSERT INTO sales.orders VALUES ({', '.join(['%s'] * 8)})",  # noqa: S608
            [(row.id, row.created_at.replace(tzinfo=None), *row.values[2:]) for row in rows],
        )
        try:
            yield f"mysql://root@/sales?unix_socket={socket}"
        finally:
            cursor.execute("DROP DATABASE sales")


def _for_sqlite(row: Order, time: str) -> tuple[Any, ...]:
    at = row.created_at
    text, second = f"{at:%Y-%m-%d %H:%M:%S}", int(at.timestamp())
    shown = {"timestamp": text, "iso": at.isoformat(), "unix": second, "millis": second * 1000}
    return (row.id, shown[time], *row.values[2:])
