"""What the tests of tools share."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.tools import postgres
from tests.tools.outside import Outside, serving
from tools.net import Net


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with serving() as running:
        yield running


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    async with Net() as client:
        yield client


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test process alone, as its superuser."""
    with postgres.serving(postgres.required()) as url:
        yield url
