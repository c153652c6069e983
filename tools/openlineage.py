"""OpenLineage events as a lineage: datasets, the jobs between them, which runs failed, and which schemas and statements changed.

Read is what the file transport of OpenLineage's clients writes: a file with an event on each line, or a folder of such files and of files
with one event each. Job, run and dataset events are known, in any version of the specification up to 2-0-2.

- https://openlineage.io/spec/2-0-2/OpenLineage.json and https://openlineage.io/docs/spec/object-model
- facets: https://openlineage.io/docs/spec/facets/ (errorMessage, schema, columnLineage, dataQualityAssertions, ownership, documentation,
  sql, sourceCodeLocation, symlinks, and dbt_node of dbt's integration, by which a job is known as the model that it makes)
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.detection.changes import Change, ChangeKind, columns_changed
from agents.detection.lineage import Edge, Kind, Lineage, Node
from tools.artifacts import Unreadable, mark_of, member, members, read_bytes, unix, word

ENDINGS = (".json", ".jsonl", ".ndjson", ".log")
"""Of the files in a folder that are read."""

MOST_FILES = 5_000
"""Files of a folder that are read, the last written first."""

MOST_BYTES = 50_000_000
"""Bytes of all events that are read; of a longer file its end."""

FACETS = frozenset({
    "schema", "columnLineage", "dataQualityAssertions", "ownership", "documentation", "sql", "sourceCodeLocation", "symlinks", "dbt_node",
    "jobType",
})
"""Of jobs and datasets: those that are used."""

ENDED = ("COMPLETE", "FAIL", "ABORT")
"""Types of the event that ends a run."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How the last run of a job went."""

    node: str
    """The job's id in the lineage."""
    status: str
    """COMPLETE, FAIL or ABORT; START, RUNNING or OTHER where it is not known to have ended."""
    at: float
    """When: Unix seconds."""
    message: str
    """Its error."""


@dataclass(frozen=True, slots=True)
class Events:
    """What a series of events tells."""

    lineage: Lineage
    changes: tuple[Change, ...]
    runs: Mapping[str, Ran]
    """By job."""
    notes: tuple[str, ...] = ()
    """What could not be read, for people."""


def files_of(path: Path) -> tuple[Path, ...]:
    """The files to read, the last written first. Blocks. Raises Unreadable where there is nothing."""
    if mark_of(path):
        return (path,)
    try:
        inside = [one for one in path.iterdir() if one.suffix.lower() in ENDINGS and not one.name.startswith(".")]
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}. Name a file or a folder of OpenLineage events") from None
    marked = sorted(((mark, one) for one in inside if (mark := mark_of(one))), reverse=True)
    return tuple(one for _, one in marked[:MOST_FILES])


def read_events(path: Path, most: int = MOST_BYTES) -> Events:
    """The events in a file or in a folder, at most so many bytes. Blocks. Raises Unreadable; lines that are no event are noted."""
    root = path if path.is_dir() else path.parent
    events: list[Mapping[str, Any]] = []
    notes: list[str] = []
    left = most
    for file in files_of(path):
        if left <= 0:
            notes.append(f"{path} holds more than {most:,} bytes; the older events are not read")
            break
        try:
            content = read_bytes(root, file.name, left, end=True)
        except Unreadable as error:
            notes.append(str(error))
            continue
        whole = len(content) < left
        left -= len(content)
        events += _events(content if whole else content.partition(b"\n")[2], file, notes)
    return told_by(events, notes)


def told_by(events: Sequence[Mapping[str, Any]], notes: Sequence[str] = ()) -> Events:
    """What these events tell, in the order of their times."""
    fold = _Fold()
    for event in sorted(events, key=lambda one: unix(one.get("eventTime")) or 0.0):
        fold.take(event, unix(event.get("eventTime")) or 0.0)
    edges = (edge for kept in fold.edges.values() for edge in kept)
    return Events(Lineage(fold.nodes, frozenset(edges)), tuple(fold.changes), fold.runs, tuple(notes))


def _events(content: bytes, file: Path, notes: list[str]) -> Iterator[Mapping[str, Any]]:
    """The events of a file: one in the whole of it, a list, or one a line. A last line without an end may still be being written."""
    whole = _parsed(content)
    if isinstance(whole, dict | list):
        found, broken = (whole if isinstance(whole, list) else [whole]), []
    else:
        lines = [line for line in content.split(b"\n") if line.strip()]
        parsed = [_parsed(line) for line in lines]
        broken = [number for number, one in enumerate(parsed, 1) if not isinstance(one, dict)]
        if broken and broken[-1] == len(lines) and not content.endswith(b"\n"):
            broken.pop()
        found = [one for one in parsed if isinstance(one, dict)]
    fitting = [one for one in found if isinstance(one, dict) and (_job_id(member(one, "job")) or _dataset_id(member(one, "dataset")))]
    if broken or len(fitting) < len(found):
        count = len(broken) + len(found) - len(fitting)
        where = f", the first in line {broken[0]}" if broken else ""
        notes.append(f"{file}: {count:,} {'entry is' if count == 1 else 'entries are'} no OpenLineage event{where}")
    yield from map(_slim, fitting)


def _slim(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of an event is used: others' facets may be a hundred times as large."""
    run = member(event, "run")
    return {
        "eventType": event.get("eventType"), "eventTime": event.get("eventTime"), "job": _known(member(event, "job")),
        "run": {"runId": run.get("runId"), "facets": {"errorMessage": member(run, "facets", "errorMessage")}},
        "dataset": _known(member(event, "dataset")),
        "inputs": [_known(one) for one in members(event, "inputs")], "outputs": [_known(one) for one in members(event, "outputs")],
    }  # fmt: skip


def _known(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """A job or a dataset with the facets that are used."""
    used = {part: {name: facet for name, facet in member(one, part).items() if name in FACETS} for part in ("facets", "inputFacets")}
    return {"namespace": one.get("namespace"), "name": one.get("name"), **used}


def _parsed(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _dataset_id(one: Mapping[str, Any]) -> str:
    """Empty where it is no dataset."""
    return f"dataset:{word(one, 'namespace')}:{word(one, 'name')}" if word(one, "name") else ""


def _job_id(one: Mapping[str, Any]) -> str:
    """Empty where it is no job. What makes a model of dbt is that model."""
    model = word(one, "facets", "dbt_node", "unique_id") if word(one, "facets", "jobType", "jobType") != "TEST" else ""
    return model or (f"job:{word(one, 'namespace')}:{word(one, 'name')}" if word(one, "name") else "")


class _Fold:
    """What is known after some events."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, set[Edge]] = {}
        """By job: of its last run that ended well, and of those after it."""
        self.changes: list[Change] = []
        self.runs: dict[str, Ran] = {}
        self._last: dict[str, tuple[str, set[Edge]]] = {}
        """By job: its last run, and that run's edges."""

    def take(self, event: Mapping[str, Any], at: float) -> None:
        """Learn from one event."""
        self._dataset(member(event, "dataset"), at, True)
        if not (job := _job_id(member(event, "job"))):
            return
        self._job(job, member(event, "job"), at)
        ended = word(event, "eventType") in ENDED
        above = [self._dataset(one, at, ended) for one in members(event, "inputs")]
        below = [self._dataset(one, at, ended) for one in members(event, "outputs")]
        edges = {(one, job) for one in above if one} | {(job, one) for one in below if one}
        self._ran(job, event, at, edges)

    def _ran(self, job: str, event: Mapping[str, Any], at: float, edges: set[Edge]) -> None:
        kind, run = word(event, "eventType"), word(event, "run", "runId")
        last, known = self._last.get(job, ("", set()))
        self._last[job] = (run, edges | known if run == last else edges)
        if kind == "COMPLETE" and self._last[job][1]:
            self.edges[job] = set(self._last[job][1])
        self.edges.setdefault(job, set()).update(edges)
        if not kind:
            return
        message = word(event, "run", "facets", "errorMessage", "message")
        ended = job in self.runs and run == last and self.runs[job].status in ENDED
        if kind in ENDED or not ended:
            self.runs[job] = Ran(job, kind, at, message)
        if kind in ("FAIL", "ABORT"):
            text = message or ("it was aborted" if kind == "ABORT" else "its run failed; no message was sent")
            self.changes.append(Change(job, at, ChangeKind.FAILED, text))

    def _job(self, id: str, job: Mapping[str, Any], at: float) -> None:
        facets = member(job, "facets")
        query = word(facets, "sql", "query")
        version = word(facets, "sourceCodeLocation", "version") or (hashlib.sha256(query.encode()).hexdigest() if query else "")
        before = self.nodes.get(id, Node(id, word(job, "name"), Kind.JOB))
        if version and before.checksum and version != before.checksum:
            self.changes.append(Change(id, at, ChangeKind.CODE, "its code is another than in the run before"))
        self.nodes[id] = replace(
            before, owner=_owners(facets) or before.owner, description=word(facets, "documentation", "description") or before.description,
            path=word(facets, "sourceCodeLocation", "path") or before.path, checksum=version or before.checksum,
        )

    def _dataset(self, dataset: Mapping[str, Any], at: float, ended: bool) -> str:
        if not (id := _dataset_id(dataset)):
            return ""
        facets = member(dataset, "facets")
        before = self.nodes.get(id, Node(id, word(dataset, "name"), Kind.DATASET, relation=word(dataset, "name")))
        columns = {word(one, "name"): word(one, "type") for one in members(member(facets, "schema"), "fields") if word(one, "name")}
        if columns and before.columns and (text := columns_changed(before.columns, columns)):
            self.changes.append(Change(id, at, ChangeKind.SCHEMA, text))
        self.nodes[id] = replace(
            before, owner=_owners(facets) or before.owner, description=word(facets, "documentation", "description") or before.description,
            relation=_table(facets) or before.relation, columns=columns or before.columns, derived=_derived(facets) or before.derived,
        )
        if ended:
            self.changes += [Change(id, at, ChangeKind.TEST, text) for text in _untrue(dataset)]
        return id


def _owners(facets: Mapping[str, Any]) -> str:
    return ", ".join(word(one, "name") for one in members(member(facets, "ownership"), "owners") if word(one, "name"))


def _table(facets: Mapping[str, Any]) -> str:
    """The table's name where the dataset is known by its files."""
    return next((word(one, "name") for one in members(member(facets, "symlinks"), "identifiers") if word(one, "type") == "TABLE"), "")


def _derived(facets: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    fields = member(facets, "columnLineage", "fields")
    return {column: tuple(dict.fromkeys(_field(one) for one in members(told, "inputFields"))) for column, told in fields.items()}


def _field(one: Mapping[str, Any]) -> str:
    return f"{word(one, 'name')}.{word(one, 'field')}"


def _untrue(dataset: Mapping[str, Any]) -> list[str]:
    """Assertions about a dataset that do not hold, each once."""
    facets = (member(dataset, "facets"), member(dataset, "inputFacets"))
    told = [one for facet in facets for one in members(member(facet, "dataQualityAssertions"), "assertions") if one.get("success") is False]
    return list(dict.fromkeys(" of ".join(filter(None, (word(one, "assertion"), word(one, "column")))) for one in told))
