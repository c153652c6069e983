"""What a model may say about the walk's suspects: it explains them, and it never ranks worse than the walk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.detection.root_cause import Suspect

ALIKE = 0.75
"""Points between suspects that the walk cannot tell apart: what a single anomaly below them says."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A suspect that the model puts forward."""

    node: str
    cites: tuple[str, ...]
    """The sentences of evidence, word by word, that it rests on."""


def final_order(ranked: Sequence[Suspect], picks: Sequence[Pick]) -> tuple[Suspect, ...]:
    """The order that is told: the walk's, in which picks come first among suspects that the walk cannot tell apart.

    `ranked` are the suspects that the model was shown. They fall into groups: neighbours of the same grade and grounding, for all of which
    something changed or for none, and with at most `ALIKE` points between the first and the last. A pick moves inside its group only, and
    only where it cites evidence about that suspect. So each place is held by a suspect of the same group as in the walk's order, nothing
    is added and nothing left out: by all that the walk knows, the order is as good as its own. Nothing else that the model says moves one.
    """
    good = [pick.node for pick in picks if _cited(pick, ranked)]
    places = {node: place for place, node in reversed(list(enumerate(good)))}
    groups = (sorted(group, key=lambda one: places.get(one.node, len(good))) for group in _groups(ranked))
    return tuple(suspect for group in groups for suspect in group)


def refused(ranked: Sequence[Suspect], picks: Sequence[Pick]) -> tuple[str, ...]:
    """Why picks count for nothing, for the model and for the record."""
    known = {suspect.node for suspect in ranked}
    return tuple(
        f"{pick.node} is none of the suspects." if pick.node not in known else f"Nothing that is cited is evidence about {pick.node}."
        for pick in picks if not _cited(pick, ranked)
    )  # fmt: skip


def _cited(pick: Pick, ranked: Sequence[Suspect]) -> bool:
    said = {_plain(line) for line in pick.cites}
    return any(suspect.node == pick.node and said & {_plain(line) for line in suspect.evidence} for suspect in ranked)


def _plain(line: str) -> str:
    return " ".join(line.split()).rstrip(".").casefold()


def _groups(ranked: Sequence[Suspect]) -> Iterator[list[Suspect]]:
    group: list[Suspect] = []
    for suspect in ranked:
        if group and not _alike(group[0], suspect):
            yield group
            group = []
        group.append(suspect)
    if group:
        yield group


def _alike(first: Suspect, other: Suspect) -> bool:
    same = (first.grade, first.grounding, "changed" in first.score) == (other.grade, other.grounding, "changed" in other.score)
    return same and first.total - other.total <= ALIKE
