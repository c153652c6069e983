"""Where an anomaly comes from: a deterministic walk up the lineage that ranks suspects, each with the evidence for it.

Every node that the target is made from, and the target itself, is looked at. Its **grade** says what the walk found:

- `ORIGIN`: nothing above it is wrong, and all between it and the target is anomalous or not monitored. It is anomalous itself, or it is not
  monitored and something changed there.
- `HIDDEN`: the same, but it is not monitored and nothing is known to have changed: it could be the cause unseen.
- `PASSED_ON`: something above it is anomalous too, so that it has probably only passed it on.
- `BROKEN`: what is between it and the target, or it itself, is monitored and healthy, or it went wrong clearly later than what it should
  have caused. That demotes and does not drop: a monitor may watch the wrong thing, or too seldom.

Suspects are ranked by the sum of their points, each of which is in `Suspect.score`; then by onset, then by size. The points weigh as
likelihoods do: a change event just before says most, then the grade, and every anomaly that a suspect would explain. They were fitted to
simulated faults and rounded; `benchmarks/root_cause.py` measures them on others, and `docs/decisions/0031-root-cause.md` says what else was
tried.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from agents.detection.changes import Change, ChangeKind
from agents.detection.lineage import Kind, Lineage, Node
from agents.detection.root_cause_words import evidence
from agents.detection.situation import Situation, View

CHANGED, DEPLOYED = 2.0, 1.5
"""A failed job, changed code, a schema change and the like; a deploy, which as a rule touches many nodes."""

FRESH, FRESH_SECONDS = 2.0, 4 * 3600.0
"""That came within so long before it went wrong."""

MEASURED, HEALTHY = 1.75, -1.5
"""It is anomalous itself; it is monitored, and nothing unusual was found."""

EXPLAINS, SPARES = 0.75, -0.5
"""For each anomalous node that is made from it, with nothing healthy in between; for each healthy one next to those."""

PASSED_ON, BROKEN = -2.0, -3.0
"""Its grade; the others have 0."""

EARLY, EARLY_SECONDS = -0.25, 6 * 3600.0
"""For each hour that it went wrong earlier than so long before the target: what long did no harm is rarely the cause."""

HIDDEN_MOST = 200
"""So many of the nearest unmonitored nodes without any change are looked at."""


class Grade(IntEnum):
    """How well a node can be the cause, the best first. See above."""

    ORIGIN = 1
    HIDDEN = 2
    PASSED_ON = 3
    BROKEN = 4


class Grounding(StrEnum):
    """What it rests on that a node is suspected."""

    MEASURED = "measured"
    """Something unusual was measured there, or a test failed there."""
    CHANGED = "changed"
    """Nothing unusual was measured, and something changed there at the right time."""
    INFERRED = "inferred"
    """Neither: it follows from the lineage and from what its neighbours show."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A node that may be the cause."""

    node: str
    path: tuple[str, ...]
    """From it to the target, both included: the shortest way on which nothing is healthy, or else the shortest."""
    grade: Grade
    grounding: Grounding
    evidence: tuple[str, ...]
    """Sentences, each of which can be checked."""
    changes: tuple[Change, ...]
    """What happened there in the window, the latest first; failed tests and skipped runs too."""
    score: Mapping[str, float]
    """Its points by what they are for, such as `changed: 4`."""

    @property
    def total(self) -> float:
        """All its points."""
        return sum(self.score.values())


def suspects(lineage: Lineage, situation: Situation, limit: int = 10) -> tuple[Suspect, ...]:
    """At most so many suspects, the most likely first. The target itself is one of them. The same situation gives the same answer.

    A target that the lineage does not know has only itself. Takes milliseconds as a rule, and half a second on 3,000 nodes of which a third
    is monitored and 300 are anomalous.
    """
    view = View(lineage, situation)
    ranked = sorted(_graded(view), key=lambda found: _rank(view, *found))
    return tuple(_suspect(view, node, grade, score) for node, grade, score in ranked[:limit])


def impact(lineage: Lineage, node: str) -> tuple[tuple[Node, int], ...]:
    """What is made from a node and how far away it is, the nearest first: tables, jobs and what people use, but no tests."""
    return tuple((lineage.nodes[id], far) for id, far in lineage.descendants(node).items() if lineage.nodes[id].kind is not Kind.TEST)


def _graded(view: View) -> Iterator[tuple[str, Grade, dict[str, float]]]:
    hidden = 0
    for node in (view.target, *view.distances):
        grade = _grade(view, node)
        if grade is Grade.HIDDEN:
            hidden += 1
        if grade and (grade is not Grade.HIDDEN or hidden <= HIDDEN_MOST):
            yield node, grade, _score(view, node, grade)


def _grade(view: View, node: str) -> Grade | None:
    """None for what is no suspect: nothing is known against it, and something else explains the target or nothing leads there from it."""
    found = node in view.wrong or bool(view.causes(node))
    if node not in view.unbroken or view.late(node):
        return Grade.BROKEN if found else None
    if node in view.known and node not in view.wrong:
        return None
    if view.above(node):
        return Grade.PASSED_ON if found else None
    return Grade.ORIGIN if found else Grade.HIDDEN


def _score(view: View, node: str, grade: Grade) -> dict[str, float]:
    score: dict[str, float] = {}
    if causes := view.causes(node):
        score["changed"] = max(DEPLOYED if one.kind is ChangeKind.DEPLOY else CHANGED for one in causes)
        if min(view.began(node), view.due(node) - view.slack) - causes[0].at < FRESH_SECONDS:
            score["just before"] = FRESH
    if node in view.wrong:
        score["measured"] = MEASURED
        if early := max(0.0, view.onset - view.began(node) - EARLY_SECONDS):
            score["much earlier"] = EARLY * early / 3600
    elif node in view.healthy:
        score["healthy"] = HEALTHY
    wrong, healthy = view.explained(node)
    if wrong:
        score["explains"] = EXPLAINS * len(wrong)
    if healthy:
        score["spares"] = SPARES * len(healthy)
    if grade in (Grade.PASSED_ON, Grade.BROKEN):
        score["passed on" if grade is Grade.PASSED_ON else "broken chain"] = PASSED_ON if grade is Grade.PASSED_ON else BROKEN
    return score


def _rank(view: View, node: str, grade: Grade, score: Mapping[str, float]) -> tuple[float, float, float, int, str]:
    size = abs(view.wrong[node].size) if node in view.wrong else 0.0
    return (-round(sum(score.values()), 6), view.began(node), -size, view.distances.get(node, 0), node)


def _suspect(view: View, node: str, grade: Grade, score: Mapping[str, float]) -> Suspect:
    path = view.path(node)
    grounding = Grounding.MEASURED if node in view.wrong else Grounding.CHANGED if view.causes(node) else Grounding.INFERRED
    return Suspect(node, path, grade, grounding, evidence(view, node, path), view.events.get(node, ()), score)
