"""The company's small data pipeline: orders come in from the shop, three models make revenue of them. All in one SQLite file.

It works as dbt does with views: a model is a statement, its file is what is versioned, and each run leaves artifacts beside the database.
"""

import hashlib
import math
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

HISTORY = 26 * 3600
"""Seconds of orders that are there from the beginning: more than the day that a monitor needs to know what is usual."""

RATE = 0.8
"""Orders a second, on average over a day."""

REGIONS = ("eu", "us", "apac")

MODELS = {
    "stg_orders": "select id, placed_at, region, amount as amount from raw_orders",
    "orders": "select id, placed_at, region, amount from stg_orders where id is not null",
    "revenue_by_region": "select region, date(placed_at) as day, sum(amount) as revenue from orders group by region, date(placed_at)",
}
"""The models as they are at first, each above those that read it."""

READS = {"stg_orders": ("raw_orders",), "orders": ("stg_orders",), "revenue_by_region": ("orders",)}

RENAMED = "amount_cents"
"""Where the shop writes the amount once it has changed its table."""


class PipelineError(Exception):
    """The pipeline says no, in one sentence."""


@dataclass
class Pipeline:
    """The pipeline with its state."""

    folder: Path
    """Holds `warehouse.db` and `target/`, where dbt leaves its artifacts."""
    clock: Callable[[], float]
    models: dict[str, str] = field(default_factory=lambda: dict(MODELS))
    broken: bool = False
    """Whether the shop writes the amount elsewhere."""
    loaded: float = 0.0
    """Orders up to here are in, in epoch seconds."""
    revision: int = 1
    """Grows by one with each change of a model."""

    def __post_init__(self) -> None:
        """Begin with the history."""
        now = self.clock()
        with self._open() as database:
            database.execute("pragma journal_mode = wal")
            database.execute("create table raw_orders (id integer primary key, placed_at text not null, region text not null, amount real)")
            database.execute("create index raw_orders_placed_at on raw_orders (placed_at)")
            for name, statement in self.models.items():
                database.execute(f"create view {name} as {statement}")
        self.loaded = float(math.floor(now) - HISTORY)
        self.load()

    def load(self) -> int:
        """Take in the orders since the last time; how many."""
        now = float(math.floor(self.clock()))
        column = RENAMED if self.broken else "amount"
        rows = list(_orders(self.loaded, now))
        if self.broken:
            rows = [(placed_at, region, round(amount * 100)) for placed_at, region, amount in rows]
        with self._open() as database:
            database.executemany(f"insert into raw_orders (placed_at, region, {column}) values (?, ?, ?)", rows)  # noqa: S608 - ours
        self.loaded = max(now, self.loaded)
        return len(rows)

    def change_shop(self) -> None:
        """The shop's team moves the amount to a column of whole cents. Nobody tells the pipeline."""
        if self.broken:
            return
        self.load()
        with self._open() as database:
            database.execute(f"alter table raw_orders add column {RENAMED} integer")
        self.broken = True

    def patch(self, model: str, find: str, replace: str) -> str:
        """Change a part of a model's statement, and make the model anew; the statement. Raises PipelineError."""
        statement = self.statement(model)
        if statement.count(find) != 1:
            raise PipelineError(f"{find!r} stands {statement.count(find)} times in {model}, and has to stand there once.")
        changed = statement.replace(find, replace)
        try:
            with self._open() as database:
                database.execute(f"drop view {model}")
                database.execute(f"create view {model} as {changed}")
                database.execute(f"select * from {model} limit 1").fetchone()  # noqa: S608 - one of ours
        except sqlite3.Error as error:
            raise PipelineError(f"{model} does not work with that: {error}. Nothing was changed.") from error
        self.models[model] = changed
        self.revision += 1
        return changed

    def statement(self, model: str) -> str:
        """A model's statement. Raises PipelineError."""
        if model not in self.models:
            raise PipelineError(f"There is no model {model!r}. The models are {', '.join(self.models)}.")
        return self.models[model]

    @property
    def database(self) -> Path:
        """The file."""
        return self.folder / "warehouse.db"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes count if the block ends well."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")


def checksum(statement: str) -> str:
    """SHA-256 of a model's file, as dbt notes it."""
    return hashlib.sha256(statement.encode()).hexdigest()


def _orders(begin: float, end: float) -> Iterator[tuple[str, str, float]]:
    """The orders of [begin, end): the same for the same second, more by day than by night."""
    for second in range(int(begin), int(end)):
        chance = random.Random(second)  # noqa: S311 - a story, not a secret
        busy = RATE * (1 + 0.5 * math.sin((second % 86_400) / 86_400 * 2 * math.pi))
        for _ in range(int(busy + chance.random())):
            placed_at = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")
            yield placed_at, chance.choices(REGIONS, (5, 3, 2))[0], round(chance.lognormvariate(3.4, 0.5), 2)
