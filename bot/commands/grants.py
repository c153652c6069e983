"""`countersign grants` and `countersign revoke`."""

from collections.abc import Mapping

import click

from agents.core.errors import NotFound
from agents.core.grants import Grant
from agents.core.ids import GrantId
from agents.ledger import Ledger
from bot import terminal
from bot.build import clock, open_reader
from bot.commands.printing import granted
from bot.commands.reaching import switch
from bot.settings import Settings


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also those that do not hold any more, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_obj
def grants(environ: Mapping[str, str], everything: bool, as_json: bool) -> None:
    """List the grants that hold: which calls run without asking, how often still and how long, and who said so.

    \b
    countersign grants
    countersign grants --all --json
    """
    found = terminal.run(_grants(Settings.read(environ), everything))
    if as_json:
        terminal.print_json(found)
    elif not found:
        click.echo("No grant was ever given." if everything else "No grant holds. Give one: countersign approve ASK --for 1h --uses 10")
    else:
        terminal.table(("GRANT", "AGENT", "TOOL", "LEFT", "UNTIL", "BY", "STATE", "CALLS WITH"), [_row(grant) for grant in found])


@click.command()
@click.argument("grant", metavar="GRANT")
@click.pass_context
def revoke(ctx: click.Context, grant: str) -> None:
    """Take a grant back. From this moment calls like it ask again.

    GRANT is a grant's id from `countersign grants`; its run may be shortened, and `.g1` left out where the run gave one.

    \b
    countersign revoke run-k3xq4mwz7dhn2f5a.g1
    countersign revoke k3xq
    """
    ctx.exit(terminal.run(_revoke(Settings.read(ctx.obj), ctx.obj, grant)))


async def _grants(settings: Settings, everything: bool) -> tuple[Grant, ...]:
    async with open_reader(settings) as reader:
        if everything:
            return await reader.ledger.grants()
        return tuple(grant for grant in await reader.ledger.live_grants(clock()) if grant.left)


async def _revoke(settings: Settings, environ: Mapping[str, str], text: str) -> int:
    async with open_reader(settings) as reader:
        grant_id = await _find(reader.ledger, text)
    return await switch(settings, environ, lambda door: door.revoke(grant_id))


async def _find(ledger: Ledger, text: str) -> GrantId:
    """The one grant that is meant. Raises NotFound, which names what it could be."""
    run, _, number = text.partition(".")
    begin = run if run.startswith("run-") else f"run-{run}"
    known = dict.fromkeys(grant.grant_id for grant in (*await ledger.live_grants(clock()), *await ledger.grants()))
    found = [name for name in known if name.startswith(begin) and (not number or name.endswith(f".{number}"))]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"{text} could be {', '.join(found[:10])}. Write some more of it.")
    raise NotFound(f"There is no grant {text}. `countersign grants --all` lists them.")


def _row(grant: Grant) -> tuple[str, ...]:
    return (
        grant.grant_id, grant.agent, grant.tool, f"{grant.left} of {grant.uses}", terminal.clock_time(grant.until),
        terminal.one_line(grant.name, 24), _state(grant), terminal.plain(granted(grant.arguments, grant.free)),
    )


def _state(grant: Grant) -> str:
    if grant.revoked_at is not None:
        return f"taken back by {terminal.one_line(grant.revoked_by, 24)}"
    if clock() >= grant.until:
        return "over"
    return "holds" if grant.left else "used up"
