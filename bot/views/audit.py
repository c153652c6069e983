"""What the journal says, a line an event, in the words of `bot/timeline.py`."""

from agents.core import events as e
from agents.core.ids import CONTROL, SYSTEM
from agents.ledger import AuditPage
from bot.timeline import sentence
from bot.views.lists import Pages, listing, nothing
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline, person

WORDS = 260
"""Characters of one event's words."""


def audit(page: AuditPage, words: str, *, first: bool = True) -> Message:
    """A page of the journal, newest first. `words` is the command that asked for it, without a cursor."""
    pages = Pages(f"{words} before {page.next}" if page.next is not None else None, None if first else words)
    if not page.events:
        more = " Older events are on the next page." if pages.next else " `/ops audit` without filters shows the newest events."
        return nothing(f"Nothing that you may see matches here.{more}", pages)
    runs = {row.run_id for row in page.events}
    lines = [_line(row, with_run=len(runs) > 1) for row in page.events]
    head = f"*{len(lines)} {'event' if len(lines) == 1 else 'events'}*, newest first"
    head += f", of `{escape(next(iter(runs)))}`" if len(runs) == 1 else ""
    return listing(head, lines, pages)


def _line(row: e.Recorded, *, with_run: bool) -> str:
    who = "" if row.actor == SYSTEM else f" · {person(row.actor)}"
    where = f" · `{escape(row.run_id)}`" if with_run and row.run_id != CONTROL else ""
    return f"{date(row.at, '{date_short_pretty} {time_secs}')} · {inline(sentence(row.event), WORDS)}{who}{where}"
