"""`countersign monitor list` and `run`, and a bot that looks: a real table, a real channel."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.bot.commands.conftest import Terminal

MONITORS = """
  - name: small
    sql: {source: shop, table: orders}
    agent: triage
    channel: "#incidents"
    watch: [{volume: true, least: 10, unit: rows}, schema]
  - {name: lost, sql: {source: shop, table: nothing}, agent: triage, watch: [volume]}
  - {name: "off", sql: {source: shop, table: orders}, agent: triage, watch: [volume], enabled: false}
"""
TABLE = "create table orders (id integer primary key, amount real); insert into orders(amount) values (1), (2), (3);"


@pytest.fixture
def terminal(countersign: Terminal) -> Terminal:
    """The command line with monitors of a small table."""
    text = Path(countersign.environment["COUNTERSIGN_CONFIG"]).read_text(encoding="utf-8")
    text = text.replace("\ntools:\n", "\ntools:\n  - {name: shop, sql: {url: 'sqlite:///shop.db'}}\n")
    Path("countersign.yaml").write_text(f"{text}\nmonitors:{MONITORS}", encoding="utf-8")
    Path("runbooks").mkdir()
    with closing(sqlite3.connect("shop.db")) as database:
        database.executescript(TABLE)
    countersign.environment["COUNTERSIGN_CONFIG"] = "countersign.yaml"
    return countersign


def test_a_look_from_the_terminal_tells_what_it_would_tell_and_changes_nothing(terminal: Terminal) -> None:
    listed = terminal("monitor", "list")
    assert listed.exit_code == 0, listed.output
    rows = {line.split()[0]: line for line in listed.output.splitlines()}
    assert [rows[name].endswith("was not looked at yet") for name in ("small", "lost", "off")] == [True, True, False]
    assert rows["off"].endswith("switched off in the configuration")
    looked = terminal("monitor", "run", "small")
    assert looked.exit_code == 0, looked.output
    assert looked.output.startswith("Read 2 samples; ")
    assert "volume" in looked.output
    assert "Would tell: volume of orders is lower than expected. It must not be below 10 rows." in looked.output
    assert not Path("c.db").exists()
    failed = terminal("monitor", "run", "lost")
    assert (failed.exit_code, "could not be read" in failed.output) == (1, True)
    unknown = terminal("monitor", "run", "smal")
    assert (unknown.exit_code, "There is no monitor smal." in unknown.output) == (1, True)


def test_a_bot_looks_tells_and_says_so(terminal: Terminal) -> None:
    with terminal.bot():
        channel = {"user": "U01DANA", "channel": "C01INCIDENTS"}
        terminal.until(lambda: "volume of orders" in json.dumps(terminal.page("GET", "messages", params=channel)))
        known = {one["name"]: one for one in json.loads(terminal("monitor", "list", "--json").output)}
        small = known["small"]
        assert (small["series"], small["firing"], small["open"], small["error"]) == (2, 1, 1, "")
        assert (known["lost"]["error"] != "", known["off"]["last"]) == (True, None)
        assert "1 firing" in terminal("monitor", "list").output
        looked = terminal("monitor", "run", "small")
        assert (looked.exit_code, "Would tell" in looked.output) == (0, False)
