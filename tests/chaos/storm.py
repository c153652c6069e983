"""One storm: the whole bot in a process that is killed over and over while people work with it and everything around it fails.

`python -m tests.chaos.storm --seeds 60` plays sixty of them; `--first 17 --seeds 1 --keep /tmp/storm` plays number 17 and keeps its files.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import aiohttp

from agents.core.errors import JournalError
from bot.sandbox.app import running
from bot.sandbox.bot_process import BotProcess, bot_process
from bot.settings import Settings
from tests.chaos.crowd import ALICE, CAROL, Crowd, Mood
from tests.chaos.deeds import Deeds
from tests.chaos.ground import Ground
from tests.chaos.verdict import violations
from tests.chaos.weather import Fault, fair, fault
from tests.whole.town import connected, unwatched

CHANNEL, JANITOR = "C01INCIDENTS", "C01GENERAL"
STORIES = (
    "checkout is slow", "restart web", "restart catalog", "open a ticket about the slow nightly import", "checkout is slow, again",
    "restart web and catalog", "restart payments twice", "fail over the orders database", "scale web to 9",
)
REPLIES = ("any news?", "customers are complaining, please hurry", "thank you")
CALM = 90.0
"""Seconds that the last bot gets until nothing is open."""


@dataclass
class Storm:
    """What is drawn is drawn from `random`; what happens in between is not ours to decide."""

    random: Random
    ground: Ground
    crowd: Crowd
    process: BotProcess

    async def blow(self) -> None:
        """Stories, replies and faults, while the bot is killed; then the calm, until nothing is open."""
        await self._post("model/settings", {"pace": 0})
        await self._post("company/settings", {"rollback_settles": 0})
        await self._post("page/faults", {"redelivery_seconds": 0.3})
        await self.process.start()
        async with asyncio.TaskGroup() as tasks:
            deciding = tasks.create_task(self.crowd.decide_for_ever())
            asking = tasks.create_task(self._ask())
            failing = tasks.create_task(self._fail())
            switching = tasks.create_task(self._switch())
            await self._kill()
            failing.cancel()
            await asyncio.wait([asking, switching])
            await self._order(fair())
            await self._calm()
            deciding.cancel()

    async def _ask(self) -> None:
        texts = self.random.sample(STORIES, self.random.randint(1, 3))
        replies = self.random.choice((0, 0, 1, 2))
        for text in texts:
            await asyncio.sleep(self.random.uniform(0, 2.5))
            if self.random.random() < 0.15:
                await self.crowd.pick(text, CHANNEL)
            else:
                await self.crowd.ask(text, JANITOR if text.startswith("scale") else CHANNEL)
        for _ in range(replies):
            await asyncio.sleep(self.random.uniform(0, 3))
            await self.crowd.reply(self.random.choice(REPLIES))

    async def _fail(self) -> None:
        for _ in range(self.random.randint(0, 8)):
            await asyncio.sleep(self.random.uniform(0, 1.5))
            await self._order(fault(self.random))

    async def _switch(self) -> None:
        """Alice halts, takes grants back, and Carol ends the halts."""
        deeds, carol, alice = self.crowd.deeds, self.crowd.person(CAROL), self.crowd.person(ALICE)
        for deed in self.random.choice(((), (deeds.revoke,), (deeds.halt,), (deeds.halt, deeds.revoke))):
            await asyncio.sleep(self.random.uniform(0.5, 3))
            await deed(alice, CHANNEL)
            await asyncio.sleep(self.random.uniform(0, 2))
            await deeds.resume(carol, CHANNEL)

    async def _kill(self) -> None:
        """Kill it at moments of any kind: whenever, as somebody clicks, as it starts, and twice in a row."""
        for _ in range(self.random.randint(2, 5)):
            self.crowd.clicked.clear()
            moment = self.random.choice(("whenever", "whenever", "click", "start", "twice"))
            if moment == "click":
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.crowd.clicked.wait(), 6)
                await asyncio.sleep(self.random.choice((0.0, 0.005, 0.02, 0.05, 0.1, 0.3)))
            else:
                await asyncio.sleep(self.random.uniform(0, 1.6 if moment == "start" else 5))
            await self.process.kill()
            await self.process.start()
            if moment == "twice":
                await asyncio.sleep(self.random.uniform(0.9, 2))
                await self.process.kill()
                await self.process.start()

    async def _calm(self) -> None:
        deadline = time.monotonic() + CALM
        quiet = 0
        while time.monotonic() < deadline:
            await asyncio.sleep(0.3)
            if self.process.ended():
                raise AssertionError("the last bot ended by itself")
            await self.crowd.deeds.resume(self.crowd.person(CAROL), CHANNEL)
            quiet = quiet + 1 if await self._nothing_open() else 0
            if quiet >= 3:
                return

    async def _nothing_open(self) -> bool:
        try:
            rows = await self.ground.journal()
        except JournalError:
            return False  # the first bot was killed before its database was made; tampering comes up again in the verdict
        known = {key for one in rows.values() for row in one for key in _keys(row.event)}
        asked = {story.key for story in (*self.crowd.stories, *self.crowd.replies)}
        over = all(any(row.event.kind == "run_finished" for row in one) for one in rows.values())
        return over and asked <= known and not self.ground.inbox_left()

    async def _order(self, order: Fault) -> None:
        await self._post(order.path, order.body)

    async def _post(self, path: str, body: object) -> None:
        async with self.ground.session.post(f"{self.ground.url}/{path}", json=body) as response:
            assert response.status == 200, await response.text()


def _keys(event: object) -> tuple[str, ...]:
    """The messages that an event takes in."""
    trigger = getattr(event, "trigger", None)
    return (str(getattr(event, "key", "")), str(trigger.dedupe_key) if trigger else "")


async def storm(seed: int, folder: Path) -> list[str]:
    """Play the storm of this number, with its files in this folder; what it broke."""
    random = Random(seed)  # noqa: S311 - it draws storms and guards nothing
    log = folder / "bot.log"
    log.touch()
    async with running() as sandbox, aiohttp.ClientSession() as session:
        own = {"DATABASE_URL": f"sqlite:///{folder / 'journal.db'}", "COUNTERSIGN_CONFIG": str(unwatched(folder))}
        environment = {**sandbox.environment(), **own}
        ground = Ground(session, sandbox.url, Settings.read(environment))
        crowd = Crowd(
            session, sandbox.url, random, ground.happened, with_bob=random.random() < 0.3, deeds=Deeds(random, ground),
            mood=Mood.drawn(random),
        )
        async with bot_process(environment, log) as process:
            await Storm(random, ground, crowd, process).blow()
            await connected(crowd.person(CAROL))  # before that nothing listens to a signal, and nothing has begun
            code = await process.kill(signal.SIGTERM)
            found = [f"told to end, the bot exited with {code}"] if code else []
            return found + await violations(ground, crowd, log)


def main() -> int:
    """Play storms one after the other; 1 where any of them broke something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many storms")
    parser.add_argument("--first", type=int, default=1, help="number of the first")
    parser.add_argument("--keep", type=Path, help="keep the files of each storm in a folder of this one")
    options = parser.parse_args()
    broken = 0
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory(prefix="storm-") as scratch:
            folder = Path(scratch) if options.keep is None else options.keep / str(seed)
            folder.mkdir(parents=True, exist_ok=options.keep is None)  # of an earlier storm nothing may be left
            began = time.monotonic()
            try:
                found = asyncio.run(storm(seed, folder))
            except Exception as error:  # it is one of many storms: tell it and go on
                found = [f"{type(error).__name__}: {error} {getattr(error, 'exceptions', '')}"]
        broken += bool(found)
        print(f"storm {seed}: {'; '.join(found) or 'nothing broke'} ({time.monotonic() - began:.0f} s)", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
