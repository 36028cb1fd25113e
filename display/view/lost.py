"""The sensor is lost, or nothing counts any more, as it is seen: what is kept, and the ways on."""

from __future__ import annotations

from display.parts import Button, Header, Key
from display.shapes import LostView, UncountedView
from display.station_info import StationInfo
from display.view.buttons import main_button, stop_button
from display.view.doses import asked_reps, ready_dose, set_of
from display.view.sensor_lines import sensor_lines, waiting_for
from display.words import say
from edge.session import Action, SessionState
from edge.session.manner import Manner


def lost_view(state: SessionState, station: StationInfo) -> LostView:
    """Return the screen of a set that waits for its sensor, or for the patient once it is back."""
    back = state.sensor_usable
    return LostView(
        header=Header(state.exercise.name, set_of(state)),
        sensor=sensor_lines(state, station)[0],
        title=say("lost.back") if back else say("lost.title"),
        lines=(_paused_at(state), say("lost.start_anew") if back else say("lost.check")),
        buttons=(
            stop_button("end_set"),
            Button("uncounted", say("lost.uncounted"), Action.UNCOUNTED, key=Key.WHITE),
            main_button("go_on", say("lost.go_on") if back else waiting_for(state), enabled=back),
        ),
    )


def uncounted_view(state: SessionState, station: StationInfo) -> UncountedView:
    """Return the screen of a set, or the rest of one, that nothing counts."""
    own = state.manner is Manner.BY_HAND
    return UncountedView(
        header=Header(state.exercise.name, set_of(state)),
        sensor=None if own else sensor_lines(state, station)[0],
        title=say("own.title") if own else say("lost.not_counting"),
        lines=(ready_dose(state.planned), say("own.then"))
        if own
        else (_paused_at(state), say("lost.count_yourself")),
        buttons=(stop_button("end_set"), main_button("done", say("lost.done"))),
    )


def _paused_at(state: SessionState) -> str:
    return say("lost.paused_at", reps=len(state.reps), planned=asked_reps(state.planned.reps))
