"""The console script itself: its help, its start, its exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import MODULES, group

HEAVY = ("anthropic", "slack_bolt", "slack_sdk", "sqlalchemy", "pydantic", "httpx", "aiohttp", "alembic", "asyncio", "yaml")

LATER = ("anthropic", "fastapi", "httpx", "httpx2", "matplotlib", "mcp", "numpy", "rich", "slack_bolt", "sqlglot", "uvicorn")
"""What a bot that goes on with its runs does not wait for."""


def test_nothing_heavy_is_imported_for_help() -> None:
    """So that the help is there at once."""
    code = f"import sys; from bot.cli import main\ntry: main()\nfinally: print([name for name in {HEAVY!r} if name in sys.modules])"
    command = [sys.executable, "-c", code, "--help"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1] == "[]"


def test_a_bot_imports_what_it_goes_on_with_and_nothing_else() -> None:
    """What was imported is left alone by the collector, which is at work again."""
    code = (
        "import gc, sys; from bot.cli import main\ntry: main()\n"
        f"finally: print([name for name in {LATER!r} if name in sys.modules], gc.isenabled(), gc.get_freeze_count() > 100_000)"
    )
    command = [sys.executable, "-c", code, "serve", "--help"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1] == "[] True True"


def test_help_shows_where_to_start_and_what_exit_codes_mean() -> None:
    shown = CliRunner().invoke(group, ["--help"]).output
    assert "New here?        countersign demo" in shown
    assert "3 waits for people" in shown
    assert all(f"  {name} " in shown for name in MODULES)


def test_help_is_also_a_word() -> None:
    assert CliRunner().invoke(group, ["help"]).output == CliRunner().invoke(group, ["--help"]).output


@pytest.mark.parametrize("name", MODULES)
def test_the_help_of_each_command_has_an_example(name: str) -> None:
    result = CliRunner().invoke(group, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"countersign {name}" in result.output.partition("\n")[2]


def test_wrong_usage_is_exit_code_2() -> None:
    assert CliRunner().invoke(group, ["aprove"]).exit_code == 2
    assert "'approve'" in CliRunner().invoke(group, ["aprove"]).output
    assert CliRunner().invoke(group, ["approve"]).exit_code == 2


def test_wrong_settings_and_configuration_are_exit_code_2(tmp_path: Path) -> None:
    wrong = CliRunner().invoke(group, ["runs"], env={"DATABASE_URL": "mysql://db"})
    assert (wrong.exit_code, "DATABASE_URL: 'mysql://db' is not supported" in wrong.output) == (2, True)
    (tmp_path / "c.yaml").write_text("modles: {}\n")
    environment = {"COUNTERSIGN_CONFIG": str(tmp_path / "c.yaml"), "DATABASE_URL": f"sqlite:///{tmp_path}/c.db"}
    for command in (["serve"], ["ask", "hello"], ["tool"]):
        wrong = CliRunner().invoke(group, command, env=environment)
        assert (wrong.exit_code, 'modles: there is no such section; did you mean "models"?' in wrong.output) == (2, True)


def test_a_journal_that_is_not_there_is_exit_code_1(tmp_path: Path) -> None:
    missing = CliRunner().invoke(group, ["runs"], env={"DATABASE_URL": f"sqlite:///{tmp_path}/none.db"})
    assert (missing.exit_code, "There is no database at" in missing.output) == (1, True)


def test_colours_only_where_they_are_wanted(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/none.db"}
    assert "\x1b[" not in CliRunner().invoke(group, ["runs"], env=environment).output
    assert "\x1b[" in CliRunner().invoke(group, ["runs"], env={**environment, "NO_COLOR": ""}, color=True).output
    assert "\x1b[" not in CliRunner().invoke(group, ["runs"], env={**environment, "NO_COLOR": "1"}, color=True).output
