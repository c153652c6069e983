"""When the end of a run is told again to whoever waits for it and did not take it."""

from datetime import timedelta

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000))
"""How long after each failed attempt a callback is tried again: eight times within 18 hours, roughly as Standard Webhooks advises."""


def again_after(attempt: int) -> timedelta | None:
    """How long after this attempt, counted from 1, a callback is tried again; None where it was the last."""
    return WAITS[attempt - 1] if attempt <= len(WAITS) else None
