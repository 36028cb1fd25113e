"""Changes of a plan that are not signed yet, and a quick way to the proposals that wait among many decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add a table and an index; what is there stays as it is."""
    op.create_table(
        "plan_draft",
        sa.Column("clinician_id", sa.Integer(), sa.ForeignKey("clinician.id"), primary_key=True),
        sa.Column("patient_id", sa.String(length=40), sa.ForeignKey("patient.id"), primary_key=True),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("anew", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
    )
    proposed = sa.text("""body LIKE '%"standing":"proposed"%'""")
    op.create_index("fact_proposed", "fact", ["station_id", "at"], sqlite_where=proposed, postgresql_where=proposed)
