"""No proxy stands between the tests and what they talk to; a running sandbox, and a person at its page."""

import os
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.app import Sandbox, running
from tests.bot.sandbox.acting import Page


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Slack client would send even local calls through a proxy."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


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
