"""Who could give capacity to whom, from forecasts of what each will need: the proposal, and what it leaves to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.core.finding import number
from agents.pools import Prospect, date_of

if TYPE_CHECKING:
    from agents.detection.capacity import Shortage
    from agents.detection.forecast import Until


@dataclass(frozen=True, slots=True)
class Share:
    """What one series of a pool has, needs, and would have."""

    name: str
    unit: str
    need: float
    """The most that it will likely need within the days that are looked at, by the upper end of its range."""
    before: float
    """Its limit now."""
    after: float
    """Its limit once all is moved."""
    now: "Until | None"
    """Days until it reaches its limit as it is."""
    then: "Until | None"
    """The same once all is moved."""

    @property
    def text(self) -> str:
        """What is left of it, before and after."""
        left = f"{number(self.before - self.need)} → {number(self.after - self.need, self.unit)}"
        return f"{self.name} {left} of {number(self.after, self.unit)}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who gives how much to whom."""

    days: int
    """Days for which it has to be enough."""
    moves: tuple[str, ...]
    lacking: tuple[str, ...]
    """What nobody can give."""
    shares: tuple[Share, ...]
    left_out: tuple[str, ...]
    """Names of those that neither give nor take, each with why."""

    @property
    def text(self) -> str:
        """What a report says; empty where nothing has to be moved."""
        changed = [one for one in self.shares if one.before != one.after]
        parts = [f"{'; '.join(self.moves)}."] if self.moves else []
        if changed:
            parts.append(f"Left above what each may need within {self.days} days: {', '.join(one.text for one in changed)}.")
        parts += [f"{'; '.join(self.lacking)}."] if self.lacking else []
        parts += [f"Left out: {'; '.join(self.left_out)}."] if self.left_out and parts else []
        return " ".join(parts)


def proposal_of(prospects: Sequence[Prospect], days: int, *, headroom: float | None = None) -> Proposal:
    """A reallocation between these, so that each has enough for so many days. `headroom` is instead of what each has for itself."""
    from agents.detection.capacity import reallocation, resource
    from agents.detection.forecast import NotEnough

    names = _names(prospects)
    taking, left_out = [], []
    for name, one in zip(names, prospects, strict=True):
        limit = one.line.limit
        if isinstance(one.ahead, NotEnough):
            left_out.append(f"{name}, {one.ahead.text}")
        elif limit is None:
            left_out.append(f"{name}, no limit is known")
        else:
            spare = one.line.watch.headroom if headroom is None else headroom
            taking.append((one, resource(name, limit, one.ahead, days, headroom=spare, unit=one.unit)))
    step = max((one.line.watch.step for one, _ in taking), default=1.0)
    found = reallocation([each for _, each in taking], step)
    after = dict(found.after)
    shares = tuple(
        Share(each.name, each.unit, each.need, each.capacity, after[each.name], one.until(each.capacity), one.until(after[each.name]))
        for one, each in taking
    )
    by_name = {each.name: one for one, each in taking}
    lacking = tuple(_lacking(one, by_name[one.name], after[one.name]) for one in found.uncovered)
    return Proposal(days, tuple(one.text for one in found.moves), lacking, shares, tuple(left_out))


def _lacking(short: "Shortage", prospect: Prospect, limit: float) -> str:
    """How much is missing, and from when on."""
    then = prospect.until(limit)
    first = date_of(prospect, then.earliest) if then else None
    when = f", at the earliest from {first} on" if first else ""
    return f"{short.name} lacks {number(short.amount, short.unit)} that nobody can give{when}"


def _names(prospects: Sequence[Prospect]) -> list[str]:
    """What each is called among the others: by its dimensions, and by more where these are not all that tells them apart."""
    several = len({one.line.monitor.name for one in prospects}) > 1
    names = []
    for one in prospects:
        line = one.line
        values = "/".join(part.partition("=")[2] or part for part in line.dimensions.split(", ") if part)
        names.append(" ".join(part for part in (line.monitor.name if several or not values else "", values) if part))
    return [
        name if names.count(name) == 1 else f"{one.line.monitor.name} {one.line.watch.column} {one.line.dimensions}".rstrip()
        for name, one in zip(names, prospects, strict=True)
    ]
