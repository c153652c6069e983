"""`countersign monitor backtest` and `countersign monitor test`: what would have fired, told and drawn."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agents.core.errors import ConfigError
from agents.core.finding import number
from agents.monitors import Monitor, Sample, Watch
from bot import duration, terminal
from bot.alone import NoWork
from bot.backtest import read
from bot.build import clock, open_reader
from bot.checking import open_monitored
from bot.config import Config, load
from bot.config_mistakes import nearest
from bot.settings import Settings

if TYPE_CHECKING:
    from agents.detection.backtest import Tested


def backtest(path: Path, time: str | None, value: str | None, sensitivity: float, picture: Path | None) -> None:
    """Judge a file, print what would have fired, and draw it. Raises ConfigError."""
    from agents.detection.backtest import Past, backtested

    found = backtested(Past(*read(path, time, value)), sensitivity)
    _tell(found)
    _draw(found, picture)


async def test(environ: Mapping[str, str], name: str, since: timedelta, picture: Path | None) -> None:
    """Read a monitor's own past and tell what would have fired. Nothing is stored and nobody is told. Raises ConfigError, SourceDown."""
    settings = Settings.read(environ)
    config = load(settings.config, environ)
    if name not in config.monitors:
        raise ConfigError(f"There is no monitor {name}{nearest(name, config.monitors)}.")
    monitor = config.monitors[name]
    samples, notes = await _past(settings, config, monitor, since)
    by_series: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_series[sample.series].append(sample)
    results = []
    for key, line in sorted(by_series.items()):
        watch = next((one for one in monitor.watches if key.split(" ")[0] == one.name), None)
        if watch is not None and any(sample.value is not None for sample in line):
            results.append((key, _series(key, line, watch), watch))
    _table(name, results, since)
    for note in notes:
        click.echo(terminal.plain(note), err=True)
    if results:
        _draw(max((found for _, found, _ in results), key=lambda found: len(found.fired)), picture)


async def _past(settings: Settings, config: Config, monitor: Monitor, since: timedelta) -> tuple[Sequence[Sample], Sequence[str]]:
    now = clock()
    bucket = int(monitor.bucket.total_seconds())
    until = datetime.fromtimestamp(int((now - monitor.delay).timestamp()) // bucket * bucket, UTC)
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(open_reader(settings)) if settings.database_file.exists() else None
        work = reader.work if reader else NoWork()
        sources = await stack.enter_async_context(open_monitored(settings, config, work, clock, {monitor.name: monitor}))
        source = sources[monitor.name]
        if source.has_past:
            reading = await source.read(monitor, until - timedelta(seconds=int(since.total_seconds()) // bucket * bucket), until)
            return reading.samples, reading.notes
        kept = await reader.samples.samples(monitor.name, now - since) if reader else ()
        return kept, ("Its source has no past: this is what the bot has kept.",)


def _series(key: str, line: Sequence[Sample], watch: Watch) -> "Tested":
    from agents.detection.backtest import Past, backtested

    past = Past(key, tuple(int(one.at.timestamp()) for one in line), tuple(math.nan if one.value is None else one.value for one in line))
    return backtested(past, watch.sensitivity)


def _table(name: str, results: "Sequence[tuple[str, Tested, Watch]]", since: timedelta) -> None:
    if not results:
        click.echo(f"{name} gave no numbers for the last {duration.show(since)}.")
        return
    rows = []
    for key, found, watch in results:
        beyond = sum(_outside(value, watch) for value in found.past.values)
        newest = next((value for value in reversed(found.past.values) if math.isfinite(value)), math.nan)
        shown = number(newest, watch.unit) if math.isfinite(newest) else ""
        rows.append((key, f"{len(found.past.times):,}", shown, f"{len(found.fired):,}", f"{beyond:,}" if beyond or _bounded(watch) else ""))
    terminal.table(("SERIES", "BUCKETS", "NEWEST", "WOULD HAVE FIRED", "BEYOND ITS LIMITS"), rows)
    for key, found, _ in results:
        for alarm in found.alarms[:5]:
            click.echo(f"{_at(alarm.at)}  {terminal.one_line(key, 60)}  {number(alarm.value)}  {alarm.why}")


def _bounded(watch: Watch) -> bool:
    return watch.least is not None or watch.most is not None


def _outside(value: float, watch: Watch) -> bool:
    return (watch.least is not None and value < watch.least) or (watch.most is not None and value > watch.most)


def _tell(found: "Tested") -> None:
    past = found.past
    if not past.times:
        click.echo("There is nothing in it.")
        return
    rate = f", {len(found.fired) / found.weeks:.2g} a week" if found.weeks >= 1 else ""
    many = f"{len(past.times):,} values from {_at(past.times[0])} to {_at(past.times[-1])}"
    click.echo(f"{terminal.one_line(past.name, 60)}: {many}. It would have fired {_times(len(found.fired))}{rate}.")
    for alarm in found.alarms:
        range_ = f", expected {number(alarm.low)} to {number(alarm.high)}" if math.isfinite(alarm.high - alarm.low) else ""
        click.echo(f"{_at(alarm.at)}  {number(alarm.value)}{range_}. {alarm.why}")
    if left := len(found.fired) - len(found.alarms):
        click.echo(f"… and {_times(left)} more.")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _draw(found: "Tested", picture: Path | None) -> None:
    if picture is None or not found.past.times:
        return
    from bot.chart import chart

    try:
        picture.write_bytes(chart(found.series))
    except OSError as error:
        raise ConfigError(f"{picture} cannot be written: {error.strerror}.") from error
    click.echo(f"The picture is in {picture}.")


def _at(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}"
