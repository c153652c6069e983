"""The breakers of this process: one for each tool and one for each host, and whose runs are affected while they are open."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Literal

from agents.core.breaker import Breaker, Pace
from agents.ports import Caller, Clock

MOST = 500
"""So many breakers are remembered before those that are as good as new are forgotten."""

How = Literal["answered", "forgotten", "restarted"]
"""How an outage ended, see `BreakerClosed`."""


@dataclass(slots=True)
class _Call:
    """A tool's call that is under way."""

    caller: Caller
    blamed: bool = False
    """Whether a host is known to be at fault, so that the tool is not."""


CALL: ContextVar[_Call | None] = ContextVar("call", default=None)
"""The call on whose behalf something is sent."""


@dataclass(frozen=True, slots=True)
class Open:
    """A breaker that is open."""

    what: str
    since: datetime
    """When the first failure of the row happened."""
    why: str
    channels: frozenset[str]
    """Where runs speak that are affected."""


class Breakers:
    """All breakers, by what they guard: `host NAME` or `tool NAME`. Reasons are words of ours: they are told to runs that never asked."""

    def __init__(self, clock: Clock, *, random: Random | None = None, pace: Pace | None = None) -> None:
        self._clock = clock
        self._random = random or Random()  # noqa: S311 - spreads trials over time, guards nothing
        self._new = Breaker(pace or Pace())
        self._breakers: dict[str, Breaker] = {}
        self._channels: dict[str, set[str]] = {}
        self._ended: dict[str, How] = {}

    @contextmanager
    def calling(self, caller: Caller) -> Iterator[_Call]:
        """What is sent within is sent on behalf of this call."""
        call = _Call(caller)
        token = CALL.set(call)
        try:
            yield call
        finally:
            CALL.reset(token)

    def refusal(self, what: str, *, begin: bool = True) -> str | None:
        """Why nothing may be sent just now, for the model to read; None where something may.

        With `begin` it is sent then, and afterwards has to be reported with `answered`, `failed` or `left`.
        """
        breaker = self._breakers.get(what)
        if breaker is None or not breaker.open:
            return None
        now = self._clock()
        if not breaker.admits(now):
            self._affects(what)
            return _refused(what, breaker, now)
        if begin:
            self._breakers[what] = breaker.begun()
        return None

    def answered(self, what: str) -> None:
        """It answered, whatever it said."""
        breaker = self._breakers.get(what)
        if breaker is None:
            return
        if breaker.open:
            self._ended[what] = "answered"
        self._keep(what, breaker.answered(self._clock()))

    def failed(self, what: str, why: str) -> None:
        """It gave no answer, or an error of its own."""
        self._keep(what, self._breakers.get(what, self._new).failed(why, self._clock(), self._random.random()))
        self._affects(what)

    def left(self, what: str) -> None:
        """The call ended without telling anything of the other side."""
        if breaker := self._breakers.get(what):
            self._breakers[what] = breaker.left()

    def open(self) -> Mapping[str, Open]:
        """Those that are open now. What nobody has tried for long is closed."""
        now = self._clock()
        for what in [what for what, breaker in self._breakers.items() if breaker.forgotten(now)]:
            self._ended[what] = "forgotten"
            self._keep(what, self._breakers[what].answered(now))
        return {
            what: Open(what, breaker.row[0], breaker.why, frozenset(self._channels.get(what, ())))
            for what, breaker in self._breakers.items() if breaker.open
        }

    def ended(self, what: str) -> How:
        """How an outage ended that is over; of one that this process knows nothing of, by its own start."""
        return self._ended.get(what, "restarted")

    def _keep(self, what: str, breaker: Breaker) -> None:
        now = self._clock()
        if not breaker.row:
            self._channels.pop(what, None)
        if len(self._breakers) >= MOST:
            self._breakers = {one: kept for one, kept in self._breakers.items() if not kept.idle(now)}
            self._channels = {one: channels for one, channels in self._channels.items() if one in self._breakers}
        self._breakers[what] = breaker

    def _affects(self, what: str) -> None:
        call = CALL.get()
        if call is None:
            return
        call.blamed |= self._breakers[what].open
        if call.caller.place:
            self._channels.setdefault(what, set()).add(call.caller.place.channel)


def _refused(what: str, breaker: Breaker, now: datetime) -> str:
    since = breaker.row[0]
    day = "" if since.date() == now.date() else f"{since:%Y-%m-%d} "
    again = f"again at {breaker.until:%H:%M:%S} UTC" if breaker.until and breaker.until > now else "just now"
    kind, _, name = what.partition(" ")
    return (
        f"{name if kind == 'host' else f'The tool {name}'} is not answering since {day}{since:%H:%M} UTC ({breaker.why}), so nothing was "
        f"sent. It is tried {again}; until then calls fail at once. Go on without it, or say that it is down."
    )
