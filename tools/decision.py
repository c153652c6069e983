"""A bounded decision: the model picks from what the operator declared, with its reason and how sure it is; unsure, it asks the operators.

Nothing runs. What was decided is the call itself, in the journal with its arguments.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from agents.core.ids import canonical
from agents.ports import Done
from tools.argument import Argument, Part
from tools.operation import Arguments, Operation, Setting, Use, tools_of
from tools.source import Entry, SourceContext
from tools.tool import Outline, Tool

OURS = ("reason", "confidence")
"""Arguments that every decision has."""

FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class DecisionConfig(Part):
    """What is decided."""

    description: str = Field(min_length=3)
    """For the model: what it decides here, and by what."""
    choices: dict[FieldName, list[str]] = Field(min_length=1)
    """By name: what can be picked, and nothing else."""
    texts: dict[FieldName, str] = Field(default_factory=dict)
    """By name: what is written in words, and what it says."""
    unsure_below: float = Field(default=0.7, gt=0, le=1)
    """The confidence, from 0 to 1, below which the operators are asked with all that the run has gathered."""

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for name in (*self.choices, *self.texts):
            if name in OURS:
                raise ValueError(f"{name} is an argument of every decision; call it something else")
        for name, options in self.choices.items():
            if len(set(options)) < 2:
                raise ValueError(f"{name} has to offer at least two choices")
        return self


class DecisionEntry(Entry):
    """`{name: NAME, decision: {…}}`."""

    decision: DecisionConfig


class _DecisionKind:
    """Implements `tools.source.Kind`."""

    key = "decision"
    entry = DecisionEntry

    def operations(self) -> dict[str, str]:
        """It can do one thing."""
        return {"": "decides"}

    def outlines(self, entry: DecisionEntry, folder: Path) -> tuple[Outline, ...]:
        """Its tool."""
        return (_operation(entry.decision).outline(entry.name, entry.settings.get("", Setting())),)

    def open(self, entry: DecisionEntry, context: SourceContext) -> AbstractAsyncContextManager[Sequence[Tool]]:
        """Its tool."""
        return _open(entry)


DECISION = _DecisionKind()


@asynccontextmanager
async def _open(entry: DecisionEntry) -> AsyncIterator[Sequence[Tool]]:
    definition = canonical({"kind": "decision", **entry.decision.model_dump(mode="json")})
    yield tools_of((_operation(entry.decision),), None, entry.name, entry.settings, definition)


def _operation(config: DecisionConfig) -> Operation[None]:
    arguments = {name: Argument(type="string", enum=list(options)) for name, options in config.choices.items()}
    arguments |= {name: Argument(type="string", description=says, minLength=1, maxLength=1000) for name, says in config.texts.items()}
    arguments["reason"] = Argument(type="string", minLength=3, maxLength=1000, description="why, with the evidence that decided it")
    arguments["confidence"] = Argument(type="number", minimum=0, maximum=1, description="how sure you are, from 0 to 1; be honest")
    told = f"{config.description} If you are not sure, say so: the operators are asked then."
    return Operation("", told, _record, arguments, unsure_below=config.unsure_below)


async def _record(source: None, arguments: Arguments, use: Use) -> Done:
    return Done("It is recorded.")
