"""An MCP server as a process of ours: lines to and from it, what it writes to its standard error, and its certain end.

Nothing of it outlives us: a guard (`mcp_guard.py`) ends its whole process group when this process is gone, however that came.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from agents.core.exact import visible
from tools.mcp_link import Broken

log = logging.getLogger(__name__)

GUARD = Path(__file__).with_name("mcp_guard.py")

MAX_LINE = 4_000_000
"""Bytes of one message."""

BASICS = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
"""What of our own environment a server is given."""

LOGGED, WINDOW = 20, 10.0
"""So many lines of its standard error are logged in so many seconds."""

ENDING = 3.0
"""Seconds that a process has to end in, the guard's patience included."""


class Process:
    """A server that runs. One task reads, any may write."""

    def __init__(self, process: asyncio.subprocess.Process, name: str, redact: Callable[[str], str]) -> None:
        self._process = process
        self._name = name
        self._redact = redact
        self._last: deque[str] = deque(maxlen=3)
        self._window = 0.0
        self._lines = 0

    @property
    def pid(self) -> int:
        """Of the guard, which leads the process group."""
        return self._process.pid

    async def read(self) -> bytes:
        """The next line. Raises Broken where there is none any more, or where it is too long."""
        stdout = self._process.stdout
        try:
            line = await stdout.readline() if stdout else b""
        except ValueError:
            raise Broken(f"it wrote a line of more than {MAX_LINE:,} bytes") from None
        if not line.endswith(b"\n"):
            await asyncio.sleep(0.05)  # its last words are on their way
            raise Broken("it ended" + (f": {' / '.join(self._last)}" if self._last else ""))
        return line

    async def write(self, line: bytes) -> None:
        """Send a line. Raises Broken."""
        stdin = self._process.stdin
        try:
            if stdin:
                stdin.write(line)
                await stdin.drain()
        except (OSError, RuntimeError) as error:
            raise Broken("it takes nothing any more") from error

    async def log_errors(self) -> None:
        """Log what it writes to its standard error, in lines of a bearable length and number, until it ends."""
        stderr = self._process.stderr
        rest = b""
        while stderr and (piece := await stderr.read(8_192)):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._log(line)
            rest = rest[-8_192:]
        if rest:
            self._log(rest)

    def _log(self, line: bytes) -> None:
        text = visible(self._redact(line.decode(errors="replace").rstrip()))[:500]
        if not text:
            return
        self._last.append(text[:200])
        if time.monotonic() - self._window > WINDOW:
            self._window, self._lines = time.monotonic(), 0
        self._lines += 1
        if self._lines < LOGGED:
            log.info("MCP server %s: %s", self._name, text)
        elif self._lines == LOGGED:
            log.warning("MCP server %s writes more than is logged", self._name)


@asynccontextmanager
async def started(
    name: str, command: Sequence[str], environ: Mapping[str, str], folder: Path, redact: Callable[[str], str]
) -> AsyncIterator[Process]:
    """The server until the block ends; then its standard input is closed, and what does not end is ended. Raises Broken."""
    reading, writing = os.pipe()
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", str(GUARD), str(reading), *command, env=dict(environ), cwd=folder, pass_fds=(reading,),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, limit=MAX_LINE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        os.close(writing)
        raise Broken(f"it cannot be started: {error}") from error
    finally:
        os.close(reading)
    process = Process(child, name, redact)
    logging_errors = asyncio.create_task(process.log_errors())
    try:
        yield process
    finally:
        if child.stdin:
            child.stdin.close()
        os.close(writing)
        await _ended(child)
        logging_errors.cancel()
        with suppress(asyncio.CancelledError):
            await logging_errors


async def _ended(child: asyncio.subprocess.Process) -> None:
    """Wait for the end, which the guard brings about; where the guard itself was ended, do its work."""
    until = time.monotonic() + ENDING
    while child.returncode is None and time.monotonic() < until:  # noqa: ASYNC110 - wait() waits for the pipes too
        await asyncio.sleep(0.01)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    transport = getattr(child, "_transport", None)  # nothing public closes the pipes that a descendant may hold open
    if transport is not None:
        transport.close()
    while child.returncode is None:  # noqa: ASYNC110 - likewise
        await asyncio.sleep(0.01)
