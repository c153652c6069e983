"""The databases that the contract suite runs against. A second one is one more entry in DATABASES."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from storage.database import Database, open_database
from storage.journal import SqlJournal

Opener = Callable[[Path], AbstractAsyncContextManager[Database]]


def _sqlite(folder: Path) -> AbstractAsyncContextManager[Database]:
    return open_database(f"sqlite:///{folder}/journal.db")


DATABASES: dict[str, Opener] = {"sqlite": _sqlite}
"""Opens an empty database of its own for each test."""


@pytest.fixture(params=DATABASES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database of each kind."""
    async with DATABASES[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
def journal(database: Database) -> SqlJournal:
    """A journal on it."""
    return SqlJournal(database)
