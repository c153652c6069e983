"""How commands that change something reach runs and switches: through the running bot, or in this process where there is none."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import click

from agents.core.approval import Refusal
from agents.core.errors import JournalBusy
from agents.core.events import Outcome
from agents.core.state import Run
from agents.ports import Journal
from agents.runs import Answered
from bot import terminal
from bot.build import Engine, open_embedded, redactor
from bot.cli import FAILED
from bot.commands.printing import follow, print_end
from bot.config import load
from bot.control import ControlClient, local_user
from bot.door import Door, OwnDoor
from bot.logs import configure
from bot.settings import Settings

WANTED = (Outcome.STOPPED, Outcome.HANDED_OVER)
"""Ends that a run has because somebody wanted it: no failure for whoever has just acted."""


@asynccontextmanager
async def own_door(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[tuple[Door, Engine]]:
    """The door in this process, and what is behind it. Raises JournalBusy where a bot holds the database and does not answer."""
    config = load(settings.config, environ)
    configure(redactor(settings, config), logging.WARNING)
    try:
        async with open_embedded(settings, config) as engine:
            door = OwnDoor(
                engine.runs, engine.switchboard, config.agents, local_user(), config.usual_agent, mailroom=engine.mailroom
            )
            yield door, engine
    except JournalBusy as error:
        raise JournalBusy(f"{error} It holds the database and does not answer on {settings.control_socket}.") from error


async def do_to_run(
    settings: Settings, environ: Mapping[str, str], journal: Journal, run: Run, deed: Callable[[Door], Awaitable[Answered | Refusal]]
) -> int:
    """Do something to a run and say what came of it; the exit code. Where no bot runs, a run of the terminal is driven on and followed."""
    if bot := await ControlClient.reach(settings.control_socket):
        return said(await deed(bot))
    async with own_door(settings, environ) as (door, engine):
        if run.trigger.place is not None:
            await engine.dispatcher.drain(0)  # what it has to say belongs in Slack, where only the bot can speak
        answered = await deed(door)
        code = said(answered)
        if isinstance(answered, Refusal):
            return code
        if run.trigger.place is None:
            ended = await follow(journal, answered.run_id, after=run.seq if answered.run_id == run.run_id else 0)
            code = print_end(ended)
            return 0 if ended.outcome in WANTED else code
        click.echo("It is recorded, and the run goes on when the bot runs: countersign serve")
        return code


async def switch(settings: Settings, environ: Mapping[str, str], deed: Callable[[Door], Awaitable[str | Refusal]]) -> int:
    """Switch something and say what came of it; the exit code. Where no bot runs, it is recorded and nothing is driven."""
    if bot := await ControlClient.reach(settings.control_socket):
        return said(await deed(bot))
    async with own_door(settings, environ) as (door, engine):
        await engine.dispatcher.drain(0)
        code = said(await deed(door))
        if not code:
            click.echo("It is recorded; no bot is running.")
        return code


def said(done: Answered | str | Refusal) -> int:
    """Print what something came to; its exit code."""
    if isinstance(done, Refusal):
        click.echo(click.style("Refused: ", fg="red", bold=True) + terminal.plain(done.text), err=True)
        return FAILED
    click.echo(terminal.plain(done if isinstance(done, str) else done.text))
    return 0
