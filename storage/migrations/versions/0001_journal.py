"""The journal with its payloads, the projections of runs and approvals, and the inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "chains",
        sa.Column("number", ID, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "events",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("run", ID, sa.ForeignKey("chains.number"), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("tool", sa.Text),
        sa.Column("call_id", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("payload_hash", sa.LargeBinary),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("run", "seq", name="events_run"),
    )
    op.create_table(
        "payloads",
        sa.Column("event_id", ID, sa.ForeignKey("events.id"), primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    _runs()
    _approvals()
    _marks()
    _inbox()


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    _index("inbox_pending", "inbox", ["id"], "body IS NOT NULL")


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("number", ID, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("first_id", ID, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("team", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("thread_ts", sa.Text),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("cost", sa.BigInteger, nullable=False),
    )
    _index("runs_open", "runs", ["number"], "outcome IS NULL")
    _index("runs_thread", "runs", ["channel", "thread_ts"], "channel IS NOT NULL")


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("asked_id", ID, primary_key=True, autoincrement=False),
        sa.Column("ask_id", sa.Text, nullable=False, unique=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", sa.Text),
    )
    _index("approvals_open", "approvals", ["asked_id", "run_id", "expires_at"], "state = 'open'")


def _marks() -> None:
    op.create_table(
        "marks",
        sa.Column("bucket", ID, primary_key=True, autoincrement=False),
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("tool", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("newest", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _index(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
