"""The sign of life that is edited while a run works, and the notice of a call that ran without asking."""

from agents.core.calls import Call
from agents.core.events import Outcome
from agents.core.state import Run
from bot import duration
from bot.views.approval import done_so_far
from bot.views.blocks import Json, bullets, context, exact, section
from bot.views.facts import MARKS, as_json, one_line
from bot.views.message import Message
from bot.views.mrkdwn import escape, inline

LISTED = 10
"""How many calls the finished progress message lists."""

ENDED = {Outcome.ANSWERED: "Done", Outcome.STOPPED: "Stopped", Outcome.FAILED: "Ended without an answer"}


def progress(run: Run, line: str = "") -> Message:
    """What the run does just now (`line`), or what it did once it has come to its conclusion."""
    if run.conclusion is not None:
        outcome, _ = run.conclusion
        spent = duration.show(run.moved_at - run.started_at)
        said = f"*{ENDED[outcome]}* after {run.steps} {'step' if run.steps == 1 else 'steps'} and {spent}"
        calls = list(run.calls.values())
        listed: tuple[Json, ...] = (bullets([one_line(call) for call in calls[-LISTED:]]),) if calls else ()
        return Message(said, (context(said), *listed))
    doing = line or ("it waits for a decision" if run.waiting else "thinking")
    said = f"*{escape(run.agent)}* is on it: {inline(doing, 200)}"
    return Message(said, (section(f":hourglass_flowing_sand: {said}"), *done_so_far(run)))


def notice(run: Run, call: Call) -> Message:
    """A call that policy let run and that people are told of."""
    said = f"*{escape(run.agent)}* ran `{escape(call.tool)}` without asking: {MARKS.get(call.state, call.state)}"
    why = f"{call.risk} risk, {call.effect} effect · {inline('; '.join(call.rules), 300)} · {escape(run.run_id)}"
    return Message(said, (section(said), exact(as_json(call.arguments), 1500), context(why)))
