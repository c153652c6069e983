"""What channels and people read of a halt and of its end. It calls nobody: there is nothing that anybody must do."""

from datetime import datetime

from agents.core.switches import Halt
from bot.views.blocks import Json, context, quote, section
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline, named


def halted(halt: Halt) -> Message:
    """What a channel reads in which something waits: who, why, what it means, and how it ends."""
    said = f":octagonal_sign: *{_who(halt)} has halted {_what(halt.scope)}*, {date(halt.at)}."
    meaning = (
        "Nothing new begins here, and nothing can be approved. What was under way came to its end; questions keep waiting, and their "
        f"time runs on. An admin ends this with `/ops resume{_word(halt.scope)}`."
    )
    return Message(said, (section(said), *_why(halt), section(meaning)))


def lifted(halt: Halt | None, scope: str, by: str, at: datetime | None) -> Message:
    """The same message once it is over. `by` is mrkdwn; the halt itself may not be known any more."""
    said = f":arrow_forward: *{by} has resumed {_what(scope)}*{f', {date(at)}' if at else ''}. What waited goes on."
    before = (context(f"{_who(halt)} had halted it, {date(halt.at)}."),) if halt else ()
    return Message(said, (section(said), *before))


def waits(halt: Halt, agent: str) -> str:
    """What whoever asks a halted agent is told, as mrkdwn."""
    why = f" ({inline(halt.reason, 200)})" if halt.reason.strip() else ""
    return (
        f":octagonal_sign: {_who(halt)} has halted {_what(halt.scope)}{why}. What you asked of {inline(agent, 100)} is kept and "
        f"begins when an admin ends that with `/ops resume{_word(halt.scope)}`."
    )


def _who(halt: Halt) -> str:
    return named(halt.by, halt.name)


def _what(scope: str) -> str:
    return escape(scope) or "every agent"


def _word(scope: str) -> str:
    return f" {escape(scope)}" if scope else ""


def _why(halt: Halt) -> tuple[Json, ...]:
    return (quote(halt.reason, 600),) if halt.reason.strip() else ()
