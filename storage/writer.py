"""The one writer: a thread that owns a connection and commits everything that is waiting in one transaction (group commit)."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol, TypeVar

from sqlalchemy import Dialect, Executable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from agents.core.errors import JournalError

log = logging.getLogger(__name__)

GROUP = 500
"""At most so many pieces of work share a transaction, which bounds how long the first of them waits."""

Item = TypeVar("Item", contravariant=True)
Outcome = TypeVar("Outcome", covariant=True)
T = TypeVar("T")
Row = tuple[Any, ...]
Values = Callable[[Mapping[str, Any]], Sequence[Any]]


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
    """What may be done inside a transaction: statements of SQLAlchemy Core, each compiled once."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self.scrub = False
        """Set it where something was erased: it is to be gone from the log too, once the transaction is durable."""
        self._compiled: dict[Executable, tuple[str, Values]] = {}

    def write(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute an INSERT, UPDATE or DELETE with each row of parameters; the number of rows that it changed."""
        if not rows:
            return 0
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

    def _prepare(self, statement: Executable) -> tuple[str, Values]:
        known = self._compiled.get(statement)
        if known is None:
            assert isinstance(statement, ClauseElement)  # noqa: S101 - every statement of Core is one
            compiled = statement.compile(dialect=self._dialect)
            assert isinstance(compiled, SQLCompiler)  # noqa: S101 - as every statement's is
            constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
            known = self._compiled[statement] = (compiled.string, _picker(compiled.positiontup or [], constants))
        return known


def _picker(names: Sequence[str], constants: Mapping[str, Any]) -> Values:
    """Picks the values of these names in their order; constants are those that the statement brings itself."""
    if len(names) > 1 and not constants:
        return itemgetter(*names)
    return lambda row: [row[name] if name in row else constants[name] for name in names]


class Handler(Protocol[Item, Outcome]):
    """Carries out all waiting items of one kind together: one statement serves many. Runs in the writer's thread."""

    def carry_out(self, tx: Transaction, items: Sequence[Item]) -> Sequence[Outcome | Exception]:
        """What became of each item. An exception among the outcomes is its item's alone; raising one spoils the transaction."""

    def forget(self) -> None:
        """A transaction was rolled back: what is remembered of the database may be wrong."""


Work = Callable[[Transaction], T]
"""A single piece of work; done twice where the first transaction was rolled back."""


class Single:
    """The handler of whatever has none of its own: one piece of work after the other."""

    def carry_out(self, tx: Transaction, items: Sequence[Work[Any]]) -> Sequence[Any]:
        """What each returns."""
        return [work(tx) for work in items]

    def forget(self) -> None:
        """Nothing is remembered."""


@dataclass(frozen=True, slots=True)
class _Job:
    handler: Handler[Any, Any]
    item: Any
    future: "asyncio.Future[Any]"


class Writer:
    """Commits what callers hand in. A caller's error is the caller's alone; a cancelled caller costs nobody else anything."""

    def __init__(self, connection: Connection, cursor: Cursor, dialect: Dialect, begin: str, scrub: Sequence[str] = ()) -> None:
        """`scrub` are the statements that empty the log after something was erased."""
        self._connection = connection
        self._cursor = cursor
        self._begin = begin
        self._scrub = scrub
        self._transaction = Transaction(cursor, dialect)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="journal writer", daemon=True)
        self._thread.start()

    async def write(self, handler: Handler[Item, T], item: Item) -> T:
        """What the handler makes of the item, once it is durable. Raises what the handler raises, and JournalError after `close`."""
        if self._closed:
            raise JournalError("The database is closed: nothing can be written any more.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(handler, item, future))
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
                self._loop.call_soon_threadsafe(_settle, self._commit(group, last_try=False))
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

    def _commit(self, group: Sequence[_Job], *, last_try: bool) -> list[tuple[_Job, Any]]:
        """What became of each job. Where the transaction fails, each is tried again in one of its own, with nothing remembered."""
        kinds: dict[Handler[Any, Any], list[_Job]] = {}
        for job in group:
            kinds.setdefault(job.handler, []).append(job)
        settled: list[tuple[_Job, Any]] = []
        try:
            self._cursor.execute(self._begin)
            for handler, jobs in kinds.items():
                settled += zip(jobs, handler.carry_out(self._transaction, [job.item for job in jobs]), strict=True)
            self._connection.commit()
            self._tidy()
        except Exception as error:  # whatever it is, it belongs to the callers and is raised there
            self._give_up(kinds)
            return [(job, error) for job in group] if last_try else [self._commit([job], last_try=True)[0] for job in group]
        return settled

    def _tidy(self) -> None:
        """Empty the log where something was erased. What was committed is durable, whatever comes of this."""
        if self._transaction.scrub:
            self._transaction.scrub = False
            try:
                for statement in self._scrub:
                    self._cursor.execute(statement)
                    self._cursor.fetchall()
            except Exception:  # whatever the driver raises
                log.exception("The log could not be emptied; it is when the bot ends")

    def _give_up(self, handlers: Iterable[Handler[Any, Any]]) -> None:
        """Take back what the transaction did. What fails here must not end the thread, on which every later write depends."""
        self._transaction.scrub = False
        try:
            self._connection.rollback()
        except Exception:  # whatever the driver raises
            log.exception("A transaction could not be rolled back")
        for handler in handlers:
            handler.forget()


def _settle(settled: Sequence[tuple[_Job, Any]]) -> None:
    for job, outcome in settled:
        if job.future.done():
            continue  # its caller was cancelled
        if isinstance(outcome, Exception):
            job.future.set_exception(outcome)
        else:
            job.future.set_result(outcome)
