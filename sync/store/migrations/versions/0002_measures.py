"""How a repetition was done, and what was in doubt about a set."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MEASURES = (
    "edge_spread_s",
    "peak_speed",
    "mean_speed",
    "smoothness",
    "hold_sway",
    "mean_force_n",
    "impulse_n_s",
)


def upgrade() -> None:
    """Add columns only: what is there stays as it is."""
    for name in MEASURES:
        op.add_column("rep", sa.Column(name, sa.Float(), nullable=True))
    doubts = sa.Column("doubts", sa.String(length=400), nullable=False, server_default="")
    op.add_column("training_set", doubts)
