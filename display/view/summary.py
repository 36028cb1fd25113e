"""The end of a session, as it is seen: three numbers, and what was reached."""

from __future__ import annotations

from display.parts import Header
from display.shapes import SummaryView
from display.station_info import StationInfo
from display.view.buttons import main_button
from display.view.station_lines import call, kept
from display.words import say
from edge.session import SessionState


def summary_view(state: SessionState, station: StationInfo) -> SummaryView:
    """Return the screen."""
    reps = [judged for result in state.done for judged in result.counted]
    by_hand = sum(result.by_hand or 0 for result in state.done)
    complete = state.sets_done >= state.sets_planned and len(reps) + by_hand >= state.reps_planned
    title = "summary.title" if complete else "summary.title_part"
    own_count = (say("summary.by_hand", reps=by_hand),) if by_hand else ()
    return SummaryView(
        header=Header(say("summary.header"), kept(station)),
        title=say(title, name=state.plan.first_name if state.plan else ""),
        numbers=(
            (str(len(reps)), say("summary.reps", planned=state.reps_planned)),
            (str(sum(judged.inside for judged in reps)), say("summary.inside")),
            (str(state.sets_done), say("summary.sets", planned=state.sets_planned)),
        ),
        lines=own_count if complete else (*own_count, say("clinic.pain_stays"), call(station)),
        buttons=(main_button("finish", say("summary.finish")),),
        recognition=state.recognition,
    )
