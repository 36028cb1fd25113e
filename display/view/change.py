"""What may be changed for today, as it is seen."""

from __future__ import annotations

from display.parts import Button, Header, Key
from display.shapes import ChangeView
from display.words import say
from edge.library import exercise
from edge.session import Action, SessionState
from edge.session.changing import SWAP, offered


def change_view(state: SessionState) -> ChangeView:
    """Return the screen. The white button walks through the choices, the green one takes what is chosen."""
    choices = offered(state)
    at = choices.index(state.change) if state.change in choices else -1
    following = choices[(at + 1) % len(choices)]
    return ChangeView(
        header=Header(state.exercise.name, say("change.header")),
        buttons=(
            *(
                Button(
                    f"choice_{number}",
                    _word(choice),
                    Action.CHOOSE,
                    choice,
                    chosen=choice == state.change,
                    key=Key.WHITE if choice == following else None,
                )
                for number, choice in enumerate(choices)
            ),
            Button("end_session", say("set.stop"), Action.STOP, key=Key.RED),
            Button("back", say("change.back"), Action.BACK),
            Button("ok", say("change.ok"), Action.MAIN, main=True, enabled=state.change is not None, key=Key.GREEN),
        ),
    )


def _word(choice: str) -> str:
    if choice.startswith(SWAP):
        return say("change.swap", exercise=exercise(choice.removeprefix(SWAP)).name)
    return say(f"change.{choice}")
