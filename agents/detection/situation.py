"""What is known when a cause is looked for, and which nodes could be it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappop, heappush
from math import inf

from agents.detection.changes import Change, ChangeKind
from agents.detection.lineage import Lineage

WINDOW = 36 * 3600.0
"""Seconds before the target's onset in which a cause is looked for: a daily pipeline that missed one run."""

SLACK = 2 * 3600.0
"""Seconds by which an onset may be known too late: monitors look at intervals, and jobs tell of their end."""

SIGNS = (ChangeKind.TEST, ChangeKind.SKIPPED)
"""What nobody did: signs of a cause, and no cause."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something unusual that was measured on a node."""

    node: str
    onset: float
    """Since when: Unix seconds."""
    size: float = 0.0
    """How far outside, as a multiple of what is ordinary; its sign does not matter."""
    text: str = ""
    """What was seen, such as `null rate 12 %, at most 1 % expected`."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that is known when a cause is looked for."""

    target: Anomaly
    """What was found."""
    anomalies: tuple[Anomaly, ...] = ()
    """On other nodes too, and several of a node where several of its metrics are unusual; the target's may be among them."""
    monitored: frozenset[str] = frozenset()
    """Nodes whose health is known: those without an anomaly are healthy. Those with one need not be named."""
    changes: tuple[Change, ...] = ()
    window: float = WINDOW
    slack: float = SLACK


class View:
    """A situation on its lineage: what is wrong, what is healthy, what happened in time."""

    def __init__(self, lineage: Lineage, situation: Situation) -> None:
        self.lineage = lineage
        self.target = situation.target.node
        self.onset = situation.target.onset
        self.slack = situation.slack
        self._begin = self.onset - situation.window
        told = (*situation.anomalies, *_failed_tests(situation))
        self.wrong: Mapping[str, Anomaly] = _joined(situation.target, (one for one in told if one.onset >= self._begin))
        """By node: its anomaly in the window or after it."""
        self.known = situation.monitored | {one.node for one in told} | {self.target}
        self.healthy = self.known - {one.node for one in told} - {self.target}
        self.events: Mapping[str, tuple[Change, ...]] = self._events(situation.changes)
        """By node: what happened there in the window, and not clearly after what it should have caused."""

    @cached_property
    def distances(self) -> Mapping[str, int]:
        """Every ancestor of the target, by how far it is."""
        return self.lineage.ancestors(self.target)

    @cached_property
    def unbroken(self) -> Mapping[str, float]:
        """The nodes from which a way leads to the target on which nothing is healthy, each with the moment at which that way went wrong.

        The moment is the earliest onset on the way behind the node, and of several ways the one that went wrong last.
        """
        found: dict[str, float] = {}
        waiting = [(-self.onset, self.target)]
        while waiting:
            moment, here = heappop(waiting)
            if here in found:
                continue
            found[here] = -moment
            for above in self.lineage.parents.get(here, ()):
                if above not in self.healthy and above not in found:
                    heappush(waiting, (-min(-moment, self.began(here)), above))
        return found

    def path(self, node: str) -> tuple[str, ...]:
        """The shortest way from an ancestor to the target on which nothing is healthy, or else the shortest."""
        return self.lineage.path(node, self.target, self.healthy) or self.lineage.path(node, self.target)

    def began(self, node: str) -> float:
        """Since when a node is wrong; infinitely late where that is not known."""
        return self.wrong[node].onset if node in self.wrong else inf

    def due(self, node: str) -> float:
        """Until when a cause at a node has to have been there: when what is behind it went wrong, and some slack."""
        return self.unbroken.get(node, self.onset) + self.slack

    def late(self, node: str) -> bool:
        """Whether it went wrong clearly after what it should have caused."""
        return node in self.wrong and self.began(node) > self.due(node)

    def above(self, node: str) -> tuple[str, ...]:
        """The nearest anomalous nodes above one, past what is not monitored, that did not begin clearly later."""
        reached = self.lineage.ancestors(node, self.known)
        latest = min(self.began(node) + self.slack, self.due(node))
        return tuple(one for one in reached if self.began(one) <= latest)

    def explained(self, node: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is made from a node, up to the first that are healthy: those that went wrong after it, and those that are healthy."""
        reached = self.lineage.descendants(node, self.healthy)
        since = self.began(node) - self.slack if node in self.wrong else -inf
        wrong = tuple(one for one in reached if one in self.wrong and self.began(one) >= since)
        return wrong, tuple(one for one in reached if one in self.healthy)

    def causes(self, node: str) -> tuple[Change, ...]:
        """What happened there that could be a cause, the latest first."""
        return tuple(one for one in self.events.get(node, ()) if one.kind not in SIGNS)

    def _events(self, changes: Iterable[Change]) -> Mapping[str, tuple[Change, ...]]:
        found: dict[str, list[Change]] = {}
        for change in sorted(set(changes), key=lambda one: (-one.at, one.kind, one.text)):
            if self._begin <= change.at <= min(self.began(change.node) + self.slack, self.due(change.node)):
                found.setdefault(change.node, []).append(change)
        return {node: tuple(events) for node, events in found.items()}


def _failed_tests(situation: Situation) -> Iterator[Anomaly]:
    """A test that failed is a measurement. When it ran says nothing of when that began: it counts as no later than the target."""
    for one in situation.changes:
        if one.kind is ChangeKind.TEST and one.at <= situation.target.onset + situation.window:
            yield Anomaly(one.node, min(one.at, situation.target.onset), text=one.text)


def _joined(target: Anomaly, others: Iterable[Anomaly]) -> Mapping[str, Anomaly]:
    """One anomaly a node: since the earliest onset, as large as the largest, with the largest's text. The target's is as it was found."""
    joined: dict[str, Anomaly] = {}
    for one in sorted(others, key=_size, reverse=True):
        known = joined.setdefault(one.node, one)
        joined[one.node] = replace(known, onset=min(known.onset, one.onset))
    return {**joined, target.node: target}


def _size(one: Anomaly) -> tuple[float, float, str]:
    return (abs(one.size), -one.onset, one.text)


