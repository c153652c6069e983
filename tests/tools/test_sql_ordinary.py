"""Ordinary questions work, and give what the database gives to a client that asks the original statement."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from agents.ports import Done
from tests.tools.corpus import cases
from tests.tools.shop import made_postgres, make_sqlite
from tests.tools.sources import opened


@dataclass(frozen=True)
class Shop:
    dialect: str
    url: str
    client: sqlite3.Connection | psycopg.Connection

    def asked(self, sql: str) -> list[list[str]]:
        """What the database gives to its own client, as text."""
        if isinstance(self.client, sqlite3.Connection):
            return [["NULL" if value is None else str(value) for value in row] for row in self.client.execute(sql)]
        result = self.client.pgconn.exec_(sql.encode())
        types = [result.ftype(column) for column in range(result.nfields)]
        return [[_plain(result.get_value(row, column), kind) for column, kind in enumerate(types)] for row in range(result.ntuples)]


def _plain(value: bytes | None, kind: int) -> str:
    if value is None:
        return "NULL"
    text = value.decode()
    if kind == psycopg.postgres.types["bool"].oid:
        return {"t": "true", "f": "false"}[text]
    if kind in (psycopg.postgres.types["float8"].oid, psycopg.postgres.types["float4"].oid):
        return str(float(text))
    return text


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("shop") / "shop.db"
        make_sqlite(path)
        with closing(sqlite3.connect(path)) as file:
            yield Shop("sqlite", f"sqlite:///{path}", file)
    else:
        with made_postgres(request.getfixturevalue("postgres_url")) as url, psycopg.connect(url) as client:
            yield Shop("postgresql", url, client)


def cells(line: str) -> list[str]:
    """The values of a line, without the quotes of those that need them."""
    found = re.findall(r'("(?:[^"\\]|\\.)*"|[^|]*)(?: \| |$)', line)
    return [json.loads(cell) if cell.startswith('"') else cell for cell in (found if len(found) == 1 else found[:-1])]


async def test_what_people_ask_is_answered_as_the_database_answers(shop: Shop) -> None:
    questions = cases("ordinary.txt", shop.dialect)
    assert len(questions) >= 70
    wrong = []
    async with opened({"name": "db", "sql": {"url": shop.url, "rows": 1000}}) as toolbox:
        for case in questions:
            result = await toolbox.run("db_query", {"sql": case.sql, "limit": 1000}, key="k")
            if not isinstance(result, Done):
                wrong.append(f"{case.name}: {result}")
                continue
            lines = [cells(line) for line in result.text.split("\n")[2:]]
            if lines != (expected := shop.asked(case.sql)):
                wrong.append(f"{case.name}: {lines[:3]} instead of {expected[:3]}")
    assert wrong == []
