"""What the journal says, a line an event."""

from collections.abc import Callable, Mapping
from typing import Any

from agents.core import events as e
from agents.core.ids import SYSTEM
from agents.ports import AuditPage
from bot.views.blocks import Json, section
from bot.views.lists import listing
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline, person

Phrase = Callable[[Any], str]


def _words(text: str) -> str:
    return inline(text, 160) or "(nothing)"


_PROBE = {True: "it happened", False: "it did not happen", None: "it cannot tell"}

PHRASES: Mapping[str, Phrase] = {
    "run_started": lambda v: f"*started* `{escape(v.agent)}` by {v.trigger.source.replace('_', ' ')}: {_words(v.text)}",
    "input_received": lambda v: f"*wrote* {_words(v.text)}",
    "model_asked": lambda v: f"model asked, step {v.step} ({escape(v.tier)})",
    "model_answered": lambda v: f"model answered ({escape(v.model)}, {v.usage.total:,} tokens, {v.ms} ms): {_model(v)}",
    "model_failed": lambda v: f"*model failed:* {_words(v.error)}",
    "call_rejected": lambda v: f"{_call(v)} *not accepted:* {_words(v.error)}",
    "call_judged": lambda v: f"{_call(v)} judged *{v.decision}* ({v.risk} risk; {_words('; '.join(v.rules))})",
    "approval_asked": lambda v: f"{_call(v)} *needs {v.required} of* {_words(', '.join(v.approvers) or 'nobody')}",
    "vote_cast": lambda v: f"{_call(v)} *approved by one*",
    "approval_granted": lambda v: f"{_call(v)} *granted*{' by ' + ', '.join(map(person, v.by)) if len(v.by) > 1 else ''}",
    "approval_denied": lambda v: f"{_call(v)} *denied*: {_words(v.reason or 'no reason given')}",
    "approval_expired": lambda v: f"{_call(v)} *expired*, undecided",
    "approval_voided": lambda v: f"{_call(v)} approval *void*: {_words(v.why)}",
    "click_refused": lambda v: f"*click refused* on {_question(v)}: {escape(v.code)}",
    "tool_started": lambda v: f"{_call(v)} *started*{f', attempt {v.attempt}' if v.attempt > 1 else ''}",
    "tool_finished": lambda v: f"{_call(v)} *finished* in {v.ms} ms: {_words(v.result)}",
    "tool_failed": lambda v: f"{_call(v)} *failed* after {v.ms} ms: {_words(v.error)}",
    "call_interrupted": lambda v: f"{_call(v)} *cut off:* {_words(v.why)}",
    "probe_answered": lambda v: f"{_call(v)} probe: {_PROBE[v.happened]} {inline(v.detail, 160)}",
    "doubt_raised": lambda v: f"{_call(v)} *in doubt:* {_words(v.why)}",
    "doubt_resolved": lambda v: f"{_call(v)} *settled:* {escape(v.choice)}",
    "limit_reached": lambda v: f"*limit reached* ({v.limit}): {_words(v.detail)}",
    "limit_answered": lambda v: f"*limit* {v.limit}: {escape(v.choice)}",
    "post_started": lambda v: f"posting {escape(v.post)}",
    "post_finished": lambda v: f"posted {escape(v.post)}{f': *not delivered*, {_words(v.error)}' if v.error else ''}",
    "run_finished": lambda v: f"*over:* {v.outcome}{f', {_words(v.reason)}' if v.reason else ''}",
}
"""What people read of each kind of event."""


def audit(page: AuditPage, words: str) -> Message:
    """A page of the journal, newest first. `words` is the command that asked for it, without a cursor."""
    if not page.events:
        said = "Nothing in the journal matches. `/ops audit` without filters shows the newest events."
        return Message(said, (section(said),))
    runs = {row.run_id for row in page.events}
    lines = [_line(row, with_run=len(runs) > 1) for row in page.events]
    head = f"*{len(lines)} events*, newest first" + (f", of `{escape(next(iter(runs)))}`" if len(runs) == 1 else "")
    foot: Json | None = section(f"Older ones: `/ops {escape(words)} before {page.next}`") if page.next is not None else None
    return listing(head, lines, foot)


def _line(row: e.Recorded, *, with_run: bool) -> str:
    who = "" if row.actor == SYSTEM else f" · {person(row.actor)}"
    where = f" · `{escape(row.run_id)}`" if with_run else ""
    return f"{date(row.at, '{date_short_pretty} {time_secs}')} · {PHRASES[row.event.kind](row.event)}{who}{where}"


def _call(event: Any) -> str:
    return f"`{escape(event.tool)}` ({escape(event.call_id)})"


def _question(event: e.ClickRefused) -> str:
    return escape(event.ask_id.rpartition(".")[2])


def _model(event: e.ModelAnswered) -> str:
    calls = ", ".join(f"`{escape(call.tool)}`" for call in event.calls[:8])
    return " → ".join(part for part in (inline(event.text, 120), calls) if part) or "nothing"
