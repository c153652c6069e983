"""A running sandbox, and a person at its page."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.app import Sandbox, running
from tests.bot.sandbox.acting import Page


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A new workspace on a free port."""
    async with running() as started:
        yield started


@pytest.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[Page]:
    """Acts as people and sees what they see."""
    async with aiohttp.ClientSession() as session:
        yield Page(session, sandbox.url)
