"""Suggestions for monitors, written as a section of the configuration."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from agents.core.errors import ConfigError
from bot import terminal
from bot.config import Config, load
from bot.config_mistakes import nearest
from bot.monitors import open_source_context
from bot.settings import Settings
from tools.monitoring.suggested import Suggestion, Suggestions
from tools.prometheus import PrometheusEntry
from tools.source import Entry, SourceContext
from tools.sql_config import SqlEntry

WIDTH = 130
"""Characters of a line."""


async def suggested(environ: Mapping[str, str], source: str, table: str | None, path: Path | None) -> int:
    """Print what is suggested for a source, or write it to a new file; the exit code. Raises ConfigError, SourceDown."""
    settings = Settings.read(environ)
    config = load(settings.config, environ)
    entry = _entry(config, source)
    if table is not None and not isinstance(entry, SqlEntry):
        raise ConfigError(f"{source} has no tables; --table is for SQL sources.")
    async with open_source_context(settings, config) as context:
        found = await _suggestions(entry, context, table)
    text = section(found, config)
    if path is None:
        click.echo(terminal.plain(text), nl=False)
    elif found.monitors:
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError as error:
            raise ConfigError(f"{path} is there already. Name a new file; nothing was written.") from error
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
        click.echo(f"{len(found.monitors)} monitors are in {path}: look them over, and put them into {settings.config}.")
    for line in found.skipped:
        click.echo(terminal.plain(f"Skipped {line}"), err=True)
    if not found.monitors:
        click.echo("There is nothing to suggest.", err=True)
    return 0 if found.monitors else 1


def section(found: Suggestions, config: Config) -> str:
    """The section `monitors:`, with a line of comment before each."""
    return "".join(["monitors:\n", *_items(found.monitors, config)]) if found.monitors else ""


def _items(suggestions: tuple[Suggestion, ...], config: Config) -> Iterator[str]:
    taken = set(config.monitors)
    agent = next((name for name in ("pipeline", "triage") if name in config.agents), next(iter(config.agents)))
    for one in suggestions:
        name = _free(str(one.item["name"]), taken)
        taken.add(name)
        item = {**one.item, "name": name, **({"agent": agent} if len(config.agents) > 1 else {})}
        lines = yaml.safe_dump(_escaped(item), sort_keys=False, default_flow_style=None, allow_unicode=True, width=WIDTH).splitlines()
        yield f"  # {' '.join(one.why.split())}\n"
        yield "".join(f"  {'- ' if place == 0 else '  '}{line}\n" for place, line in enumerate(lines))


def _escaped(value: Any) -> Any:
    """The same where `${` means itself and no variable of the environment."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Mapping):
        return {key: _escaped(one) for key, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, list) else value


def _free(name: str, taken: set[str]) -> str:
    """The name, or one like it that no other monitor has."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name[:60]}_{number}", number + 1
    return free


def _entry(config: Config, source: str) -> Entry:
    known = {entry.name: entry for entry in config.sources if isinstance(entry, SqlEntry | PrometheusEntry)}
    if source not in known:
        advice = nearest(source, known) or "; there is none in the configuration"
        raise ConfigError(f"There is no SQL or Prometheus source {source} among the tools{advice}")
    return known[source]


async def _suggestions(entry: Entry, context: SourceContext, table: str | None) -> Suggestions:
    if isinstance(entry, SqlEntry):
        from tools.monitoring.suggest_sql import suggest_sql
        from tools.sql import opened

        async with opened(entry, context) as database:
            return await suggest_sql(database, entry.name, table)
    from tools.monitoring.suggest_prometheus import suggest_prometheus
    from tools.prometheus import connect

    assert isinstance(entry, PrometheusEntry)  # noqa: S101 - there is no third kind

    async with connect(entry, context) as prometheus:
        return await suggest_prometheus(prometheus, entry.name)
