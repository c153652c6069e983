"""Which incident each run is of."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("runs", sa.Column("incident", sa.Text))
    condition = sa.text("incident IS NOT NULL")
    op.create_index("runs_incident", "runs", ["incident", "number"], sqlite_where=condition, postgresql_where=condition)
