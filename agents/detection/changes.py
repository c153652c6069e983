"""What has changed in a pipeline: the events that a root cause is looked for among, and the difference between two lineages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from agents.detection.lineage import Kind, Lineage, Node

NAMED = 8
"""So many columns or tables are named in a text; of the rest there is a count."""


class ChangeKind(StrEnum):
    """What happened to a node."""

    FAILED = "failed job"
    """It could not be made."""
    CODE = "changed code"
    """Its code is another: its checksum changed."""
    SCHEMA = "schema change"
    """It has other columns, or they have other types."""
    EDGES = "other inputs"
    """It reads something else."""
    DEPLOY = "deploy"
    """A new version of what makes it went out."""
    STALE = "stale source"
    """Nothing new arrived in it for longer than is allowed."""
    TEST = "failed test"
    """A test of it failed. Nobody changed anything: it is a sign that it is wrong."""
    SKIPPED = "skipped"
    """It was not made because something above it failed."""


@dataclass(frozen=True, slots=True)
class Change:
    """One event that could be a cause."""

    node: str
    """Its id in the lineage."""
    at: float
    """When, or when it was seen: Unix seconds."""
    kind: ChangeKind
    text: str = ""
    """What is known of it, such as the error."""


def changes(before: Lineage, after: Lineage, at: float) -> tuple[Change, ...]:
    """What is different in `after`, which was seen at this time (Unix seconds). A node that is new or gone is told by its neighbours."""
    return tuple(
        change
        for id, node in sorted(after.nodes.items())
        if node.kind is not Kind.TEST
        for change in (_of_node(before.nodes[id], node, at) if id in before.nodes else _of_new(node, at))
    ) + tuple(_of_edges(before, after, at))


def _of_new(node: Node, at: float) -> Iterator[Change]:
    if node.kind in (Kind.MODEL, Kind.SNAPSHOT, Kind.SEED):
        yield Change(node.id, at, ChangeKind.CODE, "it is new")


def _of_node(before: Node, after: Node, at: float) -> Iterator[Change]:
    if before.checksum and after.checksum and before.checksum != after.checksum:
        yield Change(after.id, at, ChangeKind.CODE, f"the code of {after.path or after.name} changed")
    if before.relation and after.relation and before.relation != after.relation:
        yield Change(after.id, at, ChangeKind.CODE, f"it is written to {after.relation} and no more to {before.relation}")
    if before.columns is not None and after.columns is not None and (text := columns_changed(before.columns, after.columns)):
        yield Change(after.id, at, ChangeKind.SCHEMA, text)


def _of_edges(before: Lineage, after: Lineage, at: float) -> Iterator[Change]:
    for id, node in sorted(after.nodes.items()):
        if id not in before.nodes or node.kind is Kind.TEST:
            continue
        was, now = set(before.parents.get(id, ())), set(after.parents.get(id, ()))
        told = [f"{word} {_listed(sorted(ids))}" for word, ids in (("reads also", now - was), ("does not read any more", was - now)) if ids]
        if told:
            yield Change(id, at, ChangeKind.EDGES, "; ".join(told))


def columns_changed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Columns that are new, gone or of another type, in words; empty where there are none. Case is ignored, and a type that is unknown."""
    was, now = ({name.casefold(): (name, kind) for name, kind in columns.items()} for columns in (before, after))
    retyped = [
        f"{now[key][0]} (from {was[key][1]} to {now[key][1]})"
        for key in now
        if key in was and was[key][1] and now[key][1] and was[key][1].casefold() != now[key][1].casefold()
    ]
    told = [("removed", [was[key][0] for key in was if key not in now]), ("added", [now[key][0] for key in now if key not in was])]
    return "; ".join(f"{word} {_listed(names)}" for word, names in (*told, ("retyped", retyped)) if names)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
