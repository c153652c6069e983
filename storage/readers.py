"""Connections that only read: statements of SQLAlchemy Core, compiled once, on aiosqlite.

The engine of `sqlalchemy.ext.asyncio` would do the same and bring the whole ORM, which takes a tenth of a second to import.
"""

import sqlite3
from asyncio import Semaphore
from collections import namedtuple
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import Select
from sqlalchemy.dialects.sqlite import dialect

AT_ONCE = 4
"""How many statements are read side by side; each has a connection with a thread of its own."""

Fetched = tuple[str, Mapping[str, Any], Callable[..., Any]]


class Readers:
    """A few connections, each opened when it is first needed. Close them: an open one keeps the process from ending."""

    def __init__(self, path: Path, settings: Sequence[str]) -> None:
        self._path = path
        self._settings = settings
        self._idle: list[aiosqlite.Connection] = []
        self._free = Semaphore(AT_ONCE)

    async def read(self, statement: Select[Any], parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """The rows of one SELECT, as they were at one moment, with its columns as attributes. Raises sqlite3.Error."""
        sql, bound, row = _compiled(statement)
        async with self._connection() as connection:
            found = await connection.execute_fetchall(sql, {**bound, **(parameters or {})})
        return [row(*values) for values in found]

    async def close(self) -> None:
        """Close every connection."""
        while self._idle:
            await self._idle.pop().close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosqlite.Connection]:
        async with self._free:
            connection = self._idle.pop() if self._idle else await self._open()
            try:
                yield connection
            finally:
                self._idle.append(connection)

    async def _open(self) -> aiosqlite.Connection:
        connection = await aiosqlite.connect(self._path, isolation_level=None)  # each statement is its own transaction
        try:
            for setting in self._settings:
                await connection.execute(setting)
        except sqlite3.Error:
            await connection.close()
            raise
        return connection


@lru_cache(maxsize=64)
def _compiled(statement: Select[Any]) -> Fetched:
    """SQL with named parameters, their values as far as the statement has them, and what makes a row of its columns."""
    compiled = statement.compile(dialect=dialect(paramstyle="named"), compile_kwargs={"render_postcompile": True})
    names = [column.key or "" for column in statement.selected_columns]
    row = namedtuple("row", names, rename=True)  # type: ignore[misc]  # its fields are known only here
    return str(compiled), compiled.params, row
