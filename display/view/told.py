"""A sentence of the rule table, and the band's check list, as they are seen."""

from __future__ import annotations

from display.parts import Button, Header, Key
from display.shapes import BandCheckView, ToldView
from display.station_info import StationInfo
from display.view.buttons import main_button, stop_button
from display.view.station_lines import call_the_clinic
from display.words import say, sentences
from edge.safety.table import table
from edge.session import Action, SessionState
from edge.session.guarding import Telling, Way

GO_ON = {
    Way.READY: "told.go_on",
    Way.REST: "told.go_on",
    Way.RESUME: "told.go_on",
    Way.TEST_RESULT: "told.go_on",
    Way.SUMMARY: "told.finish",
    Way.FLAGS: "told.next",
    Way.FLAGS_FIRST: "told.next",
    Way.ANSWER: "told.answer",
    Way.WITHOUT_BAND: "told.leave_out",
    Way.NEW_BAND: "told.new_band",
}
"""What the button of each way says."""


def told_view(state: SessionState, station: StationInfo) -> ToldView:
    """Return the sentence on the screen; ValueError where there is none."""
    telling = state.guard.telling
    if telling is None:
        raise ValueError("there is nothing to tell")
    main = "told.i_am_ok" if telling.hurts else GO_ON[telling.main]
    return ToldView(
        header=Header(say("told.header")),
        lines=sentences(telling.says),
        help=call_the_clinic(station) if telling.over or telling.other is not None else "",
        buttons=(*_stop(telling), *_other(telling), main_button("go_on", say(main))),
    )


def _stop(telling: Telling) -> tuple[Button, ...]:
    """A session that is over needs no stop."""
    if telling.over:
        return ()
    return (stop_button("leave", say("told.not_ok" if telling.hurts else "told.stop")),)


def _other(telling: Telling) -> tuple[Button, ...]:
    if telling.other is None:
        return ()
    return (Button("other", say(GO_ON[telling.other]), Action.SKIP, key=Key.WHITE),)


def band_check_view(_state: SessionState, _station: StationInfo) -> BandCheckView:
    """Return what to look at before a band is pulled."""
    return BandCheckView(
        header=Header(say("band_check.header"), say("band_check.note")),
        points=table().band_check.items,
        buttons=(
            stop_button("leave", say("told.stop")),
            Button("aside", say("band_check.aside"), Action.SKIP, key=Key.WHITE),
            main_button("fine", say("band_check.fine")),
        ),
    )
