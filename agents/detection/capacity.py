"""Who could give capacity to whom: a proposal in numbers that leaves every giver what it will need itself.

Numbers are taken as they are written (0.1 is a tenth), so that steps come out even and the total stays the same to the last digit.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from agents.detection.forecast import Forecast, until


@dataclass(frozen=True, slots=True)
class Resource:
    """Something of which there is so much."""

    name: str
    """Unique among the resources that are looked at together."""
    capacity: float
    """What it has now."""
    need: float
    """The most that it will likely need, see `need_of`."""
    headroom: float = 0.0
    """What has to be left above the need."""
    unit: str = ""
    """Only resources of the same unit can give to each other."""
    runs_out: int | None = None
    """Days until it may be full; the soonest is served first. None where that is not in sight."""


@dataclass(frozen=True, slots=True)
class Move:
    """So much from one to another."""

    giver: str
    taker: str
    amount: float
    unit: str

    @property
    def text(self) -> str:
        """What a report says."""
        return f"{self.giver} gives {_told(self.amount, self.unit)} to {self.taker}"


@dataclass(frozen=True, slots=True)
class Shortage:
    """What nobody can give."""

    name: str
    amount: float
    """How much is missing to the need with its headroom, after the moves."""
    unit: str

    @property
    def text(self) -> str:
        """What a report says."""
        return f"{self.name} lacks {_told(self.amount, self.unit)} that nobody can give"


@dataclass(frozen=True, slots=True)
class Reallocation:
    """The proposal."""

    moves: tuple[Move, ...]
    after: tuple[tuple[str, float], ...]
    """The capacity of each resource once all moves are made, in the order in which they were given."""
    uncovered: tuple[Shortage, ...]


def resource(name: str, capacity: float, ahead: Forecast, days: int, *, headroom: float = 0.0, unit: str = "") -> Resource:
    """A resource by the forecast of what it is asked for, over so many days."""
    return Resource(name, capacity, need_of(ahead, days), headroom, unit, until(ahead, capacity - headroom).earliest)


def need_of(ahead: Forecast, days: int) -> float:
    """The most that is likely needed within so many days: the highest upper end of the range."""
    return max(ahead.high[:days], default=ahead.last)


def reallocation(resources: Sequence[Resource], step: float = 1.0) -> Reallocation:
    """Who gives how much to whom, in multiples of `step`; the same answer in whatever order they stand.

    A giver keeps its need and its headroom. Who runs out soonest is served first, then who lacks most, from whoever has most to spare, so
    that there are few moves. Raises ValueError for a step that is not above zero, a figure that is no number, and a name that stands there
    twice.
    """
    size = _exact(step, "the step")
    if size <= 0:
        raise ValueError(f"A step of {step} is no step: it has to be above zero.")
    held = {one.name: _exact(one.capacity, one.name) for one in resources}
    if len(held) != len(resources):
        raise ValueError("A name stands there twice: resources are told apart by their names.")
    wanted = {one.name: _exact(one.need, one.name) + _exact(one.headroom, one.name) for one in resources}
    moves: list[Move] = []
    for taker in sorted(resources, key=lambda one: (_soonness(one), held[one.name] - wanted[one.name], one.name)):
        moves += _served(taker, resources, held, wanted, size)
    lacking = [(one, wanted[one.name] - held[one.name]) for one in resources]
    short = tuple(Shortage(one.name, float(amount), one.unit) for one, amount in lacking if amount > 0)
    return Reallocation(tuple(moves), tuple((name, float(amount)) for name, amount in held.items()), short)


def _served(
    taker: Resource, resources: Iterable[Resource], held: dict[str, Fraction], wanted: dict[str, Fraction], size: Fraction
) -> Iterable[Move]:
    """Moves to one taker, which are made in `held`."""
    givers = [one for one in resources if one.unit == taker.unit and one.name != taker.name]
    for giver in sorted(givers, key=lambda one: (wanted[one.name] - held[one.name], one.name)):
        lacking = math.ceil((wanted[taker.name] - held[taker.name]) / size)
        amount = min(lacking, math.floor((held[giver.name] - wanted[giver.name]) / size)) * size
        if amount > 0:
            held[giver.name] -= amount
            held[taker.name] += amount
            yield Move(giver.name, taker.name, float(amount), taker.unit)


def _told(amount: float, unit: str) -> str:
    return f"{amount:,.10g} {unit}".rstrip()


def _soonness(resource: Resource) -> float:
    return math.inf if resource.runs_out is None else resource.runs_out


def _exact(figure: float, whose: str) -> Fraction:
    if not math.isfinite(figure):
        raise ValueError(f"{figure} is no figure ({whose}).")
    return Fraction(str(float(figure)))
