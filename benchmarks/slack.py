"""How fast Slack gets its ack when everything comes at once. `python -m benchmarks.slack --help`.

The bar: 1,000 events in a second, p99 from send to ack under 1 s, all of them durable, none lost. The bot is `countersign serve` in a
process of its own; the workspace is the sandbox, in this process, over Socket Mode. People write 500 mentions, of which Slack makes two
events each, and every mention starts a run, so the bot is at work on them while the next ones come.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from aiohttp import web

import bot.sandbox
from bot.sandbox.app import Sandbox, build
from bot.sandbox.bot_process import BotProcess, bot_process
from bot.sandbox.slack_deliveries import Delivery, NotDelivered, Transport
from bot.sandbox.slack_keys import DELIVERIES, WORKSPACE
from bot.sandbox.workspace import Json, Message, Workspace

BAR_P99, SECOND = 1.0, 1.0
WRITER = "U01DANA"
CONFIG = Path(bot.sandbox.__file__).parent / "countersign.yaml"


class Timed:
    """A transport that notes how long each event takes from its sending to its ack."""

    def __init__(self, inner: Transport, expected: int) -> None:
        self._inner = inner
        self._expected = expected
        self.all_answered = asyncio.Event()
        self.seconds: list[float] = []
        self.lost = 0
        """Acks that did not come in time."""

    @property
    def connected(self) -> bool:
        """Whether an app can be reached now."""
        return self._inner.connected

    async def wait_connected(self) -> None:
        """Return as soon as an app can be reached."""
        await self._inner.wait_connected()

    async def send(self, delivery: Delivery, seconds: float, ignore_ack: bool = False) -> Json | None:
        """Send, and note it where a person caused it: the bot's own messages come back to it as events too."""
        if delivery.payload["event"].get("user") != WRITER:
            return await self._inner.send(delivery, seconds, ignore_ack)
        began = time.perf_counter()
        try:
            return await self._inner.send(delivery, seconds, ignore_ack)
        except NotDelivered:
            self.lost += 1
            raise
        finally:
            self.seconds.append(time.perf_counter() - began)
            if len(self.seconds) >= self._expected:
                self.all_answered.set()


@asynccontextmanager
async def workspace(folder: Path) -> AsyncIterator[tuple[web.Application, dict[str, str]]]:
    """A sandbox on a free port, and the environment of a bot that belongs to it."""
    app = build()
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        environment = Sandbox(f"http://{host}:{port}").environment()
        yield app, {**environment, "DATABASE_URL": f"sqlite:///{folder}/journal.db", "COUNTERSIGN_CONFIG": str(CONFIG)}
    finally:
        await runner.cleanup()


async def storm(company: Workspace, mentions: int) -> float:
    """Let people mention the bot so often, evenly over a second; how many seconds it took."""
    began = time.perf_counter()
    for number in range(mentions):
        text = f"<@{company.team.bot_user}> status of checkout, please ({number})"
        company.post(Message("C01INCIDENTS", "", WRITER, text, client_msg_id=str(number)))
        await asyncio.sleep(max(0.0, began + (number + 1) * SECOND / mentions - time.perf_counter()))
    return time.perf_counter() - began


def received(path: Path) -> int:
    """Deliveries in the inbox, dealt with or not."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM inbox").fetchone()
        return int(count)


async def measure(folder: Path, events: int) -> bool:
    """One storm; whether the bar is met."""
    async with workspace(folder) as (app, environment), bot_process(environment, folder / "bot.log") as process:
        timed = app[DELIVERIES].transport = Timed(app[DELIVERIES].transport, events)
        await _connected(timed, process)
        taken = await storm(app[WORKSPACE], events // 2)
        async with asyncio.timeout(60):
            await timed.all_answered.wait()
        there = await asyncio.to_thread(received, folder / "journal.db")
        await process.kill()  # what was acked has to be there whatever happens then
    after = received(folder / "journal.db")
    times = sorted(timed.seconds)
    p99 = times[int(len(times) * 0.99)]
    print(
        f"{events:,} events in {taken:.2f} s: ack p50 {statistics.median(times) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, "
        f"slowest {times[-1] * 1000:.0f} ms; {timed.lost} without ack; in the inbox {there:,}, after kill -9 {after:,}"
    )
    return p99 < BAR_P99 and not timed.lost and there == after == events


async def _connected(transport: Transport, process: BotProcess) -> None:
    await process.start()
    async with asyncio.timeout(20):
        await transport.wait_connected()


def main() -> None:
    """Measure and print; exit 1 where the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1000, help="events in the second (default 1,000)")
    parser.add_argument("--rounds", type=int, default=3, help="storms, each with a new bot (default 3)")
    options = parser.parse_args()
    met = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            met.append(asyncio.run(measure(Path(folder), options.events)))
    print(f"Bar (p99 under {BAR_P99:.0f} s, all durable, none lost): {'met' if all(met) else 'MISSED'}.")
    raise SystemExit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
