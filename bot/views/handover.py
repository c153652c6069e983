"""The whole case, for the person who took it over."""

from collections.abc import Iterator

from agents.core.calls import Call
from agents.core.state import Ask, Run
from bot.views.blocks import SECTION, Json, bullets, pieces, quote, section
from bot.views.facts import MARKS, brief, initiator
from bot.views.mrkdwn import escape, inline, visible

AT_ONCE = 10
"""Calls of one block."""


def handover(run: Run) -> Iterator[Json]:
    """What was asked, every call with what it told, what was open, and where to read on."""
    yield section(f":handshake: *{inline(run.stopped_by, 80)} took this over.* {escape(run.agent)} begins nothing more. The case so far:")
    yield section(f"*What was asked*, by {initiator(run)}:")
    for piece in pieces(visible(run.text)):
        yield quote(piece, SECTION)
    if run.newest and run.newest.text and run.newest.text.strip():
        yield section("*The last that the agent wrote*")
        for piece in pieces(visible(run.newest.text)):
            yield quote(piece, SECTION)
    calls = list(run.calls.values())
    yield section(f"*What it did* ({len(calls)} {'call' if len(calls) == 1 else 'calls'})" if calls else "*It had done nothing yet.*")
    for first in range(0, len(calls), AT_ONCE):
        yield bullets([_call(call) for call in calls[first : first + AT_ONCE]])
    yield from _open(run)
    yield section(f"*To read on:* Timeline below, or `/ops audit run {escape(run.run_id)}` with every event.")


def _call(call: Call) -> str:
    told = f": {' '.join(call.result[:600].split())[:240]}" if call.result.strip() else ""
    return f"{call.tool[:60]}({brief(call.arguments, 160)}) {MARKS.get(call.state, 'had not begun')}{told}"


def _open(run: Run) -> Iterator[Json]:
    """The questions that nobody had answered."""
    left = [ask for ask in run.asks.values() if ask.open or ask.state == "withdrawn"]
    if not left:
        yield section("*No question was open.*")
        return
    yield section("*Open at that moment*")
    yield bullets([_question(run, ask) for ask in left])


def _question(run: Run, ask: Ask) -> str:
    if ask.call_id is None:
        return f"paused at its limit of {ask.limit}: {ask.detail[:200]}"
    call = run.calls[ask.call_id]
    what = f"{call.tool[:60]}({brief(call.arguments, 160)})"
    return f"did it happen? {what}: {ask.detail[:200]}" if ask.open else f"approval of {what}, which did not run"
