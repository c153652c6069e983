"""The unix socket beside the database on which a running bot takes what the terminal asks for. One request a connection, as JSON lines."""

import asyncio
import json
import logging
import os
import pwd
import socket
import struct
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from agents.core.approval import Refusal
from agents.core.errors import ConfigError, CountersignError, JournalError, NotFound
from agents.core.ids import ActorId, AskId, RunId, local_person
from agents.core.trigger import Source, Trigger
from agents.runs import Answered

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


class Answering(Protocol):
    """What is needed of `Runs`."""

    async def start(self, trigger: Trigger, text: str, agent: str) -> RunId:
        """See `Runs.start`."""

    async def answer(self, ask_id: AskId, choice: str, actor: ActorId, reason: str = "") -> Answered | Refusal:
        """See `Runs.answer`."""


class Door(Protocol):
    """What the terminal may do with runs, here or in the running bot."""

    async def ask(self, text: str, agent: str | None, key: str) -> RunId:
        """Start a run; the same key starts it once. Raises NotFound where the agent is unclear."""

    async def answer(self, ask_id: AskId, choice: str, reason: str = "") -> Answered | Refusal:
        """Decide a question. Raises NotFound."""


class OwnDoor:
    """The door in the process that holds the runs, for one person. `agents` are the names of those configured."""

    def __init__(self, runs: Answering, agents: Iterable[str], actor: ActorId, usual: str | None = None) -> None:
        """`usual` is the agent of whoever names none; None for the only one that there is."""
        self._runs = runs
        self._agents = tuple(agents)
        self._actor = actor
        self._usual = usual or (self._agents[0] if len(self._agents) == 1 else None)

    async def ask(self, text: str, agent: str | None, key: str) -> RunId:
        """Start a run of this agent, or of the usual one."""
        known = ", ".join(self._agents)
        chosen = agent or self._usual
        if chosen is None:
            raise NotFound(f"Say which agent, with --agent: {known}.")
        if chosen not in self._agents:
            raise NotFound(f"There is no agent {chosen}. There is: {known}.")
        name = self._actor.partition("/")[2]
        return await self._runs.start(Trigger(Source.TERMINAL, f"{self._actor}/{key}", self._actor, name), text, chosen)

    async def answer(self, ask_id: AskId, choice: str, reason: str = "") -> Answered | Refusal:
        """Decide a question as this person."""
        return await self._runs.answer(ask_id, choice, self._actor, reason)


@asynccontextmanager
async def serve_control(path: Path, runs: Answering, agents: Iterable[str], usual: str | None = None) -> AsyncIterator[None]:
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
                    answer = await _dealt_with(line, OwnDoor(runs, names, _peer(writer), usual))
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
        server.close()
        unfinished = [task for task in taking if task]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        await server.wait_closed()
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

    async def answer(self, ask_id: AskId, choice: str, reason: str = "") -> Answered | Refusal:
        """Decide a question in the bot."""
        answer = await self._request({"do": "answer", "ask_id": ask_id, "choice": choice, "reason": reason})
        if "refused" in answer:
            return Refusal(answer["refused"], answer["text"])
        return Answered(RunId(answer["run_id"]), answer["text"])

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


async def _dealt_with(line: bytes, door: Door) -> dict[str, Any]:
    """What a request comes to. Whatever it holds, there is an answer."""
    try:
        request = json.loads(line)
        match request:
            case {"do": "ask", "text": str(text), "agent": str() | None as agent, "key": str(key)}:
                return {"run_id": await door.ask(text, agent, key)}
            case {"do": "answer", "ask_id": str(ask_id), "choice": str(choice), "reason": str(reason)}:
                answered = await door.answer(AskId(ask_id), choice, reason)
                if isinstance(answered, Refusal):
                    return {"refused": answered.code, "text": answered.text}
                return {"run_id": answered.run_id, "text": answered.text}
    except CountersignError as error:
        return {"error": str(error), "kind": type(error).__name__}
    except (ValueError, RecursionError):
        return {"error": "The request was no JSON."}
    return {"error": "The running bot does not know this request; is it of another version?"}


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
