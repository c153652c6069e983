"""What an answer rests on: which tool said what, and what people decided and why."""

from collections.abc import Iterator

from agents.core.calls import Call, CallState, Edit
from agents.core.ids import AskId
from agents.core.state import Ask, AskKind, Run
from bot.views.blocks import Json, section
from bot.views.difference import edited
from bot.views.facts import MARKS, brief, edit_of, gist, voters
from bot.views.links import Link, card_link, nowhere
from bot.views.mrkdwn import inline, named

MOST = 8
"""So many lines of each kind are shown; the others are counted."""

SAID = (CallState.FINISHED, CallState.CONFIRMED, CallState.FAILED, CallState.ABANDONED, CallState.SIMULATED)
"""States in which a call tells something about the world."""

CHOSE = {
    "happened": "said that it happened", "retry": "said that it did not happen", "abandon": "left it in doubt",
    "replied": "answered a question",
    "raise": "raised the limit", "finish": "had the run finish with what it had", "stop": "stopped the run",
}


def evidence(run: Run, link: Link = nowhere) -> tuple[Json, ...]:
    """Which tool said what; nothing where none did."""
    return _listed("What it rests on", [_of_call(run, call, link) for call in run.calls.values() if call.state in SAID])


def decisions(run: Run, link: Link = nowhere) -> tuple[Json, ...]:
    """Who decided what, and why; nothing where nobody had to."""
    return _listed("What people decided", [line for ask in run.asks.values() if not ask.open for line in _of_ask(run, ask, link)])


def _listed(title: str, lines: list[str]) -> tuple[Json, ...]:
    if not lines:
        return ()
    left = [f"_and {len(lines) - MOST} before these_"] if len(lines) > MOST else []
    return (section("\n".join([f"*{title}*", *left, *(f"• {line}" for line in lines[-MOST:])])),)


def _of_call(run: Run, call: Call, link: Link) -> str:
    """A call, what it was asked, and the first words of what it told."""
    given = inline(brief(call.arguments, 60), 80)
    what = f"`{inline(call.tool, 60)}`{f' ({given})' if given else ''}"
    said = inline(gist(call.result), 110) or MARKS.get(call.state, "")
    mark = "" if call.state is CallState.FINISHED else f" _{MARKS[call.state]}:_"
    return f"{what}{mark} {said}{_linked(run, call.ask_id, link)}"


def _of_ask(run: Run, ask: Ask, link: Link) -> Iterator[str]:
    tool = f"`{inline(run.calls[ask.call_id].tool, 60)}`" if ask.call_id else f"the limit of {ask.limit}"
    who = named(ask.decided_by, ask.decided_name)
    if ask.kind is not AskKind.APPROVAL and ask.state in CHOSE:
        yield f"{who} {CHOSE[ask.state]} ({tool}){_linked(run, ask.ask_id, link)}"
    elif said := _decided(ask, who, tool, edit_of(run, ask)):
        yield f"{said}{_linked(run, ask.ask_id, link)}"


def _decided(ask: Ask, who: str, tool: str, edit: Edit | None) -> str:
    match ask.state:
        case "granted":
            return f"{voters(ask)} approved {tool}{' and calls like it for some time' if ask.grant else ''}"
        case "denied":
            return f"{who} denied {tool}: {inline(ask.reason, 150)}" if ask.reason else f"{who} denied {tool} without a reason"
        case "superseded":
            names = ", ".join(line.name for line in edited(edit.before, edit.after)) if edit else "the arguments"
            return f"{who} changed {inline(names, 100)} of {tool}"
        case "expired":
            return f"nobody decided about {tool} in time"
        case "void":
            return f"the question about {tool} became void: {inline(ask.reason, 150)}"
        case "withdrawn":
            return f"{who} ended the run before anybody decided about {tool}"
    return ""


def _linked(run: Run, ask_id: AskId | None, link: Link) -> str:
    address = card_link(run, ask_id, link) if ask_id else ""
    return f" (<{address}|card>)" if address else ""
