"""What `/ops` answers: lists of runs and of questions to people. For the asker alone, and always within one message."""

from collections.abc import Sequence
from typing import NamedTuple

from agents.core.ids import AskId
from agents.ledger import AskSummary, RunSummary
from bot.views.blocks import MESSAGE, SECTION, Json, actions, button, section
from bot.views.message import Message
from bot.views.mrkdwn import cut, date, escape, inline, person
from bot.views.permalinks import thread_link

LINE = 600
"""Characters of one line at most; where there are many lines, each gets its share of a message."""

VALUE = 2000
"""Characters of a button's value."""


class Pages(NamedTuple):
    """The commands that show what lies around a page; None where there is nothing."""

    next: str | None = None
    first: str | None = None


NO_PAGES = Pages()


def runs(found: Sequence[RunSummary], pages: Pages = NO_PAGES, workspace: str = "") -> Message:
    """The newest runs first."""
    if not found:
        return nothing("There are no such runs that you may see. Mention the bot to start one.", pages)
    head = f"*{len(found)} {'run' if len(found) == 1 else 'runs'}*, newest first"
    return listing(head, [run_line(one, workspace) for one in found], pages)


def asks(found: Sequence[AskSummary], pages: Pages = NO_PAGES, note: str = "") -> Message:
    """Questions to people. `note` is mrkdwn."""
    if not found:
        return nothing(f"Nothing waits for anybody, as far as you may see.{f' {note}' if note else ''}", pages)
    head = f"*{len(found)} {'question' if len(found) == 1 else 'questions'}*{f' · {note}' if note else ''}"
    return listing(head, [ask_line(one) for one in found], pages)


def listing(head: str, lines: Sequence[str], pages: Pages = NO_PAGES, foot: str = "") -> Message:
    """Lines of mrkdwn in as many sections as they take, each of its share of a message, and the buttons that turn the page."""
    limit = min(LINE, (MESSAGE - len(head) - len(foot) - 400) // max(len(lines), 1) - 1)
    blocks = [section(head)]
    packed: list[str] = []
    for line in (cut(line, limit) for line in lines):
        if packed and len("\n".join((*packed, line))) > SECTION:
            blocks.append(section("\n".join(packed)))
            packed = []
        packed.append(line)
    blocks.append(section("\n".join(packed)))
    return Message(head, (*blocks, *((section(foot),) if foot else ()), *turning(pages)))


def nothing(said: str, pages: Pages = NO_PAGES) -> Message:
    """A sentence where a list would be empty."""
    return Message(said, (section(said), *turning(pages)))


def turning(pages: Pages) -> tuple[Json, ...]:
    """The buttons that turn the page."""
    named = (("Next page", "page", pages.next), ("First page", "page_first", pages.first))
    buttons = [button(text, name, command) for text, name, command in named if command and len(command) <= VALUE]
    return (actions("pages", *buttons),) if buttons else ()


def run_line(one: RunSummary, workspace: str = "") -> str:
    """A run as a list shows it."""
    where = f" in <#{escape(one.place.channel)}>" if one.place else ""
    if one.outcome:
        state = f"*{escape(one.outcome.replace('_', ' '))}*"
    elif one.open_asks:
        state = f"*waits for {one.open_asks} {'answer' if one.open_asks == 1 else 'answers'}*"
    else:
        state = "*at work*"
    used = f"{one.steps} {'step' if one.steps == 1 else 'steps'}, ${one.cost:.4f}"
    begun = f"{escape(one.agent)} for {person(one.actor)}{where}, {date(one.started_at)}"
    link = f" · {thread_link(workspace, one.place, 'Open')}" if workspace and one.place else ""
    return f"{state} · `{escape(one.run_id)}` · {begun} · {used}{link}\n{inline(one.text, 160) or '(nothing)'}"


def ask_line(one: AskSummary) -> str:
    """A question as a list shows it."""
    what = {"approval": "Approval of", "doubt": "Did it happen:", "limit": "Limit met:"}.get(one.kind, escape(one.kind))
    line = f"*{what} `{inline(one.subject, 80)}`* for {escape(one.agent)}, asked {date(one.asked_at)}"
    if one.state == "open":
        line += f", expires {date(one.expires_at)}" if one.expires_at else ", waits until somebody answers"
    else:
        by = f" by {person(one.decided_by)}" if one.decided_by else ""
        line += f" · *{escape(one.state)}*{by}{f', {date(one.decided_at)}' if one.decided_at else ''}"
    return f"{line} · `{escape(AskId(one.ask_id))}`"
