"""A small shop in a real SQLite file and in a real PostgreSQL, and everything about them that must not change."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

TABLES = """
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, country text, joined date);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer REFERENCES customers (id), status text NOT NULL DEFAULT 'new',
                     total numeric(10, 2), placed timestamp, details {json});
CREATE TABLE items (order_id integer REFERENCES orders (id), product text, quantity integer, price numeric(10, 2),
                    PRIMARY KEY (order_id, product));
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE VIEW big_orders AS SELECT id, customer_id, total FROM orders WHERE total > 50;
CREATE TABLE secrets (id integer PRIMARY KEY, word text);
INSERT INTO secrets VALUES (1, 'hunter2-hidden');
"""

POSTGRES = """
CREATE EXTENSION dblink; CREATE EXTENSION file_fdw;
CREATE SEQUENCE numbers;
CREATE SCHEMA reports;
CREATE TABLE reports.daily (day date, total numeric);
CREATE FUNCTION public.wipe() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN DELETE FROM public.items; RETURN 1; END $$;
CREATE FUNCTION public.lower(whole numeric) RETURNS text LANGUAGE plpgsql AS $$ BEGIN DELETE FROM public.items; RETURN 'x'; END $$;
CREATE FUNCTION reports.fiscal_year(day date) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT extract(year FROM day)::integer + 1 $$;
CREATE VIEW wiping AS SELECT public.wipe() AS gone;
CREATE VIEW counting AS SELECT nextval('public.numbers') AS n;
CREATE ROLE guarded LOGIN PASSWORD 'correct-horse';
GRANT SELECT ON customers, orders TO guarded;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE passwords (line text) SERVER files OPTIONS (filename '/etc/passwd');
COMMENT ON TABLE orders IS 'What customers ordered';
COMMENT ON COLUMN orders.total IS 'in euros';
"""

SQLITE = """
CREATE VIRTUAL TABLE notes USING fts5(body);
INSERT INTO notes VALUES ('the parcel is late'), ('thank you');
CREATE TRIGGER no_effect INSTEAD OF DELETE ON big_orders BEGIN DELETE FROM items; END;
"""

STATE = """
SELECT concat_ws('|', (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_type),
  (SELECT count(*) FROM pg_roles), (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_description),
  (SELECT concat_ws(',', last_value, is_called) FROM numbers), (SELECT string_agg(t::text || xmin || xmax, ';' ORDER BY id) FROM orders t),
  (SELECT string_agg(t::text || xmin || xmax, ';' ORDER BY order_id, product) FROM items t),
  (SELECT string_agg(t::text || xmin || xmax, ';' ORDER BY id) FROM customers t),
  (SELECT string_agg(t::text || xmin || xmax, ';' ORDER BY id) FROM secrets t), (SELECT count(*) FROM reports.daily),
  (SELECT string_agg(name || setting, ';' ORDER BY name) FROM pg_file_settings),
  (SELECT string_agg(relname || relacl::text, ';' ORDER BY relname) FROM pg_class WHERE relacl IS NOT NULL),
  (SELECT count(*) FROM pg_prepared_xacts), (SELECT count(*) FROM pg_db_role_setting), (SELECT count(*) FROM pg_database))
"""

LOCKS = """
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE a.application_name = 'countersign' AND (l.locktype = 'advisory' OR l.mode NOT IN ('AccessShareLock', 'ExclusiveLock')
  OR (l.mode = 'ExclusiveLock' AND l.locktype <> 'virtualxid'))
"""

BUSY = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'countersign' AND state <> 'idle'"


def rows() -> Iterator[tuple[str, tuple[Any, ...]]]:
    """What is in the tables, with the same values in both."""
    for number in range(1, 13):
        country = (None, "de", "fr", "us")[number % 4]
        yield "customers", (number, f"Customer {number}", country, f"2025-{number:02}-01")
    for number in range(1, 61):
        status = ("new", "paid", "shipped", "cancelled")[number % 4]
        details = json.dumps({"channel": ("web", "shop")[number % 2], "lines": [number, number + 1], "gift": number % 2 == 0})
        placed = f"2026-{number % 6 + 1:02}-{number % 28 + 1:02} {number % 24:02}:30:00"
        yield "orders", (number, number % 11 + 1, status, None if number % 13 == 0 else number * 2.5, placed, details)
        for product in range(1, number % 3 + 2):
            yield "items", (number, f"product-{product}", product, product * 1.25)


def _insert(table: str, values: tuple[Any, ...], mark: str) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join([mark] * len(values))})"  # noqa: S608


def make_sqlite(path: Path) -> None:
    """The shop in a new file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES.format(json="text"))
        for table, values in rows():
            connection.execute(_insert(table, values, "?"), values)
        connection.executescript(SQLITE)
        connection.commit()


@contextmanager
def made_postgres(url: str) -> Iterator[str]:
    """The shop in a new database of this server: its url, until the block ends."""
    with closing(psycopg.connect(url, autocommit=True)) as admin:
        admin.execute("CREATE DATABASE shop")
        shop = url.replace("/postgres?", "/shop?")
        try:
            with psycopg.connect(shop) as connection:
                connection.execute(TABLES.format(json="jsonb"))
                for table, values in rows():
                    connection.execute(_insert(table, values, "%s").encode(), values)
                connection.execute(POSTGRES)
                connection.commit()
                connection.autocommit = True
                connection.execute("VACUUM (ANALYZE)")
            yield shop
        finally:
            admin.execute("DROP DATABASE shop WITH (FORCE)")
            admin.execute("DROP ROLE guarded")


class SqliteWitness:
    """What a file is, byte by byte."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def state(self) -> str:
        """Of the file and of what lies beside it."""
        beside = sorted(path.name for path in self._path.parent.iterdir())
        return hashlib.sha256(self._path.read_bytes()).hexdigest() + repr(beside)

    def left(self) -> str:
        """What is still held or running: whether the file can be locked for a writer."""
        with closing(sqlite3.connect(self._path, timeout=0.2, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError as error:
                return str(error)
        return ""

    def close(self) -> None:
        """Nothing is open."""


class PostgresWitness:
    """What is in the database, row versions included, beside the tool's own connections."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def state(self) -> str:
        """Of tables, sequences, functions, roles, rights and settings."""
        return str(self._connection.execute(STATE).fetchone())

    def left(self) -> str:
        """What is still held or running."""
        found = [self._connection.execute(query).fetchone() for query in (LOCKS, BUSY)]
        return "" if found == [(0,), (0,)] else f"locks, busy: {found}"

    def close(self) -> None:
        """The witness goes."""
        self._connection.close()
