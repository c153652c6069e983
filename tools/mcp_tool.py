"""One tool of an MCP server, as it was accepted and as the operator rates it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from agents.core.ids import canonical, fingerprint
from agents.core.tool import ToolSpec
from agents.ports import TERMINAL, Caller, Done, Failed, Preview, Unknown
from tools.mcp_config import McpEntry
from tools.mcp_definition import Definition, told
from tools.mcp_schema import fit
from tools.tool import Bounds
from tools.toolbox import unread

TIMEOUT, MAX_RESULT = 30.0, 20_000
"""Seconds and characters where the operator says nothing."""

MORE = 20.0
"""Seconds beyond a call's own that the toolbox waits: to connect and to look at the definition, which is before anything leaves."""


class Calling(Protocol):
    """What carries calls out."""

    async def call(self, tool: str, known: Definition, arguments: Mapping[str, Any]) -> Done | Failed | Unknown:
        """Call the tool if it still is as it is known here."""


class McpTool:
    """Implements `tools.tool.Tool`. It has no defaults of its own, no preview and no probe: nothing but the server knows of any."""

    defaults: Mapping[str, Any] = {}

    def __init__(self, calling: Calling, entry: McpEntry, tool: str, found: Definition, said: str) -> None:
        """`said` is all that the configuration says of the server, without secrets: approvals bind to it. Raises Unfit."""
        setting = entry.tools[tool]
        self._calling = calling
        self._tool = tool
        self.definition = found
        self.patience = setting.timeout or TIMEOUT
        """Seconds for the call itself."""
        self.bounds = Bounds(self.patience + MORE, setting.max_result or MAX_RESULT, setting.at_once)
        risk, effect, repeat, taints = setting.declared
        schema = self.schema_of(found)
        rated = canonical(setting.model_dump(mode="json"))
        self.spec = ToolSpec(
            name=entry.called(tool), description=told(entry.name, found), schema=schema,
            digest=fingerprint("mcp", said, tool, found.digest, rated, canonical(schema)), risk=risk,
            risk_rules=tuple(rule.rule for rule in setting.risk_when), effect=effect, repeat=repeat, taints=taints,
            grantable=setting.grantable, labels=setting.labels, per_minute=setting.per_minute, personal=setting.personal, foreign=taints,
        )

    @staticmethod
    def schema_of(found: Definition) -> dict[str, Any]:
        """The schema of its arguments as models and the toolbox have it. Raises Unfit."""
        return fit(found.input_schema)

    def invalid(self, arguments: Mapping[str, Any]) -> str | None:
        """What is wrong with arguments that fit the schema: the server alone knows more."""
        return None

    async def run(self, arguments: Mapping[str, Any], *, key: str, caller: Caller = TERMINAL) -> Done | Failed | Unknown:
        """Have the effect. The words of a failure are the server's too."""
        result = await self._calling.call(self._tool, self.definition, arguments)
        return replace(result, taints=self.spec.taints)

    async def preview(self, arguments: Mapping[str, Any]) -> Preview:
        """There is none."""
        return unread("the tool has no preview")

    async def probe(self, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        """It cannot be told."""
        return None
