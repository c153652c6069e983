"""`countersign runs` and `countersign show`."""

from collections.abc import Mapping

import click

from agents.core import events as e
from agents.core.fold import fold
from agents.core.ids import CONTROL
from agents.core.switches import fold_switches
from agents.ledger import RunSummary
from bot import duration, terminal, timeline
from bot.build import open_reader
from bot.commands.printing import print_end, print_event
from bot.settings import Settings


@click.command()
@click.option("--open", "open_only", is_flag=True, help="Only runs that are not over.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--before", type=int, metavar="CURSOR", help="The page behind the one that ended with this cursor.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of a table; the last run's `number` is the next cursor.")
@click.pass_obj
def runs(environ: Mapping[str, str], open_only: bool, limit: int, before: int | None, as_json: bool) -> None:
    """List runs, newest first. Works beside a running bot.

    \b
    countersign runs
    countersign runs --open
    countersign runs --json | jq '.[].outcome'
    """
    more = terminal.run(_runs(Settings.read(environ), open_only, limit + 1, before))
    found = more[:limit]
    if as_json:
        terminal.print_json(found)
    elif not found:
        none = "No more runs." if before else 'No runs yet. Start one: countersign ask "is checkout healthy?"'
        click.echo("No run is open." if open_only else none)
    else:
        terminal.table(("RUN", "STARTED", "AGENT", "BY", "STATE", "STEPS", "COST", "TEXT"), [_row(run) for run in found])
        if len(more) > limit:
            click.echo(terminal.dim(f"There is more: add --before {found[-1].number}"))


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--full", is_flag=True, help="Every event, also those about posting and asking the model.")
@click.option("--json", "as_json", is_flag=True, help="The run's events, whole, as one JSON object.")
@click.pass_obj
def show(environ: Mapping[str, str], run: str, full: bool, as_json: bool) -> None:
    """Tell what one run did: each step, by whom, how long, verdicts with their rules, approvals, outcome.

    RUN is a run's id, or as much of its beginning as only it has; `run-` may be left out. `control` tells what people did to all at once:
    halts, and grants that they took back.

    \b
    countersign show run-k3xq
    countersign show k3xq --full
    countersign show control
    """
    events = terminal.run(_events(Settings.read(environ), run))
    if run == CONTROL:
        _show_control(events, as_json)
        return
    if as_json:
        folded = fold(events)
        terminal.print_json({"run_id": folded.run_id, "agent": folded.agent, "outcome": folded.outcome, "events": events})
        return
    _show(events, full)


async def _runs(settings: Settings, open_only: bool, limit: int, before: int | None) -> tuple[RunSummary, ...]:
    async with open_reader(settings) as reader:
        return await reader.ledger.runs(open_only=open_only, limit=limit, before=before)


async def _events(settings: Settings, prefix: str) -> tuple[e.Recorded, ...]:
    async with open_reader(settings) as reader:
        return await reader.journal.read(CONTROL if prefix == CONTROL else await terminal.find_run(reader.ledger, prefix))


def _row(run: RunSummary) -> tuple[str, ...]:
    state = run.outcome or (f"waits ({run.open_asks})" if run.open_asks else "open")
    return (
        run.run_id, terminal.clock_time(run.started_at), run.agent, terminal.one_line(run.actor, 24), state, str(run.steps),
        f"${run.cost:.2f}", terminal.one_line(run.text, 60),
    )


def _show_control(events: tuple[e.Recorded, ...], as_json: bool) -> None:
    if as_json:
        terminal.print_json({"run_id": CONTROL, "halts": fold_switches(events).halts, "events": events})
    elif not events:
        click.echo("Nobody has halted anything or taken a grant back yet.")
    else:
        rows = [(terminal.clock_time(row.at), row.actor, terminal.one_line(timeline.sentence(row.event), 300)) for row in events]
        terminal.table(("TIME", "WHO", "WHAT"), rows)


def _show(events: tuple[e.Recorded, ...], full: bool) -> None:
    run = fold(events)
    spent = duration.show(run.moved_at - run.started_at)
    click.echo(terminal.heading(f"{run.run_id}  {run.agent}  {timeline.outcome(run)}"))
    click.echo(terminal.dim(
        f"{run.steps} steps, {run.usage.total:,} tokens, ${run.cost:.4f}, {spent}, of which {duration.show(run.waited)} waiting for people"
    ))
    click.echo()
    for recorded in events:
        if full or not isinstance(recorded.event, e.ModelAsked | e.PostStarted | e.PostFinished):
            print_event(recorded, run.started_at)
    print_end(run)
