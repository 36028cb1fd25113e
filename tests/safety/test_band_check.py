"""A band is looked over before its first set of the day, and put aside at the end of its life."""

from datetime import date

import msgspec
import pytest
from msgspec import structs

from display.shapes import BandCheckView
from display.station_info import StationInfo
from display.view.by_screen import view
from edge.history.facts import History, SessionFact, SetFact
from edge.history.fold import fold
from edge.live import Live
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import BandChecked, Doubt, Happened, Incident, SetDone
from edge.safety.table import table
from edge.session import Action, Noticed, PlanArrived, Pressed, Save, Screen, SessionState, Started, advance
from edge.session.band_check import band_of, needs_band
from edge.tempo import parse_tempo

WALL = 1_790_000_000.0
DAY_S = 86_400.0
TODAY = "2026-09-21"


def plan(*exercises, **limits):
    rows = tuple(one_dose(k, name, 2, 8, parse_tempo("2.1.0"), None, 20.0) for k, name in enumerate(exercises, 1))
    return Prescription(1, "patient-0001", "station-0001", "Ana", "2026-09-01T08:00:00Z", rows, limits=Limits(limits))


class Visit:
    """A session that has begun, in front of the get-ready screen."""

    def __init__(self, *exercises, history=None, day=TODAY, trusted=True, wall=WALL, **limits):
        self.state, self.saved, self.t_s = SessionState(usable={"band": True, "thigh": True}), [], 10.0
        self.tell(PlanArrived(10.0, plan(*(exercises or ("band_row",)), **limits), wall))
        self.tell(
            Started(
                10.0, "session-0009", wall, day=day, clock_trusted=trusted, bands=True, history=history or History()
            )
        )

    def tell(self, event):
        self.state, effects = advance(self.state, event)
        self.saved += [effect.record for effect in effects if isinstance(effect, Save)]

    def press(self, *actions):
        for action in actions:
            self.t_s += 1.0
            self.tell(Pressed(self.t_s, action))
        return self

    def of_kind(self, kind):
        return [record for record in self.saved if isinstance(record, kind)]

    @property
    def rule(self):
        return self.state.guard.telling.rule if self.state.screen is Screen.TOLD else None


def checked(days_ago, passed=True, name="band_1"):
    number = 9 - days_ago
    return BandChecked(f"session-000{number}-band-1", name, passed, WALL - days_ago * DAY_S)


def past(*looks, sets=(), incidents=(), trusted=True):
    """One session a day, with its looks, sets and incidents on the first of them."""
    sessions = tuple(
        SessionFact(
            f"session-000{9 - ago}", date(2026, 9, 21 - ago), WALL - ago * DAY_S, trusted, 1,
            tuple(sets) if ago == 1 else (), {}, tuple(incidents) if ago == 1 else (),
        )
        for ago in (2, 1, 0)
    )  # fmt: skip
    return History(sessions=sessions, bands=looks)


def test_no_band_set_begins_before_the_band_was_looked_over():
    visit = Visit().press(Action.MAIN)
    assert visit.state.screen is Screen.BAND_CHECK
    shown = view(visit.state, Live(), StationInfo())
    assert isinstance(shown, BandCheckView)
    assert shown.points == table().band_check.items
    for action in (Action.UNCOUNTED, Action.BACK, Action.ANSWER, Action.MORE):
        visit.press(action)
    assert visit.state.screen is Screen.BAND_CHECK


def test_all_fine_is_written_down_and_asked_once_a_day():
    visit = Visit().press(Action.MAIN, Action.MAIN, Action.MAIN)
    (look,) = visit.of_kind(BandChecked)
    assert (look.band, look.passed) == ("band_1", True)
    assert visit.state.screen is Screen.SET
    again = Visit(history=past(checked(0))).press(Action.MAIN)
    assert again.state.screen is Screen.SET


def test_tomorrow_it_is_asked_again():
    assert Visit(history=past(checked(1))).press(Action.MAIN).state.screen is Screen.BAND_CHECK


def test_exercises_without_a_band_ask_nothing():
    assert not needs_band("goblet_squat")
    assert Visit("goblet_squat").press(Action.MAIN).state.screen is Screen.SET


def test_a_band_that_is_not_fine_leaves_all_band_exercises_out_and_says_so():
    visit = Visit("band_row", "goblet_squat", "band_press").press(Action.MAIN, Action.SKIP)
    assert visit.rule == "band_put_aside"
    visit.press(Action.MAIN)
    skipped = visit.of_kind(SetDone)
    assert [(one.exercise, one.stop_reason) for one in skipped] == [
        *[("band_row", StopReason.SKIPPED)] * 2, *[("band_press", StopReason.SKIPPED)] * 2
    ]  # fmt: skip
    assert all(one.doubts == (str(Doubt.NO_BAND),) for one in skipped)
    assert (visit.state.screen, visit.state.planned.exercise) == (Screen.READY, "goblet_squat")
    assert visit.of_kind(BandChecked)[0].passed is False


def test_with_bands_alone_the_session_is_over():
    visit = Visit("band_row").press(Action.MAIN, Action.SKIP, Action.MAIN)
    assert visit.state.screen is Screen.SUMMARY


def test_a_band_put_aside_stays_out_on_later_days_and_a_new_one_is_looked_over_first():
    visit = Visit(history=past(checked(1, passed=False))).press(Action.MAIN)
    assert visit.rule == "band_put_aside"
    visit.press(Action.SKIP)
    assert visit.state.screen is Screen.BAND_CHECK
    visit.press(Action.MAIN, Action.MAIN)
    assert (visit.of_kind(BandChecked)[0].band, visit.state.screen) == ("band_2", Screen.SET)


def test_after_it_let_go_the_band_is_looked_over_before_its_next_set():
    visit = Visit(history=past(checked(0))).press(Action.MAIN)
    visit.tell(Noticed(visit.t_s + 1, Happened.BAND_SNAP, 120.0, "N"))
    visit.t_s += 1
    visit.press(Action.MAIN, Action.MAIN, Action.MAIN)
    assert visit.state.screen is Screen.BAND_CHECK
    visit.press(Action.MAIN, Action.MAIN)
    assert visit.state.screen is Screen.SET


def test_a_snap_of_an_earlier_session_today_is_not_forgotten():
    snap = Incident("session-0009", 1, 1, Happened.BAND_SNAP, 120.0, "N", WALL + 1.0)
    assert Visit(history=past(checked(1), incidents=(snap,))).press(Action.MAIN).state.screen is Screen.BAND_CHECK


@pytest.mark.parametrize(
    ("history", "limits"),
    [
        (past(checked(2)), {"band_age_days": 30}),
        (past(checked(2), sets=[SetFact("band_row", "x", 1, 8, 600, StopReason.TARGET, True)]), {"band_cycles": 500}),
        (past(checked(2), sets=[SetFact("band_row", "x", 1, 8, 8, StopReason.TARGET, True, peak_n=950.0)]), {}),
    ],
)
def test_a_band_at_the_end_of_its_life_is_retired_whatever_it_looks_like(history, limits):
    visit = Visit(history=history, wall=WALL + 29 * DAY_S, day="2026-10-20", **limits).press(Action.MAIN)
    assert visit.rule == "band_retired"
    visit.press(Action.SKIP, Action.MAIN)
    assert visit.of_kind(BandChecked)[0].band == "band_2"


def test_stretches_are_those_of_this_band_alone():
    done = SetFact("band_row", "x", 1, 8, 30, StopReason.TARGET, True, reps_by_hand=4)
    other = SetFact("goblet_squat", "x", 1, 8, 90, StopReason.TARGET, True)
    assert band_of(Visit(history=past(checked(2), sets=[done, other])).state).stretches == 34
    assert band_of(Visit(history=past(checked(2), checked(0, name="band_2"), sets=[done])).state).stretches == 0


def test_a_bands_life_goes_on_when_its_first_sessions_are_read_no_more():
    done = SetFact("band_row", "x", 1, 8, 30, StopReason.TARGET, True)
    first, later = checked(2), structs.replace(checked(1), stretches=480)
    history = past(first, later, sets=[done])  # of sessions of before nothing is known any more
    assert band_of(Visit(history=history).state).stretches == 510
    visit = Visit(history=past(first, later, sets=[done])).press(Action.MAIN, Action.MAIN)
    assert visit.of_kind(BandChecked)[0].stretches == 510
    assert Visit(history=history, band_cycles=500).press(Action.MAIN).rule == "band_retired"


def test_a_look_of_before_stretches_were_told_is_written_and_hashed_as_it_was():
    assert msgspec.json.encode(checked(2)) == (
        b'{"kind":"band_check","check_id":"session-0007-band-1","band":"band_1","passed":true,"at":1789827200.0}'
    )


def test_without_a_date_that_can_be_trusted_it_is_looked_over_once_a_session():
    visit = Visit(history=past(checked(0)), trusted=False).press(Action.MAIN)
    assert visit.state.screen is Screen.BAND_CHECK
    visit.press(Action.MAIN, Action.MAIN)
    assert visit.state.screen is Screen.SET


def test_what_was_looked_over_is_part_of_the_past():
    assert fold([checked(1), checked(2)]).bands == (checked(2), checked(1))
