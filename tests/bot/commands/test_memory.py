"""What agents remember, at the terminal: with a bot and without one, over the same file."""

import json
import re
from pathlib import Path

import pytest

from tests.bot.commands.conftest import Terminal


@pytest.fixture
def remembering(countersign: Terminal) -> Terminal:
    """The command line, with a memory in its configuration that everybody shares and that can do everything."""
    folder = Path(countersign.environment["COUNTERSIGN_CONFIG"]).parent
    text = folder.joinpath("countersign.yaml").read_text(encoding="utf-8")
    changed = re.sub(r"  - name: memory\n.*\n    only: .*\n", "  - {name: memory, memory: {shared: all}}\n", text)
    assert changed != text
    Path("c.yaml").write_text(changed, encoding="utf-8")
    countersign.environment["COUNTERSIGN_CONFIG"] = str(Path("c.yaml").absolute())
    return countersign


def kept() -> bytes:
    """All that the database's files hold."""
    return b"".join(file.read_bytes() for file in Path().glob("c.db*") if file.is_file())


def test_slack_is_read_and_written_with_the_bots_own_token(remembering: Terminal) -> None:
    path = Path("c.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\ntools:\n", '\ntools:\n  - {name: slack, slack: {channels: ["#incidents"]}}\n', 1), encoding="utf-8")
    posted = remembering("tool", "slack_post", "--arg", "channel=#incidents", "--arg", "text=All is <b>well</b>.", "--yes")
    assert posted.exit_code == 0, posted.output
    assert posted.output.startswith("Posted: https://acme.slack.com/archives/C01INCIDENTS/p")
    read = remembering("tool", "slack_read", "--arg", "where=#incidents")
    assert "  All is <b>well</b>." in read.output
    assert remembering("tool", "slack_read", "--arg", "where=#ops-leads").exit_code == 1
    assert not Path("c.db").exists()


def test_it_is_stored_searched_and_erased_without_a_bot(remembering: Terminal) -> None:
    store = ("tool", "memory_store", "--arg", "text=Checkout ships on Tuesdays.", "--arg", 'tags=["deploys"]')
    assert "changes something" in remembering(*store).output
    stored = remembering(*store, "--yes")
    assert (stored.exit_code, stored.output) == (0, "Remembered as m1.\n")
    assert "Checkout ships" in remembering("tool", "memory_search", "--arg", "words=shipping").output
    assert "Checkout ships" in remembering("memory", "list").output
    (found,) = json.loads(remembering("memory", "search", "ship", "tuesday", "--json").output)
    assert (found["number"], found["note"]["tags"]) == (1, ["deploys"])
    assert "fits these words" in remembering("memory", "search", "zebra").output
    assert "There is no memory m2." in remembering("memory", "forget", "m2").output
    forgotten = remembering("memory", "forget", "m1")
    assert (forgotten.exit_code, forgotten.output) == (0, "m1 is erased for good.\nIt is recorded; no bot is running.\n")
    assert "No agent remembers" in remembering("memory", "list").output
    assert "had the memory m1 of the terminal erased" in remembering("show", "control").output
    assert b"Tuesdays" not in kept()


def test_beside_a_bot_it_is_read_and_the_bot_erases(remembering: Terminal) -> None:
    assert remembering("tool", "memory_store", "--arg", "text=Checkout ships on Tuesdays.", "--yes").exit_code == 0
    with remembering.bot():
        refused = remembering("tool", "memory_store", "--arg", "text=More.", "--yes")
        assert (refused.exit_code, "opened to read only" in refused.output) == (1, True)
        assert "Checkout ships" in remembering("tool", "memory_list").output
        assert remembering("memory", "forget", "m1").output == "m1 is erased for good.\n"
        assert "No agent remembers" in remembering("memory", "list").output
        assert b"Tuesdays" not in kept()
