"""The ledger tells of every record when its station was handed it, by which run of which clock."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add columns, empty in the lines that are there: of these nobody knows any more."""
    op.add_column("record", sa.Column("boot", sa.String(length=40), nullable=True))
    op.add_column("record", sa.Column("t_s", sa.Float(), nullable=True))
    op.add_column("record", sa.Column("wall", sa.Float(), nullable=True))
    op.add_column("record", sa.Column("sure", sa.Boolean(), nullable=True))
