"""Six weeks of short routines, walked through from day 1 to day 42 of the programme, with all that may come between.

A flare-up, a power cut in the middle of a set, a missed week, a plan that is renewed, a red flag. Read it as a
clinician would: each act says what the patient does, and then what has to be true.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from walk_house import DAY_S, FIRST_DAY, HOUR_S, PATIENT, STATION, House
from walk_patient import Patient

from display.shapes import AgendaView, LockedView, ResumeView
from drivers.patient import Pace
from edge.coach.dose import raises, read_dose
from edge.history.cut_off import unfinished
from edge.library import Kit
from edge.model import StopReason
from edge.prescription.lines import Notice
from edge.prescription.plan import CoachMode
from edge.prescription.position import Hold
from edge.prescription.programmes import begin, programme
from edge.records import (
    Doubt,
    Form,
    Moment,
    Standing,
    key,
    kind,
)
from edge.safety.situation import FollowUp, verdict
from edge.safety.symptoms import Zone, in_session, zone
from edge.session import Action, Pressed, Screen
from sync.store import schema

KIT = {Kit.BAND: (), Kit.KETTLEBELL: (4.0, 8.0, 12.0), Kit.STEP: (), Kit.MAT: (), Kit.CHAIR: ()}
SLOTS = (8, 12, 17)
SQUAT = Pace(out_s=3.0, hold_s=1.0, back_s=1.2, rest_s=1.0)
STAND = Pace(out_s=1.3, hold_s=0.5, back_s=1.6, rest_s=0.9)
PULL = Pace(out_s=1.2, hold_s=1.0, back_s=2.0, rest_s=0.9)
MOBILITY = {"cat_cow", "sciatic_nerve_glide", "femoral_nerve_glide", "cobra_push_up"}
CONDITIONING = {"cat_cow", "bird_dog", "step_up", "band_row", "sit_to_stand"}
STRENGTH = {"cat_cow", "goblet_squat", "band_press"}
TASKS = {"lift_from_floor", "carry", "reach", "sit_stand_cycles"}


def plan(version=1, weeks=8):
    """The programme as it was begun on day 1; later versions go on with it, for as many weeks."""
    template = programme("microroutine-6w")
    begun = begin(
        template, PATIENT, STATION, "Ana", "2026-09-01T08:00:00+00:00", FIRST_DAY, kit=KIT, coach=CoachMode.PROPOSE
    )
    return replace(begun, version=version, valid_until=FIRST_DAY + timedelta(weeks=weeks))


class Walk(House):
    """The house, with the words of this walk."""

    def live_a_day(self, day, slots=SLOTS, **said):
        """Come to the station at each slot of a day; train where something is due. Return how often it was."""
        trained = 0
        for hour in slots:
            self.at(day, hour)
            trained += bool(Patient(self, **said).train())
        return trained

    def session(self, day, hour, patient=None):
        self.at(day, hour)
        assert self.due().now, (day, hour, self.due().routine.notices)
        (patient or Patient(self)).train()
        return self.history().sessions[-1]

    def exercises(self):
        return {line.exercise for line in self.due().routine.lines}

    def decided(self, day):
        """What the coach decided on a day, as it was written down; every dose as it is read."""
        since = self.wall_of(day)
        made = [one for one in self.of_kind("decision") if since <= one.at < since + DAY_S]
        return [(one, read_dose(one.before), read_dose(one.after)) for one in made]

    def groups_asked(self, day):
        return {group for asked_on, group, _, _ in self.asked if asked_on == day}


@pytest.fixture
def walk(tmp_path, clinic_keys):
    walk = Walk(tmp_path, clinic_keys)
    walk.prescribe(plan())
    return walk


def test_a_programme_from_day_1_to_day_42(walk):
    weeks_one_and_two(walk)
    a_flare_up_on_day_14(walk)
    weeks_three_and_four_with_a_power_cut(walk)
    a_missed_week(walk)
    a_red_flag(walk)
    to_the_last_day(walk)
    the_books_are_right(walk)


# ---- the acts -----------------------------------------------------------------------------------------------


def weeks_one_and_two(walk):
    """Mobility, three short routines a day with a gap between them; the second week comes on day 8."""
    walk.at(1, 8)
    assert (walk.due().week, walk.due().block.name, walk.exercises()) == (1, "mobility", MOBILITY)
    walk.session(1, 8)
    assert walk.groups_asked(1) == {Form.INTAKE, Moment.START, Moment.WORST}, "in full at intake; no day before"
    walk.at(1, 10)
    assert (walk.due().now, walk.due().routine.notice) == (False, Notice.WAIT)
    assert Patient(walk).train() == (), "START does nothing before its time"
    walk.session(1, 12)
    walk.session(1, 17)
    walk.at(1, 21)
    assert walk.due().routine.notice is Notice.DONE_TODAY
    for day in range(2, 14):
        walk.at(day, SLOTS[0])
        assert walk.due().week == (1 if day < 8 else 2), "a week lasts seven days, however much was done"
        assert walk.live_a_day(day) == 3
        first = [(group, session) for on, group, _, session in walk.asked if on == day and group == Moment.NEXT_DAY]
        last_of_yesterday = [one for one in walk.history().sessions if one.day == walk.today - timedelta(days=1)][-1]
        assert {session for _, session in first} == {last_of_yesterday.session_id}
        assert (Form.FULL if day == 8 else Form.SHORT) in walk.groups_asked(day)
    assert all(one.ended is StopReason.TARGET for one in walk.history().sessions)


def a_flare_up_on_day_14(walk):
    """Pain 7 in the last session of the block, and not bearable: nothing goes up, one step back, no new block."""
    walk.live_a_day(14, SLOTS[:2])
    before = walk.due().routine
    hurt = walk.session(14, 17, Patient(walk, **{"worst.back": 7, "worst.tolerable": 0}))
    start, worst = hurt.symptoms[Moment.START], hurt.symptoms[Moment.WORST]
    assert zone(in_session(start, worst, walk.state.plan.limits)) is Zone.RED
    assert Form.FULL in walk.groups_asked(14), "after a red answer all warning signs are asked, at once"

    walk.at(15, 8)
    assert (walk.due().week, walk.due().hold, walk.due().routine.notice) == (2, Hold.TOLERANCE, Notice.HELD)
    morning = walk.session(15, 8, Patient(walk, **{"next_day.back": 5, "next_day.tolerable": 0}))
    assert {Form.SHORT, Moment.NEXT_DAY} <= walk.groups_asked(15)
    hurt = next(one for one in walk.history().sessions if one.session_id == hurt.session_id)
    told = FollowUp(Moment.NEXT_DAY, start, worst, hurt.symptoms[Moment.NEXT_DAY])
    answer = verdict(told, walk.state.plan.limits)
    assert (answer.may_go_up, answer.goes_down) == (False, True)
    assert morning.ended is StopReason.TARGET
    eased = walk.decided(15)
    assert any(one.rule == "spike" and one.standing is Standing.APPLIED and was != now for one, was, now in eased)
    assert not any(raises(was, now) for _, was, now in eased), "one lever easier, and nothing more"
    assert walk.due().routine.lines == before.lines, "the plan itself stays as the clinician wrote it"
    walk.live_a_day(15, SLOTS[1:])
    walk.at(16, 7)
    assert (walk.due().week, walk.due().hold) == (2, Hold.NEXT_DAY), "held until a next day is told that was fine"
    walk.session(16, 8)
    assert not any(raises(was, now) for _, was, now in walk.decided(16))
    assert walk.position().week == 3


def weeks_three_and_four_with_a_power_cut(walk):
    """Bands and steps twice a day. The power goes in the middle of a set; some sets run at the sensors."""
    walk.live_a_day(16, SLOTS[1:])
    patient = Patient(walk, pace={"sit_to_stand": STAND, "band_row": PULL})
    walk.session(17, 8, patient)
    assert (walk.due().block.name, walk.exercises()) == ("conditioning", CONDITIONING)
    at_sensors(walk, patient)
    walk.live_a_day(17, SLOTS[1:])
    a_power_cut_in_a_set(walk)
    for day in range(19, 30):
        walk.at(day, SLOTS[0])
        assert walk.due().week == (3 if day < 23 else 4)
        assert walk.live_a_day(day) == 2


def at_sensors(walk, patient):
    """What the sensors saw is what the body did, to the repetition."""
    sets = {one.exercise: one for one in reversed(walk.of_kind("set")) if one.exercise in patient.truths}
    for exercise, truth in patient.truths.items():
        first = next(
            one
            for one in walk.of_kind("set")
            if one.exercise == exercise and one.session_id == sets[exercise].session_id
        )
        assert first.reps_counted == first.reps_planned, (exercise, len(truth), first)
        assert first.stop_reason is StopReason.TARGET


def a_power_cut_in_a_set(walk):
    """Four repetitions are done when the lights go out: they are there afterwards, once, and so is the session."""
    walk.at(18, 8)
    patient = Patient(walk)
    walk.press(next(one for one in walk.view().buttons if one.main))
    patient.go_on(lambda _view: walk.state.screen is Screen.SET and walk.state.exercise.key == "sit_to_stand")
    walk.count(4)
    cut, number, written = walk.state.session_id, walk.state.set_number, walk.records()
    walk.power_cut()
    assert walk.records()[: len(written)] == written, "nothing is lost"
    assert (walk.state.screen, walk.state.asking.question.group) == (Screen.ASKING, Moment.RESUMED), "asked first"
    patient.go_on(lambda view: isinstance(view, ResumeView))
    assert Moment.RESUMED in walk.groups_asked(18)
    patient.go_on()
    session = next(one for one in walk.history().sessions if one.session_id == cut)
    assert session.ended is StopReason.TARGET
    (broken,) = [one for one in walk.of_kind("set") if (one.session_id, one.number) == (cut, number)]
    assert (broken.reps_counted, broken.stop_reason, broken.doubts) == (4, StopReason.TECHNICAL, (Doubt.CUT_OFF,))
    reps = [one for one in walk.of_kind("rep") if (one.session_id, one.set_number) == (cut, number)]
    assert [one.number for one in reps] == [1, 2, 3, 4], "nothing is there twice"
    whole = [one for one in session.sets if one.exercise == "sit_to_stand" and one.stopped is StopReason.TARGET]
    assert [one.set_of_exercise for one in whole] == [1, 2], "the set that was cut off is done again"
    assert walk.live_a_day(18, SLOTS[1:]) == 1, "it was the first session of the day, and one is left"
    assert not unfinished(walk.records())


def a_missed_week(walk):
    """Strength and tasks begin; then a week away takes the programme back to the block before."""
    # Two free days come first: seven training days in a week are more than this block wants.
    walk.at(31, 8)
    assert (walk.due().week, walk.due().block.name, walk.due().routine.notice) == (
        5,
        "strength_and_tasks",
        Notice.REST_DAY,
    )
    patient = Patient(walk, pace={"goblet_squat": SQUAT})
    walk.session(32, 8, patient)
    at_sensors(walk, patient)
    assert {one.exercise for one in walk.history().sessions[-1].sets} == STRENGTH | TASKS
    walk.live_a_day(33)
    walk.at(39, 8)
    assert (walk.due().week, walk.due().away_days) == (5, 6), "six days are not a week"
    walk.at(40, 8)
    assert (walk.due().week, walk.due().block.name, walk.due().away_days) == (3, "conditioning", 7)
    assert Notice.AWAY_REGRESSED in walk.due().routine.notices
    walk.prescribe(plan(2, weeks=12))
    assert (walk.state.plan.version, walk.due().week) == (2, 3), "a newer version is the same programme"
    walk.prescribe_nothing_older(plan(1))
    assert walk.live_a_day(40) == 2


def a_red_flag(walk):
    """A yes locks within the step; nothing on the station opens it, the clinic does; then training goes on."""
    walk.at(41, 8)
    week = walk.position().week
    assert Patient(walk, short_saddle=1, full_saddle=1, saddle_numb=1).train()[-1] is LockedView
    (lock,) = walk.of_kind("lock")
    begun = walk.history().sessions[-1]
    assert (lock.at - begun.started_at < 60.0, walk.state.screen) == (True, Screen.LOCKED)
    assert begun.ended is StopReason.OTHER
    nothing_opens_it(walk)
    walk.send()
    sets = len(walk.of_kind("set"))
    for day in (42, 43):
        walk.live_a_day(day)
    assert len(walk.of_kind("set")) == sets, "nothing is trained while it is locked"
    walk.at(43, 18)
    walk.clear(lock.lock_id)
    assert isinstance(walk.view(), AgendaView)
    assert [one.lock_id for one in walk.of_kind("unlock")] == [lock.lock_id]
    walk.power_cut()
    assert walk.state.screen is Screen.AGENDA, "cleared for good"
    assert walk.live_a_day(44) == 2
    assert walk.due().week == week


def nothing_opens_it(walk):
    """Every press, power cuts, the clock forwards and back, a new plan, and a clearance that is not the clinic's."""
    for action in Action:
        for value in (None, 0, 1, "other"):
            walk.station.press(Pressed(walk.t_s, action, value))
    walk.power_cut()
    assert walk.state.screen is Screen.LOCKED, "found again before any plan"
    for turn_s in (400 * DAY_S, -800 * DAY_S, 400 * DAY_S):
        walk.turn_clock(turn_s)
        walk.wait(HOUR_S)
        assert walk.state.screen is Screen.LOCKED
    walk.prescribe(plan(3, weeks=12))
    assert walk.state.screen is Screen.LOCKED
    walk.forge_clearance()
    assert walk.state.screen is Screen.LOCKED
    walk.power_cut()
    assert (walk.state.screen, len(walk.of_kind("lock", "unlock"))) == (Screen.LOCKED, 1)


def to_the_last_day(walk):
    """The rest of bands and steps, then strength and tasks once a day, to the last day of the last week."""
    day, weeks = 44, {}
    while walk.due().week < 6 or (walk.today - walk.position().since).days < 6:
        day += 1
        assert day < 80, "it never ends"
        walk.live_a_day(day)
        weeks.setdefault(walk.position().week, []).append(day)
    print({week: (days[0], days[-1]) for week, days in weeks.items()})
    assert list(weeks) == [3, 4, 5, 6]
    assert walk.position().done >= 4, "most of the week's sessions"
    walk.at(day, 21)
    assert Notice.FINISHED in walk.due().routine.notices, "day 42 of the programme is over"


def the_books_are_right(walk):
    """Every record reads back, stands once, and is taken by the clinic once."""
    records = walk.records()
    assert len({key(one) for one in records}) == len(records)
    kinds = Counter(map(kind, records))
    history = walk.history()
    assert len(history.sessions) == kinds["session"]
    assert history.lock is None
    assert sum(len(one.sets) for one in history.sessions) == kinds["set"]
    within_the_plan(walk)
    stored, quarantined = walk.send()
    assert quarantined == 0
    assert walk.clinic.numbers(schema.record) == len(records)
    assert walk.clinic.numbers(schema.training_set) == kinds["set"]
    assert walk.clinic.numbers(schema.rep) == kinds["rep"]
    assert (walk.journal().backlog(), stored > 0) == (0, True)
    again = walk.send_all_again()
    assert (again.stored, again.repeated, again.quarantined) == (0, len(records), 0)


def within_the_plan(walk):
    """No set asked for more than its row, at any time."""
    rows = {row.name: row for row in walk.state.plan.rows}
    for done in walk.of_kind("set"):
        row = rows[done.row]
        assert done.reps_planned is None or done.reps_planned <= row.reps.high
        assert done.set_of_exercise <= row.sets.high
        assert done.load_kg is None or done.load_kg[1] <= walk.state.plan.ceiling_kg(row)
