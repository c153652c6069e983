"""The modal that tells a run event by event: each step, who, what, how long."""

from collections.abc import Sequence

from agents.core import events as e
from agents.core.ids import SYSTEM
from agents.core.state import Run
from bot import duration
from bot.timeline import outcome, sentence
from bot.views.blocks import SECTION, VIEW_BLOCKS, Json, context, section
from bot.views.message import Modal
from bot.views.mrkdwn import date, escape, inline, person

WORDS = 400
"""Characters of one event's words."""

MOST = 100_000
"""Characters of the whole modal: beyond Slack's own limits of a view there is an undocumented one."""


def timeline(run: Run, recorded: Sequence[e.Recorded]) -> Modal:
    """What happened, oldest first. Where it is too much the newest is kept, and what is left out is counted."""
    told = [row for row in recorded if _tells(row.event)]
    packed = _packed([_line(row, run) for row in told])
    shown = sum(len(lines) for lines in packed)
    head = f"*{escape(run.agent)}* · `{escape(run.run_id)}` · began {date(run.started_at, '{date_short_pretty} {time_secs}')}"
    blocks: list[Json] = [section(f"{head}\n{inline(outcome(run), 500)}")]
    if left := len(told) - shown:
        words = f"{left:,} older {'event is' if left == 1 else 'events are'} not shown"
        blocks.append(context(f":scissors: {words}; `/ops audit run {escape(run.run_id)}` pages through all of them."))
    blocks += [section("\n".join(lines)) for lines in packed]
    took = duration.show(run.moved_at - run.started_at - run.waited)
    used = f"{run.steps} {'step' if run.steps == 1 else 'steps'} · {run.usage.total:,} tokens · ${run.cost:.4f}"
    blocks.append(context(f"{used} · {took} at work · {duration.show(run.waited)} waiting for people"))
    return Modal("timeline", "Timeline", tuple(blocks))


def _packed(lines: Sequence[str]) -> list[list[str]]:
    """The newest lines in as many sections as a modal has, in their order."""
    packed: list[list[str]] = []
    size = total = 0
    for line in reversed(lines):
        total += len(line) + 1
        if total > MOST:
            break
        if not packed or size + len(line) + 1 > SECTION:
            if len(packed) >= VIEW_BLOCKS - 4:
                break
            packed.append([])
            size = 0
        packed[-1].append(line)
        size += len(line) + 1
    return [list(reversed(group)) for group in reversed(packed)]


def _line(row: e.Recorded, run: Run) -> str:
    who = "" if row.actor == SYSTEM else f" · {person(row.actor)}"
    return f"`+{duration.show(row.at - run.started_at)}` {inline(sentence(row.event), WORDS)}{who}"


def _tells(event: e.Event) -> bool:
    """Whether it is a step that people would count; that something is about to be asked or posted is none."""
    return not isinstance(event, e.PostStarted | e.ModelAsked) and not (isinstance(event, e.PostFinished) and not event.error)
