"""Rows F20 and F21: whatever the wall clock does, a session is the same, and each day is right once the clock is set.

A clock that nobody has set steps by an hour, by a month, and back to 1970, in the middle of repetitions and between
sessions. Tempo, rests and durations come from the monotonic clock; what was written before the clock was set gets its
right time by a record of its own, on the station and at the clinic.
"""

import pytest
from sqlalchemy import select
from walk_house import DAY_S, FIRST_DAY, HOUR_S, PATIENT, STATION, House
from walk_patient import Patient

from edge.prescription.programmes import begin, programme
from edge.records import ClockFixed, FlagsAnswered, RepCounted, SessionEnded, SetBegun, SetDone, key
from sync.journal import Journal
from sync.store import schema

STEPS_S = (0.0, HOUR_S, -HOUR_S, 30 * DAY_S, -30 * DAY_S, None)
"""None is a clock that begins again in 1970."""


class Stepping(House):
    """A house whose wall clock steps every few seconds until somebody sets it."""

    every_s = 7.0

    def __init__(self, *args, **options):
        self.is_set = False
        super().__init__(*args, sure=lambda: self.is_set, **options)

    @property
    def wall(self):
        right = super().wall
        if self.is_set:
            return right
        step = STEPS_S[int(self.t_s // self.every_s) % len(STEPS_S)]
        return self.t_s if step is None else right + step

    def set_clock(self):
        self.is_set = True
        self.keeper._work()
        self.step()


def trained(house, visits, name="microroutine-6w"):
    house.prescribe(begin(programme(name), PATIENT, STATION, "Ana", "2026-09-01T08:00Z", FIRST_DAY))
    for day, hour in visits:
        house.at(day, hour)
        assert Patient(house).train(), (day, hour)
    return house


@pytest.fixture
def twins(tmp_path, clinic_keys):
    """One house with a right clock and one with a clock that steps, and what was trained in both."""
    visits = ((1, 8), (1, 12), (3, 23))
    houses = []
    for kind in (House, Stepping):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        houses.append(trained(kind(folder, clinic_keys), visits))
    return houses


def started(house):
    return {one.session_id: one for one in house.of_kind("session")}


def test_f20_steps_of_the_clock_change_no_repetition_no_set_and_no_order(tmp_path, clinic_keys):
    told = []
    for kind in (House, Stepping):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        house = trained(kind(folder, clinic_keys), [(1, 8)], "home-3day")
        told.append(house.records())
    reps, other_reps = ([one for one in records if isinstance(one, RepCounted)] for records in told)
    assert len(reps) > 20, len(reps)
    assert reps == other_reps, "not a millisecond"
    sets, other_sets = ([one for one in records if isinstance(one, SetBegun | SetDone)] for records in told)
    assert [key(one) for one in sets] == [key(one) for one in other_sets]
    assert all(0.0 <= one.started_s <= getattr(one, "ended_s", one.started_s) for one in other_sets)
    names = [key(one) for one in told[1]]
    assert len(set(names)) == len(names)
    (begun,) = house.of_kind("session")
    (ended,) = [one for one in told[1] if isinstance(one, SessionEnded)]
    assert 0.0 < ended.ended_at - begun.started_at < HOUR_S, "a session has one clock"


def known(house):
    """Return the sessions as the engine knows them."""
    return house.station._memory.now(house.state).history.sessions


def test_f20_days_are_right_as_soon_as_the_clock_is_set(twins):
    right, stepping = twins
    before = stepping.history().sessions
    assert {one.clock_trusted for one in before} == {False}
    assert [one.day for one in before] != [one.day for one in right.history().sessions]
    written = stepping.records()
    stepping.set_clock()
    assert stepping.records()[: len(written)] == written, "nothing that was written is changed"
    now, then = stepping.history().sessions, right.history().sessions
    assert [one.session_id for one in now] == [one.session_id for one in then]
    assert {one.clock_trusted for one in now} == {True}
    for one in now:
        began = started(stepping)[one.session_id]
        (fixed,) = [fix for fix in stepping.of_kind("clock") if fix.session_id == one.session_id]
        assert one.started_at == began.started_at + fixed.offset_s
    assert [one.day for one in now] == [one.day for one in then]
    assert all(abs(one.started_at - other.started_at) < 300.0 for one, other in zip(now, then, strict=True))
    assert known(stepping) == now, "the engine knows it without a restart"
    stepping.at(4, 8)
    right.at(4, 8)
    assert (stepping.due().done_today, stepping.due().missed) == (right.due().done_today, right.due().missed)
    stepping.power_cut()
    assert known(stepping) == now, "and after one"


def test_f20_answers_move_with_their_session(twins):
    _, stepping = twins
    stepping.set_clock()
    history = stepping.history()
    for session in history.sessions:
        for told in session.symptoms.values():
            assert 0.0 <= told.at - session.started_at < HOUR_S
    asked = {one.asked_id: one.at for one in history.asked}
    for one in stepping.records():
        if isinstance(one, FlagsAnswered):
            session = next(s for s in history.sessions if one.asked_id.startswith(s.session_id))
            assert 0.0 <= asked[one.asked_id] - session.started_at < HOUR_S


def test_f20_the_clinic_knows_the_right_days_too(twins):
    stepping = twins[1]
    stepping.send()
    stepping.set_clock()
    for house in twins:
        house.send()
    columns = schema.session.c
    rows = []
    for house in twins:
        with house.clinic.database.connect() as db:
            asked = select(columns.session_id, columns.day, columns.clock_trusted).order_by(columns.session_id)
            rows.append(db.execute(asked).all())
            ends = schema.session_end
            both = select(columns.started_at, ends.c.ended_at).join(
                ends, (ends.c.session_id == columns.session_id) & (ends.c.station_id == columns.station_id)
            )
            assert all(0 < end - start < HOUR_S for start, end in db.execute(both))
    assert rows[0] == rows[1]
    assert stepping.send() == (0, 0)


def test_f20_what_was_begun_before_the_power_went_stays_without_a_date(tmp_path, clinic_keys):
    house = trained(Stepping(tmp_path, clinic_keys), ((1, 8),))
    house.power_cut()
    house.set_clock()
    assert house.of_kind("clock") == [], "nobody knows how long the power was gone"
    assert not house.history().sessions[0].clock_trusted


def test_f20_a_clock_behind_what_is_known_dates_nothing(tmp_path, clinic_keys):
    house = trained(House(tmp_path, clinic_keys), ((5, 8),))
    house.sure = lambda: False
    house.power_cut()
    house.at(6, 8)
    assert Patient(house).train()
    house.turn_clock(-30 * DAY_S)
    house.sure = lambda: True
    house.keeper._work()
    assert house.of_kind("clock") == []
    house.turn_clock(30 * DAY_S)
    house.keeper._clock_look_s = 0.0
    house.keeper._work()
    assert [type(one) for one in house.of_kind("clock")] == [ClockFixed]
    assert [one.day.isoformat() for one in house.history().sessions] == ["2026-09-11", "2026-09-12"]


def test_f20_a_session_of_a_station_that_was_started_anew_in_the_same_run_is_dated(tmp_path, clinic_keys):
    house = trained(Stepping(tmp_path, clinic_keys), ((1, 8),))
    boot = house.journal().boot
    house.keeper._close()
    house.boot()
    house.keeper._close()
    house.keeper._journal_factory = lambda: Journal(tmp_path / "journal.db", boot)
    house.set_clock()
    assert [one.session_id for one in house.of_kind("clock")] == ["session-0001"]


def test_f20_a_session_begun_while_the_clock_was_put_back_gets_its_day(tmp_path, clinic_keys):
    house = trained(House(tmp_path, clinic_keys), ((5, 8),))
    house.turn_clock(-30 * DAY_S)
    house.wait(60.0)
    assert Patient(house).train()
    house.turn_clock(30 * DAY_S)
    assert {one.clock_trusted for one in house.history().sessions} == {True, False}
    house.keeper._clock_look_s = 0.0
    house.keeper._work()
    assert [(one.day.isoformat(), one.clock_trusted) for one in house.history().sessions] == [
        ("2026-09-11", True)
    ] * 2


def test_f20_a_clock_that_is_set_in_the_moment_of_a_start_is_not_believed_at_what_it_said_before(
    tmp_path, clinic_keys
):
    class SetJustNow(Stepping):
        """Somebody sets the clock right after it was read."""

        at_once = False

        @property
        def wall(self):
            said = super().wall
            self.is_set |= self.at_once
            return said

    house = SetJustNow(tmp_path, clinic_keys)
    house.prescribe(begin(programme("microroutine-6w"), PATIENT, STATION, "Ana", "2026-09-01T08:00Z", FIRST_DAY))
    house.at(1, 8)
    house.t_s += 3 * house.every_s - house.t_s % house.every_s  # a step of 30 days
    house.at_once = True
    assert Patient(house).train()
    house.keeper._clock_look_s = 0.0
    house.keeper._work()
    (session,) = house.history().sessions
    assert (session.day, session.clock_trusted) == (FIRST_DAY, True)
