"""What a source can do, declared once and wired to a live source: every built-in tool is made of this."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic import Field

from agents.core.ids import canonical, fingerprint
from agents.core.tool import Effect, Repeat, Risk, RiskRule, ToolSpec
from agents.ports import TERMINAL, Caller, Done, Failed, Preview, Unknown
from tools.argument import Argument, Part, RiskWhen, defaults_of, schema_of
from tools.tool import Bounds, Outline
from tools.toolbox import unread

Arguments = Mapping[str, Any]

Source = TypeVar("Source")
"""What an operation works on: a live connection, an index, a client."""


class Setting(Part):
    """What the operator says of one operation, in place of what it says of itself."""

    risk: Risk | None = None
    risk_when: tuple[RiskWhen, ...] = ()
    effect: Effect | None = None
    taints: bool | None = None
    """Whether outsiders could have written what it returns."""
    grantable: bool = True
    """Whether people may let its calls run ahead of time."""
    personal: bool = False
    """Whether it may be sent the personal data that is kept from the model."""
    labels: dict[str, str] = Field(default_factory=dict)
    """What the policy's rules may look at, such as `environment: production`."""
    per_minute: int = Field(default=0, ge=0)
    """How often a minute it may be called before people are asked; 0 for any number."""
    at_once: int = Field(default=0, ge=0)
    """How many of its calls may be under way at one moment; 0 for any number."""
    timeout: float | None = Field(default=None, gt=0, le=600)
    """Seconds for one call."""
    max_result: int | None = Field(default=None, ge=200, le=200_000)
    """Characters of a result that the model is shown."""


@dataclass(frozen=True, slots=True)
class Use:
    """One call, beside its arguments."""

    key: str
    """Idempotency key: the same for each attempt at the call."""
    caller: Caller = TERMINAL


@dataclass(frozen=True, slots=True)
class Operation(Generic[Source]):
    """One thing that a source can do. What is expected to go wrong is a result, never an exception."""

    name: str
    """Its tool is called `SOURCE_NAME`; empty where the source can do one thing only, and the tool has the source's name."""
    description: str
    """For the model: what it does, in which units, within which limits."""
    run: Callable[[Source, Arguments, Use], Awaitable[Done | Failed | Unknown]]
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    risk: Risk = Risk.LOW
    effect: Effect = Effect.NONE
    repeat: Repeat = Repeat.FREE
    taints: bool = False
    """Whether outsiders could have written what it returns."""
    invalid: Callable[[Source, Arguments], str | None] | None = None
    """What is wrong with arguments that fit the schema. Pure."""
    preview: Callable[[Source, Arguments], Awaitable[Preview]] | None = None
    probe: Callable[[Source, Arguments, str], Awaitable[bool | None]] | None = None
    timeout: float = 30.0
    max_result: int = 20_000
    risk_rules: tuple[RiskRule, ...] = ()
    """Raise the risk by arguments, where the operator does not say another."""
    unsure_below: float = 0.0
    """Where the call's `confidence` is less than this, the operators are asked, see `ToolSpec`."""
    asks: bool = False
    """Whether it is a question to people, which the run waits for; then `run` is never called by one."""

    def called(self, source: str) -> str:
        """The name of its tool."""
        return f"{source}_{self.name}" if self.name else source

    def outline(self, source: str, setting: Setting) -> Outline:
        """What is known of its tool before anything is connected."""
        risks = (setting.risk or self.risk, *(rule.risk for rule in self.raised_by(setting)))
        reads = (setting.effect or self.effect) is Effect.NONE
        return Outline(
            self.called(source), reads, max(risks, key=lambda risk: risk.rank), per_minute=setting.per_minute,
            arguments=frozenset(self.arguments), labels=setting.labels,
        )

    def raised_by(self, setting: Setting) -> tuple[RiskRule, ...]:
        """What raises its risk by arguments."""
        own = () if setting.risk else self.risk_rules
        return (*own, *(rule.rule for rule in setting.risk_when))


class SourceTool(Generic[Source]):
    """An operation on a live source. Implements `tools.tool.Tool`."""

    def __init__(self, operation: Operation[Source], source: Source, name: str, setting: Setting, definition: str) -> None:
        """`name` is the source's; `definition` is all that its configuration says, without secrets: approvals bind to it."""
        self._operation = operation
        self._source = source
        self.defaults = defaults_of(operation.arguments)
        self.bounds = Bounds(setting.timeout or operation.timeout, setting.max_result or operation.max_result, setting.at_once)
        self.spec = _spec(operation, name, setting, definition)

    def invalid(self, arguments: Arguments) -> str | None:
        """What is wrong with arguments that fit the schema."""
        return self._operation.invalid(self._source, {**self.defaults, **arguments}) if self._operation.invalid else None

    async def run(self, arguments: Arguments, *, key: str, caller: Caller = TERMINAL) -> Done | Failed | Unknown:
        """Have the effect; what outsiders could have written taints."""
        result = await self._operation.run(self._source, {**self.defaults, **arguments}, Use(key, caller))
        return replace(result, taints=result.taints or self.spec.taints)

    async def preview(self, arguments: Arguments) -> Preview:
        """What the call would change."""
        shown = self._operation.preview
        return await shown(self._source, {**self.defaults, **arguments}) if shown else unread("the tool has no preview")

    async def probe(self, arguments: Arguments, *, key: str) -> bool | None:
        """Whether the call with this key happened."""
        asked = self._operation.probe
        return await asked(self._source, {**self.defaults, **arguments}, key) if asked else None


def tools_of(
    operations: Sequence[Operation[Source]], source: Source, name: str, settings: Mapping[str, Setting], definition: str
) -> tuple[SourceTool[Source], ...]:
    """A tool for each operation on this source."""
    return tuple(SourceTool(one, source, name, settings.get(one.name, Setting()), definition) for one in operations)


def _spec(operation: Operation[Source], name: str, setting: Setting, definition: str) -> ToolSpec:
    schema = schema_of(operation.arguments)
    effect = setting.effect or operation.effect
    said = canonical(setting.model_dump(mode="json"))
    return ToolSpec(
        name=operation.called(name),
        description=operation.description,
        schema=schema,
        digest=fingerprint("source", definition, operation.name, operation.description, canonical(schema), said, effect, operation.repeat),
        risk=setting.risk or operation.risk,
        risk_rules=operation.raised_by(setting),
        effect=effect,
        repeat=operation.repeat,
        probe=operation.probe is not None,
        preview=operation.preview is not None,
        taints=operation.taints if setting.taints is None else setting.taints,
        grantable=setting.grantable,
        labels=setting.labels,
        asks=operation.asks,
        unsure_below=operation.unsure_below,
        personal=setting.personal,
        per_minute=setting.per_minute,
    )
