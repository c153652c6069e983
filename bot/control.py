"""The unix socket beside the database on which a running bot takes what the terminal asks for. One request a connection, as JSON lines."""

import asyncio
import json
import logging
import os
import pwd
import socket
import struct
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from agents.core.approval import Refusal
from agents.core.errors import ConfigError, JournalError, NotFound
from agents.core.events import TokenMade
from agents.core.grants import Terms
from agents.core.ids import ActorId, AskId, CallId, GrantId, RunId, local_person
from agents.runs import Answered
from bot.control_requests import dealt_with
from bot.door import Acting, OwnDoor, Sorting, Switching

log = logging.getLogger(__name__)

LONGEST = 1 << 20
"""Bytes of a request or an answer."""

PATIENCE = 60.0
"""Seconds for one request. Approving takes the call's preview once more, and that may be slow."""

MAX_PATH = 100
"""Bytes that the path of a unix socket may have everywhere."""


def local_user(uid: int | None = None) -> ActorId:
    """The person whose account this is; by default whoever runs this program. The environment has no say in it."""
    number = os.getuid() if uid is None else uid
    try:
        return local_person(pwd.getpwuid(number).pw_name)
    except KeyError:
        return local_person(str(number))


@asynccontextmanager
async def serve_control(
    path: Path, runs: Acting, switchboard: Switching, agents: Iterable[str], usual: str | None = None, *, mailroom: Sorting
) -> AsyncIterator[None]:
    """Take requests until the block ends. The caller holds the database, so a socket that is there already is left over.

    Raises ConfigError where the path is too long for a socket.
    """
    listener = _bound(path)
    names = tuple(agents)
    taking: set[asyncio.Task[Any] | None] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taking.add(task := asyncio.current_task())
        try:
            async with asyncio.timeout(PATIENCE):
                if line := await reader.readline():  # who only looks whether a bot is here says nothing
                    answer = await dealt_with(line, OwnDoor(runs, switchboard, names, _peer(writer), usual, mailroom=mailroom))
                    writer.write(json.dumps(answer).encode() + b"\n")
                    await writer.drain()
        except ConnectionError:
            log.debug("Somebody looked whether a bot is here")
        except (TimeoutError, OSError, ValueError) as error:
            log.warning("A request from the terminal broke off: %s", error or type(error).__name__)
        except Exception:  # a task's outermost edge: a defect in one request must not end the bot's socket
            log.exception("A request from the terminal could not be dealt with")
        finally:
            await _closed(writer)
            taking.discard(task)

    server = await asyncio.start_unix_server(take, sock=listener, limit=LONGEST)
    try:
        yield
    finally:
        await _ended(server, [task for task in taking if task])
        with suppress(FileNotFoundError):
            os.unlink(path)


class ControlClient:
    """The door of a bot that runs in another process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    async def reach(cls, path: Path) -> "ControlClient | None":
        """The bot that listens there; None where none does."""
        try:
            _, writer = await asyncio.open_unix_connection(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except PermissionError:
            raise JournalError(f"The running bot belongs to another account: {path} cannot be opened. Run this as that account.") from None
        except OSError:
            return None  # its path is too long for a socket, so nobody can listen there
        await _closed(writer)
        return cls(path)

    async def ask(self, text: str, agent: str | None, key: str) -> RunId:
        """Start a run in the bot."""
        return RunId((await self._request({"do": "ask", "text": text, "agent": agent, "key": key}))["run_id"])

    async def answer(
        self, ask_id: AskId, choice: str, reason: str = "", *, arguments: Mapping[str, Any] | None = None, terms: Terms | None = None
    ) -> Answered | Refusal:
        """Decide a question in the bot."""
        more = {"arguments": arguments and dict(arguments), "terms": terms and asdict(terms)}
        return _of_run(await self._request({"do": "answer", "ask_id": ask_id, "choice": choice, "reason": reason, **more}))

    async def stop(self, run_id: RunId, *, takes_over: bool = False) -> Answered | Refusal:
        """End a run, or take it over, in the bot."""
        return _of_run(await self._request({"do": "stop", "run_id": run_id, "takes_over": takes_over}))

    async def undo(self, run_id: RunId, call_id: CallId) -> Answered | Refusal:
        """Take back what a call did, in the bot."""
        return _of_run(await self._request({"do": "undo", "run_id": run_id, "call_id": call_id}))

    async def halt(self, scope: str, reason: str = "") -> str | Refusal:
        """Freeze an agent, or everything, in the bot."""
        return _of_switch(await self._request({"do": "halt", "scope": scope, "reason": reason}))

    async def resume(self, scope: str) -> str | Refusal:
        """End a halt in the bot."""
        return _of_switch(await self._request({"do": "resume", "scope": scope}))

    async def revoke(self, grant_id: GrantId) -> str | Refusal:
        """Take a grant back in the bot."""
        return _of_switch(await self._request({"do": "revoke", "grant_id": grant_id}))

    async def forget(self, number: int, agent: str) -> str | Refusal:
        """Have a memory erased in the bot."""
        return _of_switch(await self._request({"do": "forget", "number": number, "agent": agent}))

    async def trust(self, tool: str, definition: str) -> str | Refusal:
        """Accept how an MCP server describes a tool, in the bot."""
        return _of_switch(await self._request({"do": "trust", "tool": tool, "definition": definition}))

    async def schedule(self, deed: str, name: str) -> str | Refusal:
        """Pause a schedule, resume it, or run it now, in the bot."""
        return _of_switch(await self._request({"do": "schedule", "deed": deed, "name": name}))

    async def replay(self, number: int) -> str | Refusal:
        """Have a delivery tried again in the bot."""
        return _of_switch(await self._request({"do": "replay", "number": number}))

    async def drop(self, number: int) -> str | Refusal:
        """Give a delivery up in the bot."""
        return _of_switch(await self._request({"do": "drop", "number": number}))

    async def let_in(self, token: TokenMade) -> str | Refusal:
        """Let a program in, in the bot."""
        return _of_switch(await self._request({"do": "let_in", "token": to_jsonable_python(token)}))

    async def shut_out(self, name: str) -> str | Refusal:
        """Revoke a program's token in the bot."""
        return _of_switch(await self._request({"do": "shut_out", "name": name}))

    async def _request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_unix_connection(self._path, limit=LONGEST)
                try:
                    writer.write(json.dumps(request).encode() + b"\n")
                    line = await reader.readline()
                finally:
                    await _closed(writer)
            answer: dict[str, Any] = json.loads(line)
        except (OSError, ValueError) as error:
            why = error or type(error).__name__
            raise JournalError(f"The running bot gave no answer ({why}); `countersign runs` shows what it did.") from error
        if "error" in answer:
            raise (NotFound if answer.get("kind") == "NotFound" else JournalError)(answer["error"])
        return answer


def new_key() -> str:
    """What one `countersign ask` is known by."""
    return uuid.uuid4().hex


def _of_run(answer: Mapping[str, Any]) -> Answered | Refusal:
    refusal = _refused(answer)
    return refusal or Answered(RunId(answer["run_id"]), answer["text"])


def _of_switch(answer: Mapping[str, Any]) -> str | Refusal:
    return _refused(answer) or str(answer["text"])


def _refused(answer: Mapping[str, Any]) -> Refusal | None:
    return Refusal(answer["refused"], answer["text"]) if "refused" in answer else None


async def _ended(server: asyncio.Server, unfinished: Sequence[asyncio.Task[Any]]) -> None:
    """Take no more requests and drop those under way."""
    server.close()
    for task in unfinished:
        task.cancel()
    await asyncio.gather(*unfinished, return_exceptions=True)
    await server.wait_closed()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _bound(path: Path) -> socket.socket:
    """A listening socket that only its owner can open."""
    if len(os.fsencode(path)) > MAX_PATH:
        raise ConfigError(f"DATABASE_URL: {path} is too long for a unix socket; a path of {MAX_PATH - 5} bytes is the most.")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _peer(writer: asyncio.StreamWriter) -> ActorId:
    """Who is at the other end, as the system says; where it says nothing, the owner of this process, the only one who can open it."""
    if not hasattr(socket, "SO_PEERCRED"):
        return local_user()
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return local_user(struct.unpack("3i", credentials)[1])
