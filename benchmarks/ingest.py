"""What the HTTP edge takes in when everything comes at once. `python -m benchmarks.ingest --help`.

The bars: 1,000 signed events a second for 10 s from a second process: every 2xx is in the database, also after kill -9; ack p99 under 1 s;
the memory does not grow; what is too much gets 429 or 503. And 500 slow sockets with a body of 100 MB beside it change the p99 of those who
behave by less than half. The bot is `countersign serve` in HTTP mode, with the limits that it has by default; Slack and the model are the
sandbox, in this process. Most events are replies in threads where no agent is at work, which are written down, looked at and done; some are
mentions, each of which starts a run.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from typing import Any

import aiohttp

import bot.sandbox
from benchmarks.crowd import TEAM
from bot.sandbox.app import running
from bot.sandbox.bot_process import BotProcess, bot_process
from bot.sandbox.events_http import SIGNING_SECRET

BAR_P99, BAR_CHANGE, BAR_GROWTH = 1.0, 1.5, 1.15
"""Seconds; times the p99 without strangers; times the memory after the warming up."""

CONFIG = Path(bot.sandbox.__file__).parent / "countersign.yaml"
SLOW, LARGE = 500, 100_000_000


@dataclass(frozen=True)
class Outcome:
    """What became of one storm."""

    statuses: dict[str, int]
    seconds: list[float]
    """Of each 2xx, sorted."""
    kept: list[str]
    memory: list[int]
    """Megabytes of the bot, once a second."""
    cpu: float
    """Seconds of processor time that the bot took for it."""

    def at(self, share: float) -> float:
        """This percentile of the time to a 2xx."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))]

    def told(self) -> str:
        """In one line."""
        answers = ", ".join(f"{count:,} times {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"{answers}; ack p50 {statistics.median(self.seconds) * 1000:.1f} ms, p99 {self.at(0.99) * 1000:.1f} ms, "
            f"slowest {self.seconds[-1] * 1000:.0f} ms; {self.cpu / sum(self.statuses.values()) * 1000:.2f} ms of CPU each; "
            f"memory {self.memory[0]} to {max(self.memory)} MB"
        )


@asynccontextmanager
async def workplace(folder: Path) -> AsyncIterator[tuple[str, BotProcess]]:
    """A bot in HTTP mode, and where it listens."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with running() as sandbox:
        environment = {
            **sandbox.environment(), "SLACK_APP_TOKEN": "", "COUNTERSIGN_HTTP": f"127.0.0.1:{port}", "COUNTERSIGN_CONFIG": str(CONFIG),
            "DATABASE_URL": f"sqlite:///{folder}/journal.db",
        }
        async with bot_process(environment, folder / "bot.log") as process, aiohttp.ClientSession() as session:
            await process.start()
            for _ in range(300):
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{url}/readyz") as answer:
                        if answer.status == 200:
                            break
                if process.ended():
                    raise SystemExit((folder / "bot.log").read_text())
                await asyncio.sleep(0.1)
            yield url, process


@asynccontextmanager
async def strangers(url: str) -> AsyncIterator[None]:
    """Slow sockets and a large body, in a process of their own."""
    process = await _crowd("slow", url, SLOW, LARGE)
    try:
        await asyncio.sleep(3)
        yield
    finally:
        process.kill()
        await process.wait()


async def storm(url: str, process: BotProcess, rate: float, seconds: float, mentions: float, name: str) -> Outcome:
    """One storm from a second process, and what the bot's memory does meanwhile."""
    sender = await _crowd("send", url, SIGNING_SECRET, rate, seconds, mentions, name)
    memory: list[int] = []

    async def watch() -> None:
        while True:
            memory.append(_megabytes(process.pid))
            await asyncio.sleep(1)

    before, watching = _cpu(process.pid), asyncio.create_task(watch())
    told, _ = await sender.communicate()
    watching.cancel()
    found: dict[str, Any] = json.loads(told)
    return Outcome(found["statuses"], sorted(found["seconds"]), found["kept"], memory, _cpu(process.pid) - before)


async def _crowd(*arguments: object) -> asyncio.subprocess.Process:
    command = [sys.executable, "-c", "from benchmarks.crowd import main; main()", *map(str, arguments)]
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def lost(folder: Path, kept: list[str]) -> int:
    """How many of these events are not in the database."""
    with closing(sqlite3.connect(f"file:{folder}/journal.db?mode=ro", uri=True)) as connection:
        there = {key for (key,) in connection.execute("SELECT key FROM inbox")}
    return sum(f"{TEAM}:event:{name}" not in there for name in kept)


async def ingest(rate: float, seconds: float, mentions: float) -> bool:
    """The first bar."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with workplace(folder) as (url, process):
            await storm(url, process, 200, 3, mentions, "warm")
            outcome = await storm(url, process, rate, seconds, mentions, "storm")
            await process.kill()  # what was acknowledged has to be there whatever happens then
        missing = lost(folder, outcome.kept)
    sent = int(rate * seconds)
    print(f"{sent:,} events, {rate:,.0f} a second for {seconds:g} s: {outcome.told()}; load {os.getloadavg()[0]:.1f}")
    print(f"{len(outcome.kept):,} were acknowledged ({len(outcome.kept) / sent:.1%}); after kill -9 {missing} of them are missing")
    steady = outcome.memory[len(outcome.memory) // 3:]
    flat = max(steady) <= BAR_GROWTH * steady[0]
    return not missing and outcome.at(0.99) < BAR_P99 and flat and outcome.statuses.keys() <= {"200", "429", "503"}


async def beside(rate: float, seconds: float, rounds: int) -> bool:
    """The second bar: the same load without strangers and with them, in many short turns: what else the machine does meets both alike."""
    alone: list[Outcome] = []
    with_them: list[Outcome] = []
    with tempfile.TemporaryDirectory() as name:
        async with workplace(Path(name)) as (url, process):
            await storm(url, process, rate, 3, 0, "warm")
            for number in range(rounds):
                for strange in (False, True) if number % 2 == 0 else (True, False):
                    async with strangers(url) if strange else nullcontext():
                        (with_them if strange else alone).append(await storm(url, process, rate, seconds, 0, f"{number}{strange}"))
    _tell(rate, "alone", alone)
    _tell(rate, f"beside {SLOW} slow sockets and {LARGE // 10**6} MB", with_them)
    before, after = _usual(alone), _usual(with_them)
    noise = _usual(alone[::2]) / _usual(alone[1::2])
    print(f"median p99 {before * 1000:.1f} ms alone, {after * 1000:.1f} ms beside them: {after / before:.2f} times")
    print(f"noise: of the turns alone, every other one against those between: {noise:.2f} times; load {os.getloadavg()[0]:.1f}")
    return after < BAR_CHANGE * before and all(one.statuses.keys() == {"200"} for one in with_them)


def _usual(outcomes: Sequence[Outcome]) -> float:
    """The median of their p99s, in seconds."""
    return statistics.median(one.at(0.99) for one in outcomes)


def _tell(rate: float, title: str, outcomes: Sequence[Outcome]) -> None:
    p99s = sorted(one.at(0.99) * 1000 for one in outcomes)
    statuses = sum((Counter(one.statuses) for one in outcomes), Counter())
    cpu = sum(one.cpu for one in outcomes) / statuses.total() * 1000
    print(
        f"{rate:,.0f} a second, {title}: " + ", ".join(f"{count:,} times {status}" for status, count in sorted(statuses.items()))
        + "; p99 of each turn " + " ".join(f"{p99:.1f}" for p99 in p99s) + f" ms; {cpu:.2f} ms of CPU each"
    )


def main() -> None:
    """Measure and print; exit 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1000, help="events a second (default 1,000)")
    parser.add_argument("--seconds", type=float, default=10, help="how long (default 10)")
    parser.add_argument("--mentions", type=float, default=0.01, help="share of events that start a run (default 0.01)")
    parser.add_argument("--beside", type=float, default=200, help="events a second beside slow sockets (default 200)")
    parser.add_argument("--turn", type=float, default=2, help="seconds of a turn without them or with them (default 2)")
    parser.add_argument("--rounds", type=int, default=9, help="turns without them and with them (default 9, at least 2)")
    options = parser.parse_args()
    met = [
        asyncio.run(ingest(options.rate, options.seconds, options.mentions)),
        asyncio.run(beside(options.beside, options.turn, max(2, options.rounds))),
    ]
    print(f"Bars: taken in {'met' if met[0] else 'MISSED'}, strangers {'met' if met[1] else 'MISSED'}.")
    raise SystemExit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
