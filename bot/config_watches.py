"""What a monitor watches, as the configuration has it: a word, or a mapping with what is measured and how it is judged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from agents.monitors import Measure, Watch
from bot.config_mistakes import nearest
from bot.config_shape import Duration, Shape, Text
from tools.monitoring.parts import Column

BARE = (Measure.VOLUME, Measure.FRESHNESS, Measure.SCHEMA)
"""What needs no more than its name."""

_HOW = {measure: f"{{{measure}: a_column}}" for measure in Measure if measure not in BARE} | {
    Measure.VALUE: '{value: "sum(amount)", as: revenue}', Measure.FORECAST: "{forecast: revenue, limit: 100000}",
}  # fmt: skip
"""How it is written, where a word is not enough."""

As = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")]


def _mapping(item: Any) -> Any:
    """A word as the mapping that it stands for. Raises ValueError."""
    if not isinstance(item, str):
        return item
    if item in BARE:
        return {item: True}
    if item in list(Measure):
        raise ValueError(f"{item} needs more than its name: write {_HOW[Measure(item)]}")
    raise ValueError(f'there is nothing called "{item[:60]}" to watch{nearest(item, Measure)}')


class CapacityPart(Shape):
    """That capacity can be moved between the series of a forecast, and to and from others of the same pool."""

    pool: As | None = None
    """None for the series of this forecast alone."""
    step: float = Field(default=1.0, gt=0)
    headroom: float = Field(default=0.0, ge=0)


class WatchConfig(Shape):
    """An item of `watch:`. Exactly one of the measures is set."""

    value: Text | None = None
    volume: Literal[True] | None = None
    freshness: Literal[True] | None = None
    null_rate: Column | None = None
    zero_rate: Column | None = None
    distinct: Column | None = None
    distribution: Column | None = None
    schema_: Literal[True] | None = Field(default=None, alias="schema")
    forecast: Text | None = None
    """The name of what is watched."""
    as_: As | None = Field(default=None, alias="as")
    """What a value is called."""
    unit: str = Field(default="", max_length=20)
    sensitivity: float = Field(default=1.0, gt=0, le=10)
    direction: Literal["above", "below"] | None = None
    least: float | None = None
    most: float | None = None
    limit: float | Text | None = None
    """A number, or the name of the value that holds it."""
    limits: dict[str, float] = Field(default_factory=dict, max_length=200)
    """By what is in the dimensions: limits of single series."""
    within: Duration | None = None
    capacity: CapacityPart | None = None

    @model_validator(mode="after")
    def _check(self) -> "WatchConfig":
        chosen = [measure for measure in Measure if self._of(measure) is not None]
        if len(chosen) != 1:
            told = f"names {' and '.join(chosen)}; write each as an item" if chosen else f"has to name what to watch: {', '.join(Measure)}"
            raise ValueError(told)
        if self.as_ is not None and self.value is None:
            raise ValueError("as: gives a value its name, and nothing else takes one")
        self._check_forecast()
        if self.least is not None and self.most is not None and self.least >= self.most:
            raise ValueError("least has to be lower than most")
        return self

    def _check_forecast(self) -> None:
        if (self.forecast is None) != (self.limit is None and not self.limits):
            raise ValueError("limit: is what a forecast must not reach; write {forecast: NAME, limit: NUMBER}")
        if self.within is not None and self.forecast is None:
            raise ValueError("within: belongs to a forecast")
        if self.capacity is not None and self.forecast is None:
            raise ValueError("capacity: belongs to a forecast")
        if self.capacity is not None and self.direction == "below":
            raise ValueError("capacity: is what runs out from below; a forecast with direction: below has none")

    @property
    def measure(self) -> Measure:
        """What is measured."""
        return next(measure for measure in Measure if self._of(measure) is not None)

    def watch(self, *, expressed: bool) -> Watch:
        """As the domain has it. `expressed` says whether a value is an expression; otherwise it is a name alone."""
        given = self._of(self.measure)
        column = str(given) if isinstance(given, str) else ""
        expression = column if expressed and self.measure is Measure.VALUE else ""
        limit, named = (None, self.limit) if isinstance(self.limit, str) else (self.limit, "")
        made = Watch(
            self.measure, self.as_ or column, self.unit, self.sensitivity, self.direction, self.least, self.most, limit,
            self.within or timedelta(days=30), expression, tuple(self.limits.items()), named,
        )
        capacity = self.capacity
        return replace(made, pool=capacity.pool or "", step=capacity.step, headroom=capacity.headroom) if capacity else made

    def _of(self, measure: Measure) -> Any:
        return getattr(self, "schema_" if measure is Measure.SCHEMA else measure)


WatchItem = Annotated[WatchConfig, BeforeValidator(_mapping, json_schema_input_type=str | WatchConfig)]

DEFAULTS: Mapping[str, tuple[str, ...]] = {"sql": ("volume", "freshness", "schema"), "dbt": ("freshness", "schema")}
"""What is watched where nothing is said."""

OWN = (
    Watch(Measure.VALUE, "error_rate", direction="above", most=0.05), Watch(Measure.VALUE, "escalation_rate", direction="above", most=0.4),
    Watch(Measure.VALUE, "stuck", "runs", direction="above", most=0.0), Watch(Measure.VALUE, "latency", "s", direction="above", most=60.0),
    Watch(Measure.VALUE, "budget", direction="above", most=1.0),
)  # fmt: skip
"""The same for our own journal: see `agents/figures.py` for what the names mean."""

MEASURES: Mapping[str, frozenset[Measure]] = {
    "sql": frozenset(Measure),
    "prometheus": frozenset({Measure.VALUE, Measure.FORECAST}),
    "http": frozenset({Measure.VALUE, Measure.FORECAST}),
    "dbt": frozenset({Measure.VALUE, Measure.FRESHNESS, Measure.SCHEMA, Measure.FORECAST}),
    "journal": frozenset({Measure.VALUE, Measure.FORECAST}),
}
"""What can be measured, by kind."""


def usual(kind: str, *, timed: bool) -> tuple[Watch, ...]:
    """What is watched where nothing is said. Where rows have no time their freshness is unknown."""
    if kind in ("prometheus", "http"):
        return (Watch(Measure.VALUE),)
    if kind == "journal":
        return OWN
    watches = [Watch(Measure(name)) for name in DEFAULTS[kind] if timed or kind != "sql" or name != Measure.FRESHNESS]
    return (*watches, *(Watch(Measure.VALUE, name) for name in ("failures", "skipped") if kind == "dbt"))


def mistakes_in(kind: str, watches: Sequence[Watch], *, timed: bool, single: bool) -> Iterator[tuple[int, str, str]]:
    """What is wrong with what a kind is to watch: the place of the watch, its key, and a sentence.

    `single` says that the source gives one value by itself.
    """
    names = [watch.name for watch in watches if watch.measure is not Measure.FORECAST]
    for place, watch in enumerate(watches):
        key = str(watch.measure)
        if watch.measure not in MEASURES[kind]:
            yield place, key, f"a monitor of {kind} cannot measure it{nearest(key, MEASURES[kind])}"
        elif watch.measure is Measure.FRESHNESS and kind == "sql" and not timed:
            yield place, key, "needs a time column: write time: created_at, or what it is called, under sql"
        elif watch.measure is Measure.FORECAST and not _meant(watch.column, watches):
            known = [watch.column or watch.name for watch in watches if watch.measure is Measure.VALUE]
            yield place, key, f'"{watch.column[:60]}" is not watched{nearest(watch.column, [*known, *names])}'
        elif watch.limit_of and not _meant(watch.limit_of, watches):
            yield place, "limit", f'"{watch.limit_of[:60]}" is not watched: name a value of this monitor, or write a number'
        elif watch.name in [one.name for one in watches[:place]]:
            yield place, key, f"{watch.name} is watched twice; give each value a name of its own with as:"
        elif watch.expression and any(character.isspace() or character in ",=" for character in watch.column):
            yield place, key, "needs a name: write as: revenue, or what it is"
        elif watch.measure is Measure.VALUE and single and any(one.measure is Measure.VALUE for one in watches[:place]):
            yield place, key, "the source gives one value; leave it out there and say here of each value how it is got"


def measured_alike(watches: Sequence[Watch]) -> tuple[Watch, ...]:
    """The same, each forecast in the unit of what it is of, where it says none itself."""
    units = {name: one.unit for one in watches if one.measure is not Measure.FORECAST for name in (one.name, one.column) if name}
    forecasts = (one.measure is Measure.FORECAST and not one.unit for one in watches)
    return tuple(replace(one, unit=units.get(one.column, "")) if bare else one for one, bare in zip(watches, forecasts, strict=True))


def _meant(name: str, watches: Sequence[Watch]) -> bool:
    """Whether there is something by this name that can be forecast."""
    known = [one for one in watches if one.measure not in (Measure.FORECAST, Measure.SCHEMA, Measure.DISTRIBUTION)]
    return any(name == one.name or (one.measure is Measure.VALUE and name == one.column) for one in known)
