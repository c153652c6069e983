"""From the events of a stream to the model's turn.

We read the raw events ourselves: the SDK's own accumulator raises in the middle of the stream when a call's arguments are no JSON, and
takes what a cut left of them for the whole.
"""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agents.claude_fault import Fault
from agents.claude_thinking import Head, joined
from agents.core.events import Stop, Usage
from agents.core.ids import canonical
from agents.ports import ModelCall

if TYPE_CHECKING:
    from anthropic.types import RawMessageStreamEvent

_STOPS = {
    "end_turn": Stop.END,
    "stop_sequence": Stop.END,
    "tool_use": Stop.TOOLS,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
    "pause_turn": Stop.LENGTH,
    "refusal": Stop.REFUSAL,
}
"""A pause is for us the same as a cut: the model is asked to go on where it stopped."""
_THINKING = frozenset({"thinking", "redacted_thinking"})
_THINKING_DELTAS = {"thinking_delta": "thinking", "signature_delta": "signature"}
"""The field of the block, and of the delta, that each adds to."""
_DEEPEST = 64
"""Levels of nesting in arguments; what is deeper could not be journaled."""
_COUNTS = {
    "input": "input_tokens", "output": "output_tokens",
    "cache_read": "cache_read_input_tokens", "cache_write": "cache_creation_input_tokens",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """The model's turn, before anything is charged for it."""

    model: str
    """The id that the endpoint says it answered as."""
    text: str
    calls: tuple[ModelCall, ...]
    stop: Stop
    usage: Usage
    head: Head = ()
    """Its blocks up to its last one of thinking; empty where it did not think."""


@dataclass(slots=True)
class _Call:
    """A call while it is written."""

    index: int
    tool: str
    given: Any
    """Arguments that came with the block's start, as some servers send them."""
    pieces: list[str] = field(default_factory=list)

    @property
    def raw(self) -> str:
        return "".join(self.pieces).strip()


class Writing:
    """A turn while it is written."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._texts: dict[int, list[str]] = {}
        self._thoughts: dict[int, dict[str, Any]] = {}
        """Blocks of thinking by their index, as they are so far."""
        self._ended: set[int] = set()
        """Indexes of the blocks that are whole."""
        self._calls: dict[int, _Call] = {}
        self._newest_block = -1
        self._reason: str | None = None
        self._usage: dict[str, int] = {}
        self._whole = False

    def take(self, event: "RawMessageStreamEvent") -> str:
        """Read one event; the text that it added, which is empty for most kinds."""
        match event.type:
            case "message_start":
                self._model = event.message.model or self._model
                self._count(event.message.usage)
            case "content_block_start":
                self._begin(event.index, event.content_block)
            case "content_block_delta":
                return self._go_on(event.index, event.delta)
            case "content_block_stop":
                self._ended.add(event.index)
            case "message_delta":
                self._reason = event.delta.stop_reason or self._reason
                self._count(event.usage)
            case "message_stop":
                self._whole = True
        return ""

    def _begin(self, index: int, block: Any) -> None:
        self._newest_block = index
        if block.type == "tool_use":
            self._calls[index] = _Call(index, _clean(block.name), block.input)
        elif block.type in _THINKING:
            self._thoughts[index] = block.model_dump(mode="json", exclude_unset=True)

    def _go_on(self, index: int, delta: Any) -> str:
        if delta.type == "input_json_delta" and index in self._calls:
            self._calls[index].pieces.append(delta.partial_json)
        elif index in self._thoughts and (name := _THINKING_DELTAS.get(delta.type)):
            thought = self._thoughts[index]
            thought[name] = thought.get(name, "") + getattr(delta, name)
        if delta.type != "text_delta" or not delta.text:
            return ""
        first = index not in self._texts
        self._texts.setdefault(index, []).append(delta.text)
        return joined(["", _clean(delta.text)]) if first and len(self._texts) > 1 else _clean(delta.text)

    def _count(self, usage: Any) -> None:
        """Counts are totals: a later one replaces an earlier one, and one that is missing leaves it."""
        for name, wire in _COUNTS.items():
            count = getattr(usage, wire, None)
            if count is not None:
                self._usage[name] = count

    def reply(self) -> Reply:
        """The turn. Raises Fault where the stream ended before it, or where there is nothing in it."""
        if not self._whole:
            raise Fault(f"{self._model} broke off before the end of its answer.", passes=True)
        usage, text = Usage(**self._usage), joined([self._text(index) for index in self._texts])
        stop = _STOPS.get(self._reason or "", Stop.END)
        calls = tuple(_read(call) for call in self._finished(stop))
        if stop in (Stop.END, Stop.TOOLS):
            stop = Stop.TOOLS if calls else Stop.END
            if not calls and not text.strip():
                raise Fault(f"{self._model} gave an empty answer.", passes=True, usage=usage)
        return Reply(self._model, text, calls, stop, usage, () if stop is Stop.REFUSAL else self._head())

    def _text(self, index: int) -> str:
        return _clean("".join(self._texts[index]))

    def _head(self) -> Head:
        """Everything up to the last whole block of thinking, which is taken back only behind exactly what was there.

        Nothing where that cannot be sent again as it was: a call, which gets an id of our own, or a text without a word.
        """
        last = max(self._thoughts.keys() & self._ended, default=-1)
        texts = {index: self._text(index) for index in self._texts if index < last}
        if any(index < last for index in self._calls) or not all(text.strip() for text in texts.values()):
            return ()
        blocks = self._thoughts | {index: {"type": "text", "text": text} for index, text in texts.items()}
        return tuple(blocks[index] for index in sorted(blocks) if index <= last)

    def _finished(self, stop: Stop) -> list[_Call]:
        """The calls that were written to their end."""
        calls = list(self._calls.values())
        if stop is Stop.REFUSAL:
            return []
        if stop is Stop.LENGTH and calls and calls[-1].index == self._newest_block and _object(calls[-1].raw) is None:
            calls.pop()
        return calls


def _read(call: _Call) -> ModelCall:
    """A call with its arguments, or with what was written in their place."""
    given = call.given if isinstance(call.given, dict) else {}
    arguments = _object(call.raw or json.dumps(given))
    return ModelCall(call.tool, {}, malformed=_clean(call.raw)) if arguments is None else ModelCall(call.tool, arguments)


def _object(raw: str) -> dict[str, Any] | None:
    """The JSON object in this text; None where it is none, or none that can be journaled: NaN, half a surrogate pair, too deep."""
    try:
        value = json.loads(raw)
        if not isinstance(value, dict) or _deeper(value, _DEEPEST):
            return None
        canonical(value).encode()
    except (ValueError, RecursionError):
        return None
    return value


def _deeper(value: Any, levels: int) -> bool:
    """Whether a value is nested more than so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_deeper(one, levels - 1) for one in inner)


def _clean(text: str) -> str:
    """Text without half surrogate pairs, which cannot be written as UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
