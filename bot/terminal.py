"""What commands share: text that is safe to print, tables, and names that can be shortened."""

import asyncio
import json
import unicodedata
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click
from pydantic_core import to_jsonable_python

from agents.core.calls import Call
from agents.core.errors import NotFound
from agents.core.ids import AskId, RunId
from agents.core.state import Run
from agents.ledger import Ledger
from agents.ports import Journal
from bot import duration

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end."""
    return asyncio.run(work)


def plain(text: str) -> str:
    """Text of others as it may stand on a terminal: no escape sequences, nothing that turns the direction of writing."""
    return "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " if c == "\t" else ascii(c)[1:-1] for c in text)


def one_line(text: str, width: int) -> str:
    """Text in one line of at most so many characters."""
    line = " ".join(plain(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def dim(text: str) -> str:
    """What is less important."""
    return click.style(text, dim=True)


def heading(text: str) -> str:
    """What begins a part."""
    return click.style(text, bold=True)


def clock_time(moment: datetime) -> str:
    """A moment in local time, with its date unless it was today."""
    local = moment.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == datetime.now(UTC).astimezone().date() else f"{local:%Y-%m-%d %H:%M:%S}"


def ago(length: str, option: str) -> datetime:
    """The moment that was so long ago. Raises BadParameter for this option."""
    try:
        return datetime.now(UTC) - duration.parse(length)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), param_hint=option) from error


def length(text: str, option: str) -> timedelta:
    """A length of time. Raises BadParameter for this option."""
    try:
        return duration.parse(text)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), param_hint=option) from error


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns; the last column may be as long as it likes."""
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings) - 1)]
    for number, row in enumerate((headings, *rows)):
        cells = [cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)]
        line = "  ".join(cells).rstrip()
        click.echo(line if number else dim(line))


def print_json(value: Any) -> None:
    """Print one JSON document. Domain types become objects, times ISO 8601 in UTC."""
    click.echo(json.dumps(to_jsonable_python(value), indent=2))


async def find_run(ledger: Ledger, prefix: str) -> RunId:
    """The one run whose id begins so, with or without `run-`. Raises NotFound, which names what it could be."""
    full = prefix if prefix.startswith("run-") else f"run-{prefix}"
    found = await ledger.find_runs(full)
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"{prefix} could be {', '.join(found)}. Write some more of it.")
    raise NotFound(f"There is no run {prefix}. `countersign runs` lists them.")


async def find_ask(ledger: Ledger, journal: Journal, text: str) -> AskId:
    """The question with this id; its run may be shortened, and `.a1` left out where one question is open. Raises NotFound."""
    from agents.core.fold import fold

    prefix, _, number = text.partition(".")
    asks = fold(await journal.read(await find_run(ledger, prefix))).asks
    chosen = [ask for ask in asks.values() if (ask.ask_id.endswith(f".{number}") if number else ask.open)]
    if len(chosen) == 1:
        return chosen[0].ask_id
    known = ", ".join(ask.ask_id for ask in asks.values()) or "none"
    raise NotFound(f"{text} names {'no question' if not chosen else 'several questions'}. Questions of this run: {known}.")


def call_of(run: Run, ask_id: AskId) -> Call:
    """The call that a question is about. Raises NotFound where it is about a limit."""
    call_id = run.asks[ask_id].call_id
    if call_id is None:
        raise NotFound(f"{ask_id} is about no call. Answer it with `countersign answer`.")
    return run.calls[call_id]
