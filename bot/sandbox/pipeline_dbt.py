"""What dbt leaves behind: `manifest.json` (v12), `run_results.json` (v6) and `catalog.json` (v1), see https://schemas.getdbt.com."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.sandbox.pipeline import READS, RENAMED, Pipeline, checksum

PROJECT = "shop"
OWNERS = {"stg_orders": "Team Data", "orders": "Team Data", "revenue_by_region": "Team Finance"}
ORDER = {"id": "INTEGER", "placed_at": "TEXT", "region": "TEXT", "amount": "REAL"}
COLUMNS = {"stg_orders": ORDER, "orders": ORDER, "revenue_by_region": {"region": "TEXT", "day": "TEXT", "revenue": "REAL"}}
TEXTS = {
    "stg_orders": "Orders of the shop, one row each, with the amount in euros.",
    "orders": "All orders that count.",
    "revenue_by_region": "Revenue a day and region.",
}


def write(pipeline: Pipeline) -> None:
    """Write the artifacts of a run that ends now; whoever reads them sees the old or the new ones whole."""
    target = pipeline.folder / "target"
    target.mkdir(exist_ok=True)
    at = datetime.fromtimestamp(pipeline.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    _put(target / "manifest.json", _manifest(pipeline, at))
    _put(target / "run_results.json", _results(pipeline, at))
    _put(target / "catalog.json", _catalog(pipeline, at))


def _put(path: Path, content: dict[str, Any]) -> None:
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(content), "utf-8")
    os.replace(beside, path)


def _id(name: str) -> str:
    return f"source.{PROJECT}.shop.{name}" if name == "raw_orders" else f"model.{PROJECT}.{name}"


def _manifest(pipeline: Pipeline, at: str) -> dict[str, Any]:
    models = {_id(name): _model(name, statement) for name, statement in pipeline.models.items()}
    source = {
        "database": "warehouse", "schema": "main", "name": "raw_orders", "resource_type": "source", "package_name": PROJECT,
        "path": "models/sources.yml", "original_file_path": "models/sources.yml", "unique_id": _id("raw_orders"),
        "fqn": [PROJECT, "shop", "raw_orders"], "source_name": "shop", "source_description": "The shop's own tables.", "loader": "copy",
        "identifier": "raw_orders", "description": "Each order as the shop writes it.", "columns": {}, "meta": {"owner": "Team Basket"},
        "relation_name": "raw_orders",
    }
    reads = [_id("revenue_by_region")]
    exposure: dict[str, Any] = {
        "name": "revenue_dashboard", "resource_type": "exposure", "package_name": PROJECT, "path": "exposures.yml",
        "original_file_path": "models/exposures.yml", "unique_id": f"exposure.{PROJECT}.revenue_dashboard",
        "fqn": [PROJECT, "revenue_dashboard"], "type": "dashboard", "owner": {"name": "Team Finance", "email": None},
        "description": "What the board looks at.", "depends_on": {"macros": [], "nodes": reads},
    }
    parents = {_id(name): [_id(one) for one in READS[name]] for name in pipeline.models}
    children: dict[str, list[str]] = {_id("raw_orders"): []}
    for name, above in parents.items():
        children.setdefault(name, [])
        for one in above:
            children.setdefault(one, []).append(name)
    return {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": "1.9.0", "generated_at": at,
            "project_name": PROJECT, "adapter_type": "sqlite",
        },
        "nodes": models, "sources": {_id("raw_orders"): source}, "exposures": {str(exposure["unique_id"]): exposure},
        "macros": {}, "docs": {}, "metrics": {}, "groups": {}, "selectors": {}, "disabled": {},
        "semantic_models": {}, "saved_queries": {}, "unit_tests": {},
        "parent_map": {**parents, str(exposure["unique_id"]): reads, _id("raw_orders"): []}, "child_map": children,
    }  # fmt: skip


def _model(name: str, statement: str) -> dict[str, Any]:
    path = f"models/{name}.sql"
    return {
        "database": "warehouse", "schema": "main", "name": name, "resource_type": "model", "package_name": PROJECT, "path": f"{name}.sql",
        "original_file_path": path, "unique_id": _id(name), "fqn": [PROJECT, name], "alias": name, "description": TEXTS[name],
        "checksum": {"name": "sha256", "checksum": checksum(statement)}, "columns": {}, "meta": {"owner": OWNERS[name]},
        "config": {"enabled": True, "materialized": "view", "meta": {"owner": OWNERS[name]}}, "tags": [], "language": "sql",
        "raw_code": statement, "compiled": True, "compiled_code": statement, "relation_name": name,
        "depends_on": {"macros": [], "nodes": [_id(one) for one in READS[name]]},
    }


def _results(pipeline: Pipeline, at: str) -> dict[str, Any]:
    timing = [{"name": part, "started_at": at, "completed_at": at} for part in ("compile", "execute")]
    return {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json", "dbt_version": "1.9.0", "generated_at": at,
        },
        "results": [
            {
                "status": "success", "timing": timing, "thread_id": "Thread-1", "execution_time": 0.02, "adapter_response": {},
                "message": "OK", "failures": None, "unique_id": _id(name), "compiled": True, "compiled_code": statement,
                "relation_name": name,
            }
            for name, statement in pipeline.models.items()
        ],
        "elapsed_time": 0.1, "args": {},
    }  # fmt: skip


def _catalog(pipeline: Pipeline, at: str) -> dict[str, Any]:
    """The columns as the database has them."""
    raw = {**COLUMNS["stg_orders"], **({RENAMED: "INTEGER"} if pipeline.broken else {})}
    return {
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json", "dbt_version": "1.9.0", "generated_at": at},
        "nodes": {_id(name): _table(name, COLUMNS[name]) for name in pipeline.models},
        "sources": {_id("raw_orders"): _table("raw_orders", raw)}, "errors": None,
    }


def _table(name: str, columns: Mapping[str, str]) -> dict[str, Any]:
    kind = "TABLE" if name == "raw_orders" else "VIEW"
    return {
        "metadata": {"type": kind, "schema": "main", "name": name, "database": "warehouse", "comment": None, "owner": None},
        "columns": {key: {"type": of, "index": place, "name": key, "comment": None} for place, (key, of) in enumerate(columns.items(), 1)},
        "stats": {}, "unique_id": _id(name),
    }
