"""Which series a source has given, so that one that is gone is told from one that never was. In memory alone."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

REMEMBERED = timedelta(days=7)
"""So long a series that is gone has samples without a value; then it is forgotten."""


class Seen:
    """The series of one watch or list of items, by their dimensions."""

    def __init__(self) -> None:
        self._last: dict[str, datetime] = {}

    def kept(self, present: Sequence[str], most: int, at: datetime) -> list[str]:
        """Those of the present, the biggest first, that are told apart: those that were before, and then the biggest."""
        known = [key for key in present if key in self._last]
        kept = [*known, *(key for key in present if key not in self._last)][:most]
        self._last = {key: last for key, last in self._last.items() if last >= at - REMEMBERED} | dict.fromkeys(kept, at)
        newest = sorted(self._last, key=lambda key: self._last[key], reverse=True)[:2 * most]
        self._last = {key: self._last[key] for key in newest}
        return kept

    def gone(self, present: Collection[str]) -> list[str]:
        """Those that are known and not among the present."""
        return sorted(key for key in self._last if key not in present)
