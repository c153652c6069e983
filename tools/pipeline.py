"""A pipeline as it is known now: dbt's artifacts, OpenLineage events and declared edges, read again when they were written.

It remembers, while it lives, what each new version of the artifacts changed. A folder of earlier artifacts to compare with survives a
restart.
"""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from agents.detection.changes import Change, ChangeKind, changes
from agents.detection.lineage import Lineage, Node, declare, merge
from tools.artifacts import Mark, Unreadable, mark_of
from tools.dbt import FILES, Project, read_project, target_of
from tools.dbt_results import Result
from tools.openlineage import Events, Ran, files_of, read_events

REMEMBERED = 2_000
"""Changes that are kept, the latest."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Where a pipeline is told of. Paths are absolute."""

    dbt: Path | None = None
    """A dbt project, or the folder with its artifacts."""
    previous: Path | None = None
    """A folder with its earlier artifacts."""
    openlineage: Path | None = None
    """A file or a folder of events."""
    edges: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What is known of a pipeline."""

    lineage: Lineage
    changes: tuple[Change, ...]
    """Failed jobs and tests, stale sources, and what is different from before; the latest first."""
    runs: Mapping[str, Result | Ran]
    """By node: how its last run went."""
    notes: tuple[str, ...]
    """What could not be read, for people."""
    outside: frozenset[str]
    """Nodes that are known by events, or completed by them: whoever can send events wrote that."""
    project: Project | None = None
    before: Mapping[str, str] = field(default_factory=dict)
    """By node whose code changed: what it was."""


class Reader:
    """Reads a pipeline. `look` blocks: use it in a thread. Safe in several."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._alone = threading.Lock()
        self._marks: object = None
        self._known: Pipeline | None = None
        self._project: Project | None = None
        self._history: dict[Change, None] = {}
        self._before: dict[str, str] = {}
        self._results: dict[str, Result] = {}
        """By node: `dbt test` writes no word of the run before it."""

    def look(self) -> Pipeline:
        """The pipeline as its files tell it now. Raises Unreadable where none of them can be read."""
        with self._alone:
            marks = self._marked()
            if self._known is None or marks != self._marks:
                self._known = self._read()
                self._marks = marks  # as they were before: what was written meanwhile is read again
            return self._known

    def _marked(self) -> Sequence[tuple[Path, Mark | None]]:
        paths: list[Path] = []
        for folder in filter(None, (self._parts.dbt, self._parts.previous)):
            paths += [target_of(folder) / name for name in FILES]
        if self._parts.openlineage:
            try:
                paths += files_of(self._parts.openlineage)
            except Unreadable:
                paths.append(self._parts.openlineage)
        return [(path, mark_of(path)) for path in paths]

    def _read(self) -> Pipeline:
        notes: list[str] = []
        project, earlier = self._projects(notes)
        events = self._events(notes)
        if project:
            if earlier:
                self._compare(earlier, project)
            if self._project and self._project.made != project.made:
                self._compare(self._project, project)
            self._project = project
            self._remember(project.changes)
            self._results = {node: one for node, one in (self._results | dict(project.results)).items() if node in project.lineage.nodes}
        self._remember(events.changes)
        if (self._parts.dbt or self._parts.openlineage) and not project and not events.lineage.nodes and notes:
            raise Unreadable("; ".join(notes))
        lineage = merge(*([project.lineage] if project else []), events.lineage)
        own = project.lineage.nodes if project else {}
        outside = frozenset(id for id, node in lineage.nodes.items() if id not in own or words_of(own[id]) != words_of(node))
        try:
            lineage = declare(lineage, self._parts.edges)
        except ValueError as error:
            notes.append(f"the declared edges are left out: {error}")
        runs: dict[str, Result | Ran] = {**events.runs, **self._results}
        told = (replace(one, node=lineage.aliases.get(one.node, one.node)) for one in sorted(self._history, key=lambda one: -one.at))
        return Pipeline(lineage, tuple(told), runs, tuple(notes), outside, project, dict(self._before))

    def _projects(self, notes: list[str]) -> tuple[Project | None, Project | None]:
        """The project and its earlier self. One that cannot be read now stays as it was read last."""
        found: list[Project | None] = []
        for folder, known in ((self._parts.dbt, self._project), (self._parts.previous, None)):
            try:
                found.append(read_project(folder) if folder else None)
            except Unreadable as error:
                notes.append(f"{error}{'; what was read before is told' if known else ''}")
                found.append(known)
        notes += [note for project in found if project for note in project.notes]
        return found[0], found[1]

    def _events(self, notes: list[str]) -> Events:
        try:
            events = read_events(self._parts.openlineage) if self._parts.openlineage else None
        except Unreadable as error:
            notes.append(str(error))
            events = None
        if events:
            notes += events.notes
        return events or Events(Lineage({}), (), {})

    def _compare(self, before: Project, after: Project) -> None:
        found = changes(before.lineage, after.lineage, after.made)
        self._remember(found)
        for change in found:
            if change.kind is ChangeKind.CODE and change.node in before.codes:
                self._before[change.node] = before.codes[change.node].raw

    def _remember(self, found: Iterable[Change]) -> None:
        self._history.update(dict.fromkeys(found))
        if len(self._history) > REMEMBERED:
            self._history = dict.fromkeys(sorted(self._history, key=lambda one: one.at)[-REMEMBERED:])


def bare(relation: str) -> str:
    """A table's name without its quotes."""
    return re.sub(r'["`]', "", relation)


def words_of(node: Node) -> str:
    """A node on one line: id, kind, table, owner."""
    told = [node.id, node.kind.value]
    if node.relation and node.relation != node.id:
        told.append(bare(node.relation))
    if node.owner:
        told.append(f"owner: {node.owner}")
    return "  ".join(" ".join(word.split()) for word in told)
