"""No plan has ever arrived, as it is seen: whom to call."""

from __future__ import annotations

from display.parts import Header
from display.shapes import NoPlanView
from display.station_info import StationInfo
from display.view.station_lines import call_the_clinic, kept
from display.words import say
from edge.session import SessionState


def no_plan_view(_state: SessionState, station: StationInfo) -> NoPlanView:
    """Return the screen."""
    return NoPlanView(Header(say("no_plan.header"), kept(station)), say("no_plan.title"), call_the_clinic(station))
