"""`countersign memory`."""

from collections.abc import Callable, Mapping, Sequence

import click

from agents.core.errors import NotFound
from agents.core.memory import Memory, Scope
from bot import terminal
from bot.build import clock, open_reader
from bot.commands.reaching import switch
from bot.settings import Settings

_SCOPE = (
    click.option("--agent", help="Only of this agent."),
    click.option("--channel", help="Only from the channel with this id."),
    click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many."),
    click.option("--json", "as_json", is_flag=True, help="One JSON list."),
)


@click.group()
def memory() -> None:
    """Read, search and erase what agents remember across runs. Works beside a running bot.

    \b
    countersign memory list --agent triage
    countersign memory search checkout deploys
    countersign memory forget m12
    """


def _scoped(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_SCOPE):
        command = option(command)
    return command


@memory.command("list")
@click.option("--topic", default="", help="Only with exactly this topic.")
@click.option("--before", type=int, metavar="NUMBER", help="Only with a lower number: the page behind the one that ended with it.")
@_scoped
@click.pass_obj
def list_(
    environ: Mapping[str, str], topic: str, before: int | None, agent: str | None, channel: str | None, limit: int, as_json: bool
) -> None:
    """List what agents remember, the newest first."""
    found = terminal.run(_newest(Settings.read(environ), Scope(None, agent, channel), topic, before, limit))
    _print(found, as_json, "No agent remembers anything of this kind.")


@memory.command()
@click.argument("words", nargs=-1, required=True)
@_scoped
@click.pass_obj
def search(
    environ: Mapping[str, str], words: Sequence[str], agent: str | None, channel: str | None, limit: int, as_json: bool
) -> None:
    """Search what agents remember by words of any form, the most relevant and freshest first."""
    found = terminal.run(_search(Settings.read(environ), Scope(None, agent, channel), " ".join(words), limit))
    _print(found, as_json, "Nothing that agents remember fits these words.")


@memory.command()
@click.argument("name", metavar="MEMORY")
@click.pass_context
def forget(ctx: click.Context, name: str) -> None:
    """Erase a memory for good, such as m12. The audit shows that it was erased, by whom and when, and not what it said.

    What runs wrote into the journal when they stored or read it stays there.
    """
    ctx.exit(terminal.run(_forget(Settings.read(ctx.obj), ctx.obj, name)))


async def _newest(settings: Settings, scope: Scope, topic: str, before: int | None, limit: int) -> tuple[Memory, ...]:
    async with open_reader(settings) as reader:
        return await reader.memories.newest(scope, clock(), limit, topic=topic, before=before)


async def _search(settings: Settings, scope: Scope, words: str, limit: int) -> tuple[Memory, ...]:
    async with open_reader(settings) as reader:
        return await reader.memories.search(words, scope, clock(), limit)


async def _forget(settings: Settings, environ: Mapping[str, str], name: str) -> int:
    digits = name.lower().removeprefix("m")
    async with open_reader(settings) as reader:
        number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else 0
        found = await reader.memories.find(number, Scope(), clock())
    if found is None:
        raise NotFound(f"There is no memory {name}. `countersign memory list` lists them.")
    return await switch(settings, environ, lambda door: door.forget(found.number, found.note.agent))


def _print(found: Sequence[Memory], as_json: bool, nothing: str) -> None:
    if as_json:
        terminal.print_json(found)
    elif not found:
        click.echo(nothing)
    else:
        terminal.table(("MEMORY", "STORED", "AGENT", "CHANNEL", "FOR", "ABOUT", "TEXT"), [_row(one) for one in found])


def _row(one: Memory) -> tuple[str, ...]:
    note = one.note
    about = "; ".join((note.topic, *note.tags)).strip("; ")
    return (
        one.name, terminal.clock_time(note.at), note.agent, note.channel, terminal.one_line(note.actor, 24), terminal.one_line(about, 30),
        terminal.one_line(f"{'(tainted) ' if note.tainted else ''}{note.text}", 80),
    )
