"""What `countersign check` finds, and what it says to do."""

from pathlib import Path

import pytest
import yaml

import bot.sandbox
from bot.check import SCOPES, examine
from bot.finding import Finding, State
from bot.sandbox.app import running

CONFIG = Path(bot.sandbox.__file__).parent / "countersign.yaml"
MANIFEST = Path(__file__).parent.parent.parent / "deploy" / "slack-manifest.yaml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def examined(environ: dict[str, str]) -> dict[str, Finding]:
    """The findings by name."""
    return {finding.name: finding for finding in await examine(environ)}


async def test_an_empty_machine_is_told_everything_that_is_missing() -> None:
    found = await examined({})
    assert {name for name, finding in found.items() if finding.state is State.MISSING} == {
        "configuration", "Slack bot token", "Slack app token",
    }
    assert "deploy/slack-manifest.yaml" in found["Slack bot token"].hint
    assert "connections:write" in found["Slack app token"].hint
    assert found["database"].text == "countersign.db will be created by the first start"


async def test_a_workspace_that_works_lacks_nothing(tmp_path: Path) -> None:
    async with running(folder=tmp_path) as sandbox:
        found = await examined({**sandbox.environment(), "COUNTERSIGN_CONFIG": str(CONFIG)})
    assert [finding for finding in found.values() if finding.state is State.MISSING] == []
    assert found["Slack bot token"].text.endswith("in Acme")
    assert found["model smart"].state is State.OK
    assert any(finding.text.startswith("reachable, used by list_services") for finding in found.values())


async def test_a_model_of_ones_own_needs_no_key() -> None:
    async with running() as sandbox:
        found = await examined({**sandbox.environment(), "COUNTERSIGN_CONFIG": str(CONFIG), "ANTHROPIC_API_KEY": ""})
    assert found["model smart"].state is State.OK


async def test_what_is_wrong_is_told_line_by_line() -> None:
    async with running() as sandbox:
        environ = {
            **sandbox.environment(), "COUNTERSIGN_CONFIG": str(CONFIG), "SLACK_BOT_TOKEN": "xoxb-other", "SLACK_APP_TOKEN": "xoxb-sandbox",
            "ANTHROPIC_API_KEY": "", "ANTHROPIC_BASE_URL": "", "COMPANY_URL": "http://127.0.0.1:1", "ALERTS_SECRET": "hush-hush",
            "DATABASE_URL": "sqlite:///nowhere/c.db",
        }
        found = await examined(environ)
    assert found["Slack bot token"].text == "Slack refuses it: invalid_auth"
    assert "Copy it again" in found["Slack bot token"].hint
    assert found["Slack app token"].text == "Slack refuses it: not_allowed_token_type"
    assert found["model smart"].text == "ANTHROPIC_API_KEY is not set"
    assert found["127.0.0.1:1"].text.startswith("cannot be reached (")
    assert found["database"].text == "the folder of nowhere/c.db does not exist"


async def test_a_file_that_is_no_database_is_missing(folder: Path) -> None:
    (folder / "countersign.db").write_text("not a database, whatever its name says")
    assert "cannot be used" in (await examined({}))["database"].text


async def test_wrong_settings_end_it() -> None:
    found = await examined({"DATABASE_URL": "mysql://db"})
    assert [finding.state for finding in found.values()] == [State.MISSING]


def test_the_manifest_asks_for_the_scopes_that_are_needed() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == set(SCOPES)


async def test_what_an_agent_wants_and_has_no_tool_for_is_told(folder: Path) -> None:
    (folder / "countersign.yaml").write_text("models: {smart: {model: any}}\nroles: {operators: {users: [U01ALICE]}}\n"
        "tools: [{name: runbooks, runbooks: {folder: .}}]\nagents: [{use: triage, tools: [runbooks_read]}]\n")
    found = (await examined({}))["agent triage"]
    assert found.state is State.WARNING
    assert "metrics (to see since when and how badly, and whether a step helped)" in found.text
    assert "runbooks" not in found.text
