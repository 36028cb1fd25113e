"""Clearances of locks on their way to the stations, and who has seen an alert."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add two tables."""
    op.create_table(
        "clearance",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("station_id", sa.String(length=40), sa.ForeignKey("station.id"), nullable=False),
        sa.Column("patient_id", sa.String(length=40), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("lock_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=120), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("written_at", sa.Float(), nullable=False),
        sa.UniqueConstraint("station_id", "number"),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("station_id", sa.String(length=40), primary_key=True),
        sa.Column("key", sa.String(length=120), primary_key=True),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
    )
