"""The connection as such: patience, pauses, and whoever waits for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from tools import mcp_link
from tools.mcp_link import Answer, Broken, Link, Lost, Refused, Session


class Line:
    """A connection without a server. Implements `tools.mcp_link.Session`."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.broken = asyncio.Event()

    async def tools(self) -> tuple[Mapping[str, Any], ...]:
        return ()

    async def call(self, tool: str, arguments: Mapping[str, Any], most: int) -> Answer | Refused | Lost:
        return Answer("", False)

    async def listen(self) -> None:
        await asyncio.sleep(0)


class Dialling:
    """What becomes of each attempt: an error, or a line."""

    def __init__(self, *outcomes: str | None) -> None:
        self.outcomes = list(outcomes)
        self.at: list[float] = []
        self.lines: list[Line] = []
        self.looked = 0

    @asynccontextmanager
    async def dial(self) -> AsyncIterator[Session]:
        self.at.append(time.monotonic())
        if wrong := self.outcomes.pop(0) if self.outcomes else None:
            raise ExceptionGroup("the vendor's", [OSError(wrong)])
        self.lines.append(Line())
        yield self.lines[-1]

    async def look(self, session: Session) -> None:
        self.looked += 1


@asynccontextmanager
async def kept(dialling: Dialling) -> AsyncIterator[Link]:
    link = Link("files", dialling.dial, dialling.look, Random(1))  # noqa: S311
    keeping = asyncio.create_task(link.keep())
    yield link
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds are tenths."""
    for name in ("CONNECT", "WAIT", "LISTS", "STEADY", "FIRST_PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(mcp_link, name, getattr(mcp_link, name) / 10)


async def test_pauses_grow_and_end_when_somebody_waits() -> None:
    dialling = Dialling(*["no route"] * 4)
    async with kept(dialling) as link:
        await asyncio.sleep(0)
        with pytest.raises(Broken, match="no route"):
            await link.live()
        async with asyncio.timeout(10):
            while len(dialling.at) < 4:  # noqa: ASYNC110 - it watches a clock
                await asyncio.sleep(0.01)
        pauses = [after - before for before, after in zip(dialling.at, dialling.at[1:], strict=False)]
        assert pauses[0] > 0.04
        assert pauses[-1] > 0.08
        await asyncio.sleep(max(0.0, 0.11 - (time.monotonic() - dialling.at[-1])))
        began = time.monotonic()
        assert await link.live() is dialling.lines[0]
        assert time.monotonic() - began < 0.1  # at once, for whoever asked


async def test_many_who_wait_do_not_make_many_attempts() -> None:
    dialling = Dialling(*["no route"] * 50)
    async with kept(dialling) as link:
        for _ in range(20):
            await asyncio.gather(*(link.live() for _ in range(20)), return_exceptions=True)
        assert len(dialling.at) <= 3


async def test_a_steady_connection_is_made_again_at_once_and_a_short_one_after_a_pause() -> None:
    dialling = Dialling()
    async with kept(dialling) as link:
        first = await link.live()
        await asyncio.sleep(0.6)
        first.broken.set()
        second = await link.live()
        assert second is not first
        assert dialling.at[1] - dialling.at[0] < 0.75
        second.broken.set()
        await asyncio.sleep(0.01)
        with pytest.raises(Broken, match="the connection ended"):
            await link.live()


async def test_it_looks_again_when_the_server_says_so_at_most_once_a_second() -> None:
    dialling = Dialling()
    async with kept(dialling) as link:
        session = await link.live()
        for _ in range(50):
            session.changed.set()
            await asyncio.sleep(0)
        assert dialling.looked == 1
        await asyncio.sleep(1.05)
        assert dialling.looked == 2


async def test_a_server_that_never_lists_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    dialling = Dialling()

    async def never(session: Session) -> None:
        await asyncio.sleep(600)

    monkeypatch.setattr(dialling, "look", never)
    monkeypatch.setattr(mcp_link, "LISTS", 0.1)
    async with kept(dialling) as link:
        with pytest.raises(Broken, match="it did not list its tools within"):
            await link.live()
