"""What `/ops` answers: runs, questions to people, help. For the asker alone, and always within one message."""

from collections.abc import Sequence

from agents.core.ids import AskId
from agents.ledger import AskSummary, RunSummary
from bot.views.blocks import BLOCKS, MESSAGE, SECTION, Json, section
from bot.views.message import Message
from bot.views.mrkdwn import cut, date, escape, inline, person

LINE = 600
"""Characters of one line at most."""

HELP = """*`/ops runs`*  the newest runs; `/ops runs open` only those that are not over
*`/ops approvals`*  questions that wait for people; `/ops approvals all` the decided ones too
*`/ops audit`*  what happened, newest first. Narrow it with any of
    • `run run-abc…`  (the first letters are enough)
    • `agent triage`   • `tool restart_service`
    • `user @somebody`, or `user me`
    • `since 2h`, `since 3d`, `since 2026-11-20`
    for example: `/ops audit tool restart_service user me since 7d`
*`/ops help`*  this

To give an agent work, mention the bot in a channel or write to it directly. What you write in the thread of a run goes to that run."""


def help_text() -> Message:
    """What there is."""
    return Message("What /ops can do", (section(HELP),))


def runs(found: Sequence[RunSummary]) -> Message:
    """The newest runs first."""
    if not found:
        return _nothing("There are no such runs yet. Mention the bot to start one.")
    return listing(f"*{len(found)} {'run' if len(found) == 1 else 'runs'}*, newest first", [_run(one) for one in found])


def asks(found: Sequence[AskSummary]) -> Message:
    """Questions to people."""
    if not found:
        return _nothing("Nothing waits for anybody.")
    return listing(f"*{len(found)} {'question' if len(found) == 1 else 'questions'}*", [_ask(one) for one in found])


def listing(head: str, lines: Sequence[str], foot: Json | None = None) -> Message:
    """Lines of mrkdwn in as many sections as they take; what one message cannot hold is counted."""
    blocks = [section(head)]
    size = len(head)
    packed: list[str] = []
    for number, line in enumerate(lines):
        line = cut(line, LINE)
        if size + len(line) > MESSAGE - 800 or len(blocks) >= BLOCKS - 3:
            packed.append(f"_… and {len(lines) - number} more. Narrow the question down._")
            break
        if packed and len("\n".join((*packed, line))) > SECTION:
            blocks.append(section("\n".join(packed)))
            packed = []
        packed.append(line)
        size += len(line) + 1
    blocks.append(section("\n".join(packed)))
    return Message(head, (*blocks, foot) if foot else tuple(blocks))


def _nothing(said: str) -> Message:
    return Message(said, (section(said),))


def _run(one: RunSummary) -> str:
    where = f" in <#{one.place.channel}>" if one.place else ""
    if one.outcome:
        state = f"*{escape(one.outcome)}*"
    elif one.open_asks:
        state = f"*waits for {one.open_asks} {'answer' if one.open_asks == 1 else 'answers'}*"
    else:
        state = "*at work*"
    used = f"{one.steps} {'step' if one.steps == 1 else 'steps'}, ${one.cost:.4f}"
    begun = f"{escape(one.agent)} for {person(one.actor)}{where}, {date(one.started_at)}"
    return f"{state} · `{escape(one.run_id)}` · {begun} · {used}\n{inline(one.text, 160) or '(nothing)'}"


def _ask(one: AskSummary) -> str:
    what = {"approval": "Approval of", "doubt": "Did it happen:", "limit": "Limit met:"}.get(one.kind, escape(one.kind))
    line = f"*{what} `{inline(one.subject, 80)}`* for {escape(one.agent)}, asked {date(one.asked_at)}"
    if one.state == "open":
        line += f", expires {date(one.expires_at)}" if one.expires_at else ", waits until somebody answers"
    else:
        by = f" by {person(one.decided_by)}" if one.decided_by else ""
        line += f" · *{escape(one.state)}*{by}{f', {date(one.decided_at)}' if one.decided_at else ''}"
    return f"{line} · `{escape(AskId(one.ask_id))}`"
