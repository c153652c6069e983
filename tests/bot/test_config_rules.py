"""Rules that could not be kept: reminders that come too late, undos that cannot be made."""

from datetime import timedelta
from pathlib import Path

import pytest

from agents.core.approval import ApprovalRule
from agents.core.tool import Undo
from tests.bot.configured import GOOD, changed, read
from tools.http import build_tools
from tools.net import Net

RULE = "required: 2, expires: 30m}"
UNDONE = """    undo: {tool: start_service, arguments: {service: "{service}", instances: "{result.before}"}, within: 1h}
  - name: start_service
    description: Start a service.
    http: {method: POST, url: "${HOST}/services/{service}/start", body: {instances: "{instances}", note: "{note}"}}
    arguments:
      service: {type: string, pattern: "^[a-z]+$"}
      instances: {type: integer, minimum: 1}
      note: {type: string, required: false}
agents:
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_undo(old: str = "", new: str = "") -> str:
    """The good configuration with a tool that can be undone, after one change."""
    text = GOOD.replace("agents:\n", UNDONE, 1).replace("restart_service]", "restart_service, start_service]")
    text = text.replace("approvals: [", 'approvals: [{tool: "*", approvers: [operators]}, ')
    assert old in text
    return text.replace(old, new, 1)


def test_a_rule_says_who_is_reminded_and_where_it_is_shown_then() -> None:
    rule = '{tool: restart_service, approvers: [operators], remind: 30m, escalate: "#ops-leads", allow_guests: true, allow_foreign: true}'
    config = read(GOOD.replace("{tool: restart_service, approvers: [operators, U01CAROL], required: 2, expires: 30m}", rule))
    (read_rule,) = config.agents["triage"].approvals
    assert read_rule == ApprovalRule(
        "restart_service", ("role:operators",), allow_guests=True, allow_foreign=True, remind=timedelta(minutes=30), escalate="#ops-leads"
    )
    assert read_rule.escalates == timedelta(hours=1)


def test_a_role_may_be_the_members_of_a_channel() -> None:
    text = GOOD.replace("usergroups: [S01OPS]", "channels: [C01OPS]").replace("required: 2", "required: 9")
    assert read(text).roles["operators"].channels == ("C01OPS",)


@pytest.mark.parametrize(("rule", "mistake"), [
    ("remind: 30m", "remind: nobody would be reminded: the question is open for 30m only (expires)"),
    ("escalate: C01LEADS, remind: 20m", "escalate: the second channel would never be told, twice remind (40m): "
     "the question is open for 30m only (expires); set escalate_after"),
    ('escalate: "#leads", escalate_after: 30m', "escalate_after: the second channel would never be told: the question is open for 30m"),
    ('escalate: "#leads", escalate_after: 5m, remind: 5m', "escalate_after: comes before the reminder, which is after 5m"),
    ("escalate_after: 5m", 'escalate_after: says when, and not where; name a channel: escalate: "#name"'),
    ("escalate: leads", 'escalate: "leads" is no channel; write "#name" in quotes, or its id'),
    ("escalate: dm", 'escalate: "dm" is no channel'),
    ("remind: true", "remind: write a number and a unit, such as 90s, 15m, 4h or 2d"),
])  # fmt: skip
def test_times_that_cannot_be_kept(rule: str, mistake: str) -> None:
    lines = changed(RULE, f"{RULE[:-1]}, {rule}}}")
    assert [f"c.yaml:24  agents[0].approvals[0].{mistake}" in line for line in lines] == [True], lines


@pytest.mark.parametrize("rule", ["remind: 29m", "escalate: C01LEADS", "escalate: C01LEADS, remind: 20m, escalate_after: 25m"])
def test_times_that_can_be_kept(rule: str) -> None:
    read(GOOD.replace(RULE, f"{RULE[:-1]}, {rule}}}"))


def test_direct_messages_are_not_watched() -> None:
    assert changed("{agent: watcher}", '{agent: watcher, on: ["message:/x/"]}') == [
        "c.yaml:33  channels.dm.on[0]: every direct message is for the agent, so there is nothing to watch"
    ]


async def test_an_undo_becomes_a_part_of_the_tool() -> None:
    config = read(with_undo())
    async with Net() as net:
        spec = build_tools(config.tools, net)[1].spec
    assert spec.undo == Undo("start_service", {"service": "{service}", "instances": "{result.before}"}, timedelta(hours=1))


@pytest.mark.parametrize(("old", "new", "mistake"), [
    ("tool: start_service, arg", "tool: start_servce, arg",
     'tools[1].undo.tool: there is no tool "start_servce"; did you mean "start_service"?'),
    ('service: "{service}", inst', 'servce: "{service}", inst',
     'tools[1].undo.arguments.servce: start_service has no argument "servce"; did you mean "service"?'),
    ('service: "{service}", inst', "inst", "tools[1].undo.arguments: start_service needs service; say what it would be"),
    ('"{service}", inst', '"{srv}", inst', "tools[1].undo.arguments.service: there is no argument srv under `arguments`; "
     "a field of the result is written {result.srv}"),
    ('"{service}", inst', '"{service}{", inst', "tools[1].undo.arguments.service: '{service}{' has a brace that belongs to no place"),
    ('"{service}", inst', "WEB, inst", 'tools[1].undo.arguments.service: "WEB" does not fit that argument'),
    ('"{result.before}"', '"{service}"', "tools[1].undo.arguments.instances: is a string, and has to be an integer"),
    ('"{result.before}"', '"{result.before}0"', "tools[1].undo.arguments.instances: is a string, and has to be an integer"),
    ("within: 1h", "within: 60", "tools[1].undo.within: write a number and a unit, such as 90s, 15m, 4h or 2d"),
    (", start_service]", "]", "agents[0].tools[1]: restart_service is undone with start_service, which triage does not have; give it both"),
])  # fmt: skip
def test_an_undo_that_cannot_be_made(old: str, new: str, mistake: str) -> None:
    text = with_undo(old, new)
    lines = changed(GOOD, text)
    assert any(mistake in line for line in lines), lines


def test_what_an_undo_takes_from_the_result_is_known_when_there_is_one() -> None:
    assert read(with_undo('"{result.before}"', "2")).tools[1].undo
