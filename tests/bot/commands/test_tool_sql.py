"""What the page about databases says is true: its example runs, and every key, limit and operation is explained."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from bot.cli import group
from tests.test_docs import ROOT, blocks, completed
from tests.tools.shop import make_sqlite
from tools.sql_config import SqlConfig
from tools.sql_operations import SQL

PAGE = ROOT / "docs" / "tools" / "sql.md"
ENVIRONMENT = {"COUNTERSIGN_CONFIG": "countersign.yaml", "NO_COLOR": "1", "BILLING_DATABASE_URL": "postgresql://reader@127.0.0.1:1/billing"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's configuration beside a shop's database, as the present folder."""
    monkeypatch.chdir(tmp_path)
    make_sqlite(tmp_path / "orders.db")
    (_, example), *_ = blocks(PAGE, "yaml")
    (tmp_path / "countersign.yaml").write_text(yaml.safe_dump(completed(yaml.safe_load(example))), encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_example_gives_what_the_page_shows() -> None:
    (_, command), *_ = blocks(PAGE, "sh")
    (_, shown), *_ = blocks(PAGE, "")
    result = CliRunner().invoke(group, shlex.split(command)[1:], env=ENVIRONMENT)
    assert result.exit_code == 0, result.output
    assert re.sub(r"\d+ ms", "1 ms", result.output).strip() == shown.strip()


@pytest.mark.usefixtures("folder")
def test_what_is_refused_is_told() -> None:
    for sql, told in (
        ("select 1 as one", "1 row, "), ("delete from orders", "It would write"), ("select word from secrets", "There is no table secrets"),
        ("select load_extension('x')", "The function load_extension is not among"),
    ):  # fmt: skip
        result = CliRunner().invoke(group, ("tool", "orders_query", "--arg", f"sql={sql}"), env=ENVIRONMENT)
        assert (result.exit_code, told in result.output) == (int(sql != "select 1 as one"), True), result.output


def test_every_key_and_operation_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [key for key in SqlConfig.model_fields if f"| `{key}` |" not in page] == []
    for operation in SQL.known:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `NAME_{operation.name}` |")]
        assert [argument for argument in operation.arguments if f"`{argument}`" not in row] == []
