"""The source `lineage`: what it tells of a real project, what taints, and what happens when its files change or break."""

import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agents.detection.root_cause import Grounding, suspects
from agents.detection.situation import Anomaly, Situation
from agents.detection.tracing import placed
from agents.ports import Done, Failed
from tests.tools.sources import opened
from tools.lineage import LineageConfig, reader_of
from tools.toolbox import Toolbox

HERE = Path(__file__).parent / "dbt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project, its version before, and its events."""
    return Path(shutil.copytree(HERE, tmp_path / "data"))


@pytest.fixture
async def toolbox(folder: Path) -> AsyncIterator[Toolbox]:
    config = {"dbt": "shop", "previous": "before", "openlineage": "events.jsonl", "edges": [["analytics.orders", "Orders sheet"]]}
    async with opened({"name": "pipeline", "lineage": config}, folder=folder) as box:
        yield box


async def call(toolbox: Toolbox, operation: str, **arguments: Any) -> Done | Failed:
    told = await toolbox.run(f"pipeline_{operation}", arguments, key="k")
    assert isinstance(told, Done | Failed)
    return told


async def test_what_it_is_made_from(toolbox: Toolbox) -> None:
    assert await call(toolbox, "upstream", node="Orders sheet") == Done(
        "Orders sheet  declared\n"
        "is made from 6 nodes, with the distance:\n"
        "1  model.shop.orders  model  shop.analytics.orders  owner: data-team\n"
        "2  model.shop.stg_customers  model  shop.analytics.stg_customers\n"
        "2  model.shop.stg_orders  model  shop.analytics.stg_orders\n"
        "2  seed.shop.countries  seed  shop.analytics.countries\n"
        "3  source.shop.raw.customers  source  shop.raw.customers  owner: platform\n"
        "3  source.shop.raw.orders  source  shop.raw.orders  owner: platform"
    )
    near = await call(toolbox, "upstream", node="model.shop.board", distance=1)
    assert near.text == (
        "model.shop.board  model  shop.analytics.board\nis made from 1 node, with the distance; 6 more are further away:\n"
        "1  model.shop.revenue  model  shop.analytics.revenue"
    )
    assert (await call(toolbox, "upstream", node="raw.orders")).text.endswith("is made from nothing.")


async def test_what_is_made_from_it_taints_only_where_events_alone_tell_of_it(toolbox: Toolbox) -> None:
    own = await call(toolbox, "downstream", node="revenue")
    assert "exposure.shop.revenue_board  exposure  owner: Alice alice@acme.example" in own.text
    assert not own.taints
    events = await call(toolbox, "downstream", node="orders")
    assert "job:dbt:shop.analytics.shop.orders.build.test  job" in events.text
    assert events.taints


async def test_what_is_known_of_a_node(toolbox: Toolbox) -> None:
    told = await call(toolbox, "node", node="revenue")
    known = json.loads(told.text)
    assert told.taints  # a database's error quotes what is in the rows
    assert known["last_run"]["status"] == "error"
    assert "Could not convert string 'Ann'" in known["last_run"]["message"]
    assert known["file"] == "models/marts/revenue.sql"
    assert known["column_sources"] == {"country": "shop.analytics.orders.country", "revenue": "shop.analytics.orders.customer"}
    assert known["reads"] == ["model.shop.orders"]
    assert "changed code: the code of models/marts/revenue.sql changed" in known["changes"][-1]
    assert "notes" not in known


async def test_the_sql_and_its_difference(toolbox: Toolbox) -> None:
    told = await call(toolbox, "sql", node="analytics.stg_orders")
    assert told == Done(
        'model.shop.stg_orders  models/staging/stg_orders.sql\n\nCompiled:\n'
        'select id, customer_id, amount, country as country_code, loaded_at from "shop"."raw"."orders"\n\n'
        "What changed since the version before, as it is written:\n--- before\n+++ now\n@@ -1 +1 @@\n"
        "-select id, customer_id, amount, country, loaded_at from {{ source('raw', 'orders') }}\n"
        "+select id, customer_id, amount, country as country_code, loaded_at from {{ source('raw', 'orders') }}"
    )
    assert "What changed" not in (await call(toolbox, "sql", node="board")).text
    none = await call(toolbox, "sql", node="raw.orders")
    assert (type(none), none.text) == (
        Failed, "No code of source.shop.raw.orders is known: it is a source, or the artifacts do not hold it.",
    )


async def test_the_last_runs(toolbox: Toolbox) -> None:
    told = await call(toolbox, "runs")
    assert told.taints
    assert told.text.startswith("Runs of 14 nodes are known, 6 of them went not well.\n2026-11-28T06:49:14Z  FAIL  job:dbt:dbt-run-shop\n")
    assert "error  model.shop.revenue  0.0s  Runtime Error in model revenue (models/marts/revenue.sql) Conversion Error" in told.text
    assert "success" not in told.text
    assert "success  model.shop.orders" in (await call(toolbox, "runs", trouble_only=False)).text


async def test_the_changes(toolbox: Toolbox) -> None:
    told = await call(toolbox, "changes")
    assert told.taints
    lines = told.text.splitlines()
    assert "2026-11-28T06:49:12Z  schema change  model.shop.stg_orders  removed country; added country_code" in lines
    assert lines[-1].startswith("2026-11-28T04:49:04Z  stale source  source.shop.raw.orders  its newest row was 14h 5s old")
    later = await call(toolbox, "changes", since="2026-11-28T06:49:13Z")
    assert "stale" not in later.text
    assert (await call(toolbox, "changes", since="1m")).text == "Nothing is known to have changed or failed since then."
    assert "is no time" in (await call(toolbox, "changes", since="yesterday")).text


@pytest.mark.parametrize(("node", "said"), [
    ("ordrs", "The lineage has nothing called ordrs. Did you mean model.shop.orders"),
    ("zebra", "The lineage has nothing called zebra."), ("../../etc/passwd", "The lineage has nothing called ../../etc/passwd."),
    ("name", "The lineage has nothing called name."),
])
async def test_what_is_not_there_is_told(toolbox: Toolbox, node: str, said: str) -> None:
    told = await call(toolbox, "upstream", node=node)
    assert isinstance(told, Failed)
    assert told.text.startswith(said)


async def test_what_may_be_several_is_listed(folder: Path) -> None:
    async with opened({"name": "pipeline", "lineage": {"edges": [["a.orders", "board"], ["b.orders", "board"]]}}, folder=folder) as box:
        told = await call(box, "upstream", node="orders")
    assert told == Failed("orders may be one of these. Write its id:\na.orders  declared\nb.orders  declared")


async def test_a_new_version_is_seen_and_what_it_changed_remembered(folder: Path) -> None:
    shutil.copytree(folder / "before", folder / "live")
    async with opened({"name": "pipeline", "lineage": {"dbt": "live"}}, folder=folder) as box:
        assert (await call(box, "changes")).text == "Nothing is known to have changed or failed since then."
        shutil.copytree(folder / "shop" / "target", folder / "live", dirs_exist_ok=True)
        told = (await call(box, "changes")).text
        assert "changed code  model.shop.stg_orders  the code of models/staging/stg_orders.sql changed" in told
        assert "failed job  model.shop.revenue" in told
        assert "+select id, customer_id, amount, country as country_code" in (await call(box, "sql", node="stg_orders")).text
        shutil.copytree(folder / "before", folder / "live", dirs_exist_ok=True)  # the next run went well: what happened did happen
        assert "failed job  model.shop.revenue" in (await call(box, "changes")).text
        assert json.loads((await call(box, "node", node="revenue")).text)["last_run"]["status"] == "success"


def test_results_that_another_command_overwrote_stay_known(folder: Path) -> None:
    reader = reader_of(LineageConfig(dbt="shop"), folder)
    assert reader.look().runs["model.shop.revenue"].status == "error"
    path = folder / "shop" / "target" / "run_results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    results["results"] = [{"unique_id": "model.shop.orders", "status": "skipped"}, {"unique_id": "model.gone.x", "status": "error"}]
    path.write_text(json.dumps(results), encoding="utf-8")
    runs = reader.look().runs
    assert (runs["model.shop.revenue"].status, runs["model.shop.orders"].status) == ("error", "skipped")
    assert "model.gone.x" not in runs


def test_files_are_read_once_whatever_is_wrong_with_them(folder: Path) -> None:
    (folder / "events.jsonl").write_text("broken\n", encoding="utf-8")
    reader = reader_of(LineageConfig(dbt="shop", openlineage="events.jsonl"), folder)
    assert reader.look().notes == (f"{folder / 'events.jsonl'}: 1 entry is no OpenLineage event, the first in line 1",)
    assert reader.look() is reader.look()
    (folder / "events.jsonl").write_text("", encoding="utf-8")
    assert reader.look().notes == ()


async def test_while_a_file_is_being_written_what_was_read_is_told(folder: Path) -> None:
    manifest = folder / "shop" / "target" / "manifest.json"
    whole = manifest.read_bytes()
    async with opened({"name": "pipeline", "lineage": {"dbt": "shop"}}, folder=folder) as box:
        assert "Note:" not in (await call(box, "upstream", node="orders")).text
        manifest.write_bytes(whole[:5000])
        told = await call(box, "upstream", node="orders")
        assert "model.shop.stg_orders" in told.text
        assert f"Note: {manifest} is no JSON" in told.text
        assert told.text.endswith("what was read before is told")
        manifest.write_bytes(whole)
        assert "Note:" not in (await call(box, "upstream", node="orders")).text


async def test_what_cannot_be_read_is_said_by_each_call_and_mended_without_a_restart(folder: Path) -> None:
    async with opened({"name": "pipeline", "lineage": {"dbt": "later", "openlineage": "nothing"}}, folder=folder) as box:
        told = await call(box, "runs")
        assert isinstance(told, Failed)
        assert "there is no manifest.json in" in told.text
        shutil.copytree(folder / "shop", folder / "later")
        assert "model.shop.revenue" in (await call(box, "runs")).text


async def test_edges_that_are_ambiguous_are_left_out_and_noted(folder: Path) -> None:
    outputs = [{"namespace": database, "name": "s.orders"} for database in ("a", "b")]
    event = {"eventTime": "2026-11-28T06:00:00Z", "job": {"namespace": "etl", "name": "load"}, "outputs": outputs}
    (folder / "x.jsonl").write_text(json.dumps(event), encoding="utf-8")
    async with opened({"name": "pipeline", "lineage": {"openlineage": "x.jsonl", "edges": [["s.orders", "board"]]}}, folder=folder) as box:
        told = await call(box, "upstream", node="dataset:a:s.orders")
    assert "Note: the declared edges are left out: s.orders may be dataset:a:s.orders, dataset:b:s.orders: write one of these" in told.text
    assert told.taints


def test_a_real_project_leads_from_the_finding_to_what_changed(folder: Path) -> None:
    config = LineageConfig(dbt="shop", previous="before", openlineage="events.jsonl")
    pipeline = reader_of(config, folder).look()
    found = datetime(2026, 11, 28, 7, 0, tzinfo=UTC).timestamp()
    target = placed(pipeline.lineage, ["analytics.orders"])["analytics.orders"]
    revenue = placed(pipeline.lineage, ["analytics.revenue"])["analytics.revenue"]
    situation = Situation(
        Anomaly(revenue, found, 6.0), (Anomaly(target, found, 9.0, "null rate of country 100 %, 0 % expected"),),
        frozenset({"source.shop.raw.customers", "model.shop.signups"}), pipeline.changes,
    )  # fmt: skip
    ranked = suspects(pipeline.lineage, situation, 4)
    assert [(one.node, one.grounding) for one in ranked] == [
        ("model.shop.orders", Grounding.MEASURED), ("model.shop.stg_orders", Grounding.CHANGED),
        ("source.shop.raw.orders", Grounding.CHANGED), ("model.shop.revenue", Grounding.MEASURED),
    ]
    told = " ".join(ranked[1].evidence)
    assert "stg_orders: schema change at 2026-11-28T06:49Z, 11 min before the target: removed country; added country_code" in told
    assert "It would explain 2 that are unusual below it: orders, revenue." in told
    assert ranked[2].path == ("source.shop.raw.orders", "model.shop.stg_orders", "model.shop.orders", "model.shop.revenue")


@pytest.mark.parametrize(("config", "said"), [
    ({}, "write at least one of dbt, openlineage and edges"), ({"previous": "x", "edges": [["a", "b"]]}, "which is missing"),
    ({"edges": [["a"]]}, "at least 2 items"), ({"dbt": ""}, "at least 1 character"), ({"dbt": "x", "zebra": 1}, "Extra inputs"),
])
def test_a_configuration_that_cannot_be(config: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        LineageConfig.model_validate(config)
