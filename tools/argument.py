"""Arguments of a tool as the configuration and our own tools declare them, and how they raise its risk."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agents.core.patterns import reach
from agents.core.tool import Condition, Risk, RiskRule

Scalar = str | bool | int | float


def _pattern(pattern: str) -> str:
    reach(pattern)
    return pattern


Pattern = Annotated[str, AfterValidator(_pattern)]


class Part(BaseModel):
    """A part of the configuration: frozen, and a name that does not exist in it is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Argument(Part):
    """One argument: JSON Schema, and whether it must be given."""

    type: Literal["string", "integer", "number", "boolean", "array", "object"]
    description: str = ""
    required: bool = True
    default: Any = None
    """Sent where the argument is not given; it need not be given then."""
    enum: list[Any] | None = Field(default=None, min_length=1)
    pattern: Pattern | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    minLength: int | None = Field(default=None, ge=0)
    maxLength: int | None = Field(default=None, ge=0)
    items: dict[str, Any] | None = None
    """JSON Schema of a list's items."""
    minItems: int | None = Field(default=None, ge=0)
    maxItems: int | None = Field(default=None, ge=0)
    properties: dict[str, Any] | None = None
    """JSON Schemas of an object's members."""

    @model_validator(mode="after")
    def _check_schema(self) -> Self:
        try:
            Draft202012Validator.check_schema(self.json_schema)
        except SchemaError as error:
            raise ValueError(f"is no JSON Schema: {error.message}") from error
        if "default" in self.model_fields_set and not Draft202012Validator(self.json_schema).is_valid(self.default):
            raise ValueError(f"default: {self.default!r} does not fit the argument's own schema")
        return self

    @property
    def optional(self) -> bool:
        """Whether the model may leave it out."""
        return not self.required or self.default is not None

    @property
    def json_schema(self) -> dict[str, Any]:
        """Its JSON Schema, as the model sees it."""
        return self.model_dump(exclude={"required"}, exclude_none=True, exclude_defaults=True) | {"type": self.type}


class RiskWhen(Part):
    """Raises the risk where an argument meets a test. Exactly one of the tests is set."""

    argument: str
    equals: Scalar | None = None
    one_of: tuple[Scalar, ...] | None = Field(default=None, min_length=1)
    matches: Pattern | None = None
    above: float | None = None
    risk: Risk

    @model_validator(mode="after")
    def _check_tests(self) -> Self:
        tests = self.model_fields_set & {"equals", "one_of", "matches", "above"}
        if len(tests) != 1:
            raise ValueError("write exactly one of equals, one_of, matches, above")
        return self

    @property
    def rule(self) -> RiskRule:
        """As the policy reads it."""
        return RiskRule(Condition(self.argument, self.equals, self.one_of or (), self.matches, self.above), self.risk)


def schema_of(arguments: Mapping[str, Argument]) -> dict[str, Any]:
    """JSON Schema of a tool's arguments."""
    return {
        "type": "object",
        "properties": {name: argument.json_schema for name, argument in arguments.items()},
        "required": [name for name, argument in arguments.items() if not argument.optional],
        "additionalProperties": False,
    }


def defaults_of(arguments: Mapping[str, Argument]) -> dict[str, Any]:
    """What is sent for arguments that are left out."""
    return {name: argument.default for name, argument in arguments.items() if argument.default is not None}
