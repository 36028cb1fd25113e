"""What may be changed for today, as it is seen."""

from __future__ import annotations

from display.parts import Button, Header
from display.shapes import ChangeView
from display.station_info import StationInfo
from display.view.buttons import choice_buttons, main_button, stop_button
from display.words import say
from edge.library import exercise
from edge.session import Action, SessionState
from edge.session.changing import SWAP, offered


def change_view(state: SessionState, _station: StationInfo) -> ChangeView:
    """Return the screen. The white button walks through the choices, the green one takes what is chosen."""
    choices = [(choice, _word(choice), "") for choice in offered(state)]
    return ChangeView(
        header=Header(state.exercise.name, say("change.header")),
        buttons=(
            *choice_buttons(choices, state.change),
            stop_button("end_session"),
            Button("back", say("change.back"), Action.BACK),
            main_button("ok", say("change.ok"), enabled=state.change is not None),
        ),
    )


def _word(choice: str) -> str:
    if choice.startswith(SWAP):
        return say("change.swap", exercise=exercise(choice.removeprefix(SWAP)).name)
    return say(f"change.{choice}")
