"""When runs decided and ended, and whether they needed people."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("runs", sa.Column("decided_at", sa.BigInteger))
    op.add_column("runs", sa.Column("ended_at", sa.BigInteger))
    op.add_column("runs", sa.Column("escalated", sa.Integer, nullable=False, server_default="0"))
    condition = sa.text("ended_at IS NOT NULL")
    op.create_index("runs_ended", "runs", ["ended_at"], sqlite_where=condition, postgresql_where=condition)
    op.execute("""
        UPDATE runs SET
            decided_at = (
                SELECT e.time FROM events e
                WHERE e.run = runs.number
                AND e.kind IN ('approval_asked', 'help_asked', 'limit_reached', 'doubt_raised', 'run_finished')
                ORDER BY e.seq LIMIT 1
            ),
            ended_at = (SELECT max(e.time) FROM events e WHERE e.run = runs.number AND e.kind = 'run_finished')
    """)
    op.execute("""
        UPDATE runs SET escalated = 1
        WHERE outcome = 'handed over'
        OR EXISTS (SELECT 1 FROM events e WHERE e.run = runs.number AND e.kind IN ('help_asked', 'limit_reached', 'doubt_raised'))
    """)
