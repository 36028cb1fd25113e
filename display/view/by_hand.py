"""A number of repetitions from the patient, as it is asked: where nothing counted, or to put a count right."""

from __future__ import annotations

from display.parts import Button, Header, Key
from display.shapes import ByHandView
from display.station_info import StationInfo
from display.view.buttons import main_button, pointing, stop_button
from display.view.doses import asked_reps, set_of
from display.words import say
from edge.library import exercise
from edge.session import Action, SessionState
from edge.session.fixing import may_add, shown
from edge.session.manner import Manner


def by_hand_view(state: SessionState, _station: StationInfo) -> ByHandView:
    """Return the question how many repetitions nobody counted."""
    known = state.by_hand is not None
    own, planned = state.manner is Manner.BY_HAND, state.planned.reps
    said = say("own.no_number") if planned is None else say("own.planned", reps=planned)
    return ByHandView(
        header=Header(state.exercise.name, set_of(state)),
        question=say("own.how_many") if own else say("lost.how_many"),
        kept=said if own else say("lost.counted", reps=len(state.reps), planned=asked_reps(planned)),
        number=str(state.by_hand) if known else say("lost.no_number"),
        buttons=(
            Button("fewer", say("lost.fewer"), Action.FEWER, enabled=known),
            Button("more", say("lost.more"), Action.MORE, key=Key.WHITE),
            main_button("answered", say("lost.answered") if known else say("lost.do_not_know")),
            stop_button("end_set"),
        ),
    )


def fix_view(state: SessionState, _station: StationInfo) -> ByHandView:
    """Return the question how many repetitions the last set had, where the patient says that the count is wrong."""
    last = state.done[-1]
    buttons = (
        Button("fewer", say("lost.fewer"), Action.FEWER, enabled=shown(state) > 0),
        Button("more", say("lost.more"), Action.MORE, enabled=may_add(state)),
        main_button("answered", say("lost.answered")),
    )
    return ByHandView(
        header=Header(exercise(last.exercise).name, say("rest.fix")),
        question=say("fix.question"),
        kept=say("fix.counted", reps=len(last.reps)),
        number=str(shown(state)),
        buttons=(stop_button("end_set"), *pointing(buttons, state.pointed)),
    )
