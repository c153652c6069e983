"""Thinking over the wire: the sandbox demands it back, and refuses what is missing, changed or somebody else's."""

from itertools import pairwise
from typing import Any

from agents.core import events as e
from bot.sandbox.model_faults import Fault
from tests.agents.bench import SAY, THOUGHT, Bench, conversation

SMART, FAST = "claude-sonnet-5-5", "claude-haiku-5-5"
DOWN = Fault(status=529, times=5, model=SMART)


def turns(request: dict[str, Any]) -> list[list[str]]:
    """The kinds of blocks of each of the model's turns."""
    return [[block["type"] for block in m["content"]] for m in request["body"]["messages"] if m["role"] == "assistant"]


async def test_it_comes_back_turn_after_turn_where_it_stood(bench: Bench) -> None:
    answers = await conversation(bench, "think")
    assert [answer.stop for answer in answers] == [e.Stop.TOOLS, e.Stop.TOOLS, e.Stop.TOOLS, e.Stop.END]
    assert [bool(answer.thinking) for answer in answers] == [True, True, False, True]
    assert turns(bench.requests[-1]) == [
        ["thinking", "text", "redacted_thinking", "tool_use", "tool_use"], ["thinking", "tool_use"], ["tool_use"],
    ]
    assert bench.requests[-1]["body"]["messages"][1]["content"][0]["thinking"] == THOUGHT
    for before, behind in pairwise(request["raw"].partition('"messages":')[2] for request in bench.requests):
        assert behind.startswith(before.partition("]}],")[0])


async def test_nobody_hears_it(bench: Bench) -> None:
    answer = await bench.ask("think")
    assert answer.text == "".join(bench.pieces) == SAY
    assert answer.usage.output > len(SAY) // 4 + 10


async def test_a_fallback_in_between_gets_its_own_and_leaves_the_others_as_they_were(bench: Bench) -> None:
    answers = await conversation(bench, "think", None, DOWN, fallback="fast")
    assert [answer.model for answer in answers] == [SMART, FAST, SMART, SMART]
    answered = [request for request in bench.requests if request["body"]["model"] == FAST]
    assert [turns(request) for request in answered] == [[["text", "tool_use", "tool_use"]]]
    first = ["thinking", "text", "redacted_thinking", "tool_use", "tool_use"]
    assert turns(bench.requests[-1]) == [first, ["tool_use"], ["tool_use"]]


async def test_when_the_fallback_stays_it_is_given_what_it_thought(bench: Bench) -> None:
    await conversation(bench, "think", None, DOWN, DOWN, DOWN, fallback="fast")
    assert turns(bench.requests[-1]) == [["text", "tool_use", "tool_use"], ["thinking", "tool_use"], ["tool_use"]]


async def test_an_attempt_that_broke_off_binds_nobody(bench: Bench) -> None:
    answers = await conversation(bench, "think", Fault(midstream="overloaded_error"), Fault(midstream="disconnect"))
    assert [answer.stop for answer in answers][-1] is e.Stop.END
    assert turns(bench.requests[-1])[0][0] == "thinking"
