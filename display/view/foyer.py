"""The station cannot begin yet: it is nobody's, or something that it needs is not there."""

from __future__ import annotations

from display.parts import Header
from display.shapes import NoPlanView
from display.station_info import StationInfo
from display.view.station_lines import call_the_clinic
from display.words import say


def foyer_view(station: StationInfo, *, paired: bool) -> NoPlanView:
    """Return one sentence and whom to call. The patient has nothing to type; the log has the technician's way out."""
    title = say("foyer.not_ready") if paired else say("foyer.not_set_up")
    return NoPlanView(Header(say("no_plan.header"), ""), title, call_the_clinic(station))
