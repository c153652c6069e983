"""The company's data pipeline: what the shop changes is seen downstream, and a patch mends it, once."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.app import running
from bot.sandbox.pipeline import Pipeline, PipelineError
from bot.sandbox.pipeline_dbt import write

BEGIN = 1_795_000_000.0
FIND, REPLACE = "amount as amount", "coalesce(amount, amount_cents / 100.0) as amount"


class Hands:
    """A clock that is set by hand."""

    now = BEGIN

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def pipeline(tmp_path: Path, hands: Hands) -> Pipeline:
    return Pipeline(tmp_path, hands)


def counted(pipeline: Pipeline, table: str = "orders") -> tuple[int, int]:
    """Orders, and those with an amount."""
    with closing(sqlite3.connect(pipeline.database)) as database:
        orders, amounts = database.execute(f"select count(*), count(amount) from {table}").fetchone()  # noqa: S608 - ours
    return orders, amounts


def test_a_change_of_the_shop_is_seen_downstream_and_a_patch_mends_it(pipeline: Pipeline, hands: Hands) -> None:
    before = counted(pipeline)
    assert before[0] == before[1] > 50_000
    hands.now += 60
    pipeline.change_shop()
    hands.now += 60
    assert pipeline.load() > 10
    orders, amounts = counted(pipeline)
    assert before[0] < amounts < orders
    assert pipeline.patch("stg_orders", FIND, REPLACE) == pipeline.statement("stg_orders")
    assert counted(pipeline) == (orders, orders)
    assert pipeline.load() == 0


def test_a_patch_that_does_not_work_changes_nothing(pipeline: Pipeline) -> None:
    before = pipeline.statement("stg_orders")
    for find, replace, message in [("nothing", "x", "stands 0 times"), (FIND, "missing as amount", "no such column: missing")]:
        with pytest.raises(PipelineError, match=message):
            pipeline.patch("stg_orders", find, replace)
    with pytest.raises(PipelineError, match="There is no model 'x'"):
        pipeline.patch("x", "a", "b")
    assert pipeline.statement("stg_orders") == before
    assert counted(pipeline)[0] > 0


def test_artifacts_tell_of_columns_and_code(pipeline: Pipeline, tmp_path: Path) -> None:
    write(pipeline)
    first = json.loads((tmp_path / "target" / "manifest.json").read_text())
    assert first["parent_map"]["model.shop.orders"] == ["model.shop.stg_orders"]
    pipeline.change_shop()
    pipeline.patch("stg_orders", FIND, REPLACE)
    write(pipeline)
    second = json.loads((tmp_path / "target" / "manifest.json").read_text())
    catalog = json.loads((tmp_path / "target" / "catalog.json").read_text())
    sums = [found["nodes"]["model.shop.stg_orders"]["checksum"]["checksum"] for found in (first, second)]
    assert sums[0] != sums[1]
    assert "amount_cents" in catalog["sources"]["source.shop.shop.raw_orders"]["columns"]


async def test_a_patch_over_http_happens_once(tmp_path: Path) -> None:
    async with running(folder=tmp_path) as sandbox, aiohttp.ClientSession(f"{sandbox.url}/company/pipeline/") as session:
        body = {"find": FIND, "replace": "amount + 0 as amount", "reason": "to see it"}
        answers = []
        for _ in range(2):
            async with session.post("models/stg_orders/patch", json=body, headers={"Idempotency-Key": "k1"}) as response:
                assert response.status == 200
                answers.append(await response.json())
        assert answers[0] == answers[1]
        async with session.get("patches") as response:
            assert (await response.json())["count"] == 1
        async with session.get("operations", params={"key": "k1"}) as response:
            assert await response.json() == {"happened": True}
        async with session.post("models/stg_orders/patch", json=body) as response:
            assert (response.status, await response.json()) == (
                409, {"error": "'amount as amount' stands 0 times in stg_orders, and has to stand there once."},
            )
        async with session.post("models/stg_orders/patch", json={"find": ""}) as response:
            assert response.status == 400
