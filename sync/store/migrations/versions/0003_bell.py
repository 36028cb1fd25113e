"""Which bell a set was done with, and who says so."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add columns only: what is there stays as it is."""
    op.add_column("training_set", sa.Column("bell_kg", sa.Float(), nullable=True))
    op.add_column("training_set", sa.Column("bell_origin", sa.String(length=20), nullable=True))
