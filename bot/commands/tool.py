"""`countersign tool`."""

import json
import logging
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import click

from agents.core.tool import Effect, ToolSpec
from agents.ports import Done, Failed
from bot import terminal
from bot.build import open_memories, open_reader, open_toolbox, read_switches, redactor
from bot.cli import FAILED
from bot.config import Config, load
from bot.config_mistakes import nearest
from bot.logs import configure
from bot.pins import ReadPins
from bot.settings import Settings
from tools.capacity import CapacityEntry
from tools.memory import MemoryEntry
from tools.slack import SlackEntry
from tools.toolbox import Toolbox


@click.command()
@click.argument("name", required=False)
@click.argument("which", required=False, metavar="")
@click.option("--arg", "given", multiple=True, metavar="NAME=VALUE", help="An argument; numbers, lists and objects are written as JSON.")
@click.option("--yes", is_flag=True, help="Carry out a write, or trust, without asking; needed where there is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="The list of tools as JSON, with their schemas.")
@click.pass_context
def tool(ctx: click.Context, name: str | None, which: str | None, given: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Call one configured tool by itself, to try it out. Without NAME, list the tools.

    No agent, policy or approval has a part in it, and it is written to no journal: it is you who acts. A read runs at once. A write shows
    what it would change and asks first.

    \b
    countersign tool
    countersign tool query_metrics --arg service=checkout --arg minutes=15
    countersign tool restart_service --arg service=search --arg reason="stuck since 10:04"

    `countersign tool trust [NAME]` is about tools of MCP servers: it lists which are trusted, or shows how the server describes NAME (one
    tool, or all of a server), or what has changed in that, and asks whether to accept it. A tool that nobody has accepted is off.

    \b
    countersign tool trust
    countersign tool trust files_read
    """
    settings = Settings.read(ctx.obj)
    config = load(settings.config, ctx.obj)
    configure(redactor(settings, config), logging.WARNING)
    if name == "trust":
        from bot.commands.trust import trust

        ctx.exit(terminal.run(trust(settings, config, which, yes)))
    if which is not None:
        raise click.UsageError(f"{which} is one name too many; arguments are written as --arg NAME=VALUE.")
    ctx.exit(terminal.run(_tool(settings, config, name, given, yes, as_json)))


async def _tool(settings: Settings, config: Config, name: str | None, given: Sequence[str], yes: bool, as_json: bool) -> int:
    async with AsyncExitStack() as stack:
        used = [source for source in config.sources if name and name.startswith(source.name)]
        memories, workspace = None, None
        if any(isinstance(source, MemoryEntry) for source in used):  # only then: it takes the database, if no bot holds it
            memories = await stack.enter_async_context(open_memories(settings, config))
        if any(isinstance(source, SlackEntry) for source in used):
            from bot.workspace import open_workspace  # Slack's libraries take long to import, and few tools need them

            workspace = await stack.enter_async_context(open_workspace(settings, config))
        samples = None
        if any(isinstance(source, CapacityEntry) for source in used) and settings.database_file.exists():
            samples = (await stack.enter_async_context(open_reader(settings))).samples
        pins = ReadPins(await read_switches(settings, config))
        toolbox = await stack.enter_async_context(open_toolbox(settings, config, pins, memories, workspace, samples))
        specs = toolbox.specs()
        if name is None:
            _print_list(specs, as_json)
            return 0
        if name not in specs:
            raise click.UsageError(f"There is no tool {name}{nearest(name, specs)}.")
        arguments = _arguments(specs[name], given)
        if wrong := toolbox.invalid(name, arguments):
            raise click.UsageError(terminal.plain(wrong))
        if specs[name].effect is not Effect.NONE and not yes:
            await _confirm(toolbox, specs[name], arguments)
        return await _call(toolbox, name, arguments)


async def _call(toolbox: Toolbox, name: str, arguments: Mapping[str, Any]) -> int:
    match await toolbox.run(name, arguments, key=f"terminal.{uuid.uuid4().hex}"):
        case Done(text):
            click.echo(terminal.plain(text))
            return 0
        case Failed(text):
            click.echo(click.style("Failed: ", fg="red", bold=True) + terminal.plain(text), err=True)
        case unknown:
            why = f"{terminal.plain(unknown.why)} Look at the other side before you repeat it."
            click.echo(click.style("Outcome unknown: ", fg="red", bold=True) + why, err=True)
    return FAILED


async def _confirm(toolbox: Toolbox, spec: ToolSpec, arguments: Mapping[str, Any]) -> None:
    """Show what would change and ask. Raises Abort where the person says no, UsageError where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{spec.name} changes something, and there is no terminal to ask at. Add --yes to carry it out.")
    click.echo(f"{terminal.heading(spec.name)} {terminal.one_line(json.dumps(arguments, ensure_ascii=False), 2000)}")
    click.echo(f"risk {spec.risk}, effect {spec.effect}")
    if spec.preview:
        click.echo(terminal.plain((await toolbox.preview(spec.name, arguments)).text))
    click.confirm("Carry it out?", abort=True)


def _print_list(specs: Mapping[str, ToolSpec], as_json: bool) -> None:
    if as_json:
        shown = ("name", "description", "risk", "effect", "schema")
        terminal.print_json([{field: getattr(spec, field) for field in shown} for spec in specs.values()])
        return
    rows = [(spec.name, spec.risk, spec.effect, _signature(spec), terminal.one_line(spec.description, 80)) for spec in specs.values()]
    if rows:
        terminal.table(("TOOL", "RISK", "EFFECT", "ARGUMENTS", "WHAT IT DOES"), rows)
    else:
        click.echo("The configuration has no tools.")


def _signature(spec: ToolSpec) -> str:
    required = spec.schema.get("required", ())
    return " ".join(name if name in required else f"[{name}]" for name in spec.schema.get("properties", ())) or "none"


def _arguments(spec: ToolSpec, given: Sequence[str]) -> dict[str, Any]:
    """The arguments by the types of their schema. Raises UsageError."""
    arguments: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        schema = spec.schema.get("properties", {}).get(name)
        if not equals or schema is None:
            known = _signature(spec)
            raise click.UsageError(f"--arg {text}: write NAME=VALUE, with one of the arguments of {spec.name}: {known}.")
        try:
            arguments[name] = value if schema.get("type") == "string" else json.loads(value)
        except ValueError as error:
            raise click.UsageError(f"--arg {name}: {value!r} is no {schema.get('type', 'JSON')}.") from error
    return arguments
