"""`countersign check` has each monitor read once, and says what it found."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from bot.check_monitors import examine_monitors
from bot.config import load
from bot.finding import State
from bot.settings import Settings
from tests.test_docs import completed

TOOLS = [
    {"name": "shop", "sql": {"url": "sqlite:///shop.db"}}, {"name": "gone", "sql": {"url": "sqlite:///gone.db"}},
    {"name": "metrics", "prometheus": {"url": "http://127.0.0.1:9"}},
]  # fmt: skip


async def test_each_monitor_is_a_finding(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript("CREATE TABLE orders (at TEXT, region TEXT); CREATE TABLE empty (at TEXT)")
        rows = [(f"{now - timedelta(minutes=minute):%Y-%m-%d %H:%M:%S}", f"r{minute % 9}") for minute in range(100)]
        connection.executemany("INSERT INTO orders VALUES (?, ?)", rows)
        connection.commit()
    orders = {"source": "shop", "table": "orders", "time": "at"}
    monitors: dict[str, dict[str, Any]] = {
        "fine": {"sql": orders, "watch": ["volume", "freshness"]}, "off": {"sql": orders, "enabled": False, "watch": ["volume"]},
        "many": {"sql": orders, "dimensions": ["region"], "series": 3, "watch": ["volume"]},
        "empty": {"sql": {**orders, "table": "empty"}, "watch": ["volume"]}, "column": {"sql": {**orders, "time": "when"}},
        "table": {"sql": {**orders, "table": "order"}}, "gone": {"sql": {**orders, "source": "gone"}},
        "secret": {"http": {"url": "http://127.0.0.1:9/?key=pst-secret", "value": "a", "token_env": "TOKEN"}},
        "metrics": {"prometheus": {"source": "metrics", "query": "up"}}, "own": {"journal": {}},
    }  # fmt: skip
    written = completed({"tools": TOOLS, "monitors": [{"name": name, **one} for name, one in monitors.items()]})
    path = tmp_path / "countersign.yaml"
    path.write_text(yaml.safe_dump(written), encoding="utf-8")
    environ = {"TOKEN": "t0ken"}
    found = await examine_monitors(Settings(environ=MappingProxyType(environ)), load(path, environ))
    told = {finding.name.removeprefix("monitor "): (finding.state, finding.text, finding.hint) for finding in found}
    assert told["fine"] == (State.OK, "every 5m, 5m of orders a sample; 2 series", "")
    assert told["off"][:2] == (State.OK, "switched off, every 5m, 5m of orders a sample; 1 series")
    assert told["many"][:2] == (State.WARNING, "every 5m, 5m of orders a sample; 4 series")
    assert told["many"][2].startswith("There are more than 3 combinations of region")
    assert told["empty"][:2] == (State.WARNING, "every 5m, 5m of empty a sample; it found nothing to measure yet")
    assert told["column"][:2] == (State.MISSING, "shop, table orders: There is no column when; there is at, region.")
    assert told["table"][:2] == (State.MISSING, "shop, table order: There is no table order that may be read here; there is orders.")
    assert told["gone"][:2] == (State.MISSING, f"gone, table orders: There is no file {tmp_path / 'gone.db'}.")
    assert told["metrics"][0] is State.MISSING
    assert told["own"][:2] == (State.OK, "every 5m, 5m of our own runs a sample; it reads our own journal")
    assert told["secret"][0] is State.MISSING
    assert "pst-secret" not in str(told)


async def test_without_monitors_there_is_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / "countersign.yaml"
    path.write_text(yaml.safe_dump(completed({})), encoding="utf-8")
    assert await examine_monitors(Settings(), load(path, {})) == ()
