"""A dbt project's artifacts. `tests/tools/dbt` holds those of a project that dbt 1.10 ran, before a change and after, without macros."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.detection.changes import ChangeKind, changes
from agents.detection.lineage import Kind
from tools.artifacts import Unreadable
from tools.dbt import read_project

HERE = Path(__file__).parent / "dbt"

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, to be changed."""
    return Path(shutil.copytree(HERE / "shop", tmp_path / "shop"))


def edit(project: Path, name: str, change: Edit) -> None:
    path = project / "target" / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_nodes_and_edges_of_a_real_project() -> None:
    lineage = read_project(HERE / "shop").lineage
    assert {id: node.kind for id, node in lineage.nodes.items() if node.kind is not Kind.MODEL} == {
        "seed.shop.countries": Kind.SEED, "source.shop.raw.orders": Kind.SOURCE, "source.shop.raw.customers": Kind.SOURCE,
        "exposure.shop.revenue_board": Kind.EXPOSURE, "test.shop.not_null_orders_id.84ef11d8fe": Kind.TEST,
        "test.shop.unique_orders_id.1360ecc70e": Kind.TEST, "test.shop.not_null_signups_name.100bcb56d6": Kind.TEST,
    }
    assert lineage.ancestors("exposure.shop.revenue_board") == {
        "model.shop.board": 1, "model.shop.orders": 1, "model.shop.revenue": 2, "model.shop.stg_customers": 2, "model.shop.stg_orders": 2,
        "seed.shop.countries": 2, "source.shop.raw.customers": 3, "source.shop.raw.orders": 3,
    }
    orders = lineage.nodes["model.shop.orders"]
    assert (orders.name, orders.owner, orders.description, orders.path, orders.relation) == (
        "orders", "data-team", "One row an order.", "models/marts/orders.sql", '"shop"."analytics"."orders"',
    )
    assert orders.columns == {"id": "INTEGER", "amount": "DECIMAL(3,1)", "customer": "VARCHAR", "country": "VARCHAR"}
    assert len(orders.checksum) == 64
    assert lineage.nodes["exposure.shop.revenue_board"].owner == "Alice alice@acme.example"
    assert lineage.nodes["test.shop.unique_orders_id.1360ecc70e"].owner == "Finance finance@acme.example"  # its group's
    assert [node.id for node in lineage.find("raw.orders")] == ["source.shop.raw.orders"]


def test_the_last_run_and_the_freshness_are_events() -> None:
    project = read_project(HERE / "shop")
    told = {(one.node, one.kind): one for one in project.changes}
    assert set(told) == {
        ("model.shop.signups", ChangeKind.TEST), ("model.shop.revenue", ChangeKind.FAILED), ("model.shop.board", ChangeKind.SKIPPED),
        ("exposure.shop.revenue_board", ChangeKind.SKIPPED), ("source.shop.raw.orders", ChangeKind.STALE),
    }
    failed = told["model.shop.revenue", ChangeKind.FAILED]
    assert "Conversion Error: Could not convert string 'Ann' to INT32" in failed.text
    assert failed.at == pytest.approx(1795848553.848, abs=0.01)
    assert told["model.shop.signups", ChangeKind.TEST].text == "not_null_signups_name: Got 1 result, configured to fail if != 0"
    stale = told["source.shop.raw.orders", ChangeKind.STALE]
    assert stale.text == "its newest row was 14h 5s old when dbt looked; 12h are allowed (error)"
    assert stale.at == pytest.approx(1795848549 - 2 * 3600, abs=10)  # when the 12 hours were over
    assert project.results["model.shop.orders"].status == "success"
    assert project.notes == ()


def test_what_changed_between_two_versions() -> None:
    before, after = read_project(HERE / "before"), read_project(HERE / "shop")
    assert [(one.node, one.kind, one.text) for one in changes(before.lineage, after.lineage, after.made)] == [
        ("model.shop.orders", ChangeKind.CODE, "the code of models/marts/orders.sql changed"),
        ("model.shop.revenue", ChangeKind.CODE, "the code of models/marts/revenue.sql changed"),
        ("model.shop.stg_orders", ChangeKind.CODE, "the code of models/staging/stg_orders.sql changed"),
        ("model.shop.stg_orders", ChangeKind.SCHEMA, "removed country; added country_code"),
    ]


@pytest.mark.parametrize("name", ["run_results", "sources", "catalog"])
def test_only_the_manifest_has_to_be_there(project: Path, name: str) -> None:
    (project / "target" / f"{name}.json").unlink()
    assert len(read_project(project).lineage.nodes) == 13
    (project / "target" / f"{name}.json").write_text('{"results": [', encoding="utf-8")
    (note,) = read_project(project).notes
    assert str(project / "target" / f"{name}.json") in note
    assert "is no JSON" in note


def test_without_a_catalogue_the_columns_are_those_that_are_written_down(project: Path) -> None:
    (project / "target" / "catalog.json").unlink()
    lineage = read_project(project).lineage
    assert lineage.nodes["model.shop.stg_orders"].columns == {"id": "integer", "amount": "varchar", "country_code": "varchar"}
    assert lineage.nodes["model.shop.board"].columns is None


@pytest.mark.parametrize(("content", "said"), [
    ('{"nodes": {', "is no JSON"), ("[]", "holds no JSON object"), ("{}", "is no dbt manifest"), ("[" * 100_000, "is no JSON"),
    ("\xff", "is no JSON"),
])
def test_a_manifest_that_is_none_is_said_with_its_path(project: Path, content: str, said: str) -> None:
    (project / "target" / "manifest.json").write_text(content, encoding="latin-1")
    with pytest.raises(Unreadable, match=said) as raised:
        read_project(project)
    assert str(project / "target" / "manifest.json") in str(raised.value)


def test_a_folder_without_a_manifest_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"there is no manifest\.json in .* Run dbt there, or name another folder"):
        read_project(tmp_path)


@pytest.mark.parametrize("odd", [None, [], "text", 7, {"x": None}, {"x": {"unique_id": 3, "resource_type": []}}, {"x": "y"}])
def test_parts_of_another_shape_are_left_out(project: Path, odd: object) -> None:
    def change(manifest: dict[str, Any]) -> None:
        model = manifest["nodes"]["model.shop.orders"]
        for key in ("columns", "meta", "config", "depends_on", "checksum", "group", "description", "relation_name"):
            model[key] = odd
        for key in ("sources", "exposures", "groups", "parent_map", "metrics", "functions"):
            manifest[key] = odd

    edit(project, "manifest", change)
    for name in ("run_results", "sources", "catalog"):
        edit(project, name, lambda content: content.update(dict.fromkeys(content, odd)))
    project_ = read_project(project)
    assert "model.shop.orders" in project_.lineage.nodes
    assert project_.changes == ()


def test_metrics_versions_and_functions_are_nodes(project: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["nodes"]["model.shop.orders"]["version"] = 2
        manifest["semantic_models"] = {"semantic_model.shop.orders": {
            "unique_id": "semantic_model.shop.orders", "resource_type": "semantic_model", "name": "orders",
            "depends_on": {"nodes": ["model.shop.orders"]},
        }}  # fmt: skip
        manifest["metrics"] = {"metric.shop.revenue": {
            "unique_id": "metric.shop.revenue", "resource_type": "metric", "name": "revenue",
            "depends_on": {"nodes": ["semantic_model.shop.orders"]},
        }}  # fmt: skip

    edit(project, "manifest", change)
    lineage = read_project(project).lineage
    assert lineage.path("model.shop.orders", "metric.shop.revenue") == (
        "model.shop.orders", "semantic_model.shop.orders", "metric.shop.revenue",
    )
    assert lineage.nodes["model.shop.orders"].name == "orders.v2"


def test_an_older_schema_is_read_and_noted(project: Path) -> None:
    edit(project, "manifest", lambda one: one["metadata"].update(dbt_schema_version="https://schemas.getdbt.com/dbt/manifest/v9.json"))
    assert read_project(project).notes == ()
    edit(project, "manifest", lambda one: one["metadata"].update(dbt_schema_version="https://schemas.getdbt.com/dbt/manifest/v7.json"))
    assert "has schema v7; v9 and later are known to be read whole" in read_project(project).notes[0]


@pytest.mark.parametrize(("status", "kind"), [
    ("success", None), ("warn", None), ("pass", None), ("reused", None), ("no-op", None), ("partial success", ChangeKind.FAILED),
    ("runtime error", ChangeKind.FAILED), ("error", ChangeKind.FAILED), ("skipped", ChangeKind.SKIPPED),
])
def test_each_status_of_a_run(project: Path, status: str, kind: ChangeKind | None) -> None:
    def change(results: dict[str, Any]) -> None:
        results["results"] = [{"unique_id": "model.shop.orders", "status": status, "message": None, "timing": [], "execution_time": 1}]

    edit(project, "run_results", change)
    told = [one for one in read_project(project).changes if one.node == "model.shop.orders"]
    assert [one.kind for one in told] == ([kind] if kind else [])
    assert all(one.at == pytest.approx(1795848554, abs=5) for one in told)  # when the whole was over


def test_a_source_that_could_not_be_looked_at_is_a_failed_job(project: Path) -> None:
    edit(project, "sources", lambda one: one.update(results=[
        {"unique_id": "source.shop.raw.orders", "status": "runtime error", "error": "no such table"},
        {"unique_id": "source.shop.raw.customers", "status": "warn", "max_loaded_at": "x", "criteria": None},
    ]))  # fmt: skip
    told = {one.node: one for one in read_project(project).changes if one.node.startswith("source")}
    assert told["source.shop.raw.orders"].text == "its freshness could not be measured: no such table"
    assert told["source.shop.raw.customers"].kind is ChangeKind.STALE


def test_compiled_sql_from_the_artifacts_or_from_the_file(project: Path) -> None:
    assert 'from "shop"."analytics"."stg_orders" o' in read_project(project).sql("model.shop.orders")
    path = project / "target" / "compiled" / "shop" / "models" / "marts" / "orders.sql"
    path.parent.mkdir(parents=True)
    path.write_text("select 1", encoding="utf-8")
    edit(project, "manifest", lambda one: one["nodes"]["model.shop.orders"].pop("compiled_code"))
    (project / "target" / "run_results.json").unlink()
    assert read_project(project).sql("model.shop.orders") == "select 1"
    assert read_project(project / "target").sql("model.shop.orders") == "select 1"  # only the artifacts' folder is configured
    assert read_project(project).sql("source.shop.raw.orders") == read_project(project).sql("nothing") == ""


@pytest.mark.parametrize("path", [
    "../secret.sql", "target/../../secret.sql", "/etc/passwd", "target/link.sql", "target/up/secret.sql", "x\0y", "",
])
def test_nothing_outside_of_the_folder_is_read(project: Path, path: str) -> None:
    (project.parent / "secret.sql").write_text("select 'secret'", encoding="utf-8")
    (project / "target" / "link.sql").symlink_to(project.parent / "secret.sql")
    (project / "target" / "up").symlink_to(project.parent)
    edit(project, "manifest", lambda one: one["nodes"]["model.shop.orders"].update(compiled_code=None, compiled_path=path))
    (project / "target" / "run_results.json").unlink()
    assert read_project(project).sql("model.shop.orders") == ""


def test_an_artifact_that_leads_out_or_is_no_file_is_not_read(project: Path) -> None:
    manifest = project / "target" / "manifest.json"
    shutil.move(manifest, project.parent / "manifest.json")
    manifest.symlink_to(project.parent / "manifest.json")
    with pytest.raises(Unreadable, match="lies outside of"):
        read_project(project)
    manifest.unlink()
    os.mkfifo(manifest)
    with pytest.raises(Unreadable, match="there is no manifest"):
        read_project(project)


def test_a_large_project_is_read_in_a_second_or_so(project: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        model = manifest["nodes"]["model.shop.orders"]
        for number in range(1_000):
            id = f"model.shop.m{number}"
            above = f"model.shop.m{number - 1}" if number else "model.shop.orders"
            more = {"unique_id": id, "name": f"m{number}", "depends_on": {"nodes": [above]}, "raw_code": "x" * 12_000}
            manifest["nodes"][id] = {**model, **more}

    edit(project, "manifest", change)
    assert (project / "target" / "manifest.json").stat().st_size > 14_000_000
    lineage = read_project(project).lineage
    assert len(lineage.ancestors("model.shop.m999")) == 1_005
