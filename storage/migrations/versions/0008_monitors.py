"""Monitors with their samples, and what they found."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id(name: str, *, primary_key: bool = False) -> "sa.Column[int]":
    return sa.Column(name, ID, primary_key=primary_key, autoincrement=False, nullable=False)


def upgrade() -> None:
    _findings()
    op.create_table(
        "monitors",
        _id("number", primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("began", "through", "read_through", "judged_through")),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("error_since", sa.BigInteger),
    )
    op.create_table(
        "series",
        _id("number", primary_key=True),
        _id("monitor"),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("track", sa.Text),
        sa.UniqueConstraint("monitor", "key", name="series_key"),
    )
    op.create_table(
        "samples",
        _id("series", primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("points", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "summaries",
        _id("series", primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _findings() -> None:
    op.create_table(
        "findings",
        _id("opened_id", primary_key=True),
        _id("number"),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("fingerprint", "began", "incident", "run_id", "status")),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("told_at", sa.BigInteger, nullable=False),
        sa.Column("resolved_at", sa.BigInteger),
        sa.UniqueConstraint("number", "fingerprint", "began", name="findings_run"),
    )
    op.create_index("findings_fingerprint", "findings", ["fingerprint", "opened_id"])
    firing = sa.text("status = 'firing'")
    op.create_index("findings_open", "findings", ["opened_id"], sqlite_where=firing, postgresql_where=firing)
    op.create_table(
        "finding_marks",
        _id("marked_id", primary_key=True),
        _id("number"),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
    )
    op.create_index("finding_marks_run", "finding_marks", ["number", "marked_id"])
