"""What was thought is given back to whoever thought it, behind the same words, and to nobody else."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.claude_request import render
from agents.claude_thinking import Head, joined, placed
from agents.claude_tier import Tier
from agents.ports import Message, Prompt
from tests.world import READ, WRITE

TIER = Tier("claude-sonnet-5-5", "key", "http://one.example")
PROMPT = Prompt("You triage.", (READ,), (Message("user", ("Look.",)),), "smart")
HEAD: Head = (
    {"type": "thinking", "thinking": "Is it “slow”?\nThe key is hunter2.", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "b3BhcXVl"},
)
MADE = (("r1-c1", "read", {"x": 1}),)
RESULT = Message("user", results=(("r1-c1", "ok", False),))


def continued(thinking: str, **changes: Any) -> Prompt:
    """The next prompt of the run."""
    turn = Message("assistant", ("I look.",), MADE, thinking=thinking)
    return replace(PROMPT, messages=(*PROMPT.messages, turn, RESULT), **changes)


def sealed(tier: Tier = TIER) -> str:
    return render(PROMPT, tier)[1].seal(HEAD)


def turn_of(prompt: Prompt, tier: Tier = TIER) -> list[dict[str, Any]]:
    """The model's turn as it is sent."""
    content: list[dict[str, Any]] = render(prompt, tier)[0]["messages"][1]["content"]
    return content


def test_it_comes_back_unchanged_and_first() -> None:
    content = turn_of(continued(sealed()))
    assert tuple(content[:2]) == HEAD
    assert [block["type"] for block in content[2:]] == ["text", "tool_use"]


def test_who_did_not_think_keeps_nothing() -> None:
    assert render(PROMPT, TIER)[1].seal(()) == ""


@pytest.mark.parametrize("tier", [replace(TIER, model="claude-haiku-5-5"), replace(TIER, base_url="http://two.example")])
def test_nobody_else_is_given_it(tier: Tier) -> None:
    assert [block["type"] for block in turn_of(continued(sealed()), tier)] == ["text", "tool_use"]
    assert tuple(turn_of(continued(sealed(tier)), tier)[:2]) == HEAD


@pytest.mark.parametrize("changes", [{"system": "You heal."}, {"tools": (READ, WRITE)}, {"tools": ()}])
def test_not_even_its_writer_when_it_was_told_something_else(changes: dict[str, Any]) -> None:
    assert [block["type"] for block in turn_of(continued(sealed(), **changes))] == ["text", "tool_use"]


def test_not_behind_other_words() -> None:
    prompt = continued(sealed())
    prompt = replace(prompt, messages=(Message("user", ("Look closer.",)), *prompt.messages[1:]))
    assert [block["type"] for block in turn_of(prompt)] == ["text", "tool_use"]


@pytest.mark.parametrize("spoiled", ["[erased]", sealed().replace("hunter2", "[redacted]"), sealed()[:-1], sealed()[1:], "[]", "x" * 40])
def test_what_was_redacted_erased_or_cut_is_left_out_whole(spoiled: str) -> None:
    assert [block["type"] for block in turn_of(continued(spoiled))] == ["text", "tool_use"]


def test_half_a_surrogate_pair_harms_nobody() -> None:
    said = render(replace(PROMPT, system="\ud83d"), TIER)[1]
    assert said.unseal(said.seal(({"type": "thinking", "thinking": "\ud83d", "signature": "s"},)))


@given(st.lists(st.text(min_size=1).filter(str.strip), max_size=4), st.integers(0, 4), st.booleans())
def test_a_turn_is_put_together_as_it_was_written(texts: list[str], before: int, calls: bool) -> None:
    """Thinking stands before each of the first texts, and once behind them."""
    thought, made = {"type": "thinking", "thinking": "", "signature": "s"}, [{"type": "tool_use"}] if calls else []
    head: list[dict[str, Any]] = [thought]
    for text in texts[:before]:
        head += [{"type": "text", "text": text}, thought]
    rest = [{"type": "text", "text": joined(texts[before:]).rstrip()}] if texts[before:] else []
    assert placed(tuple(head), joined(texts).rstrip(), made) == [*head, *rest, *made]
