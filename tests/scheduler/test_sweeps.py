"""What time alone makes happen."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.core.ids import AskId
from scheduler.service import Pulse, every
from scheduler.sweeps import QuestionSweep
from tests.world import NOON, Clock


class Questions:
    """Open questions and when their time is up; those in `stuck` were decided meanwhile."""

    def __init__(self, due: dict[str, datetime], stuck: tuple[str, ...] = ()) -> None:
        self.left = due
        self.stuck = stuck

    async def due(self, now: datetime) -> tuple[AskId, ...]:
        return tuple(AskId(name) for name, at in self.left.items() if at <= now)

    async def tick(self, ask_id: AskId) -> bool:
        return ask_id not in self.stuck and self.left.pop(ask_id) is not None

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a sweep has no business with {name}")


async def test_only_what_is_due_is_looked_after() -> None:
    clock = Clock()
    questions = Questions({"r.a1": NOON, "r.a2": NOON + timedelta(hours=1), "r.a3": NOON}, stuck=("r.a3",))
    sweep = QuestionSweep(questions, questions.tick, clock)
    assert await sweep.sweep() == 1
    assert await sweep.sweep() == 0
    clock.pass_(hours=1)
    assert await sweep.sweep() == 1
    assert questions.left.keys() == {"r.a3"}


async def test_a_job_is_done_at_once_and_again_whatever_it_raises(caplog: pytest.LogCaptureFixture) -> None:
    done = asyncio.Event()
    turns: list[datetime] = []

    async def job() -> None:
        turns.append(datetime.now(UTC))
        if len(turns) > 2:
            done.set()
        raise RuntimeError("a bad turn")

    async with every({"job": (timedelta(seconds=0.05), job)}):
        await asyncio.wait_for(done.wait(), 5)
    assert "a bad turn" in caplog.text
    so_far = len(turns)
    await asyncio.sleep(0.15)
    assert len(turns) == so_far


async def test_a_job_that_is_under_way_at_the_end_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    begun = asyncio.Event()

    async def job() -> None:
        begun.set()
        await asyncio.sleep(60)

    async with every({"job": (timedelta(seconds=60), job)}):
        await asyncio.wait_for(begun.wait(), 5)
    await asyncio.sleep(0.05)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_how_far_a_job_is_behind_its_turn() -> None:
    pulse, stuck = Pulse(), asyncio.Event()
    assert pulse.behind() == ("", timedelta())

    async def quick() -> None:
        """Is done at once."""

    async with every({"quick": (timedelta(seconds=0.01), quick), "slow": (timedelta(seconds=0.01), stuck.wait)}, pulse):
        await asyncio.sleep(0.2)
        job, behind = pulse.behind()
        assert job == "slow"
        assert timedelta(seconds=0.1) < behind < timedelta(seconds=5)
        stuck.set()
        await asyncio.sleep(0.1)
        assert pulse.behind()[1] < behind
