"""What is made from what: tables, models, jobs and dashboards as nodes, and an edge from each to what reads it.

Pure. `tools/dbt.py` reads one from a dbt project's artifacts, `tools/openlineage.py` from OpenLineage events; `declare` adds what a
configuration says, and `merge` makes one of several.
"""

import re
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

Edge = tuple[str, str]
"""From the id of a node to the id of one that reads it."""

_PART = re.compile(r'"([^"]*)"|`([^`]*)`|\[([^\]]*)\]|([^.\s"`\[\]]+)')


class Kind(StrEnum):
    """What a node is."""

    SOURCE = "source"
    """A table that comes from outside the project."""
    MODEL = "model"
    """A table or view that the project makes."""
    SEED = "seed"
    """A table that is loaded from a file of the project."""
    SNAPSHOT = "snapshot"
    """A table that keeps the history of another."""
    TEST = "test"
    """A check of a table."""
    EXPOSURE = "exposure"
    """What people use: a dashboard, a report, an application."""
    METRIC = "metric"
    """A metric, a semantic model or a saved query."""
    DATASET = "dataset"
    """A table or file that jobs tell of."""
    JOB = "job"
    """What reads datasets and writes others."""
    DECLARED = "declared"
    """What the configuration names, and nothing else knows."""


@dataclass(frozen=True, slots=True)
class Node:
    """One table, job or dashboard."""

    id: str
    """Unique, such as dbt's `model.shop.orders`."""
    name: str
    """What people call it."""
    kind: Kind
    owner: str = ""
    description: str = ""
    path: str = ""
    """The file that it is written in, from its project's folder. Text of the project: never opened as it is."""
    relation: str = ""
    """Its name in the database, such as `shop.analytics.orders`, quoted or not; empty where it has none."""
    columns: Mapping[str, str] | None = None
    """The type of each column, empty where only its name is known; None where the columns are not known."""
    checksum: str = ""
    """Of its code; empty where it has none."""
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns, as `table.column`, that a column is computed from, where that is known."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """A graph of nodes. Edges to what is no node are left out. It may have cycles: a job may read what it wrote."""

    nodes: Mapping[str, Node]
    """By id."""
    edges: frozenset[Edge] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Ids that nodes had before they were merged with others, and the ids that those have."""
    parents: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    """By id: what a node reads, in the order of their ids."""
    children: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    """By id: what reads a node, in the order of their ids."""

    def __post_init__(self) -> None:
        kept = frozenset((above, below) for above, below in self.edges if above in self.nodes and below in self.nodes and above != below)
        object.__setattr__(self, "edges", kept)
        object.__setattr__(self, "parents", _grouped((below, above) for above, below in kept))
        object.__setattr__(self, "children", _grouped(kept))

    def ancestors(self, node: str, ends: Set[str] = frozenset()) -> dict[str, int]:
        """All that a node is made from, and how many edges away, the nearest first. It goes no further than to the `ends`."""
        return _reached(node, self.parents, ends)

    def descendants(self, node: str, ends: Set[str] = frozenset()) -> dict[str, int]:
        """All that is made from a node, and how many edges away, the nearest first. It goes no further than to the `ends`."""
        return _reached(node, self.children, ends)

    def path(self, above: str, below: str, ends: Set[str] = frozenset()) -> tuple[str, ...]:
        """The shortest way from a node to one that is made from it, both included; empty where there is none that leads past the `ends`."""
        if above == below:
            return (above,)
        came: dict[str, str] = {below: ""}
        waiting = deque([below])
        while waiting:
            here = waiting.popleft()
            for parent in self.parents.get(here, ()):
                if parent in came:
                    continue
                came[parent] = here
                if parent == above:
                    return _trail(came, parent)
                if parent not in ends:
                    waiting.append(parent)
        return ()

    def find(self, said: str) -> tuple[Node, ...]:
        """The nodes that are meant: by id, else by whole relation, else by name, else by the end of the relation (`analytics.orders`).

        Several where it is ambiguous, none where nothing is called so. Upper and lower case are the same.
        """
        said = said.strip()
        if (id := self.aliases.get(said, said)) in self.nodes:
            return (self.nodes[id],)
        words, name = parts(said), said.casefold()
        for fits in (
            lambda node: node.id.casefold() == name, lambda node: bool(words) and parts(node.relation) == words,
            lambda node: node.name.casefold() == name, lambda node: bool(words) and parts(node.relation)[-len(words):] == words,
        ):  # fmt: skip
            if found := tuple(node for node in self.nodes.values() if fits(node)):
                return found
        return ()


def parts(relation: str) -> tuple[str, ...]:
    """The parts of a table's name without their quotes, in lower case: `"Shop"."orders"` is `("shop", "orders")`."""
    return tuple("".join(match.groups("")).casefold() for match in _PART.finditer(relation))


def merge(*lineages: Lineage) -> Lineage:
    """One lineage of several. A dataset that is another's table becomes that, and completes what is known of it.

    It is taken for a table where their relations are the same, or one is the end of the other, has two parts at least, and fits one only.
    """
    nodes: dict[str, Node] = {}
    known = _Relations()
    same: dict[str, str] = {}
    for lineage in lineages:
        for id, node in lineage.nodes.items():
            twin = id if id in nodes else known.match(node) if node.kind is Kind.DATASET else None
            same[id] = twin or id
            nodes[same[id]] = _completed(nodes[twin], node) if twin else node
        known.add(lineage.nodes[id] for id in lineage.nodes if same[id] == id)
    edges = {(same[above], same[below]) for lineage in lineages for above, below in lineage.edges}
    return Lineage(nodes, frozenset(edges), {id: into for id, into in same.items() if id != into})


def declare(lineage: Lineage, edges: Iterable[Sequence[str]]) -> Lineage:
    """The lineage with these edges too, each from what is read to what reads it; a chain of several names is several edges.

    A name that nothing has yet becomes a node. Raises ValueError where one is ambiguous.
    """
    nodes, added = dict(lineage.nodes), set(lineage.edges)
    for chain in edges:
        ids = [_declared(name, lineage, nodes) for name in chain]
        added.update(pairwise(ids))
    return Lineage(nodes, frozenset(added), lineage.aliases)


def _declared(name: str, lineage: Lineage, nodes: dict[str, Node]) -> str:
    found = lineage.find(name)
    if len(found) > 1:
        raise ValueError(f"{name} may be {', '.join(sorted(node.id for node in found[:5]))}: write one of these")
    if found:
        return found[0].id
    nodes.setdefault(name, Node(name, name, Kind.DECLARED, relation=name))
    return name


class _Relations:
    """Tables by their names in the database."""

    def __init__(self) -> None:
        self._whole: dict[tuple[str, ...], str] = {}
        self._ends: dict[tuple[str, ...], set[str]] = {}

    def add(self, nodes: Iterable[Node]) -> None:
        """Know these tables, too."""
        for node in nodes:
            words = parts(node.relation)
            if len(words) > 1:
                self._whole.setdefault(words, node.id)
                for start in range(1, len(words) - 1):
                    self._ends.setdefault(words[start:], set()).add(node.id)

    def match(self, node: Node) -> str | None:
        """The one table that this is."""
        words = parts(node.relation)
        if words in self._whole:
            return self._whole[words]
        shorter = {self._whole[words[start:]] for start in range(1, len(words) - 1) if words[start:] in self._whole}
        fitting = self._ends.get(words, set()) | shorter
        return next(iter(fitting)) if len(fitting) == 1 else None


def _completed(node: Node, more: Node) -> Node:
    """A node with what another knows of the same thing."""
    return replace(
        node, owner=node.owner or more.owner, description=node.description or more.description, path=node.path or more.path,
        relation=node.relation or more.relation, columns=_columns(node.columns, more.columns), checksum=node.checksum or more.checksum,
        derived=node.derived or more.derived,
    )


def _columns(first: Mapping[str, str] | None, more: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Types that one leaves open are the other's. Upper and lower case are the same."""
    if first is None or more is None:
        return more if first is None else first
    told, known = ({name.casefold(): kind for name, kind in columns.items()} for columns in (more, first))
    filled = {name: kind or told.get(name.casefold(), "") for name, kind in first.items()}
    return {**filled, **{name: kind for name, kind in more.items() if name.casefold() not in known}}


def _grouped(edges: Iterable[Edge]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, list[str]] = {}
    for here, there in sorted(edges):
        grouped.setdefault(here, []).append(there)
    return {here: tuple(there) for here, there in grouped.items()}


def _reached(node: str, steps: Mapping[str, Collection[str]], ends: Set[str]) -> dict[str, int]:
    found = {node: 0}
    waiting = deque([node])
    while waiting:
        here = waiting.popleft()
        for there in steps.get(here, ()):
            if there not in found:
                found[there] = found[here] + 1
                if there not in ends:
                    waiting.append(there)
    del found[node]
    return found


def _trail(came: Mapping[str, str], start: str) -> tuple[str, ...]:
    trail = [start]
    while came[trail[-1]]:
        trail.append(came[trail[-1]])
    return tuple(trail)
