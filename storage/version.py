"""Whether a database fits this program, and the migrations that make it fit."""

import logging
from pathlib import Path

from sqlalchemy import Connection, Text, column, inspect, select, table

from agents.core.errors import JournalVersion
from storage.schema import VERSION

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"


def fits(connection: Connection, where: Path) -> bool:
    """Whether the tables are those of this program; False where they are older or not there yet.

    Raises JournalVersion where they are newer, or somebody else's. `where` is for the message.
    """
    found = _version(connection)
    if found is None and inspect(connection).get_table_names():
        raise JournalVersion(f"{where} holds tables of another program. Set DATABASE_URL to a file of its own.")
    if found is not None and found > VERSION:
        raise JournalVersion(
            f"{where} was written by a newer version of Countersign (its tables are {found}, this program knows {VERSION}). "
            "Install that version or a newer one; nothing was changed."
        )
    return found == VERSION


def migrate(connection: Connection) -> None:
    """Run the migrations that the database lacks, in the transaction that is open."""
    from alembic import command  # takes longer to import than everything else here, and is needed once a version
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    found = _version(connection)
    command.upgrade(config, "head")
    if found is not None:
        log.info("Migrated %s from version %s to %s", connection.engine.url.database, found, _version(connection))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    number = column("version_num", Text)
    found: str | None = connection.scalar(select(number).select_from(table("alembic_version", number)))
    return found
