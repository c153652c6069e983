"""The SQL source beside its checks: looking around, limits, cancelling, accounts, and what it says when it cannot."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from agents.core.errors import ConfigError
from agents.ports import Done, Failed
from tests.tools.shop import BUSY, made_postgres, make_sqlite
from tests.tools.sources import opened
from tools.sql_config import SqlConfig
from tools.sql_server import shown

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT count(*) FROM generate_series(1, 100000000000)",
}


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    make_sqlite(path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def shop_url(postgres_url: str) -> Iterator[str]:
    with made_postgres(postgres_url) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "shop_url"))


async def asked(item: Mapping[str, object], tool: str, environ: Mapping[str, str] | None = None, **arguments: object) -> Done | Failed:
    async with opened({"name": "db", "sql": item}, environ=environ) as toolbox:
        result = await toolbox.run(f"db_{tool}", arguments, key="k")
        assert isinstance(result, Done | Failed)
        return result


async def test_tables_are_listed(sqlite_url: str, shop_url: str) -> None:
    found = await asked({"url": sqlite_url, "tables": ["orders", "big_orders", "notes"]}, "tables")
    assert found == Done("SQLite\nbig_orders (view)\nnotes (table, about 2 rows)\norders (table, about 60 rows)")
    found = await asked({"url": shop_url, "tables": ["orders", "big_orders"]}, "tables")
    assert found == Done(
        "PostgreSQL\npublic.big_orders (view)\npublic.orders (table, about 60 rows): What customers ordered"
    )
    assert await asked({"url": shop_url}, "tables", like="CUSTOM") == Done("PostgreSQL\npublic.customers (table, about 12 rows)")


async def test_a_table_is_described(sqlite_url: str, shop_url: str) -> None:
    assert await asked({"url": sqlite_url}, "describe", table="orders") == Done(
        "orders (table)\n- id INTEGER\n- customer_id INTEGER\n- status TEXT not null default 'new'\n- total NUMERIC(10, 2)\n"
        "- placed TIMESTAMP\n- details TEXT\nprimary key: id\nforeign key: customer_id -> customers(id)\nindex: customer_id"
    )
    assert await asked({"url": shop_url}, "describe", table="public.orders") == Done(
        "public.orders (table, about 60 rows): What customers ordered\n- id INTEGER not null\n- customer_id INTEGER\n"
        "- status TEXT not null default 'new'::text\n- total NUMERIC(10, 2): in euros\n- placed TIMESTAMP\n- details JSONB\n"
        "primary key: id\nforeign key: customer_id -> public.customers(id)\nindex: customer_id"
    )


async def test_rows_are_shown_as_what_they_are(url: str) -> None:
    result = await asked({"url": url}, "sample", table="customers", rows=2)
    assert isinstance(result, Done)
    assert result.taints
    head, *lines = result.text.split("\n")
    assert head.startswith("2 rows, ")
    assert lines == ["id | name | country | joined", "1 | Customer 1 | de | 2025-01-01", "2 | Customer 2 | fr | 2025-02-01"]


@pytest.mark.parametrize(("value", "text"), [
    (None, "NULL"), ("NULL", '"NULL"'), (12, "12"), ("12", '"12"'), (True, "true"), ("true", '"true"'), ("", '""'), (" x", '" x"'),
    ("a | b", '"a | b"'), ("two\nlines", '"two\\nlines"'), ("plain text", "plain text"), ("Größe", "Größe"), (b"\x00\xff", "x'00ff'"),
    ("x" * 30, "x" * 20 + "… cut"), (b"\x01" * 30, "x'" + "01" * 10 + "… cut'"), (1.5, "1.5"),
])  # fmt: skip
def test_values_cannot_be_taken_for_one_another(value: object, text: str) -> None:
    assert shown(value, 20) == text


async def test_rows_bytes_and_values_are_cut_visibly(url: str) -> None:
    many = await asked({"url": url, "rows": 5}, "query", sql="SELECT id FROM orders ORDER BY id")
    assert isinstance(many, Done)
    assert many.text.startswith("5 of more rows (cut at 5 rows;")
    assert many.text.count("\n") == 6
    exact = await asked({"url": url, "rows": 12}, "query", sql="SELECT id FROM customers")
    assert isinstance(exact, Done)
    assert exact.text.startswith("12 rows, ")
    wide = await asked({"url": url, "bytes": 1000}, "query", sql="SELECT o.*, p.* FROM orders o, orders p")
    assert isinstance(wide, Done)
    assert "cut at 1,000 bytes" in wide.text
    assert len(wide.text.encode()) < 1400
    long = await asked({"url": url, "cell": 20}, "query", sql=f"SELECT '{'é' * 5000}' AS v")
    assert isinstance(long, Done)
    assert long.text.endswith("\nv\n" + "é" * 20 + "… cut")


async def test_a_limit_of_the_call_goes_no_further_than_the_configured_one(url: str) -> None:
    for limit, rows in ((3, 3), (500, 8)):
        result = await asked({"url": url, "rows": 8}, "query", sql="SELECT id FROM orders", limit=limit)
        assert isinstance(result, Done)
        assert result.text.startswith(f"{rows} of more rows")


async def test_a_plan_is_shown(url: str) -> None:
    result = await asked({"url": url}, "explain", sql="SELECT * FROM orders WHERE customer_id = 3")
    assert isinstance(result, Done)
    assert "orders" in result.text


async def test_a_slow_query_leaves_the_loop_free_and_ends(url: str) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    result = await asked({"url": url, "seconds": 0.4}, "query", sql=ENDLESS["sqlite" if url.startswith("sqlite") else "postgresql"])
    ticking.cancel()
    assert isinstance(result, Failed)
    assert "longer than 0.4 seconds and was cancelled" in result.text
    assert ticks > 8


async def test_a_call_that_is_given_up_is_cancelled_at_the_server(url: str, shop_url: str) -> None:
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    with psycopg.connect(shop_url, autocommit=True) as witness:
        async with opened({"name": "db", "sql": {"url": url, "seconds": 60}}) as toolbox:
            call = asyncio.create_task(toolbox.run("db_query", {"sql": ENDLESS[kind]}, key="k"))
            await asyncio.sleep(0.3)
            if kind == "postgresql":
                assert witness.execute(BUSY).fetchone() == (1,)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            begun = time.monotonic()
            while witness.execute(BUSY).fetchone() != (0,):
                assert time.monotonic() - begun < 5
                await asyncio.sleep(0.02)
            result = await toolbox.run("db_query", {"sql": "SELECT 1 AS one"}, key="k")
            assert isinstance(result, Done)


async def test_closing_ends_what_runs(url: str) -> None:
    async with opened({"name": "db", "sql": {"url": url, "seconds": 60}}) as toolbox:
        sql = ENDLESS["sqlite" if url.startswith("sqlite") else "postgresql"]
        call = asyncio.create_task(toolbox.run("db_query", {"sql": sql}, key="k"))
        await asyncio.sleep(0.2)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert isinstance(await call, Failed)


async def test_connections_are_bounded_and_what_waits_gets_its_turn(shop_url: str) -> None:
    with psycopg.connect(shop_url, autocommit=True) as witness:
        async with opened({"name": "db", "sql": {"url": shop_url, "connections": 2}}) as toolbox:
            sql = "SELECT count(*) AS n FROM generate_series(1, 300000)"
            calls = [asyncio.create_task(toolbox.run("db_query", {"sql": sql}, key="k")) for _ in range(6)]
            most = 0
            while not all(call.done() for call in calls):
                row = witness.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'countersign'").fetchone()
                most = max(most, row[0] if row else 0)
                await asyncio.sleep(0.01)
            assert all(isinstance(call.result(), Done) for call in calls)
            assert 1 <= most <= 2


async def test_a_connection_that_the_server_ended_is_made_again(shop_url: str) -> None:
    with psycopg.connect(shop_url, autocommit=True) as witness:
        async with opened({"name": "db", "sql": {"url": shop_url}}) as toolbox:
            assert isinstance(await toolbox.run("db_query", {"sql": "SELECT 1 AS a"}, key="k"), Done)
            witness.execute("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name = 'countersign'")
            assert isinstance(await toolbox.run("db_query", {"sql": "SELECT 1 AS a"}, key="k"), Done)


async def test_a_locked_table_is_told(shop_url: str) -> None:
    with psycopg.connect(shop_url) as writer:
        writer.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        result = await asked({"url": shop_url, "seconds": 2}, "query", sql="SELECT count(*) FROM orders")
        writer.rollback()
    assert result == Failed("A table is locked by somebody who changes it. Try again later.", taints=True)


async def test_the_password_comes_from_the_environment_and_goes_nowhere(shop_url: str) -> None:
    guarded = shop_url.replace("//postgres@", "//guarded@")
    whole = shop_url.replace("//postgres@", "//guarded:{}@")
    for item, environ in (
        ({"url": guarded, "password_env": "DB_PASSWORD"}, {"DB_PASSWORD": "correct-horse"}),
        ({"url_env": "DB_URL"}, {"DB_URL": whole.format("correct-horse")}),
    ):
        assert isinstance(await asked(item, "query", environ, sql="SELECT count(*) FROM orders"), Done)
    for item, environ in (
        ({"url": guarded, "password_env": "DB_PASSWORD"}, {"DB_PASSWORD": "wrong-horse"}),
        ({"url_env": "DB_URL"}, {"DB_URL": whole.format("wrong%2Dhorse")}),
    ):
        refused = await asked(item, "query", environ, sql="SELECT 1 AS a")
        assert isinstance(refused, Failed)
        assert "password authentication failed" in refused.text
        assert "horse" not in refused.text


@pytest.mark.parametrize(("url", "said"), [
    ("postgresql://nobody:hidden-word@127.0.0.1:1/shop", "refused"), ("mysql://nobody:hidden-word@127.0.0.1:1/shop", "refused"),
    ("sqlite:////nowhere/shop.db", "There is no file /nowhere/shop.db."),
])  # fmt: skip
async def test_a_database_that_is_not_there_is_told_without_the_password(url: str, said: str) -> None:
    result = await asked({"url_env": "DB_URL"}, "query", {"DB_URL": url}, sql="SELECT 1")
    assert isinstance(result, Failed)
    assert said in result.text
    assert "hidden-word" not in result.text


async def test_an_account_sees_what_it_may_read(shop_url: str) -> None:
    guarded = {"url": shop_url.replace("//postgres@", "//guarded@"), "password_env": "DB_PASSWORD"}
    found = await asked(guarded, "tables", {"DB_PASSWORD": "correct-horse"})
    assert isinstance(found, Done)
    assert [line.split(" ")[0] for line in found.text.split("\n")[1:]] == ["public.customers", "public.orders"]


async def test_functions_and_schemas_can_be_added(shop_url: str) -> None:
    sql = "SELECT fiscal_year('2026-03-01') AS a, reports.fiscal_year('2026-03-01') AS b"
    assert isinstance(await asked({"url": shop_url}, "query", sql=sql), Failed)
    result = await asked({"url": shop_url, "functions": ["reports.fiscal_year"]}, "query", sql=sql)
    assert isinstance(result, Done)
    assert result.text.endswith("a | b\n2027 | 2027")
    for item in ({"schemas": ["public", "reports"]}, {"tables": ["reports.daily"]}):
        result = await asked({"url": shop_url, **item}, "query", sql="SELECT count(*) AS n FROM daily")
        assert isinstance(result, Done)
        assert result.text.endswith("n\n0")
    assert isinstance(await asked({"url": shop_url}, "query", sql="SELECT * FROM reports.daily"), Failed)


async def test_a_foreign_table_is_read_only_where_it_is_named(shop_url: str) -> None:
    sql = "SELECT count(*) > 0 AS found FROM passwords"
    assert isinstance(await asked({"url": shop_url}, "query", sql=sql), Failed)
    assert isinstance(await asked({"url": shop_url, "tables": ["passwords"]}, "query", sql=sql), Done)


async def test_a_new_table_is_found(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    make_sqlite(path)
    async with opened({"name": "db", "sql": {"url": "sqlite:///new.db"}}, folder=tmp_path) as toolbox:
        assert isinstance(await toolbox.run("db_tables", {}, key="k"), Done)
        with closing(sqlite3.connect(path)) as file:
            file.execute("CREATE TABLE later (a)")
        assert isinstance(await toolbox.run("db_tables", {}, key="k"), Done)
        assert isinstance(await toolbox.run("db_query", {"sql": "SELECT * FROM later"}, key="k"), Done)


@pytest.mark.parametrize(("item", "said"), [
    ({}, "write either url, or url_env"), ({"url": "sqlite:///a.db", "url_env": "A"}, "write either url, or url_env"),
    ({"url": "postgresql://a:b@c/d"}, "write it without the password"), ({"url": "oracle://a/b"}, "has to begin with"),
    ({"url": "sqlite://"}, "name a file"), ({"url": "sqlite:///:memory:"}, "name a file"),
    ({"url_env": "A", "password_env": "B"}, "holds the password already"), ({"url": "mysql://a/b", "schemas": ["mysql"]}, "server's own"),
    ({"url": "mysql://a/b", "tables": ["a.b.c"]}, "schema.name"), ({"url": "mysql://a/b", "functions": ["a."]}, "schema.name"),
])  # fmt: skip
def test_mistakes_of_the_configuration_are_told(item: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SqlConfig.model_validate(item)


async def test_a_url_that_is_none_is_told_without_it() -> None:
    with pytest.raises(ConfigError, match="DB_URL: has to begin with sqlite:///, postgresql:// or mysql://") as caught:
        await asked({"url_env": "DB_URL"}, "query", {"DB_URL": "oracle://me:hidden-word@there"}, sql="SELECT 1")
    assert "hidden-word" not in str(caught.value)
