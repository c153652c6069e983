"""`countersign inbox`."""

import click

from agents.ports import Undone
from bot import duration, terminal
from bot.build import clock, open_reader
from bot.commands.reaching import switch
from bot.settings import Settings


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def inbox(ctx: click.Context, as_json: bool) -> None:
    """List what arrived and was not dealt with: first what is parked because it failed again and again, with why.

    \b
    countersign inbox
    countersign inbox replay 17
    countersign inbox drop 17
    """
    if ctx.invoked_subcommand:
        return
    found = terminal.run(_undone(Settings.read(ctx.obj)))
    if as_json:
        terminal.print_json(found)
    elif not found:
        click.echo("Nothing waits: all that arrived was dealt with.")
    else:
        terminal.table(("NUMBER", "STATE", "KIND", "ARRIVED", "TRIED", "KEY", "WHY"), [_row(one) for one in found])


@inbox.command()
@click.argument("number", type=click.IntRange(min=1))
@click.pass_context
def replay(ctx: click.Context, number: int) -> None:
    """Have delivery NUMBER tried again at once, as if it were new; without a bot, at its next start."""
    ctx.exit(terminal.run(switch(Settings.read(ctx.obj), ctx.obj, lambda door: door.replay(number))))


@inbox.command()
@click.argument("number", type=click.IntRange(min=1))
@click.pass_context
def drop(ctx: click.Context, number: int) -> None:
    """Give delivery NUMBER up for good: nothing comes of it, and its body is gone."""
    ctx.exit(terminal.run(switch(Settings.read(ctx.obj), ctx.obj, lambda door: door.drop(number))))


async def _undone(settings: Settings) -> tuple[Undone, ...]:
    async with open_reader(settings) as reader:
        return await reader.inbox.undone()


def _row(one: Undone) -> tuple[str, ...]:
    state = "parked" if one.parked_at else "waits"
    age = f"{duration.show(clock() - one.received_at)} ago"
    return str(one.number), state, one.kind, age, str(one.attempts), terminal.one_line(one.key, 60), terminal.one_line(one.why, 160)
