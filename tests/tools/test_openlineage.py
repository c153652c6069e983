"""OpenLineage events. `tests/tools/dbt/events.jsonl` is what openlineage-dbt 1.54 wrote; the others follow the specification's examples."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agents.detection.changes import ChangeKind
from agents.detection.lineage import Kind, merge
from tools.artifacts import Unreadable
from tools.dbt import read_project
from tools.openlineage import read_events, told_by

HERE = Path(__file__).parent / "dbt"


def dataset(name: str, **facets: Any) -> dict[str, Any]:
    return {"namespace": "postgres://db:5432", "name": name, "facets": facets}


def event(
    kind: str = "COMPLETE", job: str = "load", at: int = 0, run: str = "r1", inputs: tuple[Any, ...] = (), outputs: tuple[Any, ...] = (),
    run_facets: dict[str, Any] | None = None, **facets: Any,
) -> dict[str, Any]:
    """A run event, https://openlineage.io/spec/2-0-2/OpenLineage.json."""
    return {
        "eventType": kind, "eventTime": f"2026-11-28T12:{at:02}:00.000Z", "producer": "https://example.com/x",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run, "facets": run_facets or {}}, "job": {"namespace": "etl", "name": job, "facets": facets},
        "inputs": list(inputs), "outputs": list(outputs),
    }  # fmt: skip


def columns(**types: str) -> dict[str, Any]:
    return {"fields": [{"name": name, "type": kind} for name, kind in types.items()]}


A, B, C, LOAD = "dataset:postgres://db:5432:s.a", "dataset:postgres://db:5432:s.b", "dataset:postgres://db:5432:s.c", "job:etl:load"


def test_what_dbts_integration_wrote_is_the_projects_lineage() -> None:
    events, project = read_events(HERE / "events.jsonl"), read_project(HERE / "shop")
    assert events.notes == ()
    merged = merge(project.lineage, events.lineage)
    assert [id for id in merged.nodes if id not in project.lineage.nodes] == [
        "job:dbt:dbt-run-shop", "job:dbt:shop.analytics.shop.signups.build.test", "job:dbt:shop.analytics.shop.orders.build.test",
    ]
    assert {edge for edge in merged.edges if "job" not in edge[1]} <= project.lineage.edges
    assert merged.nodes["model.shop.orders"].derived["country"] == ("shop.analytics.countries.name",)
    assert [(merged.aliases.get(one.node, one.node), one.kind) for one in events.changes[:2]] == [
        ("model.shop.revenue", ChangeKind.FAILED), ("model.shop.signups", ChangeKind.TEST),
    ]
    assert events.runs["model.shop.revenue"].status == "FAIL"


def test_jobs_stand_between_their_datasets() -> None:
    told = told_by([event(inputs=(dataset("s.a"),), outputs=(dataset("s.b"),)), event("START", "report", 1, inputs=(dataset("s.b"),))])
    assert told.lineage.path(A, "job:etl:report") == (A, LOAD, B, "job:etl:report")
    assert {told.lineage.nodes[id].kind for id in (A, B)} == {Kind.DATASET}
    assert told.lineage.nodes[B].relation == "s.b"


def test_edges_are_those_of_the_last_complete_run_and_of_what_came_after() -> None:
    events = [
        event("START", at=0, run="r1", inputs=(dataset("s.a"),)), event(at=1, run="r1", outputs=(dataset("s.b"),)),
        event("START", at=2, run="r2", inputs=(dataset("s.c"),)),
    ]
    assert told_by(events).lineage.edges == {(A, LOAD), (LOAD, B), (C, LOAD)}
    assert told_by([*events, event(at=3, run="r2", outputs=(dataset("s.b"),))]).lineage.edges == {(C, LOAD), (LOAD, B)}
    assert told_by(list(reversed(events))) == told_by(events)  # their times count, and not where they stand


def test_a_failed_run_is_a_failed_job_with_its_message() -> None:
    facet = {"errorMessage": {"message": "Table or view not found: wrong_table_name", "programmingLanguage": "JAVA"}}
    failed = event("FAIL", at=2, run="r2", run_facets=facet)
    told = told_by([event(at=1), failed, event("ABORT", "other", 3), event("OTHER", at=4, run="r2")])
    assert [(one.node, one.kind, one.text) for one in told.changes] == [
        (LOAD, ChangeKind.FAILED, "Table or view not found: wrong_table_name"), ("job:etl:other", ChangeKind.FAILED, "it was aborted"),
    ]
    assert (told.runs[LOAD].status, told.runs[LOAD].message) == ("FAIL", "Table or view not found: wrong_table_name")
    assert told.changes[0].at == 1795867320.0


def test_other_columns_statements_and_versions_are_changes() -> None:
    told = told_by([
        event(at=0, outputs=(dataset("s.b", schema=columns(id="int", old="text")),), sql={"query": "select 1"}),
        event(at=1, run="r2", outputs=(dataset("s.b", schema=columns(ID="INT", new="text")),), sql={"query": "select 2"}),
        event(at=2, run="r3", outputs=(dataset("s.b"),), sql={"query": "select 2"}),
        event(job="spark", at=3, sourceCodeLocation={"version": "abc", "path": "jobs/spark.py"}),
        event(job="spark", at=4, sourceCodeLocation={"version": "def"}),
    ])  # fmt: skip
    assert [(one.node, one.kind, one.text) for one in told.changes] == [
        (LOAD, ChangeKind.CODE, "its code is another than in the run before"), (B, ChangeKind.SCHEMA, "removed old; added new"),
        ("job:etl:spark", ChangeKind.CODE, "its code is another than in the run before"),
    ]
    assert told.lineage.nodes[B].columns == {"ID": "INT", "new": "text"}
    assert told.lineage.nodes["job:etl:spark"].path == "jobs/spark.py"


def test_assertions_that_do_not_hold_are_failed_tests() -> None:
    facet = {"assertions": [
        {"assertion": "not_null", "column": "id", "success": False}, {"assertion": "row_count", "success": False},
        {"assertion": "unique", "column": "id", "success": True},
    ]}  # fmt: skip
    checked = {**dataset("s.a"), "inputFacets": {"dataQualityAssertions": facet}}
    told = told_by([event("START", at=0, inputs=(checked,)), event(at=1, inputs=(checked,))])
    assert [(one.node, one.kind, one.text) for one in told.changes] == [
        (A, ChangeKind.TEST, "not_null of id"), (A, ChangeKind.TEST, "row_count"),
    ]


def test_what_else_facets_say() -> None:
    told = told_by([{
        "eventTime": "2026-11-28T12:00:00Z", "producer": "x",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",
        "dataset": dataset(
            "warehouse/orders", ownership={"owners": [{"name": "team:data"}, {"name": "ann"}]}, documentation={"description": "All."},
            symlinks={"identifiers": [{"namespace": "hive", "name": "shop.orders", "type": "TABLE"}]},
            columnLineage={"fields": {"total": {"inputFields": [
                {"namespace": "postgres://db:5432", "name": "s.a", "field": "amount"}, {"namespace": "x", "name": "s.a", "field": "amount"},
            ]}}},
        ),
    }])  # fmt: skip
    node = told.lineage.nodes["dataset:postgres://db:5432:warehouse/orders"]
    assert (node.owner, node.description, node.relation) == ("team:data, ann", "All.", "shop.orders")
    assert node.derived == {"total": ("s.a.amount",)}


def test_a_folder_of_events_one_in_each_file_or_many(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(event(inputs=(dataset("s.a"),)), indent=2), encoding="utf-8")
    (tmp_path / "many.jsonl").write_text("\n".join(json.dumps(event(job=f"j{n}")) for n in range(3)) + "\n\n", encoding="utf-8")
    (tmp_path / "list.json").write_text(json.dumps([event(job="j7")]), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("{", encoding="utf-8")
    (tmp_path / ".hidden.json").write_text("{", encoding="utf-8")
    (tmp_path / "inner.json").mkdir()
    read = read_events(tmp_path)
    assert sorted(read.lineage.nodes) == [A, "job:etl:j0", "job:etl:j1", "job:etl:j2", "job:etl:j7", LOAD]
    assert read.notes == ()


def test_what_is_no_event_is_noted_and_the_rest_read(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(f'{json.dumps(event())}\n{{"no": "event"}}\nnot json\n7\n{json.dumps(event(job="b"))}\n', encoding="utf-8")
    read = read_events(path)
    assert sorted(read.lineage.nodes) == ["job:etl:b", LOAD]
    assert read.notes == (f"{path}: 3 entries are no OpenLineage event, the first in line 3",)
    path.write_text(f"{json.dumps(event())}\n{json.dumps(event())[:50]}", encoding="utf-8")
    assert read_events(path).notes == ()  # a last line is just being written


@pytest.mark.parametrize("odd", [
    None, [], "text", 7, {"facets": []}, {"name": ["x"]}, {"name": "x", "facets": {"schema": {"fields": [3]}}},
])
def test_parts_of_another_shape_are_left_out(odd: object) -> None:
    broken = {**event(), "inputs": [odd], "outputs": odd, "run": odd, "eventTime": odd, "eventType": odd}
    assert LOAD in told_by([broken, event()]).lineage.nodes


def test_of_too_much_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(event(job=f"j{number}")) + "\n" for number in range(50)), encoding="utf-8")
    nodes = read_events(path, 2_000).lineage.nodes
    assert "job:etl:j49" in nodes
    assert "job:etl:j0" not in nodes
    (tmp_path / "older.jsonl").write_text(json.dumps(event()), encoding="utf-8")
    os.utime(tmp_path / "older.jsonl", (1, 1))
    assert "the older events are not read" in read_events(tmp_path, 2_000).notes[-1]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="Name a file or a folder of OpenLineage events"):
        read_events(tmp_path / "nothing.jsonl")
    (tmp_path / "out.jsonl").symlink_to(HERE / "events.jsonl")
    assert "lies outside of" in read_events(tmp_path).notes[0]
