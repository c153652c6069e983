"""What the configuration says of the place where a monitor reads, one shape a kind. Frozen, so that two that say the same are equal."""

from typing import Annotated, Self

from pydantic import AfterValidator, AnyHttpUrl, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from tools.argument import Part
from tools.source import EnvironmentName

Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


def _path(text: str) -> str:
    if not all(text.split(".")) or any(character.isspace() for character in text):
        raise ValueError(f'"{text[:60]}" is no path; write names with dots between them, such as queue.depth')
    return text


Path = Annotated[str, StringConstraints(max_length=300), AfterValidator(_path)]
"""Names with dots between them, such as `queue.depth`; a number counts in a list."""
Column = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=200)]


def _address(text: str) -> str:
    try:
        url = TypeAdapter(AnyHttpUrl).validate_python(text)
    except ValidationError:
        raise ValueError(f'"{text[:60]}" is no http or https address') from None
    if url.username or url.password:
        raise ValueError("write it without user and password; token_env names the variable that holds a token")
    return text


class SqlPart(Part):
    """A table, or a view, of an SQL source among the tools."""

    source: Text
    """Name of an item of `tools:`."""
    table: Column
    """`table` or `schema.table`."""
    time: Column | None = None
    """The column that says when a row came to be; without it the whole table is counted each time, and there is no past."""
    zone: Text | None = None
    """The IANA time zone of a time column that has none; None for UTC."""
    where: Text | None = None
    """Rows that count; None for all."""


class PrometheusPart(Part):
    """A query, or several, to a Prometheus source among the tools."""

    source: Text
    """Name of an item of `tools:`."""
    query: Text | None = None
    """PromQL; None where each value that is watched is a query of its own."""


class HttpPart(Part):
    """Numbers in a JSON answer."""

    url: Annotated[str, AfterValidator(_address)]
    value: Path | None = None
    """Where the number is; None where each value that is watched is a path of its own."""
    items: Path | None = None
    """Where a list of items is, in each of which the value is looked for."""
    labels: dict[str, Path] = Field(default_factory=dict, max_length=3)
    """By dimension: where an item has its value."""
    token_env: EnvironmentName | None = None
    """The variable that holds a token, sent as `Authorization: Bearer`."""
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    """Sent with each request."""

    @model_validator(mode="after")
    def _check_items(self) -> Self:
        if bool(self.items) != bool(self.labels):
            raise ValueError("items and labels belong together: items says where the list is, labels how its items are told apart")
        return self


class DbtPart(Part):
    """The artifacts of a dbt project."""

    project: Text
    """The project's folder, or its `target` folder, seen from the configuration."""
    select: tuple[Text, ...] = Field(default=(), max_length=200)
    """Names of models and sources that count; empty for all."""


class JournalPart(Part):
    """Our own runs."""

    agent: Text | None = None
    """Runs of this agent; None for those of all."""


MonitorPart = SqlPart | PrometheusPart | HttpPart | DbtPart | JournalPart
