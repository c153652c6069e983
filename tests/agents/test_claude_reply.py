"""What is made of streams, over the wire from a server that sends whatever it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from agents.claude import Claude
from agents.claude_tier import Tier
from agents.core import events as e
from agents.core.errors import ModelUnavailable
from agents.ports import Answer, Message, ModelCall, Prompt
from tests.agents.endpoints import served

PROMPT = Prompt("You triage.", (), (Message("user", ("Look.",)),), "smart")
Script = Callable[[web.StreamResponse], Awaitable[None]]


def start(**usage: int) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 0, **usage}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "own", "content": [], "usage": usage}
    return {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}}


def text(*pieces: str, index: int = 0) -> list[dict[str, Any]]:
    deltas = [{"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": p}} for p in pieces]
    opened = {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
    return [opened, *deltas, {"type": "content_block_stop", "index": index}]


def tool(raw: str, index: int = 0, given: Any = None) -> list[dict[str, Any]]:
    block = {"type": "tool_use", "id": f"t{index}", "name": "read", "input": given or {}}
    delta = {"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": raw}}
    opened = {"type": "content_block_start", "index": index, "content_block": block}
    return [opened, *([delta] if raw else []), {"type": "content_block_stop", "index": index}]


def end(reason: str, **usage: int) -> list[dict[str, Any]]:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5, **usage}}, {"type": "message_stop"}]


@dataclass
class Server:
    """A self-hosted endpoint that sends what it is given, stream after stream."""

    claude: Claude
    streams: list[list[dict[str, Any]] | Script]
    left: asyncio.Event
    """Set when a client closed its stream early."""

    async def ask(self, *streams: list[dict[str, Any]] | Script, on_text: Callable[[str], None] | None = None) -> Answer:
        self.streams.extend(streams)
        return await self.claude.ask(PROMPT, on_text=on_text)


async def write(response: web.StreamResponse, events: list[dict[str, Any]]) -> None:
    for event in events:
        await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    streams: list[list[dict[str, Any]] | Script] = []
    left = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = streams.pop(0)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await (write(response, stream) if isinstance(stream, list) else stream(response))
        except ConnectionResetError:
            left.set()
        return response

    async def sleep(seconds: float) -> None:
        """Not at all."""

    async with served([web.post("/v1/messages", answer)]) as url:
        claude = Claude({"smart": Tier("own", base_url=url, timeout=2)}, sleep=sleep, attempts=2, strict=True)
        yield Server(claude, streams, left)
        await claude.close()


async def test_usage_without_cache_fields(server: Server) -> None:
    answer = await server.ask([start(), *text("Hello", "."), *end("end_turn")])
    assert answer == Answer("own", "Hello.", (), e.Stop.END, e.Usage(3, 5), 0.0)


async def test_usage_at_the_end_replaces_that_of_the_start(server: Server) -> None:
    stream = [start(cache_read_input_tokens=7), *text("Hi."), *end("stop_sequence", input_tokens=4, cache_creation_input_tokens=2)]
    assert (await server.ask(stream)).usage == e.Usage(input=4, output=5, cache_read=7, cache_write=2)


@pytest.mark.parametrize(("raw", "call"), [
    ("", ModelCall("read", {})),
    ('{"x": {"y": [1, 2.5, null, "é"]}}', ModelCall("read", {"x": {"y": [1, 2.5, None, "é"]}})),
    ("[1]", ModelCall("read", {}, "[1]")),
    ('{"x": 1', ModelCall("read", {}, '{"x": 1')),
    ('{"x": NaN}', ModelCall("read", {}, '{"x": NaN}')),
    ('{"x": 1e999}', ModelCall("read", {}, '{"x": 1e999}')),
    ('{"x": "\\ud800"}', ModelCall("read", {}, '{"x": "\\ud800"}')),
    ('{"x": ' + "[" * 99 + "]" * 99 + "}", ModelCall("read", {}, '{"x": ' + "[" * 99 + "]" * 99 + "}")),
    ("[" * 100_000, ModelCall("read", {}, "[" * 100_000)),
    ('{"x": ' + "9" * 5000 + "}", ModelCall("read", {}, '{"x": ' + "9" * 5000 + "}")),
], ids=range(10))
async def test_arguments(server: Server, raw: str, call: ModelCall) -> None:
    answer = await server.ask([start(), *tool(raw), *end("tool_use")])
    assert answer.calls == (call,)


async def test_arguments_that_come_with_the_blocks_start(server: Server) -> None:
    answer = await server.ask([start(), *tool("", given={"x": 1}), *end("tool_use")])
    assert answer.calls == (ModelCall("read", {"x": 1}),)


@pytest.mark.parametrize("partial", ['{"x": 2, "y": "al', ""])
async def test_a_call_that_was_cut_is_dropped(server: Server, partial: str) -> None:
    answer = await server.ask([start(), *text("So: "), *tool('{"x": 1}', 1), *tool(partial, 2), *end("max_tokens")])
    assert (answer.text, answer.stop) == ("So: ", e.Stop.LENGTH)
    assert answer.calls == (ModelCall("read", {"x": 1}),)


async def test_a_call_that_was_not_cut_stays_malformed(server: Server) -> None:
    answer = await server.ask([start(), *tool('{"x": 2', 0), *text("And so", index=1), *end("max_tokens")])
    assert answer.calls == (ModelCall("read", {}, '{"x": 2'),)


async def test_a_refused_turn_calls_nothing(server: Server) -> None:
    answer = await server.ask([start(), *tool('{"x": 1}'), *end("refusal")])
    assert (answer.calls, answer.stop) == ((), e.Stop.REFUSAL)


async def test_calls_count_whatever_the_stop_reason_says(server: Server) -> None:
    answer = await server.ask([start(), *tool('{"x": 1}'), *end("end_turn")])
    assert answer.stop is e.Stop.TOOLS


async def test_two_texts_do_not_run_together(server: Server) -> None:
    pieces: list[str] = []
    stream = [start(), *text("I look.", "", " Now."), *tool("{}", 1), *text("Then this.", index=2), *end("tool_use")]
    answer = await server.ask(stream, on_text=pieces.append)
    assert answer.text == "I look. Now.\n\nThen this."
    assert pieces == ["I look.", " Now.", "\n\nThen this."]


async def test_thinking_is_not_text(server: Server) -> None:
    opened = {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}
    thought = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}
    stream = [start(), opened, thought, {"type": "content_block_stop", "index": 0}, *text("Yes.", index=1), *end("end_turn")]
    assert (await server.ask(stream)).text == "Yes."


async def test_half_a_surrogate_pair_does_not_get_in(server: Server) -> None:
    assert (await server.ask([start(), *text("\ud83d", "\ude00 \ud800!"), *end("end_turn")])).text == "😀 \ufffd!"


async def test_an_empty_answer_is_asked_for_again_and_both_are_counted(server: Server) -> None:
    answer = await server.ask([start(), *end("end_turn")], [start(), *text("Here."), *end("end_turn")])
    assert (answer.text, answer.usage) == ("Here.", e.Usage(6, 10))
    with pytest.raises(ModelUnavailable, match="empty answer"):
        await server.ask([start(), *text(" \n"), *end("end_turn")], [start(), *end("tool_use")])


async def test_a_stream_without_an_end_is_no_answer(server: Server) -> None:
    with pytest.raises(ModelUnavailable, match="broke off"):
        await server.ask([start(), *text("Ro")], [])


async def test_a_server_that_speaks_another_language(server: Server) -> None:
    async def garbage(response: web.StreamResponse) -> None:
        await response.write(b"event: message_start\ndata: <html>\n\n")

    with pytest.raises(ModelUnavailable, match="no JSON"):
        await server.ask(garbage, garbage)


async def test_silence_in_mid_stream_is_given_up(server: Server) -> None:
    async def stall(response: web.StreamResponse) -> None:
        await write(response, [start(), *text("Ro")])
        await asyncio.sleep(30)

    pieces: list[str] = []
    answer = await server.ask(stall, [start(), *text("Roll back."), *end("end_turn")], on_text=pieces.append)
    assert answer.text == "Roll back."
    assert pieces == ["Ro", "", "Roll back."]


async def test_cancelling_closes_the_stream(server: Server) -> None:
    talking = asyncio.Event()

    async def talk(response: web.StreamResponse) -> None:
        await write(response, [start()])
        while True:
            await write(response, text("on and on "))
            talking.set()
            await asyncio.sleep(0.01)

    task = asyncio.create_task(server.ask(talk))
    await talking.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(server.left.wait(), 20)


def thought(*deltas: tuple[str, str], index: int = 0, whole: bool = True) -> list[dict[str, Any]]:
    """A block of thinking; where it is not whole, the turn was cut in the middle of it."""
    block = {"type": "thinking", "thinking": "", "signature": ""}
    opened = {"type": "content_block_start", "index": index, "content_block": block}
    written = [{"type": "content_block_delta", "index": index, "delta": {"type": f"{n}_delta", n: piece}} for n, piece in deltas]
    return [opened, *written, *([{"type": "content_block_stop", "index": index}] if whole else [])]


def hidden(index: int) -> list[dict[str, Any]]:
    block = {"type": "redacted_thinking", "data": "b3BhcXVl"}
    return [{"type": "content_block_start", "index": index, "content_block": block}, {"type": "content_block_stop", "index": index}]


LOUD = thought(("thinking", "Is it "), ("thinking", "slow?"), ("signature", "c2ln"))
KEPT = {"type": "thinking", "thinking": "Is it slow?", "signature": "c2ln"}
SILENT = {"type": "thinking", "thinking": "", "signature": "bW9yZQ=="}
HIDDEN = {"type": "redacted_thinking", "data": "b3BhcXVl"}


@pytest.mark.parametrize(("blocks", "reason", "head"), [
    ([*LOUD, *text("Hi.", index=1), *tool("{}", index=2)], "tool_use", [KEPT]),
    ([*thought(("signature", "bW9yZQ=="))], "max_tokens", [SILENT]),
    ([*LOUD, *hidden(1), *text("Hi.", index=2)], "end_turn", [KEPT, HIDDEN]),
    ([*LOUD, *text("H", "i. ", index=1), *hidden(2), *tool("{}", index=3)], "tool_use", [KEPT, {"type": "text", "text": "Hi. "}, HIDDEN]),
    ([*LOUD, *text("Hi.", index=1), *thought(("thinking", "And"), index=2, whole=False)], "max_tokens", [KEPT]),
    ([*thought(("thinking", "And"), whole=False)], "max_tokens", []),
    ([*LOUD, *tool("{}", index=1), *hidden(2)], "tool_use", []),
    ([*LOUD, *text(" ", index=1), *hidden(2), *text("Hi.", index=3)], "end_turn", []),
    ([*LOUD, *text("No.", index=1)], "refusal", []),
])
async def test_thinking_is_kept_as_it_was_written_and_not_spoken(
    server: Server, blocks: list[dict[str, Any]], reason: str, head: list[dict[str, str]]
) -> None:
    spoken: list[str] = []
    answer = await server.ask([start(), *blocks, *end(reason)], on_text=spoken.append)
    assert (json.loads(answer.thinking[32:]) if head else answer.thinking) == (head or "")
    assert "".join(spoken) == answer.text
    assert "slow" not in answer.text


async def test_thinking_alone_is_an_empty_answer(server: Server) -> None:
    answer = await server.ask([start(), *LOUD, *end("end_turn")], [start(), *text("Hi."), *end("end_turn")])
    assert (answer.text, answer.thinking) == ("Hi.", "")
