"""How a long conversation stays within the model's window: its oldest turns are told in short, from the journal, which keeps them whole.

Pure, and a function of the run alone: after a restart the same turns are told in the same words. What is shortened is what the model
reads. Calls under way, approvals and taint are the run's own, and no text is asked about them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agents.core.calls import Call, CallState
from agents.core.ids import canonical
from agents.core.state import Run, Turn
from agents.core.tool import Effect

BYTES = 2.5
"""Bytes of a token, at least: English has about four, JSON and figures fewer."""

HIGH = 0.75
"""Share of the room for the conversation at which its oldest turns are shortened."""

LOW = 0.35
"""Share of the room that the turns which stay whole may take then: far from `HIGH`, so that the prompt's beginning changes seldom."""

SHORT = 0.15
"""Share of the room that the shortened turns may take."""

LEAST_ROOM = 8_000
"""Bytes of room at least, however small the window is and however much the tools take of it."""

EXCERPTS = (300, 100, 30, 0)
"""Characters of a text that are kept of what is shortened: the first that fits."""

INTRODUCTION = (
    "The conversation before this point is told in short here, as the journal has it. Texts end in … where they were longer. "
    "If you need one of them whole, ask the tool again; do not repeat a call that has an effect."
)

KEPT = frozenset({CallState.DENIED, CallState.REFUSED, CallState.EXPIRED, CallState.ABANDONED, CallState.CONFIRMED, CallState.SIMULATED})
"""Ends of calls that are told one by one, whatever was called."""


@dataclass(frozen=True, slots=True)
class Past:
    """A turn of a run that is over or under way."""

    run: Run
    turn: Turn


ANSWER = 16_000
"""Tokens that are left free for the model's turn; a quarter of the window where that is less."""


def room(window: int, fixed: int) -> int:
    """Bytes for the conversation in a window of so many tokens, beside the turn to come and a fixed part of so many bytes."""
    return max(LEAST_ROOM, int((window - min(ANSWER, window // 4)) * BYTES) - fixed)


def size(past: Past, most: int) -> int:
    """Bytes of a turn, with as much of the results of its calls as the model is shown."""
    longest = longest_result(len(past.turn.calls), most)
    texts = (*(said.text for said in past.turn.said), past.turn.text or "", past.turn.thinking)
    return sum(map(_bytes, texts)) + sum(_bytes(call.result[:longest]) + _bytes(canonical(call.arguments)) for call in _calls(past))


def shortened(sizes: Sequence[int], most: int) -> int:
    """How many of the first turns are told in short. It grows in steps as turns are added, and never shrinks.

    The last two stay whole: what the model is asked now, and what it has just learnt.
    """
    cut = whole = 0
    for number, one in enumerate(sizes):
        whole += one
        if whole <= HIGH * most or number == cut:
            continue
        first, whole = number - 1, one + sizes[number - 1]
        while first > cut and whole + sizes[first - 1] <= LOW * most:
            first -= 1
            whole += sizes[first]
        cut = first
    return cut


def longest_result(calls: int, most: int) -> int:
    """Characters of one result in a turn of so many calls."""
    return max(500, int(HIGH * most / BYTES / max(1, calls)))


def in_short(past: Sequence[Past], most: int, fence: Callable[[str, str], str]) -> str:
    """These turns in few words, in at most about `SHORT` of `most` bytes.

    `fence(tool, text)` marks what a tool wrote, or with no tool a person.
    """
    limit = int(SHORT * most)
    for length in EXCERPTS:
        told = [line for one in past for line in _turn(one, length, fence)]
        if sum(map(_bytes, told)) <= limit:
            return "\n".join([INTRODUCTION, *told])
    told = [line for one in past for line in _deeds(one)]
    reads = Counter(call.tool for one in past for call in _calls(one) if not _is_deed(call))
    counted = ", ".join(f"{tool} {count} times" for tool, count in sorted(reads.items()))
    return "\n".join([INTRODUCTION, f"Read before: {counted or 'nothing'}.", *told])[:limit]


def inside(text: str) -> str:
    """Text that cannot end the fence in which the model is shown it, nor begin another."""
    return re.sub(r"<(?=[^\w<>]{0,20}(?:message|output|earlier)\b)", "&lt;", text, flags=re.IGNORECASE)


def _turn(past: Past, length: int, fence: Callable[[str, str], str]) -> Iterator[str]:
    for said in past.turn.said if length else ():
        yield f"{_one_line(said.name, 80)} wrote: {fence('', _cut(said.text, length))}"
    if past.turn.text and length:
        yield f"You wrote: {fence('', _cut(past.turn.text, length))}"
    for call in _calls(past):
        result = f": {fence(call.tool, _cut(call.result, length))}" if length and call.result else ""
        yield f"{_call(past.run, call, length)}{result}"


def _deeds(past: Past) -> Iterator[str]:
    return (_call(past.run, call, 60) for call in _calls(past) if _is_deed(call))


def _call(run: Run, call: Call, length: int) -> str:
    arguments = _one_line(canonical(call.arguments), length) if length else ""
    return f"- {_one_line(call.tool, 64)} {arguments} ({_end_of(run, call)})"


def _end_of(run: Run, call: Call) -> str:
    """What became of a call, and who decided it."""
    ask = run.asks.get(call.ask_id) if call.ask_id else None
    state = str(call.state) if call.over else "its outcome is unknown: do not propose it again" if call.started_at else "it did not run"
    who = f", {ask.state} by {_one_line(ask.decided_name, 80)}" if ask and ask.decided_name else ""
    why = f": {_one_line(ask.reason, 100)}" if ask and ask.reason else ""
    return f"{state}{who}{why}"


def _is_deed(call: Call) -> bool:
    return call.effect is not Effect.NONE or call.state in KEPT


def _calls(past: Past) -> Iterator[Call]:
    return (past.run.calls[call_id] for call_id in past.turn.calls)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def _one_line(text: str, length: int) -> str:
    return inside(_cut(" ".join(text.split()), length))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
