"""A session that was cut off, as it is seen: what is kept, and whether it goes on."""

from __future__ import annotations

from display.parts import Button, Header, Key
from display.shapes import ResumeView
from display.words import say
from edge.session import Action, SessionState


def resume_view(state: SessionState, following: str) -> ResumeView:
    """Return the screen; ``following`` names the next set, empty where none is left."""
    done = state.sets_done
    return ResumeView(
        header=Header(say("resume.header"), ""),
        title=say("resume.title"),
        lines=(
            say("resume.done_one") if done == 1 else say("resume.done", count=done),
            following or say("resume.nothing_left"),
        ),
        buttons=(
            Button("end_session", say("resume.enough"), Action.STOP, key=Key.RED),
            Button("go_on", say("resume.go_on"), Action.MAIN, main=True, key=Key.GREEN),
        ),
    )
