"""No plan is here, as it is seen: whom to call; or a moment to wait while the journal is being opened."""

from __future__ import annotations

from display.parts import Header
from display.shapes import NoPlanView
from display.station_info import StationInfo, Sync
from display.view.station_lines import call_the_clinic, kept
from display.words import say
from edge.session import SessionState


def no_plan_view(_state: SessionState, station: StationInfo) -> NoPlanView:
    """Return the screen."""
    header = Header(say("no_plan.header"), kept(station))
    if station.sync is Sync.UNKNOWN:
        # A long journal that is being repaired takes half a minute: nobody needs to call for that.
        return NoPlanView(header, say("no_plan.opening"), "")
    return NoPlanView(header, say("no_plan.title"), call_the_clinic(station))
