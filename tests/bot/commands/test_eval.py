"""`countersign eval`: the library's cases on the sandbox's scenes, one's own agent on one's own cases, and what cannot be played."""

import json
from pathlib import Path

import httpx

from tests.bot.commands.conftest import Terminal

CONFIG = """
models: {smart: {model: any}}
roles: {operators: {users: [U01ALICE]}}
tools:
  - {name: look, description: Look., http: {method: GET, url: "http://127.0.0.1:9/look"}, risk: low}
  - {name: mend, description: Mend., http: {method: POST, url: "http://127.0.0.1:9/mend"}, risk: high, effect: internal}
agents:
  - {name: helper, description: d, prompt: You help., tools: [look, mend], approvals: [{tool: "*", approvers: [operators]}]}
"""
MATCH = {"title": "a test", "match": {"text": ["broken"]}}


def cases(*more: dict[str, object]) -> None:
    usual = {
        "text": "It is broken.", "results": [{"tool": "look", "text": "well again", "after": "mend"}, {"tool": "look", "text": "bad"}],
        "answers": [{"tool": "mend", "choice": "approve"}],
    }
    Path("eval.jsonl").write_text("\n".join(json.dumps({**usual, **one}) for one in more), encoding="utf-8")


def own(countersign: Terminal) -> None:
    """A configuration of one's own, and a model that looks, mends and looks again."""
    Path("own.yaml").write_text(CONFIG, encoding="utf-8")
    countersign.environment["COUNTERSIGN_CONFIG"] = str(Path("own.yaml").absolute())
    scene = {**MATCH, "turns": [
        {"when": {"turn": 1}, "calls": [{"tool": "look"}]},
        {"when": {"turn": 2}, "calls": [{"tool": "mend"}]},
        {"when": {"turn": 3}, "calls": [{"tool": "look"}]},
        {"say": "It is {look.text}."},
    ]}
    model = countersign.environment["ANTHROPIC_BASE_URL"]
    assert httpx.post(f"{model}/scenes", json=scene).status_code == 200


def test_the_ready_made_agent_passes_its_cases_on_the_sandbox(countersign: Terminal) -> None:
    played = countersign("eval", "triage", "--offline", "--case", "bad-deploy", "--case", "thin-evidence")
    assert played.exit_code == 0, played.output
    assert "2 of 2 cases pass" in played.output
    assert "nothing of a model's judgement" in played.output
    assert not Path("c.db").exists()
    assert countersign.rollbacks() == 0


def test_the_capacity_agent_passes_its_cases_on_the_sandbox(countersign: Terminal) -> None:
    played = countersign("eval", "capacity", "--offline", "--case", "eu-runs-out", "--case", "nobody-can-give")
    assert played.exit_code == 0, played.output
    assert "2 of 2 cases pass" in played.output


def test_the_agent_of_pipelines_patches_what_it_proved_and_hands_over_what_it_did_not(countersign: Terminal) -> None:
    played = countersign("eval", "pipeline", "--offline", "--case", "moved-column", "--case", "nothing-explains-it")
    assert played.exit_code == 0, played.output
    assert "2 of 2 cases pass" in played.output


def test_ones_own_agent_is_judged_by_ones_own_cases(countersign: Terminal) -> None:
    own(countersign)
    good = {"read": ["look"], "proposes": [{"tool": "mend"}], "checks": ["look"], "says": ["well again"]}
    cases({"name": "good", "expect": good}, {"name": "bad", "expect": {"says": ["bad"]}}, {"name": "denied", "answers": [], "expect": good})
    played = countersign("eval", "helper", "--json")
    assert played.exit_code == 1
    by_name = {one["name"]: one for one in json.loads(played.output)}
    assert by_name["good"] | {"cost": 0, "seconds": 0} == {
        "name": "good", "passed": True, "reasons": [], "steps": 4, "calls": ["look", "mend", "look"], "cost": 0, "seconds": 0,
        "answer": "It is well again.",
    }
    assert by_name["bad"]["reasons"] == ["proposed mend()", "did not say /bad/"]
    assert by_name["denied"]["reasons"] == ["did not read look again after the step had run", "did not say /well again/"]
    table = countersign("eval", "helper", "--case", "bad")
    assert "FAIL  bad" in table.output
    assert "0 of 1 cases pass" in table.output


def test_what_cannot_be_played_is_told(countersign: Terminal) -> None:
    own(countersign)
    cases({"name": "other", "results": [{"tool": "mand", "text": ""}], "expect": {}})
    foreign = countersign("eval", "helper")
    assert foreign.exit_code == 2
    assert 'names the tool mand, which the agent does not have; did you mean "mend"?' in foreign.output
    assert "no agent helpre" in countersign("eval", "helpre").output
    assert "no case god" in countersign("eval", "triage", "--offline", "--case", "god").output
    assert "no ready-made agent helper" in countersign("eval", "helper", "--shipped").output
    assert "no scene" in countersign("eval", "triage", "--offline", "--case", "neighbour").output
