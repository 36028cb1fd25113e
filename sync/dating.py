"""What was written before the clock was set gets its right time, once a network or a battery has set it.

No record is changed: each session that nobody could date gets a record that says how far off its times are. The wall
clock may have stepped any number of times in between; the monotonic one has not, and tells how long ago it was.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from edge.records import ClockFixed
from sync.journal import Journal, Stamp


def fixes(journal: Journal, now: Stamp, zone: tzinfo | None) -> list[ClockFixed]:
    """Return what dates the sessions of this run that were begun before.

    ``now`` is a moment at which the clock was set, and right; ``zone`` is the patient's, None for the computer's own.
    """
    found = []
    for began, then_s in journal.undated():
        # By the session's own word, not by the wall clock when it was handed over: that may have stepped in between.
        offset_s = round(now.wall - (now.t_s - then_s) - began.started_at, 3)
        day = datetime.fromtimestamp(began.started_at + offset_s, zone).date().isoformat()
        found.append(ClockFixed(began.session_id, offset_s, day, now.wall))
    return found
