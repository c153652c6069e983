"""Whom the end of runs is to be told, and when tokens were last used."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("number", ID, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("callbacks_due", "callbacks", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "token_uses",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
