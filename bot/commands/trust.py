"""`countersign tool trust`: what MCP servers say of their tools, and whether an admin accepts it."""

import sys
from collections.abc import Sequence

import click

from agents.core.errors import NotFound
from bot import terminal
from bot.build import open_switchboard, read_switches, redactor
from bot.cli import FAILED, WAITS
from bot.commands.reaching import said
from bot.config import Config
from bot.control import ControlClient, local_user
from bot.settings import Settings
from bot.trusting import WAITING, Tool, TrustState, examine, servers
from tools.mcp_config import McpEntry
from tools.net import net_for

COLOURS = {TrustState.TRUSTED: "green", TrustState.NEW: "yellow", TrustState.CHANGED: "red", TrustState.UNUSABLE: "red"}


async def trust(settings: Settings, config: Config, name: str | None, yes: bool) -> int:
    """List how the tools stand; with a name, show what that tool or that server says and ask."""
    entries = _chosen(config, name)
    switches = await read_switches(settings, config)
    async with net_for(url for entry in entries for url in entry.urls()) as net:
        tools = await examine(settings, config, entries, switches, net)
    if name is None:
        return _listed(tools)
    tools = tuple(tool for tool in tools if name in (tool.name, tool.server))
    codes = [await _one(settings, config, tool, yes) for tool in tools]
    return max(codes)


def _chosen(config: Config, name: str | None) -> tuple[McpEntry, ...]:
    """The servers that are meant. Raises NotFound."""
    known = servers(config)
    if name is None:
        return known
    chosen = tuple(entry for entry in known if name == entry.name or name in map(entry.called, entry.tools))
    if not chosen:
        names = ", ".join(entry.called(tool) for entry in known for tool in entry.tools) or "none"
        raise NotFound(f"There is no tool of an MCP server called {name}. There is: {names}.")
    return chosen


def _listed(tools: Sequence[Tool]) -> int:
    if not tools:
        click.echo("The configuration has no MCP servers.")
        return 0
    terminal.table(("TOOL", "STANDING", "WHY"), [(tool.name, tool.standing, terminal.one_line(tool.why, 160)) for tool in tools])
    waiting = [tool.name for tool in tools if tool.standing in WAITING]
    if waiting:
        click.echo(f"\nThese are off until an admin accepts them: countersign tool trust {waiting[0]} shows one and asks.")
    return WAITS if waiting else 0


async def _one(settings: Settings, config: Config, tool: Tool, yes: bool) -> int:
    click.echo(f"{terminal.heading(tool.name)} {click.style(tool.standing, fg=COLOURS.get(tool.standing))}")
    if tool.why or tool.definition is None:
        click.echo(f"  {terminal.plain(tool.why)}", err=True)
        return FAILED
    trusted = tool.standing is TrustState.TRUSTED
    click.echo("Accepted:" if trusted else "The server's own words; nothing in them is believed or followed:")
    click.echo("\n".join(f"  {line}" for line in terminal.plain(tool.shown).rstrip("\n").split("\n")))
    if tool.standing not in WAITING:
        return 0
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("There is no terminal to ask at. Add --yes to accept what is shown here.")
        click.confirm("Accept this definition?", abort=True)
    if bot := await ControlClient.reach(settings.control_socket):
        return said(await bot.trust(tool.name, tool.definition.text))
    async with open_switchboard(settings, config, redactor(settings, config)) as switchboard:
        return said(await switchboard.trust(tool.name, tool.definition.text, local_user()))
