"""The one writer: a thread that owns a connection and commits everything that is waiting in one transaction (group commit)."""

import asyncio
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol, TypeVar

from sqlalchemy import Dialect, Executable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from agents.core.errors import JournalError

GROUP = 500
"""At most so many pieces of work share a transaction, which bounds how long the first of them waits."""

T = TypeVar("T")
Row = tuple[Any, ...]


class Cursor(Protocol):
    """What of a DBAPI cursor is used here."""

    @property
    def rowcount(self) -> int: ...

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any: ...
    def executemany(self, sql: str, rows: Sequence[Sequence[Any]], /) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """What of a DBAPI connection is used here. Statements outside `begin` and `commit` are not made."""

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...


class Transaction:
    """What a piece of work may do: statements of SQLAlchemy Core, each compiled once."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._compiled: dict[Executable, tuple[str, Callable[[Mapping[str, Any]], Sequence[Any]]]] = {}
        self.writes = 0
        """How often something was written since the thread began."""

    def write(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute an INSERT, UPDATE or DELETE with each row of parameters; the number of rows that it changed."""
        if not rows:
            return 0
        self.writes += 1
        sql, values = self._prepare(statement)
        self._cursor.executemany(sql, [values(row) for row in rows])
        return self._cursor.rowcount

    def first(self, statement: Executable, parameters: Mapping[str, Any]) -> Row | None:
        """The first row of a SELECT."""
        sql, values = self._prepare(statement)
        self._cursor.execute(sql, values(parameters))
        row: Row | None = self._cursor.fetchone()
        return row

    def all(self, statement: Executable, parameters: Mapping[str, Any]) -> list[Row]:
        """Every row of a SELECT."""
        sql, values = self._prepare(statement)
        self._cursor.execute(sql, values(parameters))
        return self._cursor.fetchall()

    def _prepare(self, statement: Executable) -> tuple[str, Callable[[Mapping[str, Any]], Sequence[Any]]]:
        known = self._compiled.get(statement)
        if known is None:
            assert isinstance(statement, ClauseElement)  # noqa: S101 - every statement of Core is one
            compiled = statement.compile(dialect=self._dialect)
            assert isinstance(compiled, SQLCompiler)  # noqa: S101 - as every statement's is
            constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
            known = self._compiled[statement] = (compiled.string, _picker(compiled.positiontup or [], constants))
        return known


def _picker(names: Sequence[str], constants: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """Picks the values of these names in their order; constants are those that the statement brings itself."""
    if len(names) > 1 and not constants:
        return itemgetter(*names)
    return lambda row: [row[name] if name in row else constants[name] for name in names]


Work = Callable[[Transaction], T]
"""Runs in the writer's thread, inside a transaction; perhaps twice, if the first transaction was rolled back on account of another."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    future: "asyncio.Future[Any]"


@dataclass(frozen=True, slots=True)
class _Failure:
    error: Exception


class Writer:
    """Commits what callers hand in. A caller's error is the caller's alone; a cancelled caller costs nobody else anything."""

    def __init__(self, connection: Connection, cursor: Cursor, dialect: Dialect, begin: str) -> None:
        self._connection = connection
        self._cursor = cursor
        self._begin = begin
        self._transaction = Transaction(cursor, dialect)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="journal writer", daemon=True)
        self._thread.start()

    async def write(self, work: Work[T]) -> T:
        """What the work returns, once it is durable. Raises what the work raises, and JournalError after `close`."""
        if self._closed:
            raise JournalError("The database is closed: nothing can be written any more.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, future))
        return await future

    async def close(self) -> None:
        """Commit what is waiting, then end the thread and close its connection."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        open_ = True
        while open_:
            group, open_ = self._next_group()
            if group:
                outcomes = self._commit(group)
                self._loop.call_soon_threadsafe(_settle, group, outcomes)
        self._cursor.close()  # its last statement would keep the file open
        self._connection.close()

    def _next_group(self) -> tuple[list[_Job], bool]:
        """Wait for a job, then take all that are there; False with the last group."""
        job = self._jobs.get()
        group: list[_Job] = []
        while job is not None:
            group.append(job)
            if len(group) == GROUP or self._jobs.empty():
                return group, True
            job = self._jobs.get()
        return group, False

    def _commit(self, group: list[_Job]) -> list[Any]:
        """What became of each job. Where one spoils the transaction or its commit fails, each gets a transaction of its own."""
        try:
            self._cursor.execute(self._begin)
            outcomes = [self._attempt(job) for job in group]
            self._connection.commit()
        except Exception as error:  # whatever it is, it belongs to the callers and is raised there
            self._connection.rollback()
            return [_Failure(error)] if len(group) == 1 else [self._commit([job])[0] for job in group]
        return outcomes

    def _attempt(self, job: _Job) -> Any:
        before = self._transaction.writes
        try:
            return job.work(self._transaction)
        except Exception as error:
            if self._transaction.writes != before:
                raise  # it has written a part of what it wanted: the transaction is spoilt
            return _Failure(error)


def _settle(group: list[_Job], outcomes: list[Any]) -> None:
    for job, outcome in zip(group, outcomes, strict=True):
        if job.future.done():
            continue  # its caller was cancelled
        if isinstance(outcome, _Failure):
            job.future.set_exception(outcome.error)
        else:
            job.future.set_result(outcome)
