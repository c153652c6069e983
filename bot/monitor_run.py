"""One look at one monitor from the terminal: what is read, and how it is judged. Nothing is written, and nobody is told."""

import math
from collections.abc import Mapping
from contextlib import AsyncExitStack

import click

from agents.core.errors import NotFound
from agents.core.finding import number
from bot import terminal
from bot.alone import NoWork
from bot.build import clock, open_reader
from bot.checking import open_monitored
from bot.config import load
from bot.settings import Settings
from scheduler.trial import Trial, tried

MOST = 40
"""So many series are printed."""


async def looked_at(environ: Mapping[str, str], name: str) -> int:
    """Look at it now, print what comes of it, and change nothing; the exit code: 1 where it could not be read. Raises NotFound."""
    settings = Settings.read(environ)
    config = load(settings.config, environ)
    monitor = config.monitors.get(name)
    if monitor is None:
        raise NotFound(f"There is no monitor {name}. `countersign monitor list` names them.")
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(open_reader(settings)) if settings.database_file.exists() else None
        known = await reader.findings.findings(monitor=name) if reader else ()
        work = reader.work if reader else NoWork()
        sources = await stack.enter_async_context(open_monitored(settings, config, work, clock, {name: monitor}))
        return _print(await tried(monitor, sources[name], reader.samples if reader else None, known, clock()))


def _print(trial: Trial) -> int:
    looked = trial.looked
    for note in trial.notes:
        click.echo(f"Note: {terminal.plain(note)}", err=True)
    if looked.error:
        click.echo(f"It could not be read: {terminal.plain(looked.error)}", err=True)
        return 1
    click.echo(f"Read {trial.read:,} samples; buckets before {terminal.clock_time(looked.read_through)} are complete.")
    rows = [
        (terminal.one_line(one.series, 60), terminal.clock_time(one.at), "–" if math.isnan(one.value) else number(one.value), one.words)
        for one in trial.verdicts[:MOST]
    ]
    if rows:
        terminal.table(("SERIES", "NEWEST", "VALUE", "JUDGED"), rows)
    if len(trial.verdicts) > MOST:
        click.echo(f"and {len(trial.verdicts) - MOST} more series")
    for news in trial.news:
        click.echo(f"{'Would tell' if news.signal.status == 'firing' else 'Would close'}: {terminal.plain(news.signal.title)}. "
                   f"{terminal.plain(news.finding.why)}")
    return 0
