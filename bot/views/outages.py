"""What channels read of a tool or a host that does not answer, and of its end. It calls nobody: it is tried again by itself."""

from agents.core.switches import Outage
from bot.views.blocks import context, section
from bot.views.message import Message
from bot.views.mrkdwn import date, inline

NEXT = "the next call tells whether it answers now"


def does_not_answer(outage: Outage) -> Message:
    """What a channel reads whose runs are affected."""
    said = f":electric_plug: *{_what(outage.what)} is not answering* since {date(outage.since)}: {inline(outage.why, 200)}."
    meaning = (
        "Calls to it fail at once instead of waiting, and agents read why. Nothing of that was sent. It is tried again by itself, after "
        "pauses that grow to five minutes; this message says when it answers."
    )
    return Message(said, (section(said), section(meaning)))


def answers_again(outage: Outage) -> Message:
    """The same message once calls go out again."""
    when = f", {date(outage.closed_at)}" if outage.closed_at else ""
    what = _what(outage.what)
    how = {
        "forgotten": f":grey_question: *{what} was not answering*. Nobody has called it for a while: {NEXT}.",
        "restarted": f":grey_question: *{what} was not answering*. The bot was restarted{when}: {NEXT}.",
    }
    said = how.get(outage.how, f":white_check_mark: *{what} answers again*{when}.")
    return Message(said, (section(said), context(f"It had not answered since {date(outage.since)}: {inline(outage.why, 200)}.")))


def _what(what: str) -> str:
    kind, _, name = what.partition(" ")
    return f"`{inline(name, 200)}`" if kind == "host" else f"The tool `{inline(name, 200)}`"
