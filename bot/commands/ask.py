"""`countersign ask`."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import click

from agents.core.state import Run
from bot import terminal
from bot.build import open_reader
from bot.commands.printing import follow, print_end
from bot.commands.reaching import own_door
from bot.control import ControlClient, new_key
from bot.door import Door
from bot.settings import Settings


@click.command()
@click.argument("text")
@click.option("--agent", help="Which agent; without it, the one for direct messages, or the only one.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Follow the run, or print its id and leave it to the bot.")
@click.pass_context
def ask(ctx: click.Context, text: str, agent: str | None, wait: bool) -> None:
    """Give an agent a task, as the local user, and follow it until it is over or waits for people.

    A running bot does the work; where none runs, this process does. TEXT of `-` is read from the standard input.

    \b
    countersign ask "is checkout healthy?"
    countersign ask --agent triage "why is search slow?"
    tail -50 app.log | countersign ask -

    Exit codes: 0 answered, 1 stopped or failed, 3 waits for people (the commands that decide are printed).
    """
    said = (sys.stdin.read() if text == "-" else text).strip()
    if not said:
        raise click.UsageError("There is nothing to ask.")
    run = terminal.run(_ask(Settings.read(ctx.obj), ctx.obj, said, agent, wait))
    if run is not None:
        ctx.exit(print_end(run))


async def _ask(settings: Settings, environ: Mapping[str, str], text: str, agent: str | None, wait: bool) -> Run | None:
    bot = await ControlClient.reach(settings.control_socket)
    if bot is None and not wait:
        raise click.UsageError("No bot is running, so there is nobody to leave it to. Use --wait, or start one with countersign serve.")
    async with _door(settings, environ, bot) as door:
        run_id = await door.ask(text, agent, new_key())
        click.echo(terminal.heading(run_id) + terminal.dim("  in the running bot" if bot else "  in this process, no bot is running"))
        if not wait:
            return None
        async with open_reader(settings) as reader:
            return await follow(reader.journal, run_id)


@asynccontextmanager
async def _door(settings: Settings, environ: Mapping[str, str], bot: ControlClient | None) -> AsyncIterator[Door]:
    if bot:
        yield bot
    else:
        async with own_door(settings, environ) as (door, _):
            yield door
