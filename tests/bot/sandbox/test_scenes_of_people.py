"""The scenes in which people do more than say yes or no: several calls at once, edits, grants, two approvers, alerts."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from anthropic.types import ToolUseBlock

from tests.bot.sandbox.scene_loop import Told, Verdict, World, world


@pytest.fixture
async def sandbox() -> AsyncIterator[World]:
    async with world() as made:
        yield made


def edited(tool: str, answer: dict[str, Any] | str, **changes: Any) -> Verdict:
    """Bob changes the call before it runs, and it answers this."""
    def verdict(call: ToolUseBlock) -> Told | None:
        if call.name != tool:
            return None
        now = json.dumps({**call.input, **changes}, sort_keys=True)
        told = f'<output tool="{tool}">\n{json.dumps(answer)}\n</output>' if isinstance(answer, dict) else answer
        return f"Bob Lindqvist changed the call's arguments before it was decided. They are now: {now}\n{told}", isinstance(answer, str)

    return verdict


def once(tool: str, text: str, target: str) -> Verdict:
    """The call for this target is told this, and the others are carried out."""
    return lambda call: (text, True) if call.name == tool and target in call.input.values() else None


@pytest.mark.parametrize("words", ["restart web and catalog", "please restart web, catalog", "restart web & catalog now"])
async def test_two_restarts_are_asked_for_in_one_turn(sandbox: World, words: str) -> None:
    played = await sandbox.say(words)
    assert played.calls == [["restart_service", "restart_service"], []]
    assert "Both were restarted" in played.answer
    assert [one["target"] for one in (await sandbox.get("company/effects"))["effects"]] == ["web", "catalog"]


@pytest.mark.parametrize(("denied", "words"), [
    (["web"], "**catalog was restarted**"), (["catalog"], "**web was restarted**"), (["web", "catalog"], "Neither was restarted"),
])  # fmt: skip
async def test_of_two_restarts_each_is_told_by_itself(sandbox: World, denied: list[str], words: str) -> None:
    def verdict(call: ToolUseBlock) -> Told | None:
        return ("Denied by Alice: not now", True) if call.input["service"] in denied else None

    answer = (await sandbox.say("restart web and catalog", verdict)).answer
    assert words in answer
    assert answer.count("Denied by Alice: not now") == len(denied)


async def test_one_service_is_restarted_once_whatever_is_said_about_others(sandbox: World) -> None:
    assert (await sandbox.say("restart web because checkout is slow")).calls[0] == ["restart_service"]
    assert (await sandbox.say("restart web, web hangs")).calls[0] == ["restart_service"]


async def test_a_second_restart_is_the_same_call(sandbox: World) -> None:
    played = await sandbox.say("restart web twice")
    assert played.calls == [["restart_service"], ["restart_service"], []]
    first, second = (block for reply in played.replies for block in reply.content if isinstance(block, ToolUseBlock))
    assert first.input == second.input
    assert "**web was restarted twice**" in played.answer
    stopped = await sandbox.say("restart web twice", once("restart_service", "Denied by Bob: enough", "web"))
    assert stopped.calls == [["restart_service"], []]
    assert "Bob denied the restart of web: enough" in stopped.answer


async def test_scaling_reads_first_and_sends_a_number(sandbox: World) -> None:
    played = await sandbox.say("scale web to 12")
    assert played.calls == [["service_status"], ["scale_service"], []]
    (call,) = (block for block in played.replies[1].content if isinstance(block, ToolUseBlock))
    assert call.input == {"service": "web", "instances": 12, "reason": "A person in Slack asked for 12 instead of 8."}
    assert "**web has 12 instances**, before it had 8." in played.answer


async def test_a_failover_goes_to_the_standby(sandbox: World) -> None:
    played = await sandbox.say("please fail over the orders database")
    assert played.calls == [["database_status"], ["failover_database"], []]
    assert "**orders-db-2 takes the writes of orders-db now**; orders-db-1 follows it." in played.answer
    again = await sandbox.say("orders-db failover, please")
    assert "*orders-db-1 takes the writes" in again.answer


async def test_an_alert_is_looked_into(sandbox: World) -> None:
    assert "does not hold" in (await sandbox.say("[FIRING:1] web p95_ms above 400 ms for 5 minutes")).answer
    held = await sandbox.say("ALERT: checkout error_rate above 1 %")
    assert held.calls == [["query_metrics", "list_deploys"], ["rollback_service"], []]
    assert "**checkout was rolled back** from 2026.11.20-2 to 2026.11.18-3." in held.answer


@pytest.mark.parametrize(("words", "tool", "answer", "changes", "told"), [
    ("restart web", "restart_service", {"restarted": True, "service": "catalog", "at": "10:04"}, {"service": "catalog"},
     "**catalog was restarted** at 10:04, not as I had proposed it: Bob Lindqvist changed service from web to catalog."),
    ("roll back payments", "rollback_service", {"service": "payments", "from_version": "3", "version": "1"}, {"to_version": "1"},
     "from 3 to 1, not as I had proposed it: Bob Lindqvist changed to_version from 2026.11.12-1 to 1."),
    ("scale web to 12", "scale_service", {"service": "web", "instances": 10, "previous_instances": 8}, {"instances": 10},
     "Bob Lindqvist changed instances from 12 to 10."),
    ("fail over orders", "failover_database", {"database": "catalog-db", "primary": "catalog-db-1"}, {"to": "catalog-db-1"},
     "Bob Lindqvist changed what I had proposed: to from orders-db-2 to catalog-db-1."),
    ("FIRING checkout", "rollback_service", {"service": "checkout", "from_version": "3", "version": "1"}, {"to_version": "1"},
     "Bob Lindqvist changed to_version from 2026.11.18-3 to 1."),
])  # fmt: skip
async def test_what_people_changed_is_told(
    sandbox: World, words: str, tool: str, answer: dict[str, Any], changes: dict[str, Any], told: str
) -> None:
    assert told in (await sandbox.say(words, edited(tool, answer, **changes))).answer


async def test_a_changed_rollback_is_looked_after_as_any_other(sandbox: World) -> None:
    answer = {"service": "checkout", "from_version": "3", "version": "1"}
    played = await sandbox.say("checkout is slow", edited("rollback_service", answer, to_version="1"))
    said = "".join(block.text for block in played.replies[2].content if block.type == "text")
    assert said.startswith("The rollback ran, not as I had proposed it: Bob Lindqvist changed to_version from 2026.11.18-3 to 1.")
    assert played.calls[2] == ["query_metrics"]


async def test_a_call_that_was_changed_and_then_denied_is_denied(sandbox: World) -> None:
    answer = (await sandbox.say("restart web", edited("restart_service", "Denied by Alice Moreau: later", service="catalog"))).answer
    assert answer == "**web was not restarted:** Alice Moreau denied it: later"
