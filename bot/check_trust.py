"""Which tools of MCP servers wait for trust, and which servers cannot be asked."""

from collections.abc import Iterator, Sequence

from agents.core.errors import CountersignError
from bot.build import read_switches
from bot.config import Config
from bot.finding import Finding, State
from bot.settings import Settings
from bot.trusting import WAITING, Tool, TrustState, examine, servers
from tools.net import net_for


async def examine_trust(settings: Settings, config: Config) -> tuple[Finding, ...]:
    """A finding for each configured MCP server."""
    entries = servers(config)
    try:
        switches = await read_switches(settings, config)
    except CountersignError as error:
        return (Finding("MCP servers", State.WARNING, f"what is trusted cannot be read: {error}"),)
    async with net_for(url for entry in entries for url in entry.urls()) as net:
        tools = await examine(settings, config, entries, switches, net)
    return tuple(
        finding for entry in entries for finding in _of_server(entry.name, [tool for tool in tools if tool.server == entry.name])
    )


def _of_server(name: str, tools: Sequence[Tool]) -> Iterator[Finding]:
    label = f"MCP server {name}"
    if tools[0].standing is TrustState.UNREACHABLE:
        hint = "Its tools stay off, or fail, until it can be. Look at its command or address, and at its secrets."
        yield Finding(label, State.MISSING, f"cannot be used: {tools[0].why}", hint)
        return
    waiting = [tool for tool in tools if tool.standing in WAITING]
    if waiting:
        said = ", ".join(f"{tool.name} ({tool.standing})" for tool in waiting)
        yield Finding(label, State.WARNING, f"off until an admin accepts them: {said}", f"countersign tool trust {waiting[0].name}")
    for tool in tools:
        if tool.standing is TrustState.UNUSABLE:
            hint = "Take it out of `tools`, or put the server right."
            yield Finding(label, State.WARNING, f"{tool.name} cannot be used: {tool.why}", hint)
    trusted = sum(tool.standing is TrustState.TRUSTED for tool in tools)
    if trusted or not waiting:
        yield Finding(label, State.OK, f"reachable; {trusted} of {len(tools)} allowed tools are trusted")
