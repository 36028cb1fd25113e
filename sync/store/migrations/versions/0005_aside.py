"""Messages set aside have a sort and a station, are counted and can be seen; records keep what is unread."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add columns and a table; what was set aside before stays, and counts as poison that nobody has seen."""
    op.add_column("record", sa.Column("as_came", sa.Text(), nullable=True))
    with op.batch_alter_table("quarantine") as table:
        table.add_column(sa.Column("sort", sa.String(length=16), nullable=False, server_default="poison"))
        table.add_column(sa.Column("station_id", sa.String(length=40), nullable=True))
        table.add_column(sa.Column("size", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("digest", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("seen_by", sa.String(length=80), nullable=True))
        table.add_column(sa.Column("seen_at", sa.Float(), nullable=True))
    kept = _fill()
    with op.batch_alter_table("quarantine") as table:
        table.alter_column("digest", existing_type=sa.String(length=64), nullable=False)
    op.create_index("quarantine_once", "quarantine", ["digest"], unique=True)
    op.create_index("quarantine_by_sort", "quarantine", ["sort", "id"])
    counts = op.create_table(
        "quarantine_count",
        sa.Column("sort", sa.String(length=16), primary_key=True),
        sa.Column("arrived", sa.Integer(), nullable=False),
        sa.Column("discarded", sa.Integer(), nullable=False),
    )
    if kept:
        op.bulk_insert(counts, [{"sort": "poison", "arrived": kept, "discarded": 0}])


def _fill() -> int:
    """Give each old row its size and digest, drop what is there twice, and return how many are left."""
    connection = op.get_bind()
    seen: set[str] = set()
    rows = connection.execute(sa.text("SELECT id, topic, payload FROM quarantine ORDER BY id")).all()
    for number, topic, payload in rows:
        digest = hashlib.sha256(topic.encode() + b"\0" + payload).hexdigest()
        if digest in seen:
            connection.execute(sa.text("DELETE FROM quarantine WHERE id = :id"), {"id": number})
            continue
        seen.add(digest)
        values = {"id": number, "size": len(payload), "digest": digest}
        connection.execute(sa.text("UPDATE quarantine SET size = :size, digest = :digest WHERE id = :id"), values)
    return len(seen)
