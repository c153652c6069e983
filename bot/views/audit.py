"""What the journal says, a line an event, in the words of `bot/timeline.py`."""

from agents.core import events as e
from agents.core.ids import SYSTEM
from agents.ledger import AuditPage
from bot.timeline import sentence
from bot.views.blocks import Json, section
from bot.views.lists import listing
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline, person

WORDS = 260
"""Characters of one event's words."""


def audit(page: AuditPage, words: str) -> Message:
    """A page of the journal, newest first. `words` is the command that asked for it, without a cursor."""
    if not page.events:
        said = "Nothing in the journal matches. `/ops audit` without filters shows the newest events."
        return Message(said, (section(said),))
    runs = {row.run_id for row in page.events}
    lines = [_line(row, with_run=len(runs) > 1) for row in page.events]
    head = f"*{len(lines)} {'event' if len(lines) == 1 else 'events'}*, newest first"
    head += f", of `{escape(next(iter(runs)))}`" if len(runs) == 1 else ""
    foot: Json | None = section(f"Older ones: `/ops {escape(words)} before {page.next}`") if page.next is not None else None
    return listing(head, lines, foot)


def _line(row: e.Recorded, *, with_run: bool) -> str:
    who = "" if row.actor == SYSTEM else f" · {person(row.actor)}"
    where = f" · `{escape(row.run_id)}`" if with_run else ""
    return f"{date(row.at, '{date_short_pretty} {time_secs}')} · {inline(sentence(row.event), WORDS)}{who}{where}"
