"""How often each source may come: token buckets, one a source."""

import math
from collections.abc import Callable

from bot.config_http import RateConfig

MOST = 10_000
"""Sources that are remembered; beyond that the half that was silent longest is forgotten, and begins anew."""


class Buckets:
    """Each source may come `burst` times at once, and `per_second` times after that."""

    def __init__(self, rate: RateConfig, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._rate = rate
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        """What each has left, and when that was; whoever came last stands last."""

    def take(self, source: str) -> int:
        """Let it come once: 0 where it may, otherwise the whole seconds after which it may."""
        now = self._clock()
        left, at = self._left.pop(source, (float(self._rate.burst), now))
        left = min(self._rate.burst, left + (now - at) * self._rate.per_second)
        may = left >= 1
        self._left[source] = (left - 1 if may else left, now)
        if len(self._left) > MOST:
            for silent in list(self._left)[: MOST // 2]:
                del self._left[silent]
        return 0 if may else max(1, math.ceil((1 - left) / self._rate.per_second))
