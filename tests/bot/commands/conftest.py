"""An offline workspace in a thread of its own, and the command line pointed at it."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from bot.cli import group
from bot.sandbox.app import running
from tests.whole.town import unwatched


class Terminal:
    """Runs commands in a folder of its own, with an environment of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *arguments: str, **more: Any) -> Result:
        """Run one command in this process."""
        return CliRunner().invoke(group, arguments, env=self.environment, prog_name="countersign", **more)

    @contextmanager
    def bot(self) -> Iterator["subprocess.Popen[bytes]"]:
        """`countersign serve` in a process of its own, connected."""
        command = [sys.executable, "-m", "bot.cli", "serve"]
        with (
            Path("bot.log").open("ab") as log,
            subprocess.Popen(command, env={**os.environ, **self.environment}, stdout=log, stderr=log) as process,
        ):
            try:
                self.until(lambda: self.state()["bot_connected"])
                yield process
            finally:
                process.terminate()
                assert process.wait(10) is not None

    def state(self) -> Any:
        """What the workspace's page knows."""
        return self.page("GET", "state", params={"user": "U01DANA"})

    def rollbacks(self) -> int:
        """How many rollbacks really happened at the company."""
        effects = httpx.get(f"{self.environment['COMPANY_URL']}/effects").json()["effects"]
        return sum(effect["kind"] == "rollback" for effect in effects)

    def page(self, method: str, path: str, **more: Any) -> Any:
        """Act in the workspace."""
        answer = httpx.request(method, f"{self.environment['COMPANY_URL'].removesuffix('/company')}/page/{path}", **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def until(self, probe: Callable[[], Any], seconds: float = 30.0) -> Any:
        """What the probe finds, as soon as it finds something."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if found := probe():
                return found
            time.sleep(0.05)
        raise TimeoutError(f"not within {seconds} s; {Path('bot.log').read_text() if Path('bot.log').exists() else ''}")


@pytest.fixture
def countersign(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """The command line in an empty folder, pointed at a fresh offline workspace."""
    monkeypatch.chdir(tmp_path)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    done = asyncio.Event()
    environment: dict[str, str] = {}

    async def serve() -> None:
        async with running() as sandbox:
            environment.update(sandbox.environment())
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    environment["COUNTERSIGN_CONFIG"] = str(unwatched(tmp_path_factory.mktemp("configuration")))
    environment["DATABASE_URL"] = "sqlite:///c.db"
    environment["NO_COLOR"] = "1"
    yield Terminal(environment)
    loop.call_soon_threadsafe(done.set)
    thread.join(10)
    loop.close()
