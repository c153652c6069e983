"""Artifacts that a real dbt left, as a monitor measures them."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.monitors import Measure, Reading, SourceDown, Watch
from tests.tools.monitoring.opened import monitor, sources
from tools.monitoring.parts import DbtPart

SHOP = Path(__file__).parents[1] / "dbt" / "shop"
AT = datetime(2026, 11, 28, 7, tzinfo=UTC)
COUNTED = (Watch(Measure.VALUE, "failures"), Watch(Measure.VALUE, "skipped"), Watch(Measure.VALUE, "warnings"))


async def read(folder: Path, *watches: Watch, select: tuple[str, ...] = (), **more: Any) -> Reading:
    one = monitor(DbtPart(project=folder.name, select=select), *watches, kind="dbt", **more)
    async with sources({"m": one}, folder=folder.parent, clock=lambda: AT) as found:
        assert not found["m"].has_past
        return await found["m"].read(one, AT, AT)


def artifact(name: str) -> Any:
    return json.loads((SHOP / "target" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", [SHOP, SHOP / "target"])
async def test_the_last_run_is_counted(folder: Path) -> None:
    reading = await read(folder, *COUNTED, Watch(Measure.VALUE, "seconds", "s"), Watch(Measure.VALUE, "age", "s"))
    results = artifact("run_results.json")
    states = [one["status"] for one in results["results"]]
    failed = [one["unique_id"] for one in results["results"] if one["status"] in ("error", "fail")]
    made = datetime.fromisoformat(results["metadata"]["generated_at"])
    assert failed
    assert [(sample.series, sample.value) for sample in reading.samples] == [
        ("value(failures)", len(failed)), ("value(skipped)", states.count("skipped")), ("value(warnings)", states.count("warn")),
        ("value(seconds)", results["elapsed_time"]), ("value(age)", pytest.approx((AT - made).total_seconds())),
    ]  # fmt: skip
    assert reading.samples[0].summary == {"nodes": failed}
    assert {sample.at for sample in reading.samples} == {AT}


async def test_sources_are_as_old_as_dbt_saw_them() -> None:
    reading = await read(SHOP, Watch(Measure.FRESHNESS))
    ages = {one["unique_id"].split(".", 2)[2]: one["max_loaded_at_time_ago_in_s"] for one in artifact("sources.json")["results"]}
    assert {sample.series: sample.value for sample in reading.samples} == {f"freshness node={name}": age for name, age in ages.items()}
    (one,) = (await read(SHOP, Watch(Measure.FRESHNESS), select=("raw.orders",))).samples
    assert (one.series, one.value) == ("freshness node=raw.orders", ages["raw.orders"])


async def test_tables_have_columns() -> None:
    reading = await read(SHOP, Watch(Measure.SCHEMA))
    catalog = artifact("catalog.json")
    assert len(reading.samples) == len(catalog["nodes"]) + len(catalog["sources"])
    (board,) = [sample for sample in reading.samples if sample.series == "schema node=board"]
    assert (board.value, board.summary) == (None, {"columns": [["country", "VARCHAR", None], ["revenue", "DECIMAL(38,1)", None]]})
    few = await read(SHOP, Watch(Measure.SCHEMA), *COUNTED, most=2)
    assert len(few.samples) == 2 + 3
    assert few.notes == (f"{len(reading.samples) - 2} tables are left out: name those that matter under select, or raise series.",)


async def test_what_is_missing_or_broken_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder)
    (folder / "target" / "sources.json").unlink()
    with pytest.raises(SourceDown, match=r"There is no sources\.json in .* It is made by `dbt source freshness`\."):
        await read(folder, Watch(Measure.FRESHNESS))
    assert len((await read(folder, *COUNTED)).samples) == 3
    for content, text in (('{"results": [', "is no JSON"), ("[]", "holds no JSON object")):
        (folder / "target" / "run_results.json").write_text(content, encoding="utf-8")
        with pytest.raises(SourceDown, match=text):
            await read(folder, *COUNTED)
    (folder / "target" / "run_results.json").write_text('{"results": [{"status": 3}, 4], "elapsed_time": "x"}', encoding="utf-8")
    reading = await read(folder, *COUNTED, Watch(Measure.VALUE, "seconds"), Watch(Measure.VALUE, "age"))
    assert [sample.value for sample in reading.samples] == [0, 0, 0, None, None]
    (folder / "target" / "run_results.json").unlink()
    (folder / "target" / "run_results.json").symlink_to("/etc/hostname")
    with pytest.raises(SourceDown, match="lies outside"):
        await read(folder, *COUNTED)
