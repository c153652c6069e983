"""Lineage: what a pipeline's tables are made from, what is made from them, how its jobs ran, and what changed. Reads only."""

import asyncio
import difflib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from agents.detection.lineage import Node
from agents.ports import Clock, Done, Failed
from tools.argument import Argument, Part
from tools.artifacts import Unreadable
from tools.cutting import shorter
from tools.dbt import Code
from tools.dbt_results import BROKEN, Result
from tools.moments import moment, since
from tools.operation import Arguments, Operation, Use
from tools.pipeline import Parts, Pipeline, Reader, bare, words_of
from tools.source import Entry, Pack, SourceContext
from tools.times import iso
from tools.told import MAX_BODY, told

log = logging.getLogger(__name__)

LISTED = 200
"""Lines of a list."""

MESSAGE = 600
"""Characters of an error in a list."""

SQL = 15_000
"""Characters of a statement, and of a difference."""

TROUBLE = (*BROKEN, "skipped", "warn", "FAIL", "ABORT")
"""Statuses of runs that did not go well."""


class LineageConfig(Part):
    """Where the lineage is told. At least one of them."""

    dbt: str | None = Field(default=None, min_length=1)
    """A dbt project's folder, or the folder with its artifacts, seen from the configuration's own."""
    previous: str | None = Field(default=None, min_length=1)
    """A folder with earlier artifacts of the same project, to compare with."""
    openlineage: str | None = Field(default=None, min_length=1)
    """A file of OpenLineage events, one a line, or a folder of such files."""
    edges: tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...] = Field(default=(), max_length=2_000)
    """Chains of names, each read by the next: `[raw.orders, dashboard]`."""

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if not (self.dbt or self.openlineage or self.edges):
            raise ValueError("write at least one of dbt, openlineage and edges")
        if self.previous and not self.dbt:
            raise ValueError("previous: it is compared with dbt, which is missing")
        return self


class LineageEntry(Entry):
    """`{name: pipeline, lineage: {dbt: warehouse}}`."""

    lineage: LineageConfig


@dataclass(frozen=True, slots=True)
class Lines:
    """An open source."""

    reader: Reader
    clock: Clock

    async def look(self) -> Pipeline | Failed:
        """The pipeline as it is now."""
        try:
            return await asyncio.to_thread(self.reader.look)
        except Unreadable as error:
            return Failed(f"The lineage cannot be read: {error}. Tell an operator.")

    async def find(self, said: str) -> tuple[Pipeline, Node] | Failed:
        """The pipeline, and the one node that is meant."""
        pipeline = await self.look()
        if isinstance(pipeline, Failed):
            return pipeline
        found = pipeline.lineage.find(said)
        if len(found) == 1:
            return pipeline, found[0]
        if found:
            listed = "\n".join(map(words_of, found[:20]))
            return Failed(f"{said} may be one of these. Write its id:\n{listed}", _from_outside(pipeline, *found))
        names = {name: node for node in pipeline.lineage.nodes.values() for name in (node.name, node.id)}
        near = [names[name] for name in difflib.get_close_matches(said.strip(), names, n=3, cutoff=0.6)]
        hint = f" Did you mean {' or '.join(dict.fromkeys(node.id for node in near))}?" if near else ""
        return Failed(f"The lineage has nothing called {said[:200]}.{hint}", _from_outside(pipeline, *near))


def reader_of(config: LineageConfig, folder: Path) -> Reader:
    """Reads what an entry names, seen from the configuration's folder."""
    dbt, previous, events = (folder / path if path else None for path in (config.dbt, config.previous, config.openlineage))
    return Reader(Parts(dbt, previous, events, config.edges))


@asynccontextmanager
async def _connect(entry: LineageEntry, context: SourceContext) -> AsyncIterator[Lines]:
    lines = Lines(reader_of(entry.lineage, context.folder), context.clock)
    found = await lines.look()
    for trouble in (found.text,) if isinstance(found, Failed) else found.notes:
        log.warning("tools: %s: %s", entry.name, trouble)
    yield lines


async def _upstream(lines: Lines, arguments: Arguments, use: Use) -> Done | Failed:
    found = await lines.find(arguments["node"])
    if isinstance(found, Failed):
        return found
    pipeline, node = found
    return _around(pipeline, node, pipeline.lineage.ancestors(node.id), arguments["distance"], "is made from")


async def _downstream(lines: Lines, arguments: Arguments, use: Use) -> Done | Failed:
    found = await lines.find(arguments["node"])
    if isinstance(found, Failed):
        return found
    pipeline, node = found
    return _around(pipeline, node, pipeline.lineage.descendants(node.id), arguments["distance"], "is used by")


def _around(pipeline: Pipeline, node: Node, distances: Mapping[str, int], most: int, verb: str) -> Done:
    near = [(far, pipeline.lineage.nodes[id]) for id, far in distances.items() if not most or far <= most]
    further = f"; {len(distances) - len(near):,} more are further away" if len(near) < len(distances) else ""
    head = f"{len(near):,} {'node' if len(near) == 1 else 'nodes'}, with the distance{further}:" if near else "nothing."
    lines = [f"{words_of(node)}\n{verb} {head}"]
    lines += [f"{far}  {words_of(one)}" for far, one in near[:LISTED]]
    if len(near) > LISTED:
        lines.append(f"… {len(near) - LISTED:,} more; ask for a smaller distance")
    return _answer(pipeline, lines, node, *(one for _, one in near[:LISTED]))


async def _node(lines: Lines, arguments: Arguments, use: Use) -> Done | Failed:
    found = await lines.find(arguments["node"])
    if isinstance(found, Failed):
        return found
    pipeline, node = found
    run = pipeline.runs.get(node.id)
    return told({
        "id": node.id, "name": node.name, "kind": node.kind.value, "table": bare(node.relation), "owner": shorter(node.owner, MESSAGE),
        "description": shorter(node.description, MAX_BODY), "file": node.path, "checksum": node.checksum,
        "columns": dict(list((node.columns or {}).items())[:LISTED]),
        "column_sources": {name: ", ".join(sources[:10]) for name, sources in list(node.derived.items())[:LISTED]},
        "reads": pipeline.lineage.parents.get(node.id, ())[:LISTED], "read_by": pipeline.lineage.children.get(node.id, ())[:LISTED],
        "last_run": {"status": run.status, "at": _time(run.at), "message": shorter(run.message, MAX_BODY)} if run else None,
        "changes": [f"{_time(one.at)} {one.kind}: {shorter(one.text, MESSAGE)}" for one in pipeline.changes if one.node == node.id][:20],
        "notes": pipeline.notes or None,
    })  # fmt: skip


async def _sql(lines: Lines, arguments: Arguments, use: Use) -> Done | Failed:
    found = await lines.find(arguments["node"])
    if isinstance(found, Failed):
        return found
    pipeline, node = found
    code = pipeline.project.codes.get(node.id, Code()) if pipeline.project else Code()
    sql = await asyncio.to_thread(pipeline.project.sql, node.id) if pipeline.project else ""
    if not sql and not code.raw:
        return Failed(f"No code of {node.id} is known: it is a {node.kind}, or the artifacts do not hold it.")
    how = "Compiled:" if sql else "It is not compiled in the artifacts. As it is written:"
    parts = [f"{node.id}  {node.path}", f"{how}\n{shorter(sql or code.raw, SQL)}"]
    if before := pipeline.before.get(node.id):
        difference = "\n".join(difflib.unified_diff(before.splitlines(), code.raw.splitlines(), "before", "now", lineterm=""))
        parts.append(f"What changed since the version before, as it is written:\n{shorter(difference, SQL)}")
    return Done("\n\n".join(parts))


async def _runs(lines: Lines, arguments: Arguments, use: Use) -> Done | Failed:
    pipeline = await lines.look()
    if isinstance(pipeline, Failed):
        return pipeline
    runs = sorted(pipeline.runs.items(), key=lambda item: (-item[1].at, item[0]))
    chosen = [(node, run) for node, run in runs if not arguments["trouble_only"] or run.status in TROUBLE]
    told = [f"Runs of {len(runs):,} nodes are known, {sum(run.status in TROUBLE for _, run in runs):,} of them went not well."]
    for node, run in chosen[:LISTED]:
        took = f"  {run.seconds:.1f}s" if isinstance(run, Result) else ""
        said = shorter(" ".join(run.message.split()), MESSAGE) if run.status in TROUBLE else ""
        told.append(f"{_time(run.at)}  {run.status}  {node}{took}{f'  {said}' if said else ''}")
    if len(chosen) > LISTED:
        told.append(f"… {len(chosen) - LISTED:,} more")
    return Done("\n".join((*told, *_noted(pipeline))))


async def _changes(lines: Lines, arguments: Arguments, use: Use) -> Done | Failed:
    try:
        begin = moment(arguments["since"], lines.clock()).timestamp()
    except ValueError as error:
        return Failed(str(error))
    pipeline = await lines.look()
    if isinstance(pipeline, Failed):
        return pipeline
    chosen = [one for one in pipeline.changes if one.at >= begin]
    told = [f"{_time(one.at)}  {one.kind}  {one.node}  {shorter(' '.join(one.text.split()), MESSAGE)}" for one in chosen[:LISTED]]
    if len(chosen) > LISTED:
        told.append(f"… {len(chosen) - LISTED:,} earlier ones")
    return Done("\n".join((*(told or ("Nothing is known to have changed or failed since then.",)), *_noted(pipeline))))


def _answer(pipeline: Pipeline, lines: list[str], *nodes: Node) -> Done:
    return Done("\n".join((*lines, *_noted(pipeline))), _from_outside(pipeline, *nodes))


def _noted(pipeline: Pipeline) -> list[str]:
    return [f"Note: {note}" for note in pipeline.notes]


def _from_outside(pipeline: Pipeline, *nodes: Node) -> bool:
    """Whether something that only events tell of is among them."""
    return any(node.id in pipeline.outside for node in nodes)


def _time(at: float) -> str:
    return iso(datetime.fromtimestamp(int(at), UTC))


_NODE = Argument(
    type="string", minLength=1, maxLength=500, description="id, name, or table with or without its schema, such as analytics.orders",
)
_DISTANCE = Argument(type="integer", default=0, minimum=0, maximum=100, description="at most so many steps away; 0 for all")

LINEAGE = Pack("lineage", LineageEntry, (
    Operation(
        "upstream", "What a table, job or dashboard is made from, the nearest first, with its distance.", _upstream,
        {"node": _NODE, "distance": _DISTANCE},
    ),
    Operation(
        "downstream", "What is made from a table, and so is wrong if it is: tables, jobs, dashboards, the nearest first.", _downstream,
        {"node": _NODE, "distance": _DISTANCE},
    ),
    Operation(
        "node", "What is known of a table, job or dashboard: owner, description, file, columns, how it ran last, its changes.", _node,
        {"node": _NODE}, taints=True,
    ),
    Operation("sql", "The compiled SQL that makes a table, and how its code differs from the version before.", _sql, {"node": _NODE}),
    Operation(
        "runs", "How the last run of each node went, with errors.", _runs,
        {"trouble_only": Argument(type="boolean", default=True, description="only what failed, was skipped or warned")}, taints=True,
    ),
    Operation(
        "changes", "What changed or failed: code, schemas, inputs, jobs, tests, stale sources; the latest first.", _changes,
        {"since": since("7d")}, taints=True,
    ),
), _connect)
