"""The migrations, and what is said of them."""

import logging
import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine

import storage.version
from storage.schema import VERSION
from storage.version import migrate

NEXT = f"{int(VERSION) + 1:04}"
LATER = f"revision, down_revision = '{NEXT}', '{VERSION}'\n\ndef upgrade():\n    pass\n"


def test_a_migration_of_an_older_file_is_one_line_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, later = tmp_path / "journal.db", tmp_path / "migrations"
    shutil.copytree(storage.version.MIGRATIONS, later, ignore=shutil.ignore_patterns("__pycache__"))
    (later / "versions" / f"{NEXT}_later.py").write_text(LATER)
    engine = create_engine(f"sqlite:///{path}")
    said = []
    with caplog.at_level(logging.INFO, "storage"):
        for migrations in (storage.version.MIGRATIONS, later):
            monkeypatch.setattr("storage.version.MIGRATIONS", migrations)
            with engine.begin() as connection:
                migrate(connection)
            said.append([record.getMessage() for record in caplog.records if record.name == "storage.version"])
    engine.dispose()
    assert said == [[], [f"Migrated {path} from version {VERSION} to {NEXT}"]]
