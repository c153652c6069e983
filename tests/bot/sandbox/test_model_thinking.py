"""The offline model wants its thinking back as it gave it: the real SDK, with strict validation, in all the ways that can go wrong."""

from collections.abc import AsyncIterator
from typing import Any

import anthropic
import pytest
from anthropic.types import Message

from tests.bot.sandbox.scene_loop import World, declared, world

MODEL = "claude-sonnet-5-5"
ASK: dict[str, Any] = {"role": "user", "content": "think it over"}
TURNS = [
    {"when": {"turn": 1}, "think": "Which one?", "say": "I look.", "think_again": "This.", "calls": [{"tool": "list_services"}]},
    {"think": "That was all.", "say": "Done."},
]
WHOLE = ["thinking", "text", "redacted_thinking", "tool_use"]


@pytest.fixture
async def sandbox() -> AsyncIterator[World]:
    async with world() as made:
        await made.post("model/scenes", {"title": "a test", "match": {"text": ["think it over"]}, "turns": TURNS})
        yield made


async def ask(sandbox: World, *messages: dict[str, Any], **changes: Any) -> Message:
    usual: dict[str, Any] = {"model": MODEL, "max_tokens": 2000, "messages": [ASK, *messages], "tools": declared()}
    reply = await sandbox.claude.messages.create(**usual | changes)
    assert isinstance(reply, Message)
    return reply


async def first(sandbox: World) -> list[dict[str, Any]]:
    """The blocks of the first turn."""
    return [block.to_dict() for block in (await ask(sandbox)).content]


def goes_on(*content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A turn that comes back, with the result of its call."""
    result = {"type": "tool_result", "tool_use_id": content[-1]["id"], "content": "{}"}
    return {"role": "assistant", "content": list(content)}, {"role": "user", "content": [result]}


async def test_whole_and_streamed_think_the_same(sandbox: World) -> None:
    content = await first(sandbox)
    assert [block["type"] for block in content] == WHOLE
    async with sandbox.claude.messages.stream(model=MODEL, max_tokens=2000, messages=[ASK], tools=declared()) as stream:  # type: ignore[list-item]  # a dict is one
        streamed = [block.to_dict() for block in (await stream.get_final_message()).content]
    assert streamed[:3] == content[:3]


async def test_it_is_taken_back_under_another_id_and_with_a_breakpoint(sandbox: World) -> None:
    content = await first(sandbox)
    renamed = {**content[3], "id": "r1-c1", "cache_control": {"type": "ephemeral"}}
    reply = await ask(sandbox, *goes_on(*content[:3], renamed))
    assert [block.type for block in reply.content] == ["thinking", "text"]


@pytest.mark.parametrize(("spoil", "words"), [
    (lambda c: [c[1], c[3]], "Expected `thinking`"),
    (lambda c: [c[0], c[1], c[3]], "left out or modified"),
    (lambda c: [c[1], c[2], c[3]], "Invalid `signature` in `redacted_thinking`"),
    (lambda c: [{**c[0], "thinking": "Which?"}, *c[1:]], "messages.1.content.0: Invalid `signature` in `thinking`"),
    (lambda c: [{**c[0], "signature": "x"}, *c[1:]], "Invalid `signature`"),
    (lambda c: [c[0], c[1], {**c[2], "data": "x"}, c[3]], "Invalid `signature` in `redacted_thinking`"),
    (lambda c: [c[1], c[0], *c[2:]], "Invalid `signature`"),
    (lambda c: [c[0], {**c[1], "text": "I stare."}, *c[2:]], "Invalid `signature` in `redacted_thinking`"),
])
async def test_what_is_missing_or_changed_is_refused(sandbox: World, spoil: Any, words: str) -> None:
    content = await first(sandbox)
    with pytest.raises(anthropic.BadRequestError, match=words):
        await ask(sandbox, *goes_on(*spoil(content)))


@pytest.mark.parametrize("changes", [{"model": "claude-haiku-5-5"}, {"system": "Otherwise."}, {"tools": declared()[:1]}])
async def test_nor_is_it_taken_by_another_model_or_behind_other_words(sandbox: World, changes: Any) -> None:
    content = await first(sandbox)
    with pytest.raises(anthropic.BadRequestError, match="Invalid `signature`"):
        await ask(sandbox, *goes_on(*content), **changes)


async def test_another_model_does_not_miss_it(sandbox: World) -> None:
    content = await first(sandbox)
    assert (await ask(sandbox, *goes_on(content[1], content[3]), model="claude-haiku-5-5")).stop_reason == "end_turn"
