"""A dbt project's artifacts as a lineage: what there is, how the last run went, and which sources are stale.

Read are `manifest.json` (schema v12; v9 and later are known to fit), `run_results.json` (v6), `sources.json` (v3) and `catalog.json` (v1),
in the folder itself or in its `target`. Only the manifest has to be there.

- https://docs.getdbt.com/reference/artifacts/manifest-json and https://schemas.getdbt.com/dbt/manifest/v12.json
- https://docs.getdbt.com/reference/artifacts/run-results-json and https://schemas.getdbt.com/dbt/run-results/v6.json
- https://docs.getdbt.com/reference/artifacts/sources-json and https://schemas.getdbt.com/dbt/sources/v3.json
- https://docs.getdbt.com/reference/artifacts/catalog-json and https://schemas.getdbt.com/dbt/catalog/v1.json
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from agents.detection.changes import Change
from agents.detection.lineage import Edge, Kind, Lineage, Node
from tools.artifacts import Unreadable, mark_of, member, members, read_bytes, read_object, unix, word
from tools.dbt_results import Result, changes_of, results_of, stale_of

MANIFEST, RUN_RESULTS, SOURCES, CATALOG = "manifest.json", "run_results.json", "sources.json", "catalog.json"
FILES = (MANIFEST, RUN_RESULTS, SOURCES, CATALOG)

OLDEST = 9
"""The oldest version of a manifest's schema that is known to fit."""

LARGEST_SQL = 2_000_000
"""Bytes of one model's compiled SQL."""

_KINDS = {
    "source": Kind.SOURCE, "model": Kind.MODEL, "seed": Kind.SEED, "snapshot": Kind.SNAPSHOT, "test": Kind.TEST, "unit_test": Kind.TEST,
    "exposure": Kind.EXPOSURE, "metric": Kind.METRIC, "semantic_model": Kind.METRIC, "saved_query": Kind.METRIC, "function": Kind.MODEL,
}
"""By `resource_type`; analyses and hooks make nothing, and are left out."""

_PARTS = ("nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "functions")


@dataclass(frozen=True, slots=True)
class Code:
    """What a node is made by."""

    raw: str = ""
    """As it is written, with its templates."""
    compiled: str = ""
    """As it was sent to the database; empty where the artifacts do not hold it."""
    compiled_path: str = ""
    """Where it was written, from the project's folder."""


@dataclass(frozen=True, slots=True)
class Project:
    """A dbt project as its artifacts tell it."""

    folder: Path
    """The configured one: nothing outside of it is read."""
    target: Path
    """Where the artifacts are: the folder, or its `target`."""
    lineage: Lineage
    changes: tuple[Change, ...]
    """Failed and skipped jobs and failed tests of the last run, and stale sources."""
    results: Mapping[str, Result]
    """By node: how its last run went."""
    codes: Mapping[str, Code]
    """By node."""
    made: float
    """When the manifest was made: Unix seconds."""
    notes: tuple[str, ...] = ()
    """What could not be read, for people."""

    def sql(self, node: str) -> str:
        """A node's compiled SQL, from the artifacts or from the file that dbt wrote; empty where there is none. Blocks."""
        code = self.codes.get(node, Code())
        if code.compiled or not code.compiled_path:
            return code.compiled
        inside = PurePosixPath(*PurePosixPath(code.compiled_path).parts[1:])  # the path begins with the target folder's name
        for root, path in ((self.folder, code.compiled_path), (self.target, str(inside))):
            try:
                return read_bytes(root, path, LARGEST_SQL).decode("utf-8", "replace")
            except Unreadable:
                continue
        return ""


def target_of(folder: Path) -> Path:
    """Where a project's artifacts are. Blocks."""
    return folder if mark_of(folder / MANIFEST) or not mark_of(folder / "target" / MANIFEST) else folder / "target"


def read_project(folder: Path) -> Project:
    """What the artifacts in a folder tell. Blocks. Raises Unreadable where there is no manifest or it is none; the rest may be missing."""
    target = target_of(folder)
    if not mark_of(target / MANIFEST):
        raise Unreadable(f"there is no {MANIFEST} in {folder} or in its target folder. Run dbt there, or name another folder")
    manifest = read_object(target, MANIFEST)
    notes: list[str] = []
    if "nodes" not in manifest:
        raise Unreadable(f"{target / MANIFEST} is no dbt manifest: it has no `nodes`")
    if version := _too_old(manifest):
        notes.append(f"{target / MANIFEST} has schema v{version}; v{OLDEST} and later are known to be read whole")
    results, sources, catalog = (_optional(target, name, notes) for name in (RUN_RESULTS, SOURCES, CATALOG))
    nodes = {node.id: node for node in _nodes(manifest, catalog)}
    ran = results_of(results)
    return Project(
        folder, target, Lineage(nodes, frozenset(_edges(manifest))), (*changes_of(ran, _tested(manifest)), *stale_of(sources)),
        {id: replace(one, compiled="") for id, one in ran.items()},
        {id: code for id, code in _codes(manifest, ran) if id in nodes}, unix(word(manifest, "metadata", "generated_at")) or 0.0,
        tuple(notes),
    )  # fmt: skip


def _too_old(manifest: Mapping[str, Any]) -> int:
    found = re.search(r"/v(\d{1,3})\.json$", word(manifest, "metadata", "dbt_schema_version"))
    return int(found[1]) if found and int(found[1]) < OLDEST else 0


def _optional(target: Path, name: str, notes: list[str]) -> Mapping[str, Any]:
    """An artifact that may be missing; one that is broken is noted."""
    if not mark_of(target / name):
        return {}
    try:
        return read_object(target, name)
    except Unreadable as error:
        notes.append(str(error))
        return {}


def _told(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Everything in the manifest that has an id and makes something."""
    for part in _PARTS:
        for one in members(manifest, part):
            if word(one, "unique_id") and word(one, "resource_type") in _KINDS:
                yield one


def _nodes(manifest: Mapping[str, Any], catalog: Mapping[str, Any]) -> Iterator[Node]:
    for one in _told(manifest):
        id = word(one, "unique_id")
        yield Node(
            id, _name(one), _KINDS[word(one, "resource_type")], _owner(one, manifest), word(one, "description"),
            word(one, "original_file_path"), word(one, "relation_name"), _columns(one, catalog), word(one, "checksum", "checksum"),
        )


def _name(one: Mapping[str, Any]) -> str:
    """As dbt's own references say it: `raw.orders` for a source, `orders.v2` for a version of a model."""
    if word(one, "resource_type") == "source":
        return f"{word(one, 'source_name')}.{word(one, 'name')}"
    version = one.get("version")
    return f"{word(one, 'name')}.v{version}" if isinstance(version, str | int) and version != "" else word(one, "name")


def _owner(one: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """What its `meta` says, its own owner, or its group's."""
    for meta in (member(one, "meta"), member(one, "config", "meta"), member(one, "source_meta")):
        if owner := _person(meta.get("owner")):
            return owner
    groups = (group for group in members(manifest, "groups") if word(group, "name") == (word(one, "group") or word(one, "config", "group")))
    return _person(one.get("owner")) or next((_person(group.get("owner")) for group in groups if word(group, "name")), "")


def _person(owner: object) -> str:
    return owner if isinstance(owner, str) else " ".join(filter(None, (word(owner, "name"), word(owner, "email"))))


def _columns(one: Mapping[str, Any], catalog: Mapping[str, Any]) -> Mapping[str, str] | None:
    """What the database has, where `dbt docs generate` asked it; else what is written down about it."""
    id = word(one, "unique_id")
    if found := [*members(member(catalog, "nodes", id), "columns"), *members(member(catalog, "sources", id), "columns")]:
        return {word(column, "name"): word(column, "type") for column in found}
    return {word(column, "name"): word(column, "data_type") for column in members(one, "columns")} or None


def _edges(manifest: Mapping[str, Any]) -> Iterator[Edge]:
    for one in _told(manifest):
        above = member(one, "depends_on").get("nodes")
        yield from ((id, word(one, "unique_id")) for id in above or () if isinstance(id, str))
    for below, above in member(manifest, "parent_map").items():
        yield from ((id, below) for id in above or () if isinstance(id, str))


def _tested(manifest: Mapping[str, Any]) -> Mapping[str, str]:
    """By test, the one node that it tests: itself where it looks at several."""
    tested: dict[str, str] = {}
    for one in _told(manifest):
        if _KINDS[word(one, "resource_type")] is Kind.TEST:
            above = member(one, "depends_on").get("nodes") or []
            tested[word(one, "unique_id")] = word(one, "attached_node") or (above[0] if len(above) == 1 else word(one, "unique_id"))
    return tested


def _codes(manifest: Mapping[str, Any], ran: Mapping[str, Result]) -> Iterator[tuple[str, Code]]:
    for one in _told(manifest):
        id = word(one, "unique_id")
        compiled = word(one, "compiled_code") or (ran[id].compiled if id in ran else "")
        yield id, Code(word(one, "raw_code"), compiled, word(one, "compiled_path"))
