"""When a series is missing: after how long a silence, given how often it was silent for so long before."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

YOUNG, YOUNG_WAITS = timedelta(days=8), timedelta(days=3)
"""A series that is known for less than the first is missing only after the second: nobody has seen its weekend yet."""

TWO_WEEKS = 14 * 86400
"""What happens more often than once in this is no news."""


def missing_after(at: Sequence[int], bucket: timedelta) -> int | None:
    """How many seconds after its last sample a series is missing; None where it never is, because it comes and goes.

    `at` are the times of its samples in order. It is missing after three buckets and after twice its usual gap, and after a gap of a length
    that it did not show more often than once in two weeks.
    """
    if len(at) < 2:
        return None
    gaps = sorted(later - earlier for earlier, later in pairwise(at))
    known = at[-1] - at[0]
    least = max(3 * int(bucket.total_seconds()), 2 * gaps[len(gaps) // 2])
    if known < YOUNG.total_seconds():
        least = max(least, int(YOUNG_WAITS.total_seconds()))
    often = min(known // TWO_WEEKS, len(gaps) - 1)
    usual = gaps[-often - 1]
    return None if 2 * gaps[-1] > known else max(least, usual + usual // 4)
