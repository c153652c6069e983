"""What became of a question: approved, denied, expired, void, superseded and withdrawn are told apart."""

from agents.core.calls import Call, CallState
from agents.core.state import Ask, Run
from bot.views.blocks import Json, quote, section
from bot.views.difference import difference, edited, moved
from bot.views.facts import edit_of, replacement, the_call, voters
from bot.views.mrkdwn import date, escape, named
from bot.views.undo import undo

TITLES = {
    "open": "Approval needed", "granted": "Approved", "denied": "Denied", "expired": "Expired", "void": "Void",
    "superseded": "Superseded", "withdrawn": "Withdrawn",
}
"""What a card is called by the state of its question."""

BECAME = {
    CallState.FINISHED: ":heavy_check_mark: *It ran and is done.*",
    CallState.CONFIRMED: ":heavy_check_mark: *It happened,* as was found out after it had been cut off.",
    CallState.FAILED: ":x: *It failed.* Why:",
    CallState.REJECTED: ":x: *It did not run after all.* Why:",
    CallState.ABANDONED: ":grey_question: *Its outcome is unknown.* It was cut off, and left at that.",
}
"""What became of an approved call."""


def outcome(run: Run, ask: Ask, limit: int) -> tuple[Json, ...]:
    """The decision with its reason or what was different, and what came of it. `limit` is that of each text that is not ours."""
    blocks = [section(sentence(ask))]
    if ask.reason and ask.state in ("denied", "void"):
        blocks.append(quote(ask.reason, limit))
    if edit := edit_of(run, ask):
        blocks.append(difference("What was changed", edited(edit.before, edit.after), limit))
    if ask.state == "void" and (again := replacement(run, ask)) and (since := moved(ask.preview, again.preview)):
        blocks.append(difference("What is different since", since, limit))
    return (*blocks, *became(run, ask, limit))


def became(run: Run, ask: Ask, limit: int) -> tuple[Json, ...]:
    """What came of an approved call, as soon as that is known."""
    call = the_call(run, ask)
    if ask.state != "granted" or call.ask_id != ask.ask_id or call.state not in BECAME:
        return ()
    return (section(BECAME[call.state]), *_said(call, limit), *undo(run, call))


def _said(call: Call, limit: int) -> tuple[Json, ...]:
    told = call.state in (CallState.FINISHED, CallState.FAILED, CallState.REJECTED) and call.result.strip()
    return (quote(call.result, limit),) if told else ()


def sentence(ask: Ask) -> str:
    """What was decided, by whom and when, as mrkdwn that calls nobody."""
    when = date(ask.decided_at) if ask.decided_at else "earlier"
    who = named(ask.decided_by, ask.decided_name)
    match ask.state:
        case "granted":
            granted = f" Calls like it may run under the grant `{escape(ask.grant)}`: see `/ops grants`." if ask.grant else ""
            return f":white_check_mark: *Approved* by {voters(ask)}, {when}. It runs once, exactly as shown.{granted}"
        case "denied":
            return f":no_entry: *Denied* by {who}, {when}. It did not run.{' Reason:' if ask.reason else ''}"
        case "expired":
            return f":hourglass: *Expired* {when}. Nobody decided in time: it was neither approved nor denied, and it did not run."
        case "superseded":
            return f":pencil2: *Superseded* {when}: {who} changed the call. It did not run as it stood here; a new card asks about it."
        case "withdrawn":
            return f":octagonal_sign: *Withdrawn* {when}: {who} ended the run. It was neither approved nor denied, and it did not run."
    return f":leftwards_arrow_with_hook: *Void* since {when}. It did not run under this card.{' Why:' if ask.reason else ''}"
