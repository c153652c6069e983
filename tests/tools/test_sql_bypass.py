"""Nobody gets past the read-only SQL source: in a real SQLite file and a real PostgreSQL, as superuser, nothing changes, nothing leaks."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agents.ports import Done, Failed
from tests.tools.corpus import Case, cases
from tests.tools.shop import PostgresWitness, SqliteWitness, made_postgres, make_sqlite
from tests.tools.sources import opened
from tools.net import Net
from tools.source import SourceContext
from tools.sql import Database
from tools.sql import opened as opened_database
from tools.sql_config import SqlConfig, SqlEntry
from tools.sql_server import Failure, Limits

READABLE = ["customers", "orders", "items", "big_orders", "wiping", "counting", "notes"]
"""Everything that could have an effect or could give a secret away is left out, but for the views."""

SECONDS = 0.15


@dataclass(frozen=True)
class Attacked:
    """A database with its witness, and what surrounds it."""

    dialect: str
    url: str
    witness: SqliteWitness | PostgresWitness
    canary: Path
    out: Path
    listener: socket.socket

    def sql(self, case: Case) -> str:
        text = case.sql.replace("{canary}", str(self.canary)).replace("{out}", str(self.out))
        return text.replace("{port}", str(self.listener.getsockname()[1])).replace("{cr}", "\r").replace("{nul}", "\0")

    def called(self) -> bool:
        """Whether anybody connected to the listener."""
        try:
            self.listener.accept()
        except BlockingIOError:
            return False
        return True

    def leaked(self, text: str) -> bool:
        return any(word in text for word in ("hunter2-hidden", "canary-in-the-mine", "root:x:0"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def attacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    outside = tmp_path_factory.mktemp("outside")
    outside.chmod(0o777)  # the server of the database could write here
    canary = outside / "canary.txt"
    canary.write_text("canary-in-the-mine")
    canary.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        if request.param == "sqlite":
            path = tmp_path_factory.mktemp("shop") / "shop.db"
            make_sqlite(path)
            yield Attacked("sqlite", f"sqlite:///{path}", SqliteWitness(path), canary, outside / "out", listener)
        else:
            with made_postgres(request.getfixturevalue("postgres_url")) as url:
                witness = PostgresWitness(url)
                yield Attacked("postgresql", url, witness, canary, outside / "out", listener)
                witness.close()


def config(attacked: Attacked, **more: object) -> dict[str, object]:
    return {"url": attacked.url, "tables": READABLE, "seconds": SECONDS, "rows": 50, **more}


async def test_no_try_gets_past(attacked: Attacked) -> None:
    wrong = []
    before = attacked.witness.state()
    async with opened({"name": "db", "sql": config(attacked)}) as toolbox:
        for case in cases("bypass.txt", attacked.dialect):
            result = await toolbox.run("db_query", {"sql": attacked.sql(case)}, key="k")
            if not isinstance(result, Failed if case.kind == "refused" else Failed | Done):
                wrong.append(f"{case.name}: ran: {result}")
            if attacked.leaked(str(result)) or attacked.out.exists() or attacked.called() or len(str(result)) > 60_000:
                wrong.append(f"{case.name}: reached further than it may: {str(result)[:200]}")
            if attacked.witness.state() != before or attacked.witness.left():
                wrong.append(f"{case.name}: changed something: {attacked.witness.left()}")
                before = attacked.witness.state()
    assert wrong == []


async def test_a_plan_runs_nothing(attacked: Attacked) -> None:
    before = attacked.witness.state()
    async with opened({"name": "db", "sql": config(attacked, seconds=10)}) as toolbox:
        for sql in ("ANALYZE DELETE FROM items", "(ANALYZE) SELECT wipe()", "ANALYZE SELECT 1", "SELECT 1; DELETE FROM items"):
            assert isinstance(await toolbox.run("db_explain", {"sql": sql}, key="k"), Failed)
        for table in ("secrets", "items; DELETE FROM items", 'items"; DELETE FROM items; --', "pg_catalog.pg_authid", "sqlite_master"):
            for tool in ("db_sample", "db_describe"):
                assert isinstance(await toolbox.run(tool, {"table": table}, key="k"), Failed)
        assert isinstance(await toolbox.run("db_explain", {"sql": "SELECT * FROM items"}, key="k"), Done)
    assert attacked.witness.state() == before


@asynccontextmanager
async def unchecked_database(item: dict[str, object]) -> AsyncIterator[Database]:
    """The database as the source opens it, to be given statements that nobody looked at."""
    async with Net() as net:
        context = SourceContext(net, str, lambda name: "", Path(), lambda: datetime.now(UTC), lambda name, tools: None)
        entry = SqlEntry(name="db", sql=SqlConfig.model_validate(item))
        async with opened_database(entry, context) as database:
            yield database


Way = Callable[[Any, str, Limits], object]


def bare(driver: Any, sql: str, limits: Limits) -> object:
    """The statement as it is, or several, on the driver's own connection."""
    return driver.execute(sql).fetchmany(5)


def given(way: Way, sql: str, connection: object, driver: Any, limits: Limits) -> object:
    return way(driver, sql, limits)


async def test_the_connection_alone_keeps_the_database_as_it_is(attacked: Attacked) -> None:
    before = attacked.witness.state()
    wrong = []
    async with unchecked_database(config(attacked)) as database:
        for case in cases("bypass.txt", attacked.dialect):
            if case.beyond:
                continue
            for way in (database.server.rows, database.server.plan, bare):
                with suppress(Failure, ValueError):
                    await database.use(partial(given, way, attacked.sql(case)), database.limits)
            if attacked.witness.state() != before or attacked.out.exists():
                wrong.append(f"{case.name}: changed something")
                before = attacked.witness.state()
                attacked.out.unlink(missing_ok=True)
    assert wrong == []
    assert attacked.witness.left() == ""


async def test_the_connection_alone_ends_what_takes_too_long(attacked: Attacked) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    sql = {"sqlite": endless, "postgresql": "SELECT pg_sleep(60)"}
    async with unchecked_database(config(attacked)) as database:
        for way in (database.server.rows, bare):
            with pytest.raises(Failure, match=r"longer than 0\.15 seconds and was cancelled"):
                await database.use(partial(given, way, sql[attacked.dialect]), database.limits)
    assert attacked.witness.left() == ""
