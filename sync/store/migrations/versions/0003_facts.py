"""Records of every other kind, and what a set was really done with."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add a table and columns; a set may be planned without a number of repetitions."""
    op.create_table(
        "fact",
        sa.Column("station_id", sa.String(length=40), primary_key=True),
        sa.Column("key", sa.String(length=120), primary_key=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("fact_by_kind", "fact", ["station_id", "kind", "at"])
    with op.batch_alter_table("training_set") as table:
        table.alter_column("reps_planned", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("row", sa.String(length=40), nullable=False, server_default=""))
        table.add_column(sa.Column("side", sa.String(length=8), nullable=True))
        table.add_column(sa.Column("load_used_kg", sa.Float(), nullable=True))
        table.add_column(sa.Column("load_origin", sa.String(length=20), nullable=True))
        table.add_column(sa.Column("warm_up_reps", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("feedback", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("on_tempo", sa.Float(), nullable=True))
        table.add_column(sa.Column("rpe_low", sa.Integer(), nullable=True))
        table.add_column(sa.Column("rpe_high", sa.Integer(), nullable=True))
    with op.batch_alter_table("session") as table:
        table.add_column(sa.Column("day", sa.String(length=10), nullable=False, server_default=""))
        table.add_column(sa.Column("clock_trusted", sa.Boolean(), nullable=False, server_default=sa.true()))
