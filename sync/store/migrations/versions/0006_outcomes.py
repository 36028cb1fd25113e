"""Scores of questionnaires that clinicians type in, with their corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("patient_id", sa.String(length=40), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("second", sa.Float(), nullable=True),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.Float(), nullable=False),
        sa.Column("replaces", sa.Integer(), sa.ForeignKey("outcome.id"), nullable=True, unique=True),
    )
    op.create_index("outcome_by_patient", "outcome", ["patient_id", "day"])
