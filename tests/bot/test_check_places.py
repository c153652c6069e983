"""What `countersign check` says of the channels and user groups that a configuration counts on."""

from collections.abc import Iterable
from pathlib import Path

import aiohttp
import pytest

from bot.check import examine
from bot.check_places import who_may
from bot.config import load
from bot.finding import Finding, State
from bot.sandbox.app import running
from bot.sandbox.seed import acme
from bot.sandbox.workspace import Channel

CONFIG = """
models:
  smart: {model: any}
roles:
  operators: {users: [U01ALICE], channels: [C01GENERAL, C01NOWHERE]}
  admins: {usergroups: [S01OPS, S01GONE]}
  leads: {usergroups: [S01GONE]}
tools:
  - {name: restart, description: Restart., http: {method: POST, url: "${COMPANY_URL}/restart"}}
  - {name: stop, description: Stop., http: {method: POST, url: "${COMPANY_URL}/stop"}}
  - {name: start, description: Start., http: {method: POST, url: "${COMPANY_URL}/start"}}
agents:
  - use: triage
    tools: [restart, stop, start]
    approvals:
      - {tool: restart, approvers: [operators], escalate: "#ops-leads"}
      - {tool: stop, approvers: [operators], escalate: "#nowhere"}
      - {tool: start, approvers: [operators, admins, leads], escalate: C01QUIET}
channels:
  "#incidents": {agent: triage}
  "#ops-leads": {agent: triage}
  "#quiet": {agent: triage}
  "#gone": {agent: triage}
  dm: {agent: triage}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the configuration, and the present one."""
    (tmp_path / "c.yaml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def found(lacking: Iterable[str] = (), **environ: str) -> dict[str, Finding]:
    """The findings on channels and groups; of a workspace that lacks these methods, and has a channel without the bot."""
    workspace = acme()
    workspace.channels["C01QUIET"] = Channel("C01QUIET", "quiet", ("U01ALICE",))
    async with running(workspace=workspace) as sandbox, aiohttp.ClientSession() as session:
        async with session.post(f"{sandbox.url}/page/faults", json={"unknown_methods": list(lacking)}) as response:
            assert response.status == 200
        findings = await examine({**sandbox.environment(), "COUNTERSIGN_CONFIG": "c.yaml", **environ})
    return {finding.name: finding for finding in findings if finding.name.startswith(("channel", "user group"))}


async def test_what_the_bot_cannot_see_is_told_with_its_use() -> None:
    told = {name: (finding.state, finding.text) for name, finding in (await found()).items()}
    assert told == {
        "channel #incidents": (State.OK, "triage works there"),
        "channel #ops-leads": (State.OK, "triage works there; the second channel for restart"),
        "channel #quiet": (State.WARNING, "the bot is not in it; triage works there"),
        "channel #gone": (State.WARNING, "is not among the channels that the bot sees; triage works there"),
        "channel #nowhere": (State.MISSING, "is not among the channels that the bot sees; the second channel for stop"),
        "channel C01QUIET": (State.MISSING, "the bot is not in it; the second channel for start"),
        "channel C01GENERAL": (State.OK, "its members are the role operators"),
        "channel C01NOWHERE": (State.MISSING, "Slack refuses it: channel_not_found; its members are the role operators"),
        "user group S01OPS": (State.OK, "@ops, used by the role admins"),
        "user group S01GONE": (State.MISSING, "this workspace has no such user group; it is used by the roles admins, leads"),
    }


async def test_what_to_do_is_told() -> None:
    told = await found()
    assert told["channel C01QUIET"].hint == "Invite the bot: /invite @countersign in that channel."
    assert "Invite the bot" in told["channel C01NOWHERE"].hint
    assert "users:" in told["user group S01GONE"].hint


async def test_a_workspace_without_user_groups_cannot_do_with_them() -> None:
    told = await found(["usergroups.list", "conversations.list"])
    assert told["user group S01OPS"].state is State.MISSING
    assert told["user group S01OPS"].text == "Slack refuses it: unknown_method; it is used by the role admins"
    assert told["channel #nowhere"].text.startswith("could not be looked for: Slack refuses it: unknown_method")
    assert (told["channel #nowhere"].state, told["channel #incidents"].state) == (State.MISSING, State.WARNING)


async def test_without_a_token_that_works_nothing_is_looked_for() -> None:
    assert await found(SLACK_BOT_TOKEN="xoxb-other") == {}
    assert await found(SLACK_BOT_TOKEN="") == {}


@pytest.mark.parametrize(("role", "state", "text"), [
    ("operators: {users: [U01ALICE]}\n  admins: {users: [U01BOB]}", State.OK, "operators: those of the role; admins: those of the role"),
    ("operators: {users: [U01ALICE]}", State.OK, "viewers: every member; operators: those of the role; admins: every operator"),
    ("viewers: {users: [U01ALICE]}", State.WARNING, "viewers: those of the role; operators: every member; admins: every operator"),
])  # fmt: skip
def test_who_reaches_how_far_is_told(folder: Path, role: str, state: State, text: str) -> None:
    config = f"models: {{smart: {{model: any}}}}\nroles:\n  {role}\nagents: [{{use: triage, tools: []}}]\n"
    (folder / "c.yaml").write_text(config, encoding="utf-8")
    finding = who_may(load(Path("c.yaml"), {}))
    assert finding.state is state
    assert text in finding.text
