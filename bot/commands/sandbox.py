"""`countersign demo` and `countersign sandbox`."""

import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import click

import bot.sandbox
from bot import terminal
from bot.cli import FAILED
from bot.sandbox.app import running
from bot.sandbox.bot_process import StoryFailed, bot_process
from bot.sandbox.story import Story

CONFIG = Path(bot.sandbox.__file__).parent / "countersign.yaml"

PACE = 3.5
"""Seconds between two steps where a person reads along."""

STOPS = (signal.SIGINT, signal.SIGTERM)

MARKS = {"step": "\n▸ ", "ok": "  ✓ ", "quote": "    │ ", "note": "    "}
COLOURS = {"step": "cyan", "ok": "green"}

port_option = click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Port of the workspace's page on 127.0.0.1. [default: a free one]"
)


@click.command()
@port_option
@click.option("--stay/--no-stay", default=None, help="Stay up afterwards to try it by hand. [default: on a terminal]")
@click.pass_context
def demo(ctx: click.Context, port: int, stay: bool | None) -> None:
    """Watch two incidents and a data drift, from report to answer, in about a minute; on a terminal it waits for you to read, and takes
    two. No account, no key, nothing leaves this machine.

    A person reports that checkout is slow; the agent investigates and proposes a rollback; an operator changes the call; the bot is killed
    while the approval waits, and started again; another operator approves; the rollback happens once. Then an alert comes over HTTP, and is
    resolved. Then a table is changed, monitors see it and name the cause, a patch is approved, and the report resolves by its numbers.
    Everything runs over the real Slack and model SDKs, against stand-ins on this machine.

    \b
    countersign demo
    countersign demo --no-stay      exits 0 if every step came out as told
    """
    terminal.run(_stoppable(_demo(port, sys.stdout.isatty() if stay is None else stay, ctx), ctx))


@click.command()
@port_option
@click.pass_context
def sandbox(ctx: click.Context, port: int) -> None:
    """Try it by hand: the same offline workspace as in the demo, without the story.

    Open the page that is printed, write in #incidents as Dana, and approve as Alice.

    \b
    countersign sandbox
    countersign sandbox --port 8765
    """
    terminal.run(_stoppable(_sandbox(port), ctx))


async def _demo(port: int, stay: bool, ctx: click.Context) -> None:
    async with _story(port) as (story, log):
        try:
            await story.play()
        except StoryFailed as error:
            click.echo(click.style(f"\n✗ {error}", fg="red", bold=True), err=True)
            click.echo("".join(log.read_text(errors="replace").splitlines(keepends=True)[-20:]), err=True)
            ctx.exit(FAILED)
        if stay:
            await _until_stopped(story.url)


async def _sandbox(port: int) -> None:
    async with _story(port) as (story, _):
        await story.bot.start()
        await story.connected()
        await _until_stopped(story.url)


async def _until_stopped(url: str) -> None:
    click.echo(f"\nOpen {terminal.heading(url)} to act as any of its people. Ctrl-C ends it.")
    with contextlib.suppress(asyncio.CancelledError):  # to be stopped is how this ends well
        await asyncio.Event().wait()


async def _stoppable(work: Coroutine[Any, Any, None], ctx: click.Context) -> None:
    """Do the work until it is done or stopped by Ctrl-C, which is answered at once. Stopped in the middle, it has failed."""
    task = asyncio.ensure_future(work)

    def stop() -> None:
        for number in STOPS:
            asyncio.get_running_loop().add_signal_handler(number, lambda: None)  # a second Ctrl-C does not disturb the tidying up
        task.cancel()
        click.echo("\nStopping…", err=True)

    for number in STOPS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await asyncio.wait((task,))
    if task.cancelled():
        ctx.exit(FAILED)
    await task


@asynccontextmanager
async def _story(port: int) -> AsyncIterator[tuple[Story, Path]]:
    """A workspace, a bot that is not started yet, and where it logs. All of it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-"))
    log = folder / "bot.log"
    try:
        async with contextlib.AsyncExitStack() as stack:
            (pipeline := folder / "pipeline").mkdir()
            world = await stack.enter_async_context(running(port, folder=pipeline))
            environment = {
                **world.environment(), "COUNTERSIGN_CONFIG": str(CONFIG), "DATABASE_URL": f"sqlite:///{folder / 'sandbox.db'}",
            }
            process = await stack.enter_async_context(bot_process(environment, log))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            stack.push_async_callback(process.kill)  # nothing that it could save outlives the folder
            yield Story(world.url, session, process, _say, PACE if sys.stdout.isatty() else 0), log
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _say(mark: str, words: str) -> None:
    click.echo(click.style(MARKS.get(mark, "  ") + terminal.plain(words), fg=COLOURS.get(mark), bold=mark == "step"))
