"""How a bot's monitors are wired: what is imported, whether they are looked at in time, and what their causes are read from."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.core.monitoring import Bucket, Occasion, State, Tell
from bot.checking import _causes, is_looking
from bot.config import load
from scheduler.checks import Checks
from scheduler.telling import news_of
from tests.test_docs import ROOT, completed

TELL = Tell(Occasion.OPENED, 1_795_262_400, Bucket(1_795_262_400, State.FIRING, 3.0, 2.0))

CONFIG = {
    "tools": [{"name": "pipeline", "lineage": {"dbt": "shop"}}, {"name": "db", "sql": {"url": "sqlite:///shop.db"}}],
    "monitors": [{"name": "orders", "sql": {"source": "db", "table": "analytics.orders"}, "watch": ["volume"]}],
}


def test_without_monitors_neither_numbers_nor_lineages_are_imported() -> None:
    code = "import sys, bot.serve; print([name for name in ('numpy', 'agents.detection.root_cause', 'matplotlib') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_who_waits_long_for_its_turn_is_named() -> None:
    lags = iter([("", timedelta()), ("orders", timedelta(minutes=9)), ("orders", timedelta(minutes=11))])
    check = is_looking(cast(Checks, SimpleNamespace(lag=lambda: next(lags))))
    assert [await check(), await check()] == [None, None]
    assert await check() == "The monitor orders is 11m behind its turn; the log says why."


async def test_causes_are_read_from_the_lineage_that_a_monitor_names(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "countersign.yaml").write_text(json.dumps(completed(CONFIG)), encoding="utf-8")
    config = load(tmp_path / "countersign.yaml", {})
    causes = _causes(config, cast(Any, SimpleNamespace(runs=SimpleNamespace(see=None))))
    assert causes is not None
    found = news_of(config.monitors["orders"], config.monitors["orders"].watches[0], "volume", TELL)
    for _ in range(2):
        assert await causes.explained([found], ()) == (found,)
    assert caplog.text.count("The lineage pipeline cannot be read") == 1
    shutil.copytree(ROOT / "tests" / "tools" / "dbt" / "shop", tmp_path / "shop")
    (explained,) = await causes.explained([found], ())
    assert explained.finding.impact
    assert explained.tainted
    assert _causes(replace(config, monitors={}), cast(Any, None)) is None
