"""The walk's answer in the words of a report: names in place of ids, and the few suspects that are told."""

from collections.abc import Iterable, Mapping, Sequence

from agents.core import finding
from agents.detection.lineage import Kind, Lineage
from agents.detection.root_cause import Suspect, impact

DOWNSTREAM = 12
"""So many names of what lies downstream; of the rest there is a count."""


def placed(lineage: Lineage, names: Iterable[str]) -> Mapping[str, str]:
    """By name of a monitor's place, the id of its node; without those that the lineage does not know, or knows several of."""
    found = {name: lineage.find(name) for name in set(names) if name}
    return {name: nodes[0].id for name, nodes in found.items() if len(nodes) == 1}


def reported(lineage: Lineage, ranked: Sequence[Suspect]) -> tuple[finding.Suspect, ...]:
    """The suspects as a finding holds them, the likeliest first."""
    return tuple(
        finding.Suspect(
            _name(lineage, one.node), tuple(_name(lineage, id) for id in one.path), one.grounding.value, one.evidence[: finding.LINES]
        )
        for one in ranked[: finding.PATHS]
    )


def downstream(lineage: Lineage, node: str) -> tuple[str, ...]:
    """Names of what is made from a node: what people use first, then tables and jobs, the nearest first."""
    below = sorted(impact(lineage, node), key=lambda found: found[0].kind is not Kind.EXPOSURE)
    names = [one.name for one, _ in below[:DOWNSTREAM]]
    return (*names, *([f"and {len(below) - DOWNSTREAM} more"] if len(below) > DOWNSTREAM else ()))


def _name(lineage: Lineage, id: str) -> str:
    return lineage.nodes[id].name if id in lineage.nodes else id
