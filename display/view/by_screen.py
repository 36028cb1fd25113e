"""What is seen on each screen of the session: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from display.shapes import View
from display.station_info import StationInfo
from display.view.agenda import agenda_view
from display.view.asking import asking_view
from display.view.by_hand import by_hand_view, fix_view
from display.view.change import change_view
from display.view.locked import locked_view
from display.view.logbook import logbook_view
from display.view.lost import lost_view, uncounted_view
from display.view.no_plan import no_plan_view
from display.view.ready import ready_view
from display.view.rest import rest_view
from display.view.resume import resume_view
from display.view.stopped import stopped_test_view, stopped_view
from display.view.summary import summary_view
from display.view.testing import entry_view, hands_view, offer_view, rating_view, result_view, running_view
from display.view.timed import timed_view
from display.view.told import band_check_view, told_view
from display.view.training import set_view
from display.view.trial import trial_view
from edge.live import Live
from edge.session import Screen, SessionState

_QUIET: Mapping[Screen, Callable[[SessionState, StationInfo], View]] = {
    Screen.LOCKED: locked_view,
    Screen.NO_PLAN: no_plan_view,
    Screen.AGENDA: agenda_view,
    Screen.ASKING: asking_view,
    Screen.TOLD: told_view,
    Screen.BAND_CHECK: band_check_view,
    Screen.TEST_OFFER: offer_view,
    Screen.TESTING: running_view,
    Screen.TEST_HANDS: hands_view,
    Screen.TEST_ENTRY: entry_view,
    Screen.TEST_STOPPED: stopped_test_view,
    Screen.TEST_RESULT: result_view,
    Screen.TEST_RATING: rating_view,
    Screen.LOG: logbook_view,
    Screen.READY: ready_view,
    Screen.LOST: lost_view,
    Screen.UNCOUNTED: uncounted_view,
    Screen.TIMED: timed_view,
    Screen.BY_HAND: by_hand_view,
    Screen.STOPPED: stopped_view,
    Screen.RESUME: resume_view,
    Screen.CHANGE: change_view,
    Screen.FIX: fix_view,
    Screen.REST: rest_view,
    Screen.SUMMARY: summary_view,
}
"""The screens on which nothing is counted."""


def view(state: SessionState, live: Live, station: StationInfo) -> View:
    """Return what to show now. The same three arguments always give an equal View."""
    match state.screen:
        case Screen.SET:
            return set_view(state, live)
        case Screen.TRIAL:
            return trial_view(state, live, station)
        case screen:
            return _QUIET[screen](state, station)
