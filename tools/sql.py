"""A database that agents may read: SQLite, PostgreSQL, MySQL and MariaDB.

A statement is checked and written anew (`sql_statement.py`), runs on a connection that cannot write, and is rolled back. The only importer
of SQLAlchemy beside storage: it opens the connections, holds them in a pool, and knows what a table looks like.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import local
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from agents.core.errors import ConfigError
from tools.redact import MARK
from tools.source import SourceContext
from tools.sql_catalogue import Catalogue
from tools.sql_config import SqlConfig, SqlEntry, dialect_of, file_of
from tools.sql_server import Failure, Limits, Server, Table

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from tools.sql_jobs import Job, Jobs

T = TypeVar("T")

REACHING = 12.0
"""Seconds beyond a statement's own in which a connection has to be there."""

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL"}


class Stale(Failure):
    """A connection that had ended before it was used again."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database, open to read."""

    server: Server
    engine: "Engine"
    jobs: "Jobs"
    catalogue: Catalogue
    limits: Limits
    functions: frozenset[str]
    errors: tuple[type[Exception], ...]
    """What its driver and SQLAlchemy raise."""
    scrub: Callable[[str], str]
    """Takes the password out of text."""
    current: local = field(default_factory=local)
    """In each thread the job that it works on."""

    async def use(self, work: "Callable[[Connection, Any, Limits], T]", limits: Limits) -> T:
        """What the work returns, which is given a connection of SQLAlchemy and of the driver. Raises Failure, Refused."""
        try:
            return await self.jobs.run(lambda job: self._used(job, work, limits), limits.seconds + REACHING)
        except TimeoutError as error:
            raise Failure(f"The database did not answer within {limits.seconds + REACHING:g} seconds; the query was cancelled.") from error
        except self.errors as error:
            raise Failure(self.scrub(self.server.reason(getattr(error, "orig", None) or error, limits))) from error

    def checked(self, sql: str, driver: Any, limits: Limits) -> str:
        """The statement to run in place of this one. Raises Refused."""
        from tools.sql_statement import checked

        most = limits.rows + 1 if self.server.dialect == "mysql" else None
        return checked(sql, self.server.dialect, lambda schema, name: self.catalogue.find(driver, schema, name), self.functions, most)

    def _used(self, job: "Job", work: "Callable[[Connection, Any, Limits], T]", limits: Limits) -> T:
        self.current.job = job
        try:
            return self._begun(job, work, limits)
        except Stale:
            if job.stopped:
                raise
            self.engine.dispose()  # those that wait in the pool are as old as this one
            return self._begun(job, work, limits)

    def _begun(self, job: "Job", work: "Callable[[Connection, Any, Limits], T]", limits: Limits) -> T:
        with self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            self.hold(driver)
            try:
                try:
                    self.server.begin(driver, limits)
                except self.errors as error:
                    if self.server.ended(driver):
                        raise Stale(self.scrub(self.server.reason(error, limits))) from error
                    raise
                return work(connection, driver, limits)
            finally:
                if job.release() or self.server.ended(driver):
                    connection.invalidate()

    def hold(self, driver: Any) -> None:
        """From now on the job of this thread, if there is one, can be ended, whatever its connection waits for."""
        job: Job | None = getattr(self.current, "job", None)
        if job is not None:
            job.hold(self.server.canceller(driver, self.engine.raw_connection), lambda: self.server.sever(driver))


def engine_of(config: SqlConfig, server: Server, context: SourceContext) -> "Engine":
    """Connections that cannot write. The password is asked for when one is made. Raises ConfigError."""
    from sqlalchemy import URL, QueuePool, create_engine, event, make_url
    from sqlalchemy.exc import ArgumentError

    def sign_in(dialect: Any, record: Any, args: Any, told: dict[str, Any]) -> None:
        if held := password_of(config, context):
            told["password"] = held

    try:
        url = make_url(_url(config, context)).set(drivername=DRIVERS[server.dialect])
    except (ArgumentError, ValueError) as error:
        raise ConfigError("The url of the database cannot be read; write it as in postgresql://USER@HOST:5432/DATABASE.") from error
    engine = create_engine(
        URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query),
        poolclass=QueuePool, pool_size=config.connections, max_overflow=1, pool_timeout=REACHING, pool_recycle=1800,
        hide_parameters=True, **server.arguments(),
    )
    if server.dialect != "sqlite":
        event.listen(engine, "do_connect", sign_in)
    return engine


def password_of(config: SqlConfig, context: SourceContext) -> str | None:
    """The password of the account, where there is one."""
    if config.password_env:
        return context.secret(config.password_env)
    held = urlsplit(_url(config, context)).password
    return held and unquote(held)


@asynccontextmanager
async def opened(entry: SqlEntry, context: SourceContext) -> AsyncIterator[Database]:
    """The entry's database, reached when it is first asked. Raises ConfigError."""
    database = await asyncio.to_thread(open_database, entry.sql, context)
    try:
        yield database
    finally:
        await database.jobs.close()
        await asyncio.to_thread(database.engine.dispose)


def open_database(config: SqlConfig, context: SourceContext) -> Database:
    """A database that is reached when it is first asked. Raises ConfigError."""
    from sqlalchemy import event
    from sqlalchemy.exc import SQLAlchemyError

    import tools.sql_statement  # noqa: F401  (loaded here, and not when the first call waits for it)
    from tools.sql_jobs import Jobs

    try:
        server = _server(config, context)
    except ValueError as error:
        raise ConfigError(f"{config.url_env or 'url'}: {error}") from error
    engine = engine_of(config, server, context)
    errors = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error, OSError)
    catalogue = Catalogue(server, config.schemas, config.tables)
    limits = Limits(config.rows, config.bytes, config.cell, config.seconds)
    functions = frozenset(name.lower() for name in config.functions)
    database = Database(
        server, engine, Jobs(config.connections, errors), catalogue, limits, functions, errors,
        lambda text: _scrubbed(text, config, context),
    )  # fmt: skip

    def arm(driver: Any, record: Any) -> None:
        database.hold(driver)
        server.arm(driver)

    event.listen(engine, "connect", arm, insert=True)  # before anything is said on a new connection
    return database


def _server(config: SqlConfig, context: SourceContext) -> Server:
    url = _url(config, context)
    match dialect_of(url):
        case "postgresql":
            from tools.sql_postgres import PostgresServer

            return PostgresServer()
        case "mysql":
            from tools.sql_mysql import MysqlServer

            return MysqlServer(unquote(url.partition("://")[2].partition("?")[0].partition("/")[2]), config.seconds)
        case _:
            from tools.sql_sqlite import SqliteServer

            return SqliteServer(context.folder / file_of(url), config.tables, [name.lower() for name in config.functions])


def _url(config: SqlConfig, context: SourceContext) -> str:
    return config.url or context.secret(config.url_env or "")


def look(connection: "Connection", table: Table) -> tuple[Sequence[Mapping[str, Any]], list[str]]:
    """The columns of a table, and its keys and indexes as text."""
    from sqlalchemy import inspect

    looks = inspect(connection)
    columns: Sequence[Mapping[str, Any]] = looks.get_columns(table.name, table.schema)
    return columns, _keys(looks, table)


def columns_of(connection: "Connection", table: Table) -> Sequence[Mapping[str, Any]]:
    """The columns of a table alone."""
    from sqlalchemy import inspect

    columns: Sequence[Mapping[str, Any]] = inspect(connection).get_columns(table.name, table.schema)
    return columns


def _keys(looks: Any, table: Table) -> list[str]:
    lines = []
    if columns := looks.get_pk_constraint(table.name, table.schema).get("constrained_columns"):
        lines.append(f"primary key: {', '.join(columns)}")
    for key in looks.get_foreign_keys(table.name, table.schema):
        there = ".".join(part for part in (key["referred_schema"], key["referred_table"]) if part and part != "main")
        lines.append(f"foreign key: {', '.join(key['constrained_columns'])} -> {there}({', '.join(key['referred_columns'])})")
    for index in looks.get_indexes(table.name, table.schema):
        columns = ", ".join(column or "(expression)" for column in index["column_names"])
        lines.append(f"{'unique ' * bool(index['unique'])}index: {columns}")
    return lines


def _scrubbed(text: str, config: SqlConfig, context: SourceContext) -> str:
    """The text without the password, in either way of writing it."""
    held = password_of(config, context)
    for form in (held, quote(held, safe="")) if held else ():
        text = text.replace(form, MARK)
    return text
