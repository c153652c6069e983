"""`countersign schedules`."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import click

from agents.core.ids import CONTROL
from agents.core.switches import fold_switches
from agents.schedules import Calendar, Entry, Schedule
from agents.standing import Standing
from bot import terminal
from bot.build import clock, open_reader
from bot.cli import WRONG
from bot.commands.reaching import switch
from bot.config import load
from bot.settings import Settings


@click.command()
@click.argument("deed", metavar="[pause|resume|run]", type=click.Choice(["pause", "resume", "run"]), required=False)
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--next", "coming", type=click.IntRange(1, 1000), metavar="N", help="The next N times of each, or of NAME.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def schedules(ctx: click.Context, deed: str | None, name: str | None, coming: int | None, as_json: bool) -> None:
    """List the schedules, when each ran last and runs next; pause one, resume it, or run it now.

    Times are told in the schedule's own zone. A pause outlives restarts, and what is missed meanwhile is not made up.

    \b
    countersign schedules
    countersign schedules --next 5
    countersign schedules pause weekday-report
    countersign schedules run weekday-report
    """
    settings = Settings.read(ctx.obj)
    if deed is not None:
        if name is None:
            click.echo(f"Which one? countersign schedules {deed} NAME", err=True)
            ctx.exit(WRONG)
        ctx.exit(terminal.run(switch(settings, ctx.obj, lambda door: door.schedule(deed, name))))
    configured = load(settings.config, ctx.obj).schedules
    if coming is not None:
        _print_coming(configured, coming)
        return
    entries = terminal.run(_entries(settings, configured))
    if as_json:
        terminal.print_json([_plain(entry) for entry in entries])
    elif not entries:
        click.echo("No schedule is configured. docs/schedules.md tells how.")
    else:
        terminal.table(("SCHEDULE", "WHEN", "STATE", "LAST", "RUN", "AGENT", "CHANNEL"), [_row(entry) for entry in entries])


async def _entries(settings: Settings, configured: Mapping[str, Schedule]) -> tuple[Entry, ...]:
    """How the schedules stand; where there is no journal yet, as they would begin."""
    if not settings.database_file.exists():
        return tuple(
            Entry(one, one.next_after(clock(), clock()) if one.enabled else None, None, None, None, None, None)
            for one in configured.values()
        )
    async with open_reader(settings) as reader:
        standing = Standing(reader.journal, reader.ledger, clock)
        standing.switches = fold_switches(await reader.journal.read(CONTROL))
        return await Calendar(configured, reader.schedules, standing, reader.ledger, clock).entries()


def _print_coming(configured: Mapping[str, Schedule], count: int) -> None:
    rows = [(schedule.name, schedule.shown(at)) for schedule in configured.values() for at in islice(_coming(schedule), count)]
    terminal.table(("SCHEDULE", "TIME"), rows)


def _coming(schedule: Schedule) -> Any:
    at = clock()
    while True:
        at = schedule.next_after(at - schedule.delay, at)
        yield at


def _row(entry: Entry) -> tuple[str, ...]:
    schedule = entry.schedule
    run = f"{entry.run.run_id} ({entry.run.outcome or 'open'})" if entry.run else ""
    last = schedule.shown(entry.last) if entry.last else "never"
    return schedule.name, schedule.times.words, terminal.plain(_state(entry)), last, run, schedule.agent, schedule.channel


def _state(entry: Entry) -> str:
    if entry.paused:
        return f"paused by {terminal.one_line(entry.paused.name, 24)}"
    if not entry.schedule.enabled:
        return "switched off in the configuration"
    if entry.halt:
        return f"{entry.halt.what} is halted"
    skipped = f"; {entry.skipped.count} skipped" if entry.skipped else ""
    return f"next {entry.schedule.shown(entry.next)}{skipped}" if entry.next else ""


def _plain(entry: Entry) -> dict[str, datetime | str | bool | int | None]:
    return {
        "name": entry.schedule.name, "when": entry.schedule.times.words, "agent": entry.schedule.agent, "channel": entry.schedule.channel,
        "enabled": entry.schedule.enabled, "paused": entry.paused is not None, "halted": entry.halt is not None, "next": entry.next,
        "last": entry.last, "run_id": entry.run.run_id if entry.run else None, "outcome": entry.run.outcome if entry.run else None,
        "skipped": entry.skipped.count if entry.skipped else 0,
    }
