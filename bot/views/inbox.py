"""What arrived and was not dealt with, as `/ops inbox` shows it."""

from collections.abc import Sequence

from agents.ports import Undone
from bot.views.blocks import Json, actions, button, confirm, section
from bot.views.lists import NO_PAGES, Pages, nothing, turning
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline


def inbox(found: Sequence[Undone], total: int, pages: Pages = NO_PAGES, notice: str = "") -> Message:
    """Deliveries with their buttons, parked ones first. `notice` is mrkdwn that goes before."""
    before = (section(notice),) if notice else ()
    if not found:
        said = nothing("Nothing waits: all that arrived was dealt with.", pages)
        return Message(said.text, (*before, *said.blocks))
    head = f"*{total:,} {'delivery' if total == 1 else 'deliveries'}* not dealt with, parked ones first"
    rows = [block for one in found for block in _row(one)]
    return Message(head, (*before, section(head), *rows, *turning(pages)))


def _row(one: Undone) -> tuple[Json, ...]:
    sure = confirm("Drop it?", f"Nothing will come of delivery {one.number}. This cannot be taken back.", "Drop")
    buttons = (
        button("Try again", "inbox_replay", f"inbox replay {one.number}"),
        button("Drop", "inbox_drop", f"inbox drop {one.number}", "danger", sure=sure),
    )
    return section(line(one)), actions(f"inbox:{one.number}", *buttons)


def line(one: Undone) -> str:
    """A delivery on two lines of mrkdwn: how it stands, and why."""
    tries = f"{one.attempts} {'attempt' if one.attempts == 1 else 'attempts'}"
    if one.parked_at:
        state = f":file_cabinet: *parked* {date(one.parked_at)} after {tries}"
    else:
        state = f"*tried again later*, {tries} so far" if one.attempts else "*under way*"
    what = f"{one.number} · {escape(one.kind)} `{inline(one.key, 120)}`, arrived {date(one.received_at)}"
    return f"{state} · {what}\n{inline(one.why, 300) or '(nothing went wrong yet)'}"
