"""A session that was cut off, as it is seen: what is kept, and whether it goes on."""

from __future__ import annotations

from display.parts import Header
from display.shapes import ResumeView
from display.station_info import StationInfo
from display.view.buttons import main_button, stop_button
from display.view.doses import next_set
from display.words import say
from edge.session import SessionState


def resume_view(state: SessionState, _station: StationInfo) -> ResumeView:
    """Return the screen."""
    done = state.sets_done
    return ResumeView(
        header=Header(say("resume.header"), ""),
        title=say("resume.title"),
        lines=(
            say("resume.done_one") if done == 1 else say("resume.done", count=done),
            say("resume.nothing_left") if state.finished else next_set(state),
        ),
        buttons=(
            stop_button("end_session", say("resume.enough")),
            main_button("go_on", say("resume.go_on")),
        ),
    )
