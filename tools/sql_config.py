"""What the configuration says of a database that agents may read."""

from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, model_validator

from tools.argument import Part
from tools.source import Entry, EnvironmentName

DIALECTS = {
    "sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql", "postgresql+psycopg": "postgresql", "mysql": "mysql",
    "mariadb": "mysql", "mysql+pymysql": "mysql", "mariadb+pymysql": "mysql",
}
"""By the scheme of a url."""


SYSTEM = ("pg_catalog", "pg_toast", "information_schema", "mysql", "sys", "performance_schema")
"""Schemas that hold the server's own tables, with accounts and settings among them."""


class SqlConfig(Part):
    """The database, what may be read of it, and how much at once."""

    url: str | None = None
    """`postgresql://USER@HOST/DATABASE`, `mysql://…` or `sqlite:///FILE`, without a password."""
    password_env: EnvironmentName | None = None
    """The variable that holds the password for `url`."""
    url_env: EnvironmentName | None = None
    """The variable that holds the whole url, password included; in place of `url`."""
    schemas: tuple[str, ...] = Field(default=(), max_length=20)
    """Where its tables are looked for: PostgreSQL's schemas, MySQL's databases. Without it `public`, or the url's database."""
    tables: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=1000)
    """The tables and views that may be read, as `table` or `schema.table`; None for all in the schemas."""
    functions: tuple[str, ...] = Field(default=(), max_length=100)
    """Functions that may be called beside those that are known to be harmless, as `function` or `schema.function`."""
    rows: int = Field(default=200, ge=1, le=5_000)
    """Rows of a result at most."""
    bytes: int = Field(default=15_000, ge=1_000, le=150_000)
    """Bytes of a result's text at most."""
    cell: int = Field(default=500, ge=20, le=20_000)
    """Characters of one value at most."""
    seconds: float = Field(default=10.0, gt=0, le=60)
    """How long one statement may run; then it is cancelled at the server."""
    connections: int = Field(default=2, ge=1, le=20)
    """Connections at most; what comes when all are busy waits."""

    @model_validator(mode="after")
    def _check_url(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("write either url, or url_env with the name of the variable that holds it")
        if self.url is not None:
            if urlsplit(self.url).password is not None:
                raise ValueError("url: write it without the password, and name the variable that holds the password in password_env")
            dialect_of(self.url)
        elif self.password_env is not None:
            raise ValueError("password_env: the url in url_env holds the password already")
        return self

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if hidden := [schema for schema in self.schemas if schema.lower() in SYSTEM]:
            raise ValueError(f"schemas: {hidden[0]} holds the server's own tables, which agents do not read")
        for field, names in (("tables", self.tables or ()), ("functions", self.functions)):
            for name in names:
                if name.count(".") > 1 or not all(part.strip() for part in name.split(".")):
                    raise ValueError(f"{field}: {name!r} has to be a name, or schema.name")
        return self


class SqlEntry(Entry):
    """`{name: orders, sql: {url_env: ORDERS_DATABASE_URL}}`."""

    sql: SqlConfig


def dialect_of(url: str) -> str:
    """`sqlite`, `postgresql` or `mysql`. Raises ValueError, without the url in its text, which may hold a password."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in DIALECTS:
        raise ValueError("has to begin with sqlite:///, postgresql:// or mysql://")
    if DIALECTS[scheme] == "sqlite" and (not rest.startswith("/") or len(rest) < 2 or ":memory:" in rest):
        raise ValueError("name a file: sqlite:///orders.db, or sqlite:////var/lib/orders.db")
    return DIALECTS[scheme]


def file_of(url: str) -> str:
    """The file that a url of SQLite names, as it was written: relative ones are seen from the configuration."""
    return unquote(url.partition("://")[2][1:].partition("?")[0])
