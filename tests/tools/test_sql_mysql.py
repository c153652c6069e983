"""The SQL source on a real MariaDB, as root, where one is installed (apt-get install mariadb-server)."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pymysql
import pytest

from agents.ports import Done, Failed
from tests.tools import mariadb
from tests.tools.corpus import cases
from tests.tools.shop import TABLES, rows
from tests.tools.sources import opened
from tests.tools.test_sql_bypass import given, unchecked_database
from tests.tools.test_sql_ordinary import cells
from tools.sql_server import Failure

pytestmark = pytest.mark.skipif(not mariadb.installed(), reason="MariaDB is not installed (apt-get install mariadb-server)")

MORE = (
    "CREATE SEQUENCE numbers",
    "CREATE FUNCTION wipe() RETURNS int MODIFIES SQL DATA BEGIN DELETE FROM items; RETURN 1; END",
    "CREATE VIEW wiping AS SELECT wipe() AS gone",
)
STATE = (
    "CHECKSUM TABLE customers, orders, items, secrets EXTENDED", "SELECT next_not_cached_value FROM numbers",
    "SELECT count(*) FROM information_schema.tables", "SELECT count(*) FROM mysql.global_priv", "SELECT @@global.general_log",
)  # fmt: skip
READABLE = ["customers", "orders", "items", "big_orders", "wiping"]


class Witness:
    """A client beside the tool, and what must not change."""

    def __init__(self, socket: Path) -> None:
        self.client = pymysql.connect(unix_socket=str(socket), user="root", autocommit=True)

    def asked(self, sql: str) -> list[tuple[Any, ...]]:
        with self.client.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def state(self) -> list[object]:
        return [self.asked(sql) for sql in STATE]

    def busy(self) -> int:
        sql = "SELECT count(*) FROM information_schema.processlist WHERE command = 'Query' AND id <> connection_id()"
        return int(self.asked(sql)[0][0])


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[str, Witness]]:
    with mariadb.serving() as socket:
        witness = Witness(socket)
        with closing(witness.client):
            witness.asked("CREATE DATABASE shop")
            witness.asked("USE shop")
            for statement in TABLES.format(json="json").replace(" text PRIMARY", " varchar(99) PRIMARY").split(";"):
                if statement.strip():
                    witness.asked(statement.replace("product text", "product varchar(99)").replace("status text", "status varchar(99)"))
            with witness.client.cursor() as cursor:
                for table, values in rows():
                    cursor.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(values))})", values)  # noqa: S608
            for statement in MORE:
                witness.asked(statement)
            yield f"mysql://root@localhost/shop?unix_socket={socket}", witness


async def test_no_try_gets_past(shop: tuple[str, Witness], tmp_path: Path) -> None:
    url, witness = shop
    wrong = []
    canary, out = tmp_path / "canary", Path("/tmp") / f"out-{tmp_path.name}"
    canary.write_text("canary-in-the-mine")
    before = witness.state()
    async with opened({"name": "db", "sql": {"url": url, "tables": READABLE, "seconds": 0.3}}) as toolbox:
        for case in cases("bypass.txt", "mysql"):
            sql = case.sql.replace("{canary}", str(canary)).replace("{out}", str(out)).replace("{cr}", "\r").replace("{nul}", "\0")
            result = await toolbox.run("db_query", {"sql": sql}, key="k")
            bounded = "RECURSIVE" in sql  # MariaDB itself ends a recursion after a thousand steps
            if not isinstance(result, Failed if case.kind == "refused" and not bounded else Failed | Done):
                wrong.append(f"{case.name}: ran: {result}")
            if "canary-in" in str(result) or "hunter2-hidden" in str(result) or out.exists() or witness.state() != before:
                wrong.append(f"{case.name}: reached further than it may: {result}")
    assert wrong == []
    assert witness.busy() == 0


async def test_the_connection_alone_keeps_the_database_as_it_is(shop: tuple[str, Witness]) -> None:
    url, witness = shop
    before = witness.state()
    wrong = []
    async with unchecked_database({"url": url, "seconds": 0.3}) as database:
        for case in cases("bypass.txt", "mysql"):
            if "{out}" in case.sql or case.beyond:  # a root that may write files is stopped by the check alone
                continue
            with suppress(Failure):
                await database.use(partial(given, database.server.rows, case.sql), database.limits)
            if witness.state() != before:
                wrong.append(case.name)
                before = witness.state()
    assert wrong == ["set global"]  # the account's right to change the server is no transaction's matter


async def test_what_people_ask_is_answered_as_the_database_answers(shop: tuple[str, Witness]) -> None:
    url, witness = shop
    wrong = []
    async with opened({"name": "db", "sql": {"url": url}}) as toolbox:
        for case in cases("ordinary.txt", "mysql"):
            if not case.shared:
                result = await toolbox.run("db_query", {"sql": case.sql}, key="k")
                lines = [cells(line) for line in result.text.split("\n")[2:]] if isinstance(result, Done) else result
                expected = [["NULL" if value is None else str(value) for value in row] for row in witness.asked(case.sql)]
                if lines != expected:
                    wrong.append(f"{case.name}: {lines} instead of {expected}")
    assert wrong == []


async def test_limits_and_cancelling(shop: tuple[str, Witness]) -> None:
    url, witness = shop
    slow = "SELECT count(*) FROM items a, items b, items c, items d, items e, items f WHERE a.price + f.price < b.price - 99"
    async with opened({"name": "db", "sql": {"url": url, "seconds": 30, "rows": 4}}) as toolbox:
        result = await toolbox.run("db_query", {"sql": "SELECT a.id FROM orders a, orders b, orders c"}, key="k")
        assert isinstance(result, Done)
        assert result.text.startswith("4 of more rows")
        call = asyncio.create_task(toolbox.run("db_query", {"sql": slow}, key="k"))
        await asyncio.sleep(0.3)
        assert witness.busy() == 1
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        for _ in range(100):
            await asyncio.sleep(0.05)
            if witness.busy() == 0:
                break
        assert witness.busy() == 0
        for tool, arguments, said in (
            ("tables", {}, "MySQL\nshop.big_orders (view)"),
            ("describe", {"table": "orders"}, "foreign key: customer_id -> shop.customers(id)"),
            ("sample", {"table": "customers", "rows": 1}, "1 | Customer 1 | de | 2025-01-01"), ("explain", {"sql": "SELECT 1"}, "SIMPLE"),
        ):  # fmt: skip
            shown = await toolbox.run(f"db_{tool}", arguments, key="k")
            assert isinstance(shown, Done)
            assert said in shown.text
    async with opened({"name": "db", "sql": {"url": url, "seconds": 0.3}}) as toolbox:
        assert await toolbox.run("db_query", {"sql": slow}, key="k") == Failed(
            "It took longer than 0.3 seconds and was cancelled at the server. Narrow it, or ask for less.", taints=True
        )
