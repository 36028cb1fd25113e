"""What a patient may choose instead of the routine that is due: the gentle one, or a short one."""

from __future__ import annotations

from collections.abc import Sequence

from edge.history.facts import History
from edge.prescription.lines import Notice, minutes, routine
from edge.prescription.plan import Prescription
from edge.prescription.position import Now, trained
from edge.prescription.row import Row

HOUR_S = 3600.0
OFFERS = {"gentler": Notice.GENTLER, "slot_missed": Notice.SHORT}
"""Offers that change what is due for one session, once the patient has taken them: nudges by their kind."""
TAKEN = "accepted"
OFFER_STANDS_H = 12.0
"""An offer that was taken is for today. Our choice."""
SHORT_MIN = 5.0
"""How long the short version takes: as long as the nudge says. At least one exercise is left."""


def offer_taken(history: History, now: Now) -> Notice | None:
    """Return which offer the patient has taken for the session that comes; None where none stands.

    It ends with the next session in which something is done. Where nobody knows the time it stands: it asks for less.
    """
    since = max((one.started_at for one in history.sessions if trained(one)), default=0.0)
    taken = [one for one in history.nudges if one.what in OFFERS and one.answered == TAKEN and one.at > since]
    standing = [one for one in taken if not now.clock_trusted or now.at - one.at < OFFER_STANDS_H * HOUR_S]
    return OFFERS[standing[-1].what] if standing else None


def short(plan: Prescription, rows: Sequence[Row]) -> Sequence[Row]:
    """Return the first rows of a session that take no more than a few minutes together, at least one."""
    ordered = sorted(rows, key=lambda row: row.order)
    fitting = [n for n in range(1, len(ordered) + 1) if minutes(routine(plan, ordered[:n]).lines) <= SHORT_MIN]
    return ordered[: max(fitting, default=1)]
