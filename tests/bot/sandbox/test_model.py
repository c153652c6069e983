"""The offline model as the real SDK sees it, with strict validation: whole and streamed messages, errors, faults, cache and log."""

import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic import AsyncAnthropic
from anthropic.types import Message, ToolUseBlock
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.model_cache import PromptCache, segments
from bot.sandbox.model_faults import Fault
from bot.sandbox.model_reply import compose
from bot.sandbox.model_request import ApiError, MessagesRequest, parse
from bot.sandbox.scene_play import Answer, PlannedCall
from tests.bot.sandbox.scene_loop import World, declared, text_of, world

MODEL = "claude-sonnet-5-5"
ASK: Any = [{"role": "user", "content": "checkout is slow"}]


@pytest.fixture
async def sandbox() -> AsyncIterator[World]:
    async with world() as made:
        yield made


async def create(sandbox: World, **changes: Any) -> Message:
    """A message that is not streamed, with something changed about the usual request."""
    usual: dict[str, Any] = {"model": MODEL, "max_tokens": 2000, "messages": ASK, "tools": declared()}
    reply = await sandbox.claude.messages.create(**usual | changes)
    assert isinstance(reply, Message)
    return reply


async def streamed(sandbox: World) -> tuple[list[str], Message]:
    """The types of the events of a stream, and its message."""
    async with sandbox.claude.messages.stream(model=MODEL, max_tokens=2000, messages=ASK, tools=declared()) as stream:
        kinds = [str(event.type) async for event in stream]
        return kinds, await stream.get_final_message()


async def test_whole_and_streamed_are_the_same_answer(sandbox: World) -> None:
    whole = await create(sandbox)
    kinds, stream = await streamed(sandbox)
    assert text_of(whole) == text_of(stream)
    assert whole.stop_reason == stream.stop_reason == "tool_use"
    assert [(b.name, b.input) for b in whole.content if isinstance(b, ToolUseBlock)] == [
        (b.name, b.input) for b in stream.content if isinstance(b, ToolUseBlock)
    ]
    assert whole.usage.output_tokens == stream.usage.output_tokens > 20
    assert kinds.count("text") > 1
    assert kinds.count("input_json") > 5
    ids = [block.id for reply in (whole, stream) for block in reply.content if isinstance(block, ToolUseBlock)]
    assert len(set(ids)) == 6


async def test_the_raw_stream_has_every_event_in_order(sandbox: World) -> None:
    body = {"model": MODEL, "max_tokens": 2000, "messages": ASK, "stream": True}
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    async with sandbox.http.post(f"{sandbox.url}/model/v1/messages", json=body, headers=headers) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        lines = (await response.text()).splitlines()
    kinds = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert kinds[:3] == ["message_start", "content_block_start", "ping"]
    assert set(kinds[3:-3]) == {"content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


async def test_a_short_budget_cuts_the_answer(sandbox: World) -> None:
    reply = await create(sandbox, max_tokens=5)
    assert reply.stop_reason == "max_tokens"
    assert reply.usage.output_tokens <= 5
    assert text_of(reply) == "I look at checkout's"


async def test_models_and_tokens(sandbox: World) -> None:
    assert MODEL in [model.id async for model in sandbox.claude.models.list()]
    assert (await sandbox.claude.models.retrieve(MODEL)).display_name == "Claude Sonnet 5 5"
    with pytest.raises(anthropic.NotFoundError):
        await sandbox.claude.models.retrieve("claude-none")
    counted = await sandbox.claude.messages.count_tokens(model=MODEL, messages=ASK, tools=declared())
    assert counted.input_tokens == (await create(sandbox)).usage.input_tokens


CALL: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "list_services", "input": {}}
RESULT: dict[str, Any] = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "{}"}
WORDS: dict[str, Any] = {"type": "text", "text": "hello"}


def conversation(*answers: dict[str, Any]) -> list[dict[str, Any]]:
    """A question, a call, and these blocks after it."""
    return [*ASK, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": list(answers)}]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, 'first message must use the "user" role'),
        ({"messages": [*ASK, {"role": "assistant", "content": "hi"}]}, "must end with a user message"),
        ({"messages": [{"role": "user", "content": ""}]}, "at least 1 character"),
        ({"messages": [{"role": "user", "content": []}]}, "non-empty content"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "messages.0.content"),
        ({"messages": conversation(WORDS)}, "without `tool_result` blocks immediately after: toolu_1"),
        ({"messages": conversation(RESULT, {**RESULT, "tool_use_id": "toolu_2"})}, "unexpected `tool_use_id`"),
        ({"messages": conversation(RESULT, RESULT)}, "answered twice"),
        ({"messages": conversation(WORDS, RESULT)}, "must come first"),
        ({"messages": conversation(RESULT, CALL)}, "only be in `assistant`"),
        ({"messages": [*conversation(RESULT), *conversation(RESULT)[1:]]}, "must be unique"),
        ({"messages": [*ASK, {"role": "assistant", "content": [RESULT]}, *ASK]}, "only be in `user`"),
        ({"tools": [{"name": "a", "input_schema": {"type": "object"}, "risk": "low"}]}, "tools.0.risk: Extra inputs are not permitted"),
        ({"tools": [{"name": "a b", "input_schema": {"type": "object"}}]}, "tools.0.name"),
        ({"tools": [{"name": "a", "input_schema": {}}]}, "tools.0.input_schema.type"),
        ({"tools": [{"name": "a", "input_schema": {"type": "object"}}] * 2}, "unique"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"extra_body": {"colour": "red"}}, "colour: Extra inputs are not permitted"),
        ({"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5}, "maximum of 4"),
    ],
)
async def test_a_malformed_request_is_refused_in_the_api_shape(sandbox: World, changes: Any, words: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        await create(sandbox, **changes)
    assert caught.value.type == "invalid_request_error"
    assert words in str(caught.value.api_message)
    assert str(caught.value.request_id).startswith("req_")


async def test_results_split_over_two_messages_and_words_after_them_are_accepted(sandbox: World) -> None:
    messages = [*conversation(RESULT, WORDS), {"role": "user", "content": "and an afterthought"}]
    assert (await create(sandbox, messages=messages)).stop_reason in ("end_turn", "tool_use")


async def test_no_key_and_no_such_path(sandbox: World) -> None:
    async with sandbox.http.post(f"{sandbox.url}/model/v1/messages", json={}) as response:
        assert response.status == 401
        assert (await response.json())["error"]["type"] == "authentication_error"
    async with sandbox.http.get(f"{sandbox.url}/model/v1/nothing") as response:
        assert response.status == 404
        assert (await response.json())["error"]["type"] == "not_found_error"
    async with sandbox.http.post(f"{sandbox.url}/model/faults", json={"fail": [{"status": 200}]}) as response:
        assert response.status == 400


async def test_faults_come_in_order(sandbox: World) -> None:
    await sandbox.post("model/faults", {"fail": [{"status": 529, "times": 2, "retry_after": 1.5}, {"status": 429}, {"refusal": True}]})
    for _ in range(2):
        with pytest.raises(anthropic.OverloadedError) as overloaded:
            await create(sandbox)
    assert overloaded.value.response.headers["retry-after"] == "1.5"
    with pytest.raises(anthropic.RateLimitError):
        await create(sandbox)
    refused = await create(sandbox)
    assert (refused.stop_reason, refused.content) == ("refusal", [])
    assert refused.stop_details is not None
    assert (await create(sandbox)).stop_reason == "tool_use"


async def test_a_fault_for_one_model_leaves_the_others(sandbox: World) -> None:
    await sandbox.post("model/faults", {"fail": [{"status": 529, "model": MODEL}]})
    assert (await create(sandbox, model="claude-haiku-5-5")).stop_reason == "tool_use"
    with pytest.raises(anthropic.OverloadedError):
        await create(sandbox)


async def test_a_stream_breaks_in_the_middle(sandbox: World) -> None:
    await sandbox.post("model/faults", {"fail": [{"midstream": "overloaded_error"}, {"midstream": "disconnect"}]})
    with pytest.raises(anthropic.APIStatusError) as caught:
        await streamed(sandbox)
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")
    with pytest.raises(httpx2.RemoteProtocolError, match="peer closed connection"):
        await streamed(sandbox)


async def test_a_hanging_model_runs_into_the_timeout(sandbox: World) -> None:
    await sandbox.post("model/faults", {"fail": [{"hang_seconds": 0.4}, {"hang_seconds": 0.01}]})
    with pytest.raises(anthropic.APITimeoutError):
        await create(sandbox, timeout=0.1)
    assert (await create(sandbox)).stop_reason == "tool_use"


async def test_arguments_can_be_malformed(sandbox: World) -> None:
    await sandbox.post("model/faults", {"fail": [{"malformed_arguments": True, "times": 2}, {"malformed_arguments": "not_json"}]})
    for reply in (await create(sandbox), (await streamed(sandbox))[1]):
        assert {"service": ["checkout"]} in [block.input for block in reply.content if isinstance(block, ToolUseBlock)]
    with pytest.raises(ValueError, match="Unable to parse tool parameter JSON"):
        await streamed(sandbox)


async def test_a_turn_can_stop_early(sandbox: World) -> None:
    await sandbox.post("model/faults", {"fail": [{"stop_reason": "max_tokens"}]})
    _, reply = await streamed(sandbox)
    assert reply.stop_reason == "max_tokens"
    assert [block.type for block in reply.content] == ["text"]


async def test_the_cache_is_read_by_the_next_step(sandbox: World) -> None:
    system: Any = [{"type": "text", "text": "You triage. " * 50, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    marked: Any = [{"role": "user", "content": [{"type": "text", "text": "checkout is slow", "cache_control": {"type": "ephemeral"}}]}]
    first = (await create(sandbox, system=system, messages=marked)).usage
    again = (await create(sandbox, system=system, messages=marked)).usage
    assert first.cache_read_input_tokens == 0
    assert first.input_tokens == 0
    assert again.cache_read_input_tokens == first.cache_creation_input_tokens
    assert again.cache_creation_input_tokens == 0
    assert first.cache_creation is not None
    assert first.cache_creation.ephemeral_1h_input_tokens > first.cache_creation.ephemeral_5m_input_tokens > 0
    longer = [*marked, {"role": "assistant", "content": "hm"}, {"role": "user", "content": "and payments?"}]
    third = (await create(sandbox, system=system, messages=longer)).usage
    assert third.cache_read_input_tokens == first.cache_creation_input_tokens
    assert third.input_tokens > 0
    other = (await create(sandbox, system=system, messages=marked, model="claude-haiku-5-5")).usage
    assert other.cache_read_input_tokens == 0


async def test_the_log_keeps_every_byte_and_no_secret(sandbox: World) -> None:
    await create(sandbox)
    with pytest.raises(anthropic.BadRequestError):
        await create(sandbox, max_tokens=0)
    entries = (await sandbox.get("model/log"))["requests"]
    assert [entry["number"] for entry in entries] == [1, 2]
    assert json.loads(entries[0]["raw"]) == entries[0]["body"]
    assert entries[0]["body"]["messages"] == ASK
    assert '"k"' not in json.dumps(entries[0]["headers"])
    assert "redacted" in entries[0]["headers"].values()


async def test_at_its_own_pace_an_answer_takes_a_moment(sandbox: World) -> None:
    await sandbox.post("model/settings", {"pace": 0.2})
    client: AsyncAnthropic = sandbox.claude
    async with client.messages.stream(model=MODEL, max_tokens=2000, messages=[{"role": "user", "content": "hello"}]) as stream:
        pieces = [piece async for piece in stream.text_stream]
    assert "offline model" in "".join(pieces)
    assert len(pieces) > 10


def test_a_cache_entry_ends_after_its_time() -> None:
    now = [0.0]
    cache = PromptCache(lambda: now[0])
    request = parse(
        MessagesRequest, json.dumps({"model": "m", "max_tokens": 1, "cache_control": {"type": "ephemeral"}, "messages": ASK}).encode()
    )
    wrote = cache.charge(request)
    now[0] = 299
    assert cache.charge(request).read == sum(wrote.written.values())
    now[0] = 299 + 301
    assert cache.charge(request).read == 0


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=50), st.sampled_from([None, "5m", "1h"])), min_size=1, max_size=4), st.integers(1, 3)
)
def test_every_token_is_billed_once(blocks: list[tuple[str, str | None]], times: int) -> None:
    content = [{"type": "text", "text": text, "cache_control": ttl and {"type": "ephemeral", "ttl": ttl}} for text, ttl in blocks]
    body = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": content}]}
    request = MessagesRequest.model_validate(body)
    cache = PromptCache(lambda: 0.0)
    for _ in range(times):
        usage = cache.charge(request)
        assert usage.uncached + sum(usage.written.values()) + usage.read == sum(one.tokens for one in segments(request))


@given(st.text(max_size=300), st.dictionaries(st.text(min_size=1), st.text() | st.integers(), max_size=3))
def test_the_pieces_of_a_stream_make_up_the_message(text: str, arguments: dict[str, Any]) -> None:
    request = MessagesRequest.model_validate({"model": "m", "max_tokens": 1, "messages": ASK})
    reply = compose(Answer(text, (PlannedCall("t", arguments),)), "m", 10_000, PromptCache(lambda: 0.0).charge(request), Fault())
    deltas = [event["delta"] for event in reply.events() if event["type"] == "content_block_delta"]
    assert "".join(delta.get("text", "") for delta in deltas) == text
    assert json.loads("".join(delta.get("partial_json", "") for delta in deltas)) == arguments


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_an_api_error(raw: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        parse(MessagesRequest, raw)
    assert caught.value.status == 400
