"""The operations on tickets, over any tracker."""

from dataclasses import asdict, replace
from typing import Any

from agents.core.ids import canonical, fingerprint
from agents.core.tool import Effect, Repeat, Risk
from agents.ports import Done, Failed, Preview, Unknown
from tools.argument import Argument
from tools.marks import forged
from tools.operation import Arguments, Operation, Use
from tools.tickets.tracker import Ticket, Tracker, chosen
from tools.told import MAX_BODY, MAX_TITLE, cut, told
from tools.toolbox import unread

TIMEOUT = 60.0
"""Seconds for one call: several requests make it up."""

TICKET = Argument(type="string", minLength=1, maxLength=60, description="the ticket's id, such as 12 or OPS-12")
TEXT = Argument(type="string", minLength=1, maxLength=30_000, description="Markdown: paragraphs, lists, headings, code")
LABELS = Argument(type="array", items={"type": "string", "minLength": 1, "maxLength": 50}, maxItems=20, default=[])


def operations(repeat: Repeat, creating: Effect) -> tuple[Operation[Tracker], ...]:
    """All of them. `repeat` is what the tracker allows with a ticket or comment whose outcome is unknown."""
    return (
        Operation(
            "search", "Search the tickets, the last updated first.", _search,
            {
                "text": Argument(type="string", maxLength=200, default="", description="words to search for; empty for all tickets"),
                "status": Argument(type="string", enum=["open", "closed", "any"], default="open"),
                "limit": Argument(type="integer", minimum=1, maximum=50, default=20),
            }, taints=True, timeout=TIMEOUT,
        ),
        Operation(
            "read", "Read a ticket with its last comments.", _read,
            {"ticket": TICKET, "comments": Argument(type="integer", minimum=0, maximum=50, default=20)},
            taints=True, invalid=_invalid, timeout=TIMEOUT,
        ),
        Operation(
            "create", "Open a ticket.", _create,
            {"title": Argument(type="string", minLength=1, maxLength=250), "description": TEXT, "labels": LABELS},
            Risk.MEDIUM, creating, repeat, invalid=_invalid, probe=_probe_created, timeout=TIMEOUT,
        ),
        Operation(
            "comment", "Write a comment below a ticket.", _comment, {"ticket": TICKET, "text": TEXT},
            Risk.MEDIUM, Effect.EXTERNAL, repeat, invalid=_invalid, preview=_preview, probe=_probe_commented, timeout=TIMEOUT,
        ),
        Operation(
            "move", "Move a ticket to another status. An impossible one is answered with those that are possible.", _move,
            {"ticket": TICKET, "status": Argument(type="string", minLength=1, maxLength=100, description="the tracker's name of it")},
            Risk.MEDIUM, Effect.INTERNAL, Repeat.NEVER, invalid=_invalid, preview=_preview_move, probe=_probe_moved, timeout=TIMEOUT,
        ),
        Operation(
            "label", "Add labels to a ticket.", _label,
            {"ticket": TICKET, "labels": LABELS.model_copy(update={"default": None, "minItems": 1})},
            Risk.LOW, Effect.INTERNAL, Repeat.FREE, invalid=_invalid, preview=_preview, timeout=TIMEOUT,
        ),
    )


def _invalid(tracker: Tracker, arguments: Arguments) -> str | None:
    ticket = arguments.get("ticket")
    written = "\n".join(str(arguments.get(name, "")) for name in ("title", "description", "text"))
    return (tracker.wrong(ticket) if isinstance(ticket, str) else None) or forged(written)


async def _search(tracker: Tracker, arguments: Arguments, use: Use) -> Done | Failed:
    most = int(arguments["limit"])
    found = await tracker.search(arguments["text"].strip(), arguments["status"], most)
    if isinstance(found, Failed):
        return found
    return told({"tickets": [_line(one) for one in found[:most]], "full": len(found) >= most})


async def _read(tracker: Tracker, arguments: Arguments, use: Use) -> Done | Failed:
    ticket = await tracker.read(arguments["ticket"], int(arguments["comments"]))
    if isinstance(ticket, Failed):
        return ticket
    return told({
        **_line(ticket), "description": cut(ticket.description, 2 * MAX_BODY),
        "comments": [{**asdict(one), "text": cut(one.text, MAX_BODY // 2)} for one in ticket.comments],
    })


async def _create(tracker: Tracker, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    written = await tracker.create(arguments["title"], arguments["description"], arguments["labels"], use.key)
    return written if isinstance(written, Failed | Unknown) else told(asdict(written))


async def _comment(tracker: Tracker, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    written = await tracker.comment(arguments["ticket"], arguments["text"], use.key)
    return written if isinstance(written, Failed | Unknown) else told({**asdict(written), "commented": True})


async def _move(tracker: Tracker, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    moves = await tracker.moves(arguments["ticket"])
    if isinstance(moves, Failed):
        return moves
    if moves.now.lower() == arguments["status"].strip().lower():
        return told({"id": moves.ticket.id, "status": moves.now, "was": moves.now})
    status = chosen(moves, arguments["status"])
    if isinstance(status, Failed):
        return status
    written = await tracker.move(arguments["ticket"], status)
    return written if isinstance(written, Failed | Unknown) else told({**asdict(written), "status": status, "was": moves.now})


async def _label(tracker: Tracker, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    written = await tracker.label(arguments["ticket"], arguments["labels"])
    return written if isinstance(written, Failed | Unknown) else told({**asdict(written), "added": arguments["labels"]})


async def _probe_created(tracker: Tracker, arguments: Arguments, key: str) -> bool | None:
    return await tracker.created(key)


async def _probe_commented(tracker: Tracker, arguments: Arguments, key: str) -> bool | None:
    return await tracker.commented(arguments["ticket"], key)


async def _probe_moved(tracker: Tracker, arguments: Arguments, key: str) -> bool | None:
    """Whether the ticket is there now: who moved it makes no difference, and if it is not, moving it again is asked for anew."""
    moves = await tracker.moves(arguments["ticket"])
    return None if isinstance(moves, Failed) else moves.now.lower() == arguments["status"].strip().lower()


async def _preview(tracker: Tracker, arguments: Arguments) -> Preview:
    """The ticket that is written to."""
    ticket = await tracker.read(arguments["ticket"], 0)
    return unread(ticket.text) if isinstance(ticket, Failed) else _shown(ticket, ticket.status)


async def _preview_move(tracker: Tracker, arguments: Arguments) -> Preview:
    """The ticket with its present status and the one to come."""
    moves = await tracker.moves(arguments["ticket"])
    if isinstance(moves, Failed):
        return unread(moves.text)
    status = chosen(moves, arguments["status"])
    coming = f"(impossible: {arguments['status']})" if isinstance(status, Failed) else status
    same = moves.now.lower() == arguments["status"].strip().lower()
    return _shown(replace(moves.ticket, status=moves.now), moves.now if same else f"{moves.now} → {coming}")


def _shown(ticket: Ticket, status: str) -> Preview:
    """As text for people; the fingerprint is of the ticket as it is."""
    line = _line(ticket)
    parts = {"ticket": f"{ticket.id} {line['title']}", "status": status, "assignee": line["assignee"], "labels": ", ".join(line["labels"])}
    text = "\n".join(f"{name}: {' '.join(value.split())}" for name, value in parts.items() if value)
    said = {name: line[name] for name in ("id", "title", "status", "assignee", "labels")}
    return Preview(text, fingerprint("ticket", canonical(said)))


def _line(ticket: Ticket) -> dict[str, Any]:
    """A ticket without what was written in it and below it."""
    line = {name: value for name, value in asdict(ticket).items() if name not in ("description", "comments")}
    return {
        **{name: cut(value, MAX_TITLE) if isinstance(value, str) else value for name, value in line.items()},
        "labels": [cut(label, MAX_TITLE) for label in ticket.labels[:30]],
    }
