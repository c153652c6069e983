"""Logs in files on this machine, found by patterns. They are read by a process of its own: see `log_search.py`."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

import tools
from agents.ports import Clock, Done, Failed
from tools.argument import Argument, Part
from tools.log_search import Question
from tools.moments import UNTIL, moment
from tools.operation import Arguments, Operation, Use
from tools.source import Entry, Pack, SourceContext

SECONDS = 15.0
"""After so long a search stops reading, and tells what it has."""

PATIENCE = 5.0
"""Seconds more, until the process is ended: then an expression keeps it busy."""


def _allowed(pattern: str) -> str:
    if ".." in PurePosixPath(pattern).parts:
        raise ValueError("a pattern may not go up with `..`; write the whole path")
    if not PurePosixPath(pattern).name:
        raise ValueError("a pattern names files")
    return pattern


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"there is no time zone {name}; write one such as Europe/Berlin") from None
    return name


class LogsConfig(Part):
    """Which files there are."""

    files: tuple[Annotated[str, Field(min_length=1), AfterValidator(_allowed)], ...] = Field(min_length=1)
    """Patterns with `*`, `?`, `[…]` and `**`, absolute or seen from the configuration's folder."""
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The time zone of times that are written without an offset."""
    max_bytes: int = Field(default=50_000_000, ge=100_000, le=1_000_000_000)
    """Bytes that one call reads, the newest first."""


class LogsEntry(Entry):
    """`{name: logs, logs: {files: ["/var/log/app/*.log*"]}}`."""

    logs: LogsConfig


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Files that may be read."""

    config: LogsConfig
    folder: Path
    clock: Clock
    seconds: float = SECONDS
    patience: float = PATIENCE

    async def ask(self, do: str, arguments: Arguments) -> Done | Failed:
        """Have a process read them; it is ended if it takes too long."""
        try:
            question = self._question(do, arguments)
        except ValueError as error:
            return Failed(str(error))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-s", "-P", "-m", "tools.log_search", cwd="/", env=_environment(),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(self.seconds + self.patience):
                told, trouble = await process.communicate(json.dumps(asdict(question)).encode())
        except TimeoutError:
            return Failed("The search took too long. Write an expression without nested repetitions, or words, or name fewer files.")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _outcome(told, trouble)

    def _question(self, do: str, arguments: Arguments) -> Question:
        """Raises ValueError where a time is none."""
        now = self.clock()
        since, until = arguments.get("since", ""), arguments.get("until", "now")
        return Question(
            do, str(self.folder.absolute()), self.config.files, arguments["file"], arguments.get("pattern", ""),
            tuple(arguments.get("words", "").lower().split()), moment(since, now).timestamp() if since else None,
            moment(until, now).timestamp() if until != "now" else None, arguments.get("lines", 0), arguments.get("context", 0),
            self.config.max_bytes, now.timestamp(), self.config.zone, self.seconds,
        )


def _environment() -> dict[str, str]:
    """What the process needs to find our code and time zones, and nothing else: above all no secrets."""
    kept = {name: os.environ[name] for name in ("PYTHONTZPATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(tools.__file__).parents[1]), "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}


def _outcome(told: bytes, trouble: bytes) -> Done | Failed:
    try:
        content = json.loads(told)
    except ValueError:
        why = trouble.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return Failed(f"The process that reads logs broke off: {why[:300] or 'it may have taken too long or too much memory'}.")
    return Done(content["text"]) if "text" in content else Failed(content["failed"])


async def _search(logs: LogFiles, arguments: Arguments, use: Use) -> Done | Failed:
    return await logs.ask("search", arguments)


async def _tail(logs: LogFiles, arguments: Arguments, use: Use) -> Done | Failed:
    return await logs.ask("tail", arguments)


async def _list(logs: LogFiles, arguments: Arguments, use: Use) -> Done | Failed:
    return await logs.ask("list", arguments)


def _unfit(logs: LogFiles, arguments: Arguments) -> str | None:
    """An expression that is none is told before anything is started."""
    if not arguments["pattern"] and not arguments["words"].split():
        return "Write words or a pattern to look for; tail shows the end of a file."
    try:
        re.compile(arguments["pattern"])
    except (re.error, RecursionError, OverflowError) as error:
        return f"pattern is no regular expression: {error}."
    return None


@asynccontextmanager
async def _connect(entry: LogsEntry, context: SourceContext) -> AsyncIterator[LogFiles]:
    yield LogFiles(entry.logs, context.folder, context.clock)


def _file(what: str) -> Argument:
    return Argument(type="string", default="", maxLength=300, description=f"{what}: a part of its name, or a pattern such as api*.log")


def _lines(default: int, what: str) -> Argument:
    return Argument(type="integer", default=default, minimum=1, maximum=200, description=what)


LOGS = Pack("logs", LogsEntry, (
    Operation(
        "search",
        "Search log files for lines that contain all words and match the pattern. Tells how many there are, by level and by what "
        "they have in common, and shows the last of them.",
        _search,
        {
            "words": Argument(type="string", default="", maxLength=300, description="all of them, in any order, upper or lower case"),
            "pattern": Argument(type="string", default="", maxLength=300, description="Python regular expression; (?i) ignores case"),
            "file": _file("which files; empty for all"),
            "since": Argument(type="string", default="", maxLength=40, description="from when on (90m, 6h, ISO 8601); empty for ever"),
            "until": UNTIL, "lines": _lines(50, "lines that are shown"),
            "context": Argument(type="integer", default=0, minimum=0, maximum=20, description="lines before and behind each"),
        },
        taints=True, invalid=_unfit,
    ),
    Operation(
        "tail", "Show the last lines of a log file.", _tail,
        {"file": _file("which file; the newest of those that match"), "lines": _lines(50, "how many")}, taints=True,
    ),
    Operation("list", "List the log files that there are, the newest first, with size and time.", _list, {"file": _file("only those")}),
), _connect)
