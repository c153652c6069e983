"""`countersign monitor suggest`: what it prints is a configuration that loads and can be read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import yaml
from click.testing import CliRunner, Result

from bot.cli import group
from bot.config import load
from tests.tools.monitoring.tables import BEGIN, in_postgres, in_sqlite, orders

CONFIG = """
models: {smart: {model: any}}
roles: {operators: {users: [U01ALICE]}}
tools:
  - {name: shop, sql: {url: "%s", schemas: %s}}
  - {name: metrics, prometheus: {url: "http://127.0.0.1:9"}}
agents: [{use: triage, tools: [shop_query]}, {name: other, description: Helps., prompt: You help., tools: [shop_query]}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shop(folder: Path) -> Iterator[str]:
    """A database with tables that are worth watching, and others."""
    with in_sqlite(folder / "shop.db", orders(4_000, 36), "iso") as url, closing(sqlite3.connect(folder / "shop.db")) as connection:
        connection.executescript(
            "CREATE TABLE tiny (a); INSERT INTO tiny VALUES (1);"
            'CREATE TABLE "Daily ${Costs}" (day date, "Total Cost" real, "group" int, note);'
        )
        days = [(f"{BEGIN + timedelta(days=day):%Y-%m-%d}", day * 1.5 if day % 7 else None, day % 3) for day in range(300)]
        connection.executemany('INSERT INTO "Daily ${Costs}" VALUES (?, ?, ?, NULL)', days)
        connection.commit()
        yield url


def suggest(url: str, *arguments: str, schemas: str = "[]") -> Result:
    Path("c.yaml").write_text(CONFIG % (url, schemas), encoding="utf-8")
    return CliRunner(env={"COUNTERSIGN_CONFIG": "c.yaml"}).invoke(group, ["monitor", "suggest", *arguments])


def test_what_is_suggested_loads(shop: str) -> None:
    found = suggest(shop, "shop")
    assert found.exit_code == 0, found.output
    Path("c.yaml").write_text(Path("c.yaml").read_text(encoding="utf-8") + found.stdout, encoding="utf-8")
    monitors = load(Path("c.yaml"), {}).monitors
    assert list(monitors) == ["daily_costs", "orders"]
    sold = monitors["orders"]
    assert (sold.agent, sold.source.time, sold.bucket, sold.dimensions) == ("triage", "created_at", timedelta(minutes=15), ("tier",))
    assert [watch.name for watch in sold.watches] == [
        "volume", "freshness", "null_rate(region)", "null_rate(amount)", "value(amount)", "distribution(amount)", "schema",
    ]  # fmt: skip
    daily = monitors["daily_costs"]
    assert (daily.source.table, daily.source.time, daily.bucket) == ("Daily ${Costs}", "day", timedelta(days=1))
    assert {watch.name: watch.expression for watch in daily.watches if watch.expression} == {"value(total_cost)": 'sum("Total Cost")'}
    comments = [line for line in found.stdout.splitlines() if line.startswith("  #")]
    assert comments[1] == "  # orders has about 111 rows an hour by created_at; tier has 2 values; region and amount are null at times"
    assert "Skipped tiny: it has 1 rows, too few to say what is usual" in found.stderr


def test_it_can_be_read_then(shop: str) -> None:
    found = suggest(shop, "shop")
    Path("c.yaml").write_text(Path("c.yaml").read_text(encoding="utf-8") + found.stdout, encoding="utf-8")
    checked = CliRunner(env={"COUNTERSIGN_CONFIG": "c.yaml"}).invoke(group, ["check", "--json"])
    told = {one["name"]: (one["state"], one["text"]) for one in yaml.safe_load(checked.stdout) if one["name"].startswith("monitor")}
    assert set(told) == {"monitor daily_costs", "monitor orders"}
    assert {state for state, _ in told.values()} <= {"ok", "warning"}
    assert "series" in told["monitor orders"][1]


def test_a_server_is_looked_at(postgres_url: str) -> None:
    stamps = "SELECT now() - n * interval '1 second', n FROM generate_series(1, 999) n"
    with in_postgres(postgres_url, orders(4_000, 36)) as url:
        found = suggest(url, "shop", "--table", "sales.orders", schemas="[sales]")
        text = yaml.safe_load(found.stdout)
        (one,) = text["monitors"]
        assert one["sql"] == {"source": "shop", "table": "sales.orders", "time": "created_at"}
        assert one["watch"][:4] == ["volume", "freshness", {"null_rate": "region"}, {"null_rate": "amount"}]
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute('CREATE TABLE sales."Odd ""Name" ("When" timestamptz, "Amount" int)')
            connection.execute(f'INSERT INTO sales."Odd ""Name" {stamps}')
        found = suggest(url, "shop", schemas="[sales]")
        Path("c.yaml").write_text(Path("c.yaml").read_text(encoding="utf-8") + found.stdout, encoding="utf-8")
        monitors = load(Path("c.yaml"), {}).monitors
        assert monitors["odd_name"].source.time == "When"
        assert [watch.expression for watch in monitors["odd_name"].watches if watch.expression] == ['sum("Amount")']


def test_a_file_is_written_once(shop: str, folder: Path) -> None:
    path = folder / "monitors.yaml"
    found = suggest(shop, "shop", "--write", str(path))
    assert (found.exit_code, found.stdout) == (0, f"2 monitors are in {path}: look them over, and put them into c.yaml.\n")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("monitors:\n  # ")
    again = suggest(shop, "shop", "--write", str(path))
    assert (again.exit_code, path.read_text(encoding="utf-8")) == (2, text)
    assert "is there already. Name a new file" in again.output


@pytest.mark.parametrize(("arguments", "told"), [
    (("shp",), 'did you mean "shop"?'), (("metrics", "--table", "orders"), "metrics has no tables"), (("metrics",), "could not be reached"),
    (("shop", "--table", "nope"), "There is no table nope that may be read here"),
])  # fmt: skip
def test_mistakes(shop: str, arguments: tuple[str, ...], told: str) -> None:
    found = suggest(shop, *arguments)
    assert found.exit_code in (1, 2)
    assert told in found.output


def test_nothing_is_suggested_where_there_is_nothing(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "empty.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
    found = suggest(f"sqlite:///{folder / 'empty.db'}", "shop")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "There is nothing to suggest." in found.stderr
