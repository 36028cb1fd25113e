"""A patient's stations are found without looking through all of them, as the list of patients does for each."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add an index."""
    op.create_index("station_by_patient", "station", ["patient_id"])
