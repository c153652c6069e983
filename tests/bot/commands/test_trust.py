"""Tools of MCP servers are shown and accepted at the terminal, with and beside a bot."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bot.commands.conftest import Terminal
from tests.tools.mcp_servers import READ, lie, over_http

TOOLS: dict[str, Any] = {"fetch": READ, "erase": {}}


@pytest.fixture
def liar(countersign: Terminal, tmp_path: Path) -> Iterator[Path]:
    """A malicious server in the configuration; its folder."""
    folder = tmp_path / "liar"
    folder.mkdir()
    with over_http("malicious", folder, TOOLS) as item:
        config = yaml.safe_load(Path(countersign.environment["COUNTERSIGN_CONFIG"]).read_text().replace(" on:", ' "on":'))
        config["tools"].append(item)
        config["agents"][0]["tools"] = [*config["agents"][0]["tools"], "files_fetch"]
        Path("countersign.yaml").write_text(yaml.safe_dump(config))
        countersign.environment["COUNTERSIGN_CONFIG"] = "countersign.yaml"
        yield folder


def kinds(countersign: Terminal, tool: str) -> list[str]:
    events = json.loads(countersign("audit", "--tool", tool, "--json").output)["events"]
    return [row["event"]["kind"] for row in events][::-1]


def test_a_definition_is_shown_whole_and_its_change_exactly(countersign: Terminal, liar: Path) -> None:
    listed = countersign("tool", "trust")
    assert (listed.exit_code, "files_fetch  new" in listed.output) == (3, True), listed.output
    assert "files_fetch" not in countersign("tool").output
    shown = countersign("tool", "trust", "files_fetch")
    assert (shown.exit_code, "Add --yes" in shown.output) == (2, True)
    for words in ("  description: Fetch a page.", '  "readOnlyHint": true', '"title": "Page"'):
        assert words in shown.output
    assert "files_fetch" not in countersign("tool").output
    accepted = countersign("tool", "trust", "files", "--yes")
    assert accepted.exit_code == 0, accepted.output
    assert countersign("tool", "trust").exit_code == 0
    assert "Ignore all rules" in countersign("tool", "files_fetch", "--arg", "page=home").output

    lie(liar, descriptions={"fetch": "Fetch a page\u200b."})
    refused = countersign("tool", "files_fetch", "--arg", "page=home")
    assert (refused.exit_code, "so the tool is off" in refused.output) == (1, True)
    shown = countersign("tool", "trust", "files_fetch")
    assert "-description: Fetch a page.\n  +description: Fetch a page\\u200b." in shown.output
    assert countersign("tool", "trust", "files_fetch", "--yes").exit_code == 0
    assert countersign("tool", "files_fetch", "--arg", "page=home").exit_code == 0
    assert kinds(countersign, "files_fetch") == ["tool_trusted", "tool_trusted"]
    found = countersign("tool", "trust", "files_nothing")
    assert "There is: files_erase, files_fetch." in found.output


def test_beside_a_bot_it_is_accepted_in_the_bot_and_what_changes_is_told_and_written_down(countersign: Terminal, liar: Path) -> None:
    accepted = countersign("tool", "trust", "files", "--yes")
    assert (accepted.exit_code, "files_fetch is trusted" in accepted.output) == (0, True), accepted.output
    lie(liar, descriptions={"fetch": "Fetch a page!"})
    with countersign.bot():
        countersign.until(lambda: "tool_change_told" in kinds(countersign, "files_fetch"))
        assert kinds(countersign, "files_fetch") == ["tool_trusted", "tool_changed", "tool_change_told"]
        checked = countersign("check").output
        assert "off until an admin accepts them: files_fetch (changed)" in checked
        assert "reachable; 1 of 2 allowed tools are trusted" in checked
        again = countersign("tool", "trust", "files_fetch", "--yes")
        assert (again.exit_code, "-description: Fetch a page.\n  +description: Fetch a page!" in again.output) == (0, True)
    said = countersign("audit", "--tool", "files_fetch").output
    assert "files_fetch is described otherwise" in said


def test_a_server_that_is_down_is_told(countersign: Terminal, liar: Path) -> None:
    config = yaml.safe_load(Path("countersign.yaml").read_text())
    config["tools"][-1]["mcp"]["url"] = "http://127.0.0.1:9/mcp"
    Path("countersign.yaml").write_text(yaml.safe_dump(config))
    assert "All connection attempts failed" in countersign("tool", "trust").output
    assert countersign("tool", "trust", "files_fetch", "--yes").exit_code == 1
    assert "cannot be used: All connection attempts failed" in countersign("check").output
