"""What the agenda says of the plan: why it is not the plan's own routine, or not due now."""

from __future__ import annotations

from datetime import datetime

from display.words import say
from edge.prescription.lines import Notice
from edge.session import SessionState

UNSAID = (Notice.LOCKED, Notice.CLOCK)
"""The locked screen speaks for itself; of the clock the patient hears nothing (design guide, section 7)."""


def agenda_notice(state: SessionState) -> str:
    """Return the notice that matters most, in words; empty where all is as planned."""
    if state.due is None:
        return ""
    notices = state.due.routine.notices
    notice = next((one for one in Notice if one in notices and one not in UNSAID), None)
    if notice is None:
        return ""
    if notice is Notice.WAIT and state.due.next_at is not None:
        return say("notice.wait", time=f"{datetime.fromtimestamp(state.due.next_at).astimezone():%H:%M}")
    return say(f"notice.{notice}")
