"""What the tests of tools share."""

from collections.abc import AsyncIterator

import pytest

from tests.tools.outside import Outside, serving
from tools.net import Net


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with serving() as running:
        yield running


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    async with Net(hosts=("127.0.0.1", "localhost")) as client:
        yield client
