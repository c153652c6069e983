"""What is known of the groups of a table, so that not every look has to count all of them anew."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable

from tools.monitoring.buckets import OTHER
from tools.monitoring.sql_rows import Cells, Groups, number, text

REMEMBERED = 500
"""So many of the newest moments of a group are remembered."""


class KnownGroups:
    """The groups of one monitor: in memory alone, and learned again after a start."""

    def __init__(self) -> None:
        self.day = -1
        """The day, in UTC, for which they were counted."""
        self.first: dict[str, float] = {}
        """By key: since when a group is there, in Unix seconds, as far as anybody looked."""
        self.kept: tuple[str, ...] | None = None
        """The groups that are told apart; None where all are."""
        self._newest: defaultdict[str, list[float]] = defaultdict(list)

    def learn(self, rows: Iterable[Cells], most: int, *, more: bool = False) -> None:
        """What `Plan.groups` gave: from now on these are the groups, and at most so many are told apart, the biggest.

        One that was told apart before counts twice, so that two of a size do not take turns. With `more` those that are known stay, and
        these are added to them.
        """
        found = [(text(key) or "", int(many), number(first), number(newest)) for key, many, first, newest in rows]
        before, self.first = self.first, dict(self.first) if more else {}
        size = {key: many * (2 if key in before else 1) for key, many, _, _ in found}
        ranked = [*self.first, *sorted(size.keys() - self.first.keys(), key=lambda key: (-size[key], key))]
        self.kept = tuple(ranked[:most]) if len(ranked) > most else None
        for key, _, first, newest in found:
            known = key if self.kept is None or key in self.kept else OTHER
            self.add(known, first or 0.0, newest)
            if known in before:
                self.first[known] = min(self.first[known], before[known])

    def add(self, key: str, first: float, newest: float | None) -> None:
        """A group is there since this second, and had a row at that one."""
        self.first[key] = min(self.first.get(key, first), first)
        moments = self._newest[key]
        if newest is not None and newest not in moments[-1:]:
            insort(moments, newest)
            del moments[:-REMEMBERED]

    def see(self, groups: Groups) -> None:
        """What was measured."""
        for (begin, key), group in sorted(groups.items()):
            self.add(key, begin, group.newest)

    def newest_before(self, second: int) -> dict[str, float]:
        """The newest row of each group before this second, where it is known."""
        found = {key: self._newest[key][:bisect_left(self._newest[key], second)] for key in self.first}
        return {key: moments[-1] for key, moments in found.items() if moments}
