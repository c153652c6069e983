"""All tools behind one door: arguments checked, time bounded, results cut and free of secrets, failures as results."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from agents.core.errors import ConfigError
from agents.core.ids import fingerprint
from agents.core.tool import Effect, ToolSpec
from agents.ports import TERMINAL, Caller, Done, Failed, Preview, Unknown
from tools.breakers import Breakers
from tools.guard import Guard
from tools.schema import Arguments
from tools.tool import Tool

log = logging.getLogger(__name__)

MAX_PREVIEW = 4_000
"""Characters of a preview."""

MAX_REASON = 2_000
"""Characters of a failure or of a doubt."""

NO_PREVIEW = fingerprint("no preview")
"""What every preview that could not be had is known by."""


class Toolbox:
    """Implements the port of the same name. It executes; it never decides.

    `redact` takes secrets out of text; `breakers` are those of this process. Raises ConfigError where two tools have one name.
    """

    def __init__(self, tools: Sequence[Tool], redact: Callable[[str], str], breakers: Breakers | None = None) -> None:
        self._redact = redact
        self.breakers = breakers or Breakers(lambda: datetime.now(UTC))
        """Which tools and hosts do not answer."""
        self._guard = Guard(self.breakers)
        self._sources: dict[str, Sequence[Tool]] = {}
        self._tools: dict[str, Tool] = {}
        self._arguments: dict[str, Arguments] = {}
        self._specs: Mapping[str, ToolSpec] = {}
        self.offer("", tools)

    def offer(self, source: str, tools: Sequence[Tool]) -> None:
        """From now on these are the tools of this source, in place of those it had. Raises ConfigError; then nothing has changed."""
        sources = {**self._sources, source: tools}
        every = [tool for offered in sources.values() for tool in offered]
        names = [tool.spec.name for tool in every]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigError(f"tools: each name may be used once; used again: {', '.join(twice)}")
        known = self._arguments, self._specs
        self._sources = sources
        self._tools = {tool.spec.name: tool for tool in every}
        self._specs = MappingProxyType({name: tool.spec for name, tool in self._tools.items()})
        self._arguments = {
            name: known[0][name] if known[1].get(name) is spec else Arguments(spec.schema) for name, spec in self._specs.items()
        }

    def specs(self) -> Mapping[str, ToolSpec]:
        """Every tool by its name."""
        return self._specs

    def invalid(self, tool: str, arguments: Mapping[str, Any]) -> str | None:
        """Why these arguments do not fit the tool, in words that the model can act on; None where they do."""
        if tool not in self._tools:
            return f"There is no tool {tool} here."
        wrong = self._arguments[tool].mistakes(arguments) or self._tools[tool].invalid(arguments)
        return wrong and self._clean(wrong, MAX_REASON)

    def complete(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as they will be sent: what is judged, shown and approved is what leaves."""
        known = self._tools.get(tool)
        given = {**known.defaults, **arguments} if known else arguments
        return {name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in given.items()}

    async def run(self, tool: str, arguments: Mapping[str, Any], *, key: str, caller: Caller = TERMINAL) -> Done | Failed | Unknown:
        """Have the effect. The same key and arguments always send the same bytes."""
        if wrong := self.invalid(tool, arguments):
            return Failed(wrong)
        known = self._tools[tool]
        result = await self._guard.run(known, lambda: self._sent(known, arguments, key, caller), caller)
        match result:
            case Done(text, taints):
                return Done(self._clean(text, known.bounds.max_result), taints)
            case Failed():
                return replace(result, text=self._clean(result.text, MAX_REASON))
            case Unknown():
                return replace(result, why=self._clean(result.why, MAX_REASON))

    async def _sent(self, tool: Tool, arguments: Mapping[str, Any], key: str, caller: Caller) -> Done | Failed | Unknown:
        seconds = tool.bounds.timeout
        try:
            async with asyncio.timeout(seconds):
                return await tool.run(arguments, key=key, caller=caller)
        except TimeoutError:
            return _broke_off(tool, f"There was no answer within {seconds:g} seconds.", outage=True)
        except Exception as error:
            log.exception("tool %s broke off", tool.spec.name)
            return replace(_broke_off(tool, f"The tool broke off: {type(error).__name__}: {error}"), taints=tool.spec.taints)

    async def preview(self, tool: str, arguments: Mapping[str, Any]) -> Preview:
        """What the call would change. A preview that cannot be had says so in its text and has a fingerprint of its own."""
        if wrong := self.invalid(tool, arguments):
            return unread(wrong)
        if not self._specs[tool].preview:
            return Preview("", NO_PREVIEW)
        bounds = self._tools[tool].bounds
        try:
            async with asyncio.timeout(bounds.timeout):
                shown = await self._tools[tool].preview(arguments)
        except TimeoutError:
            shown = unread(f"there was no answer within {bounds.timeout:g} seconds")
        except Exception as error:
            log.exception("the preview of tool %s broke off", tool)
            shown = unread(f"{type(error).__name__}: {error}")
        return Preview(self._clean(shown.text, MAX_PREVIEW), shown.fingerprint)

    async def probe(self, tool: str, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        """Whether the call with this key happened; None where it cannot be told."""
        if self.invalid(tool, arguments) or not self._specs[tool].probe:
            return None
        try:
            async with asyncio.timeout(self._tools[tool].bounds.timeout):
                return await self._tools[tool].probe(arguments, key=key)
        except TimeoutError:
            return None
        except Exception:
            log.exception("the probe of tool %s broke off", tool)
            return None

    def _clean(self, text: str, most: int) -> str:
        """Text that can be shown and stored: without secrets, without what is no character, and not too long."""
        whole = self._redact(text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}"))
        left_out = len(whole) - most
        return whole if left_out <= 0 else f"{whole[:most]}\n… {left_out:,} characters left out"


def _broke_off(tool: Tool, why: str, *, outage: bool = False) -> Failed | Unknown:
    """A call that came to no end: what reads had no effect, of what writes nobody knows."""
    return Failed(why, outage=outage) if tool.spec.effect is Effect.NONE else Unknown(why)


def unread(why: str) -> Preview:
    """The preview that could not be had, and why. People may approve without it; that it was missing is what they then approve."""
    return Preview(f"could not be read: {why}", NO_PREVIEW)
