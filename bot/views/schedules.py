"""Schedules, as `/ops schedules` and the Home tab show them: when next, when last, and what keeps them."""

from collections.abc import Sequence

from agents.core.access import Level
from agents.core.approval import Voter
from agents.schedules import Entry
from bot.views.blocks import Json, actions, button, confirm, context, section
from bot.views.lists import nothing
from bot.views.message import Message
from bot.views.mrkdwn import cut, date, escape, inline, named

SHOWN = 15
"""Schedules of one message: with their buttons it keeps Slack's limits."""

LINE = 380
"""Characters of one schedule."""


def schedules(found: Sequence[Entry], voter: Voter, notice: str = "") -> Message:
    """Each schedule and how it stands, with buttons for those who may use them. `notice` is mrkdwn that goes before."""
    before = (section(notice),) if notice else ()
    if not found:
        said = nothing("No schedule is configured.")
        return Message(said.text, (*before, *said.blocks))
    head = f"*{len(found)} {'schedule' if len(found) == 1 else 'schedules'}*"
    rows = [block for entry in found[:SHOWN] for block in _row(entry, voter)]
    more = (context("`countersign schedules` lists them all."),) if len(found) > SHOWN else ()
    return Message(head, (*before, section(head), *rows, *more))


def brief(entry: Entry) -> str:
    """A schedule on one line."""
    return f"*{escape(entry.schedule.name)}* · {_state(entry)}"


def _row(entry: Entry, voter: Voter) -> tuple[Json, ...]:
    text = section(cut(_line(entry), LINE))
    if voter.level < Level.OPERATOR:
        return (text,)
    name = entry.schedule.name
    sure = confirm("Run it now?", f"{name} starts a run at once, whatever its times are.", "Run it")
    switch = ("Resume", "schedule_resume") if entry.paused else ("Pause", "schedule_pause")
    return text, actions(f"schedule:{name}", button(*switch, name), button("Run now", "schedule_run", name, sure=sure))


def _line(entry: Entry) -> str:
    schedule = entry.schedule
    where = f" in {_channel(schedule.channel)}" if schedule.channel else ""
    what = f"*{escape(schedule.name)}* · `{escape(schedule.times.words)}` · {escape(schedule.agent)}{where}"
    return f"{what}\n{_state(entry)} · {_last(entry)}"


def _state(entry: Entry) -> str:
    """When it begins next, or why it does not."""
    if entry.paused:
        return f":double_vertical_bar: paused by {named(entry.paused.by, entry.paused.name)}, {date(entry.paused.at)}"
    if not entry.schedule.enabled:
        return "switched off in the configuration"
    if entry.halt:
        return f":octagonal_sign: waits until {escape(entry.halt.what)} is resumed"
    if entry.trouble:
        return f":warning: {inline(entry.trouble, 160)}"
    coming = f"next {date(entry.next)}" if entry.next else ""
    if entry.skipped and entry.run:
        times = f"{entry.skipped.count} {'time' if entry.skipped.count == 1 else 'times'}"
        return f"{coming}; {times} skipped, since `{escape(entry.run.run_id)}` was still open"
    return coming


def _last(entry: Entry) -> str:
    if entry.last is None:
        return "never ran"
    if entry.run is None:
        return f"last {date(entry.last)}"
    return f"last {date(entry.last)}: `{escape(entry.run.run_id)}`, {escape((entry.run.outcome or 'open').replace('_', ' '))}"


def _channel(name: str) -> str:
    return escape(name) if name.startswith("#") else f"<#{escape(name)}>"
