"""Turns what a scene answers into a message of the Messages API, whole or as the events of a stream."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.model_cache import CHARACTERS_A_TOKEN, InputUsage, tokens
from bot.sandbox.model_faults import Fault
from bot.sandbox.model_thinking import redacted, thinking
from bot.sandbox.scene_play import Answer, PlannedCall

_TEXT_PIECE = 24  # characters in a text_delta
_JSON_PIECE = 16  # characters in an input_json_delta
_NOT_JSON = '{"arguments": nonsense'

_EMPTY: dict[str, dict[str, Any]] = {
    "text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "redacted_thinking": {}, "tool_use": {"input": {}},
}
"""What a block has not got yet when it begins: redacted thinking comes whole."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """A finished message."""

    id: str
    model: str
    content: list[dict[str, Any]]
    """Its blocks, as the API writes them."""
    stop_reason: str
    stop_details: dict[str, Any] | None
    """Why it refused, None otherwise."""
    input: InputUsage
    output_tokens: int

    def message(self) -> dict[str, Any]:
        """The message as one object."""
        return self._envelope(self.content, self.stop_reason, self.stop_details, self.output_tokens)

    def events(self, not_json: bool = False) -> Iterator[Event]:
        """The message as the events of a stream; with `not_json` the arguments of its calls are broken."""
        yield {"type": "message_start", "message": self._envelope([], None, None, 1)}
        for index, block in enumerate(self.content):
            yield {"type": "content_block_start", "index": index, "content_block": _opened(block)}
            if index == 0:
                yield {"type": "ping"}
            for delta in _deltas(block, not_json):
                yield {"type": "content_block_delta", "index": index, "delta": delta}
            yield {"type": "content_block_stop", "index": index}
        delta = {"stop_reason": self.stop_reason, "stop_sequence": None, "stop_details": self.stop_details}
        yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": self.output_tokens}}
        yield {"type": "message_stop"}

    def _envelope(
        self, content: list[dict[str, Any]], stop_reason: str | None, stop_details: dict[str, Any] | None, output_tokens: int
    ) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "stop_details": stop_details,
            "usage": self.input.usage(output_tokens),
        }


def compose(answer: Answer, model: str, max_tokens: int, charged: InputUsage, fault: Fault) -> Reply:
    """The reply that carries an answer, cut at `max_tokens` and spoiled as `fault` says; its thinking is not signed yet."""
    content = [thinking(answer.thought)] if answer.thought else []
    content += [{"type": "text", "text": answer.text}] if answer.text else []
    content += [redacted(answer.thought_again)] if answer.thought_again else []
    content += [_tool_use(call, bool(fault.malformed_arguments)) for call in answer.calls]
    stop_reason, stop_details = "tool_use" if answer.calls else "end_turn", None
    if fault.refusal:
        content, stop_reason = [], "refusal"
        stop_details = {"type": "refusal", "category": None, "explanation": "The sandbox was told to refuse here."}
    elif fault.stop_reason is not None:
        content, stop_reason = _cut(answer.text, max(1, tokens(answer.text) // 2)), fault.stop_reason
    elif _size(content) > max_tokens:
        content, stop_reason = _cut(answer.text, max_tokens), "max_tokens"
    return Reply(f"msg_{uuid.uuid4().hex[:24]}", model, content, stop_reason, stop_details, charged, _size(content))


def _tool_use(call: PlannedCall, malformed: bool) -> dict[str, Any]:
    arguments = {name: [value] for name, value in call.arguments.items()} or {"nonsense": []} if malformed else call.arguments
    return {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": call.tool, "input": arguments}


def _cut(text: str, most: int) -> list[dict[str, Any]]:
    kept = text[: most * CHARACTERS_A_TOKEN]
    return [{"type": "text", "text": kept}] if kept else []


def _size(content: list[dict[str, Any]]) -> int:
    return sum(tokens(_written(block)) for block in content) or 1


def _written(block: dict[str, Any]) -> str:
    """What is billed of a block."""
    match block["type"]:
        case "text" | "thinking" as kind:
            return str(block[kind])
        case "redacted_thinking":
            return str(block["data"])
        case _:
            return json.dumps([block["name"], block["input"]])


def _opened(block: dict[str, Any]) -> dict[str, Any]:
    """A block as it looks before its first delta."""
    return {**block, **_EMPTY[block["type"]]}


def _deltas(block: dict[str, Any], not_json: bool) -> Iterator[dict[str, Any]]:
    match block["type"]:
        case "text" | "thinking" as kind:
            for piece in _pieces(block[kind], _TEXT_PIECE):
                yield {"type": f"{kind}_delta", kind: piece}
            if kind == "thinking":
                yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use":
            written = _NOT_JSON if not_json else json.dumps(block["input"], ensure_ascii=False)
            for piece in ["", *_pieces(written, _JSON_PIECE)]:
                yield {"type": "input_json_delta", "partial_json": piece}


def _pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]
