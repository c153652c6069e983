"""MCP servers as sources of tools: what is allowed, trusted and described as it was trusted is offered, and nothing else."""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.core.ids import canonical
from agents.core.tool import Effect
from agents.ports import Done, Failed, Unknown
from tools.mcp_config import McpEntry
from tools.mcp_definition import LONGEST, Definition, accepted, definition
from tools.mcp_link import Answer, Broken, Link, Lost, Refused, Session
from tools.mcp_schema import Unfit
from tools.mcp_tool import McpTool
from tools.source import SourceContext
from tools.tool import Outline, Tool

log = logging.getLogger(__name__)

IDLE = 0.5
"""Seconds that a start is left to itself: the vendor's library takes a second to import, and short commands need no connection at all."""

LOOK = 15.0
"""Seconds to find the connection and look at the definitions again, before a call leaves."""


@dataclass(frozen=True, slots=True)
class Off:
    """Why a tool cannot be used now."""

    why: str


class McpSource:
    """One server, and the tools of it that are allowed."""

    def __init__(self, entry: McpEntry, context: SourceContext) -> None:
        self._entry = entry
        self._context = context
        self._said = context.redact(canonical(entry.said))
        self._listed: Mapping[str, tuple[Definition, ...]] | None = None
        """By the server's name of each allowed tool: how it lists it now; None until it was first reached."""
        self._latched: dict[str, datetime] = {}
        """By name: when the acceptance was made that the tool was seen to leave."""
        self._made: dict[str, McpTool] = {}
        self._offered: tuple[Tool, ...] | None = None
        self.link = Link(entry.name, self._dialled, self.look, idle=IDLE)

    def tools(self) -> tuple[Tool, ...]:
        """Those that can be used now."""
        return tuple(one for tool in self._entry.tools if isinstance(one := self._state(tool), McpTool))

    def reasons(self) -> dict[str, str]:
        """Why each of the others cannot be used."""
        return {tool: one.why for tool in self._entry.tools if isinstance(one := self._state(tool), Off)}

    def listed(self, tool: str) -> tuple[Definition, ...]:
        """How the server describes this tool now: once, if it is sound."""
        return (self._listed or {}).get(tool, ())

    async def read(self, session: Session) -> None:
        """Read the server's list. Raises Broken."""
        found: dict[str, list[Definition]] = {tool: [] for tool in self._entry.tools}
        for said in await session.tools():
            if (name := said.get("name")) in found:
                found[str(name)].append(definition(said))
        self._listed = {tool: tuple(each) for tool, each in found.items()}

    async def look(self, session: Session) -> None:
        """Read the server's list, and offer what holds. Raises Broken."""
        await self.read(session)
        await self._compare()
        self.offer()

    def offer(self) -> None:
        """Have the toolbox know what can be used, where that has changed."""
        now = self.tools()
        if now != self._offered:
            self._offered = now
            self._context.offer(self._entry.name, now)

    async def call(self, tool: str, known: Definition, arguments: Mapping[str, Any]) -> Done | Failed | Unknown:
        """Call a tool as it was accepted: it is looked at again right before, and where it is another by now nothing leaves."""
        name = self._entry.name
        try:
            async with asyncio.timeout(LOOK):
                session = await self._current()
        except (Broken, TimeoutError) as error:
            why = str(error) or f"it did not list its tools within {LOOK:g} seconds"
            return Failed(f"The MCP server {name} cannot be used: {why}. The call did not leave.")
        state = self._state(tool)
        if isinstance(state, Off):
            return Failed(f"The call did not leave: {state.why}")
        if state.definition.digest != known.digest:
            return Failed("The call did not leave: the tool has another definition by now.")
        bounds, reads = state.bounds, state.spec.effect is Effect.NONE
        try:
            async with asyncio.timeout(state.patience):
                answer = await session.call(tool, arguments, bounds.max_result + 2_000)
        except (Broken, TimeoutError) as error:
            answer = Lost(str(error) or f"There was no answer within {state.patience:g} seconds; the server was told to stop.")
        match answer:
            case Answer(text, is_error=False):
                return Done(text)
            case Answer(text):
                return Failed(f"The server says that it failed: {text}")
            case Refused(why):
                return Failed(why)
            case Lost(why):
                return Failed(why) if reads else Unknown(why)

    async def _current(self) -> Session:
        """The connection, with the list as it is at this moment. One that turns out to be over is made again, once."""
        session = await self.link.live()
        try:
            await self.look(session)
        except Broken:
            if not session.broken.is_set():
                raise
            session = await self.link.live()
            await self.look(session)
        return session

    async def _compare(self) -> None:
        """Turn off what is not described as it was accepted."""
        for tool in self._entry.tools:
            called = self._entry.called(tool)
            pin = self._context.pins.pin(called)
            other = next((one for one in self.listed(tool) if pin and one.digest != pin.digest), None)
            if pin is None or pin.changed or other is None or self._latched.get(tool) == pin.at:
                continue
            self._latched[tool] = pin.at
            self.offer()  # off first, then told
            log.warning("MCP server %s: the definition of %s changed, so it is off", self._entry.name, called)
            await self._context.pins.changed(called, other.text)

    def _state(self, tool: str) -> McpTool | Off:
        """The tool if it can be used, or why it cannot."""
        called = self._entry.called(tool)
        pin = self._context.pins.pin(called)
        how = f"`countersign tool trust {called}` shows how the server describes it, and an admin can accept that."
        if pin is None:
            return Off(f"nobody has accepted {called} yet. {how}")
        if pin.changed or self._latched.get(tool) == pin.at:
            return Off(f"the definition of {called} changed after it was accepted, so the tool is off. {how}")
        if self._listed is None:
            found = accepted(pin.definition, pin.digest)
            if found is None:
                return Off(f"the server of {called} has not answered yet.")
        elif len(self.listed(tool)) != 1:
            return Off(f"the server lists {tool} {'twice' if self.listed(tool) else 'no more'}, so {called} is off.")
        else:
            [found] = self.listed(tool)
        return self._tool(tool, found)

    def _tool(self, tool: str, found: Definition) -> McpTool | Off:
        made = self._made.get(tool)
        if made is None or made.definition.digest != found.digest:
            if wrong := unusable(found):
                return Off(f"{self._entry.called(tool)} cannot be used: {wrong}.")
            made = self._made[tool] = McpTool(self, self._entry, tool, found, self._said)
        return made

    @asynccontextmanager
    async def _dialled(self) -> AsyncIterator[Session]:
        """In a thread at first: the vendor's library takes a second to import."""
        vendor = await asyncio.to_thread(importlib.import_module, "tools.mcp")
        async with vendor.dialled(self._entry, self._context) as session:
            yield session


def unusable(found: Definition) -> str | None:
    """What is wrong with a definition, whoever would accept it; None where nothing is."""
    if len(found.text) > LONGEST:
        return f"its definition has {len(found.text):,} characters, and {LONGEST:,} are the most"
    try:
        McpTool.schema_of(found)
    except Unfit as wrong:
        return str(wrong)
    return None


class McpKind:
    """The kind of source. Implements `tools.source.Kind`."""

    key = "mcp"
    entry = McpEntry

    def operations(self) -> Mapping[str, str] | None:
        """The entry itself lists them."""
        return None

    def outlines(self, entry: McpEntry, folder: Path) -> tuple[Outline, ...]:
        """Its tools, as far as the configuration tells."""
        return entry.outlines()

    def open(self, entry: McpEntry, context: SourceContext) -> AbstractAsyncContextManager[Sequence[Tool]]:
        """Its tools, at once: those that were accepted. The server is connected to meanwhile; a call waits for that."""
        return _opened(entry, context)


@asynccontextmanager
async def _opened(entry: McpEntry, context: SourceContext) -> AsyncIterator[Sequence[Tool]]:
    source = McpSource(entry, context)
    context.pins.watch(source.offer)
    keeping = asyncio.create_task(source.link.keep())
    try:
        yield source.tools()
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


MCP = McpKind()
