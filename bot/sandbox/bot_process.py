"""The bot in a process of its own, which a story can kill and start again, and how a story is told."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

Say = Callable[[str, str], None]
"""Tells one line of the story: a mark (`step`, `ok`, `quote` or `note`) and the words."""


class StoryFailed(Exception):
    """A step did not come out as told."""


class BotProcess:
    """The bot as people run it, `countersign serve`, in a process that can be killed."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; it works as soon as the workspace sees it connected."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot.cli", "serve", env=self._environment, stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL
            )

    async def kill(self, how: signal.Signals = signal.SIGKILL) -> int:
        """End it, by default as a power cut would; its exit code."""
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(how)
        code = await self._process.wait()
        self._process = None
        return code

    @property
    def pid(self) -> int:
        """The process's number; 0 where there is none."""
        return self._process.pid if self._process else 0

    def address(self) -> str:
        """Where its HTTP server listens, as it has logged last. Raises StoryFailed."""
        found = re.findall(r"Listening at (http://\S+)", self._log.read_text(errors="replace"))
        if not found:
            raise StoryFailed("The bot serves no HTTP; its log says why.")
        return str(found[-1])

    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.returncode is not None


@asynccontextmanager
async def bot_process(environment: dict[str, str], log: Path) -> AsyncIterator[BotProcess]:
    """A bot that is started by hand and stopped, gently, when the context is left."""
    process = BotProcess({**os.environ, **environment}, log)
    try:
        yield process
    finally:
        await process.kill(signal.SIGTERM)
