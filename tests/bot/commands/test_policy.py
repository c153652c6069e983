"""Cases of a policy, and the past under another one, from the terminal."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.core import events as e
from agents.core.ids import SYSTEM, CallId, RunId
from agents.core.tool import Effect, Repeat, Risk
from bot.build import open_store
from bot.cli import group
from bot.settings import Settings
from tests.world import DANA, trigger

CONFIG = """
models: {smart: {model: any}}
roles: {operators: {users: [U01ALICE, U01BOB]}}
tools:
  - name: refund
    description: Refund an order.
    http: {method: POST, url: "http://127.0.0.1:9/refunds", body: {order: "{order}", amount: "{amount}", note: "{note}"}}
    arguments:
      order: {type: string}
      amount: {type: number, required: false}
      note: {type: string, default: none}
    effect: internal
    risk: low
    per_minute: 3
agents:
  - {name: shop, description: d, prompt: p, tools: [refund], autonomy: full, approvals: [{tool: "*", approvers: [operators]}]}
channels: {"#support": {agent: shop}}
"""
POLICY = """
policy:
  - {name: big-refunds, when: {tool: refund, arguments: {amount: {above: 200}}}, then: ask, reason: Over 200.}
  - {name: not-at-night, when: {tool: refund, time: {from: "22:00", to: "06:00", zone: UTC}}, then: deny}
"""
CASES = """
- {name: small ones run, tool: refund, arguments: {order: a, amount: 5}, expect: run, rule: "full autonomy, low risk"}
- {name: big ones ask, tool: refund, arguments: {order: a, amount: 500}, expect: ask, rule: big-refunds}
- {name: without an amount, tool: refund, arguments: {order: a}, expect: ask, rule: rule big-refunds}
- {name: at night, tool: refund, arguments: {order: a, amount: 5}, time: 2026-11-21T23:00:00+00:00, expect: deny, rule: not-at-night}
- {name: too many, tool: refund, arguments: {order: a, amount: 5}, lately: 3, expect: ask, channel: "#support", source: watched}
- {name: misspelled, tool: refund, arguments: {ordr: a}, expect: reject}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("countersign.yaml").write_text(CONFIG + POLICY, encoding="utf-8")
    Path("policy-test.yaml").write_text(CASES, encoding="utf-8")


def countersign(*arguments: str) -> Result:
    environment = {"DATABASE_URL": "sqlite:///c.db", "NO_COLOR": "1"}
    return CliRunner().invoke(group, ["policy", *arguments], env=environment, prog_name="countersign")


def test_cases_that_pass() -> None:
    result = countersign("test")
    assert (result.exit_code, "6 of 6 cases pass." in result.output) == (0, True), result.output
    assert "rule big-refunds; amount cannot be judged" in result.output
    listed = json.loads(countersign("test", "--json").output)
    assert [case["decision"] for case in listed] == ["run", "ask", "ask", "deny", "ask", "reject"]


def test_cases_that_do_not_pass_say_what_was_expected() -> None:
    Path("other.yaml").write_text(
        '[{tool: refund, arguments: {order: a, amount: 5}, expect: deny},'
        ' {tool: refund, arguments: {order: a, amount: 500}, expect: ask, rule: another}]', encoding="utf-8"
    )
    result = countersign("test", "other.yaml")
    assert result.exit_code == 1
    assert "run       full autonomy, low risk  (expected deny)" in result.output
    assert "rule big-refunds  (expected ask by another)" in result.output


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        ("[{tool: refund, expct: ask}]", 'there is no such key; did you mean "expect"?'),
        ("[{tool: refund, expect: aks}]", '"aks" is not among deny, ask, notify, run, simulate, reject'),
        ("[{tool: refund, expect: ask, agent: shp}]", 'policy-test.yaml:1  [0].agent: there is no agent "shp"'),
        ("[{tool: refund, expect: ask, time: noon}]", "time"),
        ("{}", "has to be a list of cases"),
        ("", "has to be a list of cases"),
    ],
)
def test_a_wrong_file_is_told(cases: str, told: str) -> None:
    Path("policy-test.yaml").write_text(cases, encoding="utf-8")
    result = countersign("test")
    assert (result.exit_code, told in result.output) == (2, True), result.output


def test_a_file_that_is_not_there_is_told() -> None:
    result = countersign("test", "nowhere.yaml")
    assert (result.exit_code, "nowhere.yaml does not exist" in result.output) == (2, True)


def run_of(key: str, decision: e.Decision, at: datetime, **arguments: object) -> tuple[RunId, list[e.Fact]]:
    """A run whose only call was judged so, and begun."""
    call = CallId("c1")
    verdict = e.CallJudged(call, "refund", decision, ("an old rule",), Risk.LOW, Effect.INTERNAL, Repeat.NEVER)
    made: tuple[e.Event, ...] = (
        e.RunStarted("shop", trigger(key), "refund it"), e.ModelAsked(1, "smart"),
        e.ModelAnswered("m", "", (e.Proposal(call, "refund", {"note": "none", **arguments}),), e.Stop.TOOLS, e.Usage(), 0, 0), verdict,
    )
    started = (e.ToolStarted(call, "refund", f"k{key}"),) if decision is e.Decision.ALLOW else ()
    return RunId(f"run-{key}"), [e.Fact(event, DANA if event is made[0] else SYSTEM, at) for event in (*made, *started)]


def journaled(*runs: tuple[RunId, list[e.Fact]]) -> None:
    async def write() -> None:
        async with open_store(Settings.read({"DATABASE_URL": "sqlite:///c.db"}), str) as store:
            for run_id, facts in runs:
                await store.journal.append(run_id, facts, after=0, agent="shop")

    asyncio.run(write())


def test_the_past_under_the_present_rules() -> None:
    noon = (datetime.now(UTC) - timedelta(days=2)).replace(hour=12, minute=0)
    journaled(
        run_of("small", e.Decision.ALLOW, noon, order="a", amount=5),
        run_of("big", e.Decision.ALLOW, noon + timedelta(hours=1), order="b", amount=500),
        run_of("night", e.Decision.ALLOW, noon + timedelta(hours=11), order="c", amount=5),
        run_of("asked", e.Decision.ASK, noon + timedelta(hours=2), order="d", amount=5),
        *(run_of(f"many{n}", e.Decision.ALLOW, noon + timedelta(hours=3, seconds=n), order="e", amount=n) for n in range(1, 5)),
        run_of("old", e.Decision.ALLOW, noon - timedelta(days=30), order="f", amount=500),
    )
    result = countersign("replay")
    assert (result.exit_code, "4 of 8 calls of the last 7d would be judged otherwise." in result.output) == (0, True), result.output
    found = {one["run_id"]: one for one in json.loads(countersign("replay", "--json").output)["otherwise"]}
    assert {run_id: (one["then"], one["now"], one["now_rules"][0]) for run_id, one in found.items()} == {
        "run-big": ("run", "ask", "rule big-refunds"),
        "run-night": ("run", "deny", "rule not-at-night"),
        "run-asked": ("ask", "run", "full autonomy, low risk"),
        "run-many4": ("run", "ask", "more than 3 calls a minute"),
    }
    assert len(json.loads(countersign("replay", "--since", "60d", "--json").output)["otherwise"]) == 5


def test_the_past_under_other_rules() -> None:
    journaled(run_of("small", e.Decision.ALLOW, datetime.now(UTC) - timedelta(hours=1), order="a", amount=5))
    Path("other.yaml").write_text("policy: [{name: stop, when: {tool: refund}, then: deny}]", encoding="utf-8")
    assert "deny (rule stop)" in countersign("replay", "--policy", "other.yaml", "--agent", "shop").output
    assert countersign("replay", "--agent", "shp").exit_code == 2
    assert countersign("replay", "--policy", "nowhere.yaml").exit_code == 2


def test_help_teaches() -> None:
    assert "expect: deny" in countersign("test", "--help").output
    assert "stricter.yaml" in countersign("replay", "--help").output
    assert "countersign policy replay" in countersign("--help").output
    assert "Test the policy's rules" in CliRunner().invoke(group, ["--help"]).output
