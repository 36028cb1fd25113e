"""How a station was paired, by whom it was revoked, and the offers that pair it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add columns and two tables."""
    op.add_column("station", sa.Column("credential", sa.String(length=200), nullable=True))
    op.add_column("station", sa.Column("paired_at", sa.Float(), nullable=True))
    op.add_column("station", sa.Column("revoked_at", sa.Float(), nullable=True))
    op.create_table(
        "pairing",
        sa.Column("station_id", sa.String(length=40), sa.ForeignKey("station.id"), primary_key=True),
        sa.Column("name", sa.String(length=8), nullable=False, unique=True),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
    )
    op.create_table(
        "station_event",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("station_id", sa.String(length=40), sa.ForeignKey("station.id"), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_index("station_event_by_station", "station_event", ["station_id", "at"])
