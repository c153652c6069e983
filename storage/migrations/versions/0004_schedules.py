"""Up to when the times of schedules are dealt with, and what is about to begin."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("floor", sa.BigInteger, nullable=False),
        sa.Column("heeded", sa.BigInteger, nullable=False),
        sa.Column("pending", sa.Text),
        sa.Column("fired", sa.BigInteger),
        sa.Column("run_id", sa.Text),
        sa.Column("skipped", sa.Text),
    )
