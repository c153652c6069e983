"""`countersign audit`."""

from collections.abc import Mapping
from dataclasses import replace

import click

from agents.core.ids import CONTROL
from agents.ledger import AuditPage, AuditQuery
from bot import terminal, timeline
from bot.build import open_reader
from bot.settings import Settings


@click.command()
@click.option("--run", metavar="RUN", help="Of this run; its id may be shortened. `control` is what people did to all at once.")
@click.option("--agent", metavar="NAME", help="Of this agent.")
@click.option("--tool", metavar="NAME", help="About this tool.")
@click.option("--user", metavar="WHO", help="By this person: a user id, TEAM/USER, or local/NAME.")
@click.option("--since", metavar="TIME", help="Of the last 90s, 15m, 2h, 7d, …")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--before", type=int, metavar="CURSOR", help="The page behind the one that ended with this cursor.")
@click.option("--json", "as_json", is_flag=True, help="The page as one JSON object, events whole.")
@click.pass_obj
def audit(
    environ: Mapping[str, str], run: str | None, agent: str | None, tool: str | None, user: str | None, since: str | None, limit: int,
    before: int | None, as_json: bool,
) -> None:
    """Search everything that happened, newest first. Refused clicks are there too.

    \b
    countersign audit --since 2h
    countersign audit --tool restart_service --user U01ALICE
    countersign audit --run k3xq --json
    """
    moment = terminal.ago(since, "--since") if since else None
    page = terminal.run(_page(Settings.read(environ), run, AuditQuery(None, agent, tool, user, moment, limit, before)))
    if as_json:
        terminal.print_json(page)
        return
    if not page.events:
        click.echo("Nothing of that kind happened.")
        return
    rows = [
        (terminal.clock_time(event.at), event.run_id, event.agent, event.actor, terminal.one_line(timeline.sentence(event.event), 200))
        for event in page.events
    ]
    terminal.table(("TIME", "RUN", "AGENT", "WHO", "WHAT"), rows)
    if page.next is not None:
        click.echo(terminal.dim(f"There is more: add --before {page.next}"))


async def _page(settings: Settings, run: str | None, query: AuditQuery) -> AuditPage:
    async with open_reader(settings) as reader:
        run_id = CONTROL if run == CONTROL else await terminal.find_run(reader.ledger, run) if run else None
        return await reader.ledger.audit(replace(query, run_id=run_id))
