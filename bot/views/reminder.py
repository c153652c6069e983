"""The short message in the thread that calls those who may decide, once; afterwards it says how that ended."""

from agents.core.state import Ask, Run
from bot import duration
from bot.views.blocks import Json, actions, button, section
from bot.views.facts import Mentions, approver_list, spared, the_call
from bot.views.message import Message
from bot.views.mrkdwn import date, inline
from bot.views.outcome import sentence


def reminder(run: Run, ask: Ask, mentions: Mentions) -> Message:
    """It mentions those who may decide while they are needed, and nobody after that."""
    tool = f"`{inline(the_call(run, ask).tool, 80)}`"
    if not ask.open:
        return Message(f"{tool}: {ask.state}", (section(f"{tool}: {sentence(ask)}"),))
    who = approver_list(ask.approvers, mentions, but=spared(run, ask))
    said = f":bell: {tool} still waits for a decision of {who}.{_left(ask)}"
    return Message(f"{tool} still waits for your decision", (section(said), _buttons(ask)))


def _left(ask: Ask) -> str:
    """How much time there is, counted from when this was due."""
    if ask.expires_at is None:
        return ""
    left = f" There is {duration.show(ask.expires_at - ask.remind_at)} left." if ask.remind_at else ""
    return f"{left} It expires {date(ask.expires_at)}, which is not a denial."


def _buttons(ask: Ask) -> Json:
    """The dialog that shows the call whole: this message does not."""
    return actions(
        f"decide:{ask.ask_id}", button("Review and approve", "review", ask.ask_id, "primary"),
        button("Deny", "deny", ask.ask_id, "danger"), button("Details", "details", ask.ask_id),
    )
