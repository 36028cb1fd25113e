"""Trial repetitions, as they are seen: how many were shown, and that they do not count."""

from __future__ import annotations

from display.parts import Button, Header, Key
from display.shapes import TrialView
from display.station_info import StationInfo
from display.view.buttons import stop_button
from display.view.cues import cue_of
from display.view.sensor_lines import sensor_lines
from display.words import say
from edge.live import Live
from edge.session import Action, SessionState
from edge.session.trial import TRIAL_REPS


def trial_view(state: SessionState, live: Live, station: StationInfo) -> TrialView:
    """Return the screen as of now."""
    again = state.trial_again and state.trial_reps == 0
    return TrialView(
        header=Header(state.exercise.name, say("trial.header")),
        sensor=sensor_lines(state, station)[0],
        title=say("trial.count", count=state.trial_reps, reps=TRIAL_REPS),
        lines=(say("trial.again") if again else say("trial.show"), say("trial.then")),
        cue=cue_of(state, live),
        buttons=(stop_button("stop"), Button("skip", say("trial.skip"), Action.SKIP, key=Key.WHITE)),
    )
