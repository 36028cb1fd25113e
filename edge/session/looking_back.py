"""What a session that is over is recognised for: one line at most, and a record of everything that was reached."""

from __future__ import annotations

from edge.care.milestones import known_of, reached
from edge.prescription.due import Due
from edge.prescription.plan import Prescription
from edge.records import Reached
from edge.session.opening import Now


def look_back(plan: Prescription, due: Due, now: Now, session_id: str) -> tuple[str, tuple[Reached, ...]]:
    """Return the line to be shown, empty where there is none, and what is to be written down."""
    blocks_done = plan.blocks.index(plan.block_of(due.week))
    found = reached(now.history, known_of(plan, due.week, blocks_done), plan.limits)
    return (found[0].sentence if found else ""), tuple(one.record(round(now.wall, 3), session_id) for one in found)
