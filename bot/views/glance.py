"""A run at a glance: what it was asked, what it does, what waits, what it used, and what can be done about it."""

from agents.core.approval import Voter, may_stop
from agents.core.state import Ask, AskKind, Run
from bot.timeline import outcome
from bot.views.blocks import Json, actions, bullets, button, context, header, quote, section
from bot.views.facts import initiator, one_line
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline
from bot.views.permalinks import card_link, thread_link
from bot.views.rows import stop, take_over

CALLS = 15
"""Calls that are shown; of more, the newest."""

WAITING = 8
"""Questions that are shown."""


def glance(run: Run, voter: Voter, workspace: str = "") -> Message:
    """The run as it stands, with the buttons that this person may use. `workspace` is its address, for links."""
    title = f"{run.agent}: {outcome(run).partition(':')[0]}"
    place = run.trigger.place
    where = f" in <#{escape(place.channel)}>" if place else ""
    link = f" · {thread_link(workspace, place, 'Open')}" if place and workspace else ""
    begun = f"For {initiator(run)}{where}, {date(run.started_at)} · `{escape(run.run_id)}`{link}"
    blocks = (
        header(title), section(begun), quote(run.text, 400), *_calls(run), *_waiting(run, workspace), *_end(run), _small_print(run),
        actions(f"run:{run.run_id}", *_buttons(run, voter)),
    )
    return Message(inline(f"{run.run_id} of {run.agent}", 300), blocks)


def _calls(run: Run) -> tuple[Json, ...]:
    if not run.calls:
        return ()
    shown = list(run.calls.values())[-CALLS:]
    before = len(run.calls) - len(shown)
    head = f"*{len(run.calls)} {'call' if len(run.calls) == 1 else 'calls'}*{f', the newest {CALLS}' if before else ''}"
    return section(head), bullets([one_line(call) for call in shown])


def _waiting(run: Run, workspace: str) -> tuple[Json, ...]:
    asks = run.open_asks
    if not asks or run.over:
        return ()
    lines = [_question(run, ask, workspace) for ask in asks[:WAITING]]
    more = f"\n_… and {len(asks) - WAITING} more_" if len(asks) > WAITING else ""
    return (section("*Waits for*\n" + "\n".join(lines) + more),)


def _question(run: Run, ask: Ask, workspace: str) -> str:
    tool = inline(run.calls[ask.call_id].tool, 80) if ask.call_id else ""
    words = {
        AskKind.APPROVAL: f"approval of `{tool}`", AskKind.DOUBT: f"word whether `{tool}` happened", AskKind.HELP: "an answer in words",
    }
    what = words.get(ask.kind, f"a decision about its limit of {escape(ask.limit or '')}")
    votes = f", {len(ask.votes)} of {ask.required}" if ask.required > 1 else ""
    until = f", until {date(ask.expires_at)}" if ask.expires_at else ""
    return f"• {what}{votes}{until} · {card_link(workspace, run, ask, 'Open the question')}"


def _end(run: Run) -> tuple[Json, ...]:
    if not run.over:
        return ()
    said = run.answer or run.reason
    return (section(f"*{escape(outcome(run).partition(':')[0].replace('_', ' ').capitalize())}*"), *((quote(said, 600),) if said else ()))


def _small_print(run: Run) -> Json:
    used = f"{run.steps} {'step' if run.steps == 1 else 'steps'}, {run.usage.total:,} tokens, ${run.cost:.4f}"
    marks = " · has read what outsiders wrote" if run.tainted else ""
    return context(f"{used} · moved last {date(run.moved_at)}{marks}")


def _buttons(run: Run, voter: Voter) -> tuple[Json, ...]:
    made = [button("Timeline", "timeline", run.run_id)]
    if may_stop(run, voter) is None:
        made.append(stop(run.run_id))
    if may_stop(run, voter, takes_over=True) is None:
        made.append(take_over(run.run_id))
    return tuple(made)
