"""A yes to a red-flag question at the station: in the same step nothing can be trained, and no press changes that."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.gallery.states import ALL_USABLE, PLAN, at, reps
from display.station_info import StationInfo
from display.view.by_screen import view
from edge import records
from edge.live import Live
from edge.records import FlagsAnswered, Form, Locked, SessionEnded, SetDone, Severity, Unlocked
from edge.session import (
    Action,
    EndListening,
    LockCleared,
    LockClosed,
    PlanArrived,
    Pressed,
    Save,
    Screen,
    SensorChanged,
    SessionState,
    Started,
    SwitchedOff,
    Tick,
    advance,
)
from edge.session.locking import answered
from edge.session.opening import check_in
from edge.station import Station

YES = FlagsAnswered("asked-0001", PLAN.patient_id, Form.SHORT, 1.78e9, ("short_saddle",), ())
NO = FlagsAnswered("asked-0001", PLAN.patient_id, Form.SHORT, 1.78e9, (), ("short_saddle",))
LOCK = Locked("asked-0001", PLAN.patient_id, Severity.EMERGENCY, ("short_saddle",), 1.78e9)


def saved(effects):
    return [effect.record for effect in effects if isinstance(effect, Save)]


@pytest.mark.parametrize("screen", [screen for screen in Screen if screen is not Screen.LOCKED])
def test_a_yes_locks_in_the_same_step_from_every_screen(screen):
    state, effects = answered(at(screen, reps=reps(3)), YES)
    assert state.screen is Screen.LOCKED
    assert saved(effects)[:2] == [LOCK, YES], "the lock is the first record of all"


def test_a_no_is_kept_and_nothing_else_happens():
    state, effects = answered(at(Screen.AGENDA), NO)
    assert (state, effects) == (at(Screen.AGENDA), (Save(NO),))


def test_a_set_in_progress_is_written_down_and_closed():
    state, effects = answered(at(Screen.SET, reps=reps(3)), YES)
    kinds = [type(record) for record in saved(effects)]
    assert kinds == [Locked, FlagsAnswered, SetDone, SessionEnded]
    assert any(isinstance(effect, EndListening) for effect in effects)
    assert state.plan == PLAN


def test_a_lock_in_the_journal_locks_before_the_first_screen():
    told = []
    station = Station({}, told.extend, lambda _sound: None, lambda: 1.78e9, lambda: "session-0001")
    station.take_plan(PLAN)
    station.take_lock(LOCK)
    station.step(0.1, [])
    assert station.state.screen is Screen.LOCKED
    for action in Action:
        station.press(Pressed(0.2, action))
    station.step(0.3, [])
    assert station.state.screen is Screen.LOCKED
    assert not [one for one in told if isinstance(one, records.SessionStarted)]
    station.clear_lock(Unlocked(LOCK.lock_id, 1.78e9, "Dr K. Lind"))
    station.step(0.4, [])
    assert station.state.screen is Screen.AGENDA


def test_a_lock_closes_within_a_second_of_the_answer_and_is_on_the_disk(tmp_path):
    """Through the real keeper and a real file, as the station does it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sync.journal import Journal
    from sync.keeper import Keeper
    from sync.loopback import LoopbackHub

    keeper = Keeper(
        lambda: Journal(tmp_path / "journal.db"), LoopbackHub().transport(), "station-0001", PLAN.patient_id,
        Ed25519PrivateKey.generate().public_key(), now=time.monotonic, wall=time.time, on_plan=lambda _plan: None,
    )  # fmt: skip
    keeper.start()
    try:
        began_s = time.monotonic()
        state, effects = answered(at(Screen.AGENDA), YES)
        assert keeper.save(saved(effects), wait_s=1.0)
        assert time.monotonic() - began_s < 1.0
        assert state.screen is Screen.LOCKED
    finally:
        keeper.stop()
    assert not [one for one in threading.enumerate() if one.name.startswith("keeper")]
    journal = Journal(tmp_path / "journal.db")
    assert next(journal.records()) == LOCK
    journal.close()


EVENTS = st.one_of(
    st.builds(Tick, st.floats(0, 9e5)),
    st.builds(Started, st.floats(0, 9e5), st.just("session-0002"), st.just(1.8e9)),
    st.builds(Pressed, st.floats(0, 9e5), st.sampled_from(Action), st.sampled_from((None, 1, "pain", "other"))),
    st.builds(SensorChanged, st.floats(0, 9e5), st.just("band"), st.booleans()),
    st.builds(
        PlanArrived, st.floats(0, 9e5), st.integers(5, 9).map(lambda v: replace(PLAN, version=v)), st.just(1e9)
    ),
    st.builds(LockClosed, st.floats(0, 9e5), st.just(LOCK)),
    st.builds(LockCleared, st.floats(0, 9e5), st.just("another-lock")),
    st.builds(SwitchedOff, st.floats(0, 9e5)),
)


@given(st.sampled_from([screen for screen in Screen if screen is not Screen.LOCKED]), st.lists(EVENTS, max_size=12))
def test_no_press_no_time_and_no_other_clearance_leads_out(screen, events):
    state, _ = answered(at(screen, reps=reps(2), usable=ALL_USABLE), YES)
    for event in events:
        state, effects = advance(state, event)
        assert state.screen is Screen.LOCKED
        assert not [one for one in saved(effects) if isinstance(one, records.SessionStarted | SetDone)]
    state, _ = advance(state, LockCleared(1e6, LOCK.lock_id))
    assert state.screen is Screen.AGENDA


def test_no_session_opens_over_a_lock_whatever_the_screen_says():
    state = at(Screen.AGENDA, locks=(LOCK,))
    assert advance(state, Started(1e6, "session-0002", 1.8e9))[1] == ()


def test_of_two_locks_both_have_to_be_cleared_and_the_graver_is_shown():
    second = Locked("lock-0002", PLAN.patient_id, Severity.SEE_CLINICIAN, ("fever",), 1.78e9)
    state, _ = advance(SessionState(plan=PLAN, screen=Screen.AGENDA), LockClosed(1.0, second))
    state, _ = advance(state, LockClosed(1.0, LOCK))
    shown = view(state, Live(), StationInfo(clinic_number="020 7946 0018", emergency_number="112"))
    assert shown.title == ("Go to the emergency", "department now.")
    state, _ = advance(state, LockCleared(2.0, LOCK.lock_id))
    assert state.screen is Screen.LOCKED
    state, _ = advance(state, LockCleared(2.0, "lock-0002"))
    assert state.screen is Screen.AGENDA


def test_a_plan_that_comes_while_locked_is_there_when_it_is_cleared():
    state, _ = advance(SessionState(), LockClosed(1.0, LOCK))
    state, _ = advance(state, PlanArrived(2.0, PLAN, 1.78e9))
    assert state.screen is Screen.LOCKED
    state, _ = advance(state, LockCleared(3.0, LOCK.lock_id))
    assert (state.screen, state.plan) == (Screen.AGENDA, PLAN)


def test_the_locked_screen_needs_no_network_and_has_nothing_to_press():
    state, _ = answered(at(Screen.REST), YES)
    shown = view(state, Live(), StationInfo(clinic_number="020 7946 0018", emergency_number="112"))
    assert shown.buttons == ()
    assert "Call 112 if you cannot get there." in shown.lines
    assert "Then call 020 7946 0018." in shown.lines


def test_after_the_clinic_cleared_a_standing_condition_training_begins_one_day():
    """From the first yes to the first set: the record of the clearance is what lets the questions go on."""
    told = []
    station = Station(
        {}, told.extend, lambda _sound: None, lambda: 1.78e9, iter(("session-0001", "session-0002")).__next__,
        opening=check_in,
    )  # fmt: skip
    station.take_plan(PLAN)
    station.step(0.1, [])

    def answer_all(yes=()):
        station.press(Pressed(0.2, Action.MAIN))
        while station.state.screen is Screen.ASKING:
            question = station.state.asking.question
            station.press(Pressed(0.3, Action.ANSWER, int(question.name in yes)))
            station.press(Pressed(0.3, Action.MAIN))

    answer_all(yes=("implant",))
    assert station.state.screen is Screen.LOCKED
    assert station.state.locks[0].flags == ("implant",)
    station.clear_lock(Unlocked(station.state.locks[0].lock_id, 1.78e9, "Dr K. Lind"))
    station.step(0.4, [])
    answer_all(yes=("implant",))
    assert station.state.screen is Screen.READY
