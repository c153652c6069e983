"""A monitor of the configuration from its table to the samples that are kept: the past at first, and then what is new."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from bot.config import load
from bot.monitors import open_monitors
from bot.settings import Settings
from scheduler.drift import Drifts
from scheduler.lines import Lines
from scheduler.looking import Looks
from storage.database import open_database
from storage.samples import SqlSamples
from tests.test_docs import completed

NOW = datetime(2026, 11, 28, 12, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONITOR = {
    "name": "orders", "sql": {"source": "shop", "table": "orders", "time": "at"}, "every": "1h", "dimensions": ["region"],
    "watch": ["volume", "freshness", {"distribution": "amount"}, "schema"],
}  # fmt: skip


async def test_the_past_is_read_once_and_then_what_is_new(tmp_path: Path) -> None:
    begin = NOW.replace(minute=0) - 10 * 24 * HOUR
    first = int(begin.timestamp())
    rows = [(first + 600 * number, "eu" if number % 3 else "us", number % 7) for number in range(1_440)]
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE orders (at INTEGER, region TEXT, amount REAL)")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
        connection.commit()
    path = tmp_path / "countersign.yaml"
    tools = [{"name": "shop", "sql": {"url": "sqlite:///shop.db"}}]
    path.write_text(yaml.safe_dump(completed({"tools": tools, "monitors": [MONITOR]})), encoding="utf-8")
    config = load(path, {})
    monitor = config.monitors["orders"]
    now = NOW
    async with (
        open_database(f"sqlite:///{tmp_path / 'kept.db'}") as database, open_monitors(Settings(), config, clock=lambda: now) as sources,
    ):
        book = SqlSamples(database)
        looks = Looks(sources, book, Lines(book), Drifts(book))
        looked, notes = await looks.up_to_date(monitor, None, now)
        assert (notes, looked.error, looked.read_through) == ((), "", NOW.replace(minute=0))
        kept = await book.samples("orders", begin - HOUR)
        assert {one.series for one in kept} == {
            "schema", *(f"{watch} region={region}" for watch in ("volume", "freshness", "distribution(amount)") for region in ("eu", "us")),
        }  # fmt: skip
        volume = {one.at: one.value for one in kept if one.series == "volume region=eu"}
        assert (len(volume), set(volume.values()), min(volume)) == (240, {4.0}, begin)
        assert len([one for one in kept if one.summary and "quantiles" in one.summary]) == 480
        (columns,) = [one for one in kept if one.series == "schema"]
        assert columns.at == NOW.replace(minute=0) - HOUR
        now = NOW + HOUR
        after, _ = await looks.up_to_date(monitor, replace(looked, version=(await book.looked())["orders"].version), now)
        assert after.read_through == NOW.replace(minute=0) + HOUR
        new = {one.series: one.value for one in await book.samples("orders", NOW.replace(minute=0))}
        assert (new["volume region=eu"], new["volume region=us"], new["distribution(amount) region=eu"]) == (0, 0, None)
        assert (new["freshness region=eu"], new["freshness region=us"]) == (3600 + 600, 3600 + 1800)
