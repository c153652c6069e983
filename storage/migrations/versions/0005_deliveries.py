"""Which deliveries failed, how often and why, and which are parked."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
    op.add_column("inbox", sa.Column("error", sa.Text))
    op.add_column("inbox", sa.Column("parked_at", sa.BigInteger))
