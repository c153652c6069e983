"""What `/ops memory` answers."""

from collections.abc import Sequence

from agents.core.memory import Memory
from bot.views.lists import NO_PAGES, Pages, listing, nothing
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline, person


def memories(found: Sequence[Memory], which: str, pages: Pages = NO_PAGES) -> Message:
    """What agents remember. `which` is mrkdwn and says which of it this is."""
    if not found:
        return nothing("Agents remember nothing of this kind that you may see.", pages)
    head = f"*{len(found)} {'memory' if len(found) == 1 else 'memories'}*, {which}"
    return listing(head, [line(one) for one in found], pages, "`/ops memory forget m12` erases one for good.")


def line(one: Memory) -> str:
    """A memory with its source, as a list shows it."""
    note = one.note
    about = "; ".join((note.topic, *note.tags)).strip("; ")
    where = f" in <#{escape(note.channel)}>" if note.channel else ""
    source = f" · `{escape(note.run_id)}`" if note.run_id else ""
    until = f", until {date(note.expires_at)}" if note.expires_at else ""
    taint = " · :warning: after reading what outsiders could have written" if note.tainted else ""
    head = f"*`{one.name}`*{f' {inline(about, 120)}' if about else ''} · {escape(note.agent) or 'the terminal'} for {person(note.actor)}"
    return f"{head}{where}, {date(note.at)}{until}{source}{taint}\n{inline(note.text, 300)}"
