"""Whether each monitor can read where it says, tried once, and what it found."""

import asyncio

from agents.core.duration import show
from agents.monitors import Monitor, MonitorSource, Reading, SourceDown
from bot.build import clock, redactor
from bot.config import Config
from bot.finding import Finding, State
from bot.monitors import open_monitors
from bot.settings import Settings
from tools.monitoring.buckets import begin_of

LOOKED = 3
"""Complete buckets that are read."""

NOTES = 2
"""Remarks of a source that are told."""


async def examine_monitors(settings: Settings, config: Config) -> tuple[Finding, ...]:
    """A finding for each monitor."""
    if not config.monitors:
        return ()
    redact = redactor(settings, config)
    async with open_monitors(settings, config) as sources:
        found = await asyncio.gather(*(_monitor(one, sources.get(one.name)) for one in config.monitors.values()))
    return tuple(Finding(one.name, one.state, redact(one.text), redact(one.hint)) for one in found)


async def _monitor(monitor: Monitor, source: MonitorSource | None) -> Finding:
    label = f"monitor {monitor.name}"
    if source is None:
        return Finding(label, State.OK, f"{_how(monitor)}; it reads our own journal")
    until = begin_of(clock() - monitor.delay, monitor.bucket)
    try:
        reading = await source.read(monitor, until - LOOKED * monitor.bucket, until)
    except SourceDown as error:
        return Finding(label, State.MISSING, str(error), "Look at its source, its table or query, and what the account may read.")
    if not reading.samples:
        hint = "If data were due, look at its time column, its zone and where."
        return Finding(label, State.WARNING, f"{_how(monitor)}; it found nothing to measure yet", hint)
    return _found(label, monitor, reading)


def _found(label: str, monitor: Monitor, reading: Reading) -> Finding:
    series = {sample.series for sample in reading.samples}
    silent = not any(sample.value is not None or sample.summary for sample in reading.samples)
    text = f"{_how(monitor)}; {len(series)} series" + (", all of them without a value" if silent else "")
    notes = " ".join(reading.notes[:NOTES])
    return Finding(label, State.WARNING if silent or notes else State.OK, text, notes)


def _how(monitor: Monitor) -> str:
    switched = "" if monitor.enabled else "switched off, "
    return f"{switched}{monitor.times.words}, {show(monitor.bucket)} of {monitor.subject} a sample"
