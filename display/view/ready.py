"""Before a set, as it is seen: one instruction, the dose, the figure, the sensors; the main button waits by name."""

from __future__ import annotations

from display.parts import Button, Header, Key
from display.shapes import ReadyView
from display.station_info import StationInfo
from display.view.buttons import main_button, stop_button
from display.view.doses import pace_of, ready_dose, set_of
from display.view.figure import figure_view
from display.view.sensor_lines import about_bell, put_right, sensor_lines, waiting_for
from display.words import say, sentences
from edge.session import Action, BellNotice, SessionState, bell_notice


def ready_view(state: SessionState, station: StationInfo) -> ReadyView:
    """Return the screen."""
    planned, due = state.planned, state.exercise
    return ReadyView(
        header=Header(due.name, set_of(state)),
        instruction=put_right(state) or about_bell(state) or sentences(due.setup),
        dose=ready_dose(planned),
        pace=pace_of(state),
        figure=figure_view(due, planned.tempo, state.now_s, calm=station.calm, hold_s=planned.hold_s),
        sensors=sensor_lines(state, station),
        buttons=(
            stop_button("end_session"),
            _second(state),
            main_button(
                "begin", say("ready.begin") if state.may_begin else waiting_for(state), enabled=state.may_begin
            ),
        ),
        why=_why(state) or (say("coach.alone") if state.exercise.key in state.alone else ""),
    )


def _second(state: SessionState) -> Button:
    """What can be done about a bell that the dock did not see, or else about the exercise itself."""
    unseen = bell_notice(state) in (BellNotice.AWAITED, BellNotice.UNSEEN)
    if not state.may_begin or not unseen or not state.bells_wanted:
        return Button("change", say("ready.change"), Action.CHANGE, key=Key.WHITE)
    kg = state.bells_wanted[0]
    return Button("bell", say("ready.hold_bell", kg=f"{kg:g}"), Action.BELL, kg, key=Key.WHITE)


def _why(state: SessionState) -> str:
    """Why the dose of the line that is due is another one today; empty where it is the plan's."""
    told = state.whys.get(state.planned.row, "")
    if told or state.planned.range_share >= 1.0:
        return told
    return say("coach.range", percent=f"{100 * state.planned.range_share:g}")
