"""`countersign check` looks at databases, and warns of accounts that could write."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml

from bot.check_databases import examine_databases
from bot.config import load
from bot.finding import State
from bot.settings import Settings
from tests.test_docs import completed
from tests.tools.shop import made_postgres, make_sqlite


@pytest.fixture(scope="module")
def shop_url(postgres_url: str) -> Iterator[str]:
    with made_postgres(postgres_url) as url:
        yield url


async def test_each_database_is_a_finding(tmp_path: Path, shop_url: str) -> None:
    make_sqlite(tmp_path / "orders.db")
    guarded = shop_url.replace("//postgres@", "//guarded@")
    environ = {"RIGHT": "correct-horse", "WRONG": "battery-staple"}
    databases = {
        "file": {"url": "sqlite:///orders.db"}, "gone": {"url": "sqlite:///gone.db"}, "root": {"url": shop_url},
        "reader": {"url": guarded, "password_env": "RIGHT"}, "refused": {"url": guarded, "password_env": "WRONG"},
        "empty": {"url": shop_url, "schemas": ["nowhere"]},
    }  # fmt: skip
    path = tmp_path / "countersign.yaml"
    path.write_text(yaml.safe_dump(completed({"tools": [{"name": name, "sql": sql} for name, sql in databases.items()]})), encoding="utf-8")
    found = await examine_databases(Settings(environ=MappingProxyType(environ)), load(path, environ))
    told = {finding.name.removeprefix("database "): (finding.state, finding.text) for finding in found}
    assert told["file"][0] is State.OK
    assert told["gone"] == (State.MISSING, f"There is no file {tmp_path / 'gone.db'}.")
    assert told["root"][0] is State.WARNING
    assert "could also write: everything: it is a superuser" in told["root"][1]
    assert told["reader"] == (State.OK, "2 tables can be read")
    assert told["refused"][0] is State.MISSING
    assert "password authentication failed" in told["refused"][1]
    assert "battery" not in told["refused"][1]
    assert told["empty"] == (State.WARNING, "there is no table that may be read")
