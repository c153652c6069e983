"""What looking costs: a month of five-minute data of fifty series, one monitor, and a look each five minutes. `python -m benchmarks.looks`.

The bar is 5 ms of CPU time a series and look. The first line is the detector by itself, in the same process.
"""

import asyncio
import resource
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from tests.scheduler.watch import FIVE, NOON, World, monitor, usual, watching
from tests.world import Clock

SERIES, LOOKS = 50, 24


def cpu() -> float:
    """Seconds of CPU time of this process so far, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def looks(folder: Path) -> None:
    """The past, and then some looks."""
    world = World({f"volume region={number}": usual for number in range(SERIES)})
    async with watching(folder, Clock(), {"orders": world}, monitor()) as tower:
        begun = cpu()
        await tower.at(NOON)
        past = cpu() - begun
        print(f"the past of {SERIES} series, read, stored and read again: {past:.1f} s of CPU time")
        await tower.at(NOON + FIVE)
        begun, at = cpu(), time.perf_counter()
        await tower.through(NOON + 2 * FIVE, NOON + (1 + LOOKS) * FIVE)
        each = (cpu() - begun) / LOOKS / SERIES
        whole = (time.perf_counter() - at) / LOOKS
        print(f"a look: {each * 1000:.2f} ms of CPU time a series, {whole * 1000:.0f} ms for all of them")
    size = (folder / "journal.db").stat().st_size / SERIES / (28 * 288 + LOOKS)
    print(f"{size:.1f} bytes a sample")


def detector() -> None:
    """The part of it that is arithmetic."""
    from agents.detection.live import judge_newest

    at = [int((NOON - timedelta(days=28) + number * FIVE).timestamp()) for number in range(28 * 288)]
    values = [usual(NOON + number * FIVE) for number in range(28 * 288)]
    judge_newest(at, values)
    begun = cpu()
    for _ in range(20):
        judge_newest(at, values)
    print(f"the detector alone: {(cpu() - begun) / 20 * 1000:.2f} ms of CPU time a series")


if __name__ == "__main__":
    detector()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(looks(Path(name)))
