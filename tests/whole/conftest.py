"""The whole product at work in the sandbox: real storage, real SDKs, real HTTP tools."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.whole.town import Town, town


@pytest.fixture
async def acme(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Town]:
    """The workspace Acme and its company, with no bot in it yet. A test in which something broke unseen fails."""
    async with town(tmp_path) as place:
        yield place
    broken = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not broken, broken
