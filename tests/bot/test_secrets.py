"""Secrets that are planted wherever text comes from show up nowhere: not in the journal, prompts, Slack, logs, or at the terminal."""

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import web
from click.testing import CliRunner

from agents.core import events as e
from agents.core.ids import SYSTEM, CallId, RunId
from agents.core.switches import Switches
from agents.ports import Failed, Unknown
from bot.build import open_store, open_toolbox, redactor
from bot.cli import group
from bot.config import load
from bot.logs import Lines
from bot.pins import ReadPins
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from storage.codec import encode
from tests.bot.office import Kept, office
from tests.bot.sandbox.acting import Page
from tests.memory import MemoryJournal
from tests.tools.outside import Outside, serving
from tests.tools.planted import PHRASES, TOKENS
from tests.world import NOON, ScriptedModel, says, trigger

ENVIRON = {
    "HELD_TOKEN": "held-Zq9-token-4711", "APPS_PASSWORD": "hunter2 & more", "ANTHROPIC_API_KEY": "model-key-0815-xyz", "PLAIN": "ops-team",
    "DATABASE_URL": "sqlite:///c.db", "MODEL_URL": "http://bot:url-passw0rd%21@127.0.0.1:9",
}  # fmt: skip
HELD = (ENVIRON["HELD_TOKEN"], ENVIRON["APPS_PASSWORD"], ENVIRON["ANTHROPIC_API_KEY"], "url-passw0rd!")
SECRETS = {*TOKENS.values(), *(secret for _, secret in PHRASES.values()), *HELD, *(b64encode(one.encode()).decode()[:-4] for one in HELD),
           *(quote(one, safe="") for one in HELD)}  # fmt: skip
LEAK = "\n\n".join([
    *TOKENS.values(), *(text for text, _ in PHRASES.values()), *HELD, *(b64encode(f"{one} and more".encode()).decode() for one in HELD),
    *(quote(one, safe="") for one in HELD), *(json.dumps(json.dumps(one)) for one in HELD),
    *(f"{one[:6]}\n  {one[6:]}" for one in HELD), "visible",
])  # fmt: skip
CONFIG = """
models: {smart: {model: claude-sonnet-5-5, base_url: "${MODEL_URL}"}}
roles: {operators: {usergroups: [S01OPS]}}
tools:
  - name: read
    description: Reads.
    risk: low
    http: {method: GET, url: "URL/read", headers: {X-Held: "Bearer ${HELD_TOKEN}", X-Team: "${PLAIN}"}}
  - name: write
    description: Writes.
    http: {method: POST, url: "URL/write", headers: {X-Password: "${APPS_PASSWORD}"}, body: {text: "{text}"}}
    arguments: {text: {type: string}}
    preview: {url: "URL/preview"}
    probe: {url: "URL/probe?key={idempotency_key}", happened: {field: x, equals: true}}
agents:
  - {name: triage, description: d, prompt: p, tools: [read, write], approvals: [{tool: "*", approvers: [operators]}]}
"""


def clean(text: str, where: str) -> None:
    """There is no secret in it."""
    found = [secret for secret in SECRETS if secret in text or json.dumps(secret)[1:-1] in text]
    assert found == [], f"{where}: {[text[max(0, text.find(one) - 150):text.find(one) + 60] for one in found[:3]]}"


class Journal(MemoryJournal):
    """In memory, with the real one's redaction."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    async def append(self, run_id: RunId, facts: Sequence[e.Fact], *, after: int, agent: str) -> tuple[e.Recorded, ...]:
        return await super().append(run_id, [encode(fact, self._redact).fact for fact in facts], after=after, agent=agent)


async def leaking(request: web.Request) -> web.StreamResponse:
    """All of it, in JSON; the preview in one long text, the probe as an error."""
    if request.path == "/probe":
        return web.Response(status=500, text=LEAK)
    body = {"lines": LEAK.split("\n\n")[:10]} if request.path == "/preview" else {"text": LEAK, "long": "x" * 190 + " " + HELD[0]}
    return web.json_response(body)


@pytest.fixture
async def outside_leaks() -> AsyncIterator[Outside]:
    async with serving() as outside:
        outside.says(leaking)
        yield outside


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configured(folder: Path, url: str) -> Settings:
    """Settings, and the configuration beside them."""
    (folder / "countersign.yaml").write_text(CONFIG.replace("URL/", f"{url}/"), encoding="utf-8")
    return Settings.read(ENVIRON)


async def test_they_show_up_nowhere_in_a_run_and_in_slack(
    sandbox: Sandbox, page: Page, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as outside:
        outside.says(leaking)
        settings = configured(folder, outside.url)
        config = load(settings.config, ENVIRON)
        redact = redactor(settings, config)
        few = "\n".join(list(TOKENS.values())[:30] + list(HELD))
        async with open_toolbox(settings, config, ReadPins(Switches())) as toolbox:
            model = ScriptedModel(
                says(few, ("read", {})), says("", ("write", {"text": few})), says(f"It is done: {few} and visible"), cut=7, pause=0.002
            )
            kept = Kept(model=model, toolbox=toolbox, journal=Journal(redact), redact=redact)  # type: ignore[arg-type]
            async with office(sandbox, page, kept) as bot:
                ts = await bot.mention(f"look at {HELD[0]} and {TOKENS['github']}")
                card = await bot.card(ts)
                await bot.click(card, "approve", "U01ALICE")
                await bot.said(ts, "visible")
                thread = str((await page.thread(ts))[1:])
                methods = ("chat.postMessage", "chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update", "views.open")
                calls = "".join([str(await bot.calls(method)) for method in methods])
    clean(thread, "the thread")
    clean(calls, "what was sent to Slack")
    clean(str(kept.journal.rows), "the journal")
    clean(str(kept.model.prompts[1:]), "the prompts")
    assert "visible" in str(kept.journal.rows)
    assert outside.requests[0].headers["X-Held"] == f"Bearer {HELD[0]}"
    clean("\n".join(Lines(redact).format(record) for record in caplog.records), "the log")


async def test_they_show_up_in_no_result_of_a_tool_and_no_exception(folder: Path, outside_leaks: Outside) -> None:
    settings = configured(folder, outside_leaks.url)
    async with open_toolbox(settings, load(settings.config, ENVIRON), ReadPins(Switches())) as toolbox:
        clean(str(await toolbox.run("read", {}, key="k")), "a result")
        clean((await toolbox.preview("write", {"text": "x"})).text, "a preview")
        assert await toolbox.probe("write", {"text": "x"}, key="k") is None
        for status in (400, 500):
            outside_leaks.says(web.Response(status=status, text=LEAK, content_type="text/plain"))
            result = await toolbox.run("write", {"text": LEAK}, key="k")
            assert isinstance(result, Failed | Unknown)
            clean(str(result), f"an answer with {status}")
        clean(str(toolbox.specs()), "the specs")


async def test_they_show_up_in_no_row_of_the_database(folder: Path) -> None:
    settings = configured(folder, "http://127.0.0.1:9")
    config = load(settings.config, ENVIRON)
    proposal = e.Proposal(CallId("c1"), "read", {"a": [LEAK, {LEAK: LEAK}]})
    async with open_store(settings, redactor(settings, config)) as store:
        facts = [
            e.Fact(e.RunStarted("triage", trigger(place=None), LEAK), trigger().actor, NOON),
            e.Fact(e.ModelAnswered("m", LEAK, (proposal,), e.Stop.TOOLS, e.Usage(1, 1), 0.0, 1), SYSTEM, NOON),
        ]
        await store.journal.append(RunId("run_1"), facts, after=0, agent="triage")
        clean(str(await store.journal.read(RunId("run_1"))), "the journal")
    for command in (["show", "run_1", "--json"], ["show", "run_1", "--full"], ["audit", "--json"], ["audit"], ["runs", "--json"]):
        shown = await asyncio.to_thread(CliRunner().invoke, group, command, env=ENVIRON, prog_name="countersign")
        assert shown.exit_code in (0, 1, 3), shown.output
        assert "run_1" in shown.output or "visible" in shown.output
        clean(shown.output, " ".join(command))


def test_the_terminal_shows_none(folder: Path) -> None:
    for environ in (
        {"ANTHROPIC_BASE_URL": TOKENS["anthropic"]}, {"SLACK_API_URL": ENVIRON["HELD_TOKEN"]},
        {"DATABASE_URL": "postgresql://ops:url-passw0rd!@db/x"},
        {"COUNTERSIGN_CONFIG": "/none/" + ENVIRON["HELD_TOKEN"]},
    ):  # fmt: skip
        result = CliRunner().invoke(group, ["tool"], env={**ENVIRON, **environ}, prog_name="countersign")
        assert result.exit_code == 2
        clean(result.output, str(environ))


def test_no_part_of_the_configuration_holds_one(folder: Path) -> None:
    settings = configured(folder, "http://127.0.0.1:9")
    config = load(settings.config, ENVIRON)
    clean(repr(config) + repr(settings) + repr(config.tools) + str([tool.model_dump() for tool in config.tools]), "the configuration")
    assert set(HELD[:2]) <= config.secrets
    redact = redactor(settings, config)
    assert [redact(one) for one in HELD] == ["[redacted]"] * len(HELD)


def test_a_log_line_shows_none(folder: Path) -> None:
    settings = configured(folder, "http://127.0.0.1:9")
    lines = Lines(redactor(settings, load(settings.config, ENVIRON)))
    try:
        raise RuntimeError(LEAK)
    except RuntimeError as error:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "it broke: %s", (LEAK,), (type(error), error, error.__traceback__))
    clean(lines.format(record), "the log")
