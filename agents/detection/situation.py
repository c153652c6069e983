"""What is known when a cause is looked for, and which nodes could be it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

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
        told = (*situation.anomalies, *_failed_tests(situation.changes))
        self.wrong: Mapping[str, Anomaly] = _joined(situation.target, (one for one in told if one.onset >= self._begin))
        """By node: its anomaly in the window or after it."""
        self.known = situation.monitored | {one.node for one in told} | {self.target}
        self.healthy = self.known - {one.node for one in told} - {self.target}
        self.events: Mapping[str, tuple[Change, ...]] = self._events(situation.changes)
        """By node: what happened there in the window, and not clearly after it went wrong."""

    @cached_property
    def distances(self) -> Mapping[str, int]:
        """Every ancestor of the target, by how far it is."""
        return self.lineage.ancestors(self.target)

    @cached_property
    def unbroken(self) -> frozenset[str]:
        """The ancestors that a way leads to on which nothing is healthy."""
        return frozenset(self.lineage.ancestors(self.target, self.passes)) - self.healthy | {self.target}

    def passes(self, node: str) -> bool:
        """Whether a cause could have come through a node: it is not known to be healthy."""
        return node not in self.healthy

    def began(self, node: str) -> float:
        """Since when a node is wrong; the target's onset where that is not known."""
        return self.wrong[node].onset if node in self.wrong else self.onset

    def late(self, node: str) -> bool:
        """Whether it went wrong clearly after the target did."""
        return self.began(node) > self.onset + self.slack

    def above(self, node: str) -> tuple[str, ...]:
        """The nearest anomalous nodes above one, past what is not monitored, that did not begin clearly later."""
        reached = self.lineage.ancestors(node, self._unknown)
        return tuple(one for one in reached if one in self.wrong and self.began(one) <= self.began(node) + self.slack)

    def nearest(self, node: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The nearest monitored nodes that are made from one: those that are anomalous, and those that are healthy."""
        reached = self.lineage.descendants(node, self._unknown)
        return tuple(one for one in reached if one in self.wrong), tuple(one for one in reached if one in self.healthy)

    def causes(self, node: str) -> tuple[Change, ...]:
        """What happened there that could be a cause, the latest first."""
        return tuple(one for one in self.events.get(node, ()) if one.kind not in SIGNS)

    def _unknown(self, node: str) -> bool:
        return node not in self.known

    def _events(self, changes: Iterable[Change]) -> Mapping[str, tuple[Change, ...]]:
        found: dict[str, list[Change]] = {}
        for change in sorted(set(changes), key=lambda one: (-one.at, one.kind, one.text)):
            if self._begin <= change.at <= self.began(change.node) + self.slack:
                found.setdefault(change.node, []).append(change)
        return {node: tuple(events) for node, events in found.items()}


def _failed_tests(changes: Iterable[Change]) -> tuple[Anomaly, ...]:
    """A test that failed is a measurement."""
    return tuple(Anomaly(one.node, one.at, text=one.text) for one in changes if one.kind is ChangeKind.TEST)


def _joined(target: Anomaly, others: Iterable[Anomaly]) -> Mapping[str, Anomaly]:
    """One anomaly a node: since the earliest onset, as large as the largest, with the largest's text. The target's is as it was found."""
    joined: dict[str, Anomaly] = {}
    for one in sorted(others, key=_size, reverse=True):
        known = joined.setdefault(one.node, one)
        joined[one.node] = replace(known, onset=min(known.onset, one.onset))
    return {**joined, target.node: target}


def _size(one: Anomaly) -> tuple[float, float, str]:
    return (abs(one.size), -one.onset, one.text)


