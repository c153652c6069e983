"""When a question is due, what is left of grants, and what people said of runs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("remind_at", "escalate_at", "due_at"):
        op.add_column("approvals", sa.Column(name, sa.BigInteger))
    op.execute("UPDATE approvals SET due_at = expires_at WHERE state = 'open'")  # all that was ever due before
    _index("approvals_due", "approvals", ["due_at"], "due_at IS NOT NULL")
    op.create_table(
        "grants",
        sa.Column("given_id", ID, primary_key=True, autoincrement=False),
        sa.Column("grant_id", sa.Text, nullable=False, unique=True),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("uses_left", sa.Integer, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("revoked_by", sa.Text),
    )
    op.create_table(
        "labels",
        sa.Column("given_id", ID, primary_key=True, autoincrement=False),
        sa.Column("agent", sa.Text, nullable=False),
    )
    _index("labels_agent", "labels", ["agent", "given_id"])


def _index(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
