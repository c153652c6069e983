"""Tools that answer what was recorded and touch nothing: what an agent is tried out with."""

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agents.core.ids import fingerprint
from agents.core.tool import Effect, ToolSpec
from agents.ports import TERMINAL, Caller, Done, Failed, Preview, Toolbox, Unknown

NOTHING = "There is nothing there that fits this."
"""What a tool that reads says where nothing is recorded for a call."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a tool answers."""

    tool: str
    """A tool's name, or a pattern such as `metrics_*`."""
    text: str
    where: Mapping[str, str] = field(default_factory=dict)
    """Only to calls in whose arguments this is found, as regular expressions; `*` is all of them."""
    after: str = ""
    """Only once this tool has run."""
    outcome: Literal["done", "failed", "unknown"] = "done"


class Replay:
    """Implements the port `Toolbox`: of the real tools it has names, arguments and risks. Decisions alone are taken as ever."""

    def __init__(self, tools: Toolbox, recorded: tuple[Recorded, ...]) -> None:
        self._tools = tools
        self._recorded = recorded
        self._ran: set[str] = set()

    def specs(self) -> Mapping[str, ToolSpec]:
        """Every tool by its name."""
        return self._tools.specs()

    def invalid(self, tool: str, arguments: Mapping[str, Any]) -> str | None:
        """As the tool itself says."""
        return self._tools.invalid(tool, arguments)

    def complete(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """As the tool itself does it."""
        return self._tools.complete(tool, arguments)

    async def run(self, tool: str, arguments: Mapping[str, Any], *, key: str, caller: Caller = TERMINAL) -> Done | Failed | Unknown:
        """The first answer that is recorded for such a call."""
        spec = self.specs()[tool]
        if spec.unsure_below:
            return await self._tools.run(tool, arguments, key=key, caller=caller)
        found = next((one for one in self._recorded if self._fits(one, tool, arguments)), None)
        if found is not None and found.outcome == "failed":
            return Failed(found.text, taints=spec.taints)
        self._ran.add(tool)
        if found is None:
            return Done(NOTHING if spec.effect is Effect.NONE else "Done.", taints=spec.taints)
        return Unknown(found.text) if found.outcome == "unknown" else Done(found.text, taints=spec.taints)

    def _fits(self, one: Recorded, tool: str, arguments: Mapping[str, Any]) -> bool:
        given = {**{name: str(value) for name, value in arguments.items()}, "*": str(dict(arguments))}
        return (
            fnmatch.fnmatch(tool, one.tool)
            and (not one.after or one.after in self._ran)
            and all(re.search(pattern, given.get(name, ""), re.IGNORECASE) for name, pattern in one.where.items())
        )

    async def preview(self, tool: str, arguments: Mapping[str, Any]) -> Preview:
        """Always the same: nothing moves."""
        return Preview("", fingerprint("replay"))

    async def probe(self, tool: str, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        """Nobody can tell."""
        return None
