"""The whole product at work in the sandbox: real storage, real SDKs, real HTTP tools."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import load
from tests.whole.town import Town, town, unwatched

MONITORS = """
monitors:
  - {name: orders, http: {url: "${COMPANY_URL}/services/checkout", value: instances}, every: 1d, channel: "#incidents", agent: triage}
digests:
  - {channel: "#incidents", daily: "08:00"}
"""
"""One monitor, which finds nothing by itself, and a digest."""


@pytest.fixture
async def acme(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Town]:
    """The workspace Acme and its company, with no bot in it yet. A test in which something broke unseen fails."""
    async with town(tmp_path) as place:
        yield place
    broken = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not broken, broken


@pytest.fixture
def shop(acme: Town, tmp_path: Path) -> Town:
    """Acme with a monitor and a digest."""
    return replace(acme, config=load(unwatched(tmp_path, MONITORS), acme.sandbox.environment()))
