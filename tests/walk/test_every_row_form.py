"""Every form a row can take goes through the session: efforts, back-off sets, alternatives, holds, walks, sides."""

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walk_house import FIRST_DAY, PATIENT, STATION, House, rep
from walk_patient import Patient

from display.parts import SensorState
from display.station_info import StationInfo, Sync
from display.view.by_screen import view
from edge.live import Live
from edge.model import StopReason
from edge.prescription.due import Due
from edge.prescription.lines import routine
from edge.prescription.programmes import begin, programme
from edge.records import Moment, key
from edge.session import (
    Action,
    Counted,
    CountingLost,
    OpenSession,
    PlanArrived,
    Pressed,
    Save,
    Screen,
    SensorChanged,
    SessionState,
    Started,
    SwitchedOff,
    Tick,
    TrialTold,
    advance,
)
from edge.session.asking import about_symptoms
from edge.signal.events import Reason

EVERYTHING = {f"{place}-imu": place for place in ("thigh", "trunk", "shank", "pelvis", "wrist", "bell", "bar")} | {
    "band-cell": "band"
}
LONG = bool(os.environ.get("STEADYRIG_LONG"))


def plan(name, **more):
    return begin(programme(name), PATIENT, STATION, "Ana", "2026-09-01T08:00:00+00:00", FIRST_DAY, **more)


@pytest.mark.parametrize("places", [{}, EVERYTHING], ids=["by hand", "with sensors"])
@pytest.mark.parametrize(("name", "weeks"), [("home-3day", 3), ("gym-4day", 1)])
def test_a_programme_is_trained_row_by_row(tmp_path, clinic_keys, name, weeks, places):
    house = House(tmp_path, clinic_keys, places)
    house.prescribe(plan(name))
    days = []
    for day in range(1, 7 * weeks + 1):
        house.at(day, 9)
        if house.due().now:
            days.append(day)
            Patient(house).train()
            assert house.history().sessions[-1].ended is StopReason.TARGET
    per_week = house.state.plan.blocks[0].days_per_week
    assert len(days) == per_week * weeks
    done = house.of_kind("set")
    assert {one.row for one in done} == {row.name for row in house.state.plan.rows}
    for row in house.state.plan.rows:
        sides = 2 if row.per_side else 1
        times = weeks if row.day else per_week * weeks
        assert sum(one.row == row.name for one in done) == row.sets.low * sides * (1 + len(row.together)) * times, row
    assert {one.stop_reason for one in done} == {StopReason.TARGET}
    assert house.send() == (len(house.records()), 0)


# ---- any press at any time ----------------------------------------------------------------------------------

NAMES = ("microroutine-6w", "home-3day", "gym-4day")
VALUES = st.sampled_from([None, -1, 0, 1, 2, 5, 8.0, 10, "pain", "tired", "other", "rubbish", 99])
STEPS = st.one_of(
    st.tuples(st.just("press"), st.sampled_from(Action), VALUES),
    st.tuples(st.just("press"), st.just(Action.MAIN), st.none()),
    st.tuples(st.just("shown"), st.integers(0, 20), st.none()),
    st.tuples(st.just("shown"), st.integers(0, 20), st.none()),
    st.tuples(st.just("count"), st.integers(1, 15), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 5.0, 70.0, 700.0, 2000.0]), st.none()),
    st.tuples(st.just("lost"), st.booleans(), st.none()),
    st.tuples(st.just("sensor"), st.sampled_from(["thigh", "band", "trunk"]), st.booleans()),
    st.tuples(st.just("told"), st.booleans(), st.none()),
    st.tuples(st.just("plan"), st.integers(1, 4), st.sampled_from(NAMES)),
    st.tuples(st.just("off"), st.none(), st.none()),
)


class Anybody:
    """Somebody who presses anything, in front of a session that has to bear it."""

    def __init__(self, name, weekday, places, trials):
        self.plan, self.weekday, self.trials = plan(name), weekday, trials
        self.state, self.saved, self.t_s, self.sessions = SessionState(usable=dict.fromkeys(places, True)), {}, 1.0, 0
        self.tell(PlanArrived(1.0, self.plan, 1.8e9, self.due(self.plan)))

    def due(self, of):
        rows = [row for row in of.rows if row.day in (None, self.weekday) and (row.weeks is None or 5 in row.weeks)]
        return Due(1, self.weekday, of.blocks[0], routine(of, rows or of.rows), session=1)

    def tell(self, event):
        self.state, effects = advance(self.state, event)
        for effect in effects:
            if isinstance(effect, Save):
                assert self.saved.setdefault(key(effect.record), effect.record) == effect.record, (
                    "a record is for ever"
                )
            elif isinstance(effect, OpenSession):
                self.open()
        self.look()

    def open(self):
        self.sessions += 1
        name = f"session-{self.sessions:04d}"
        questions = about_symptoms(Moment.START, name)
        self.tell(Started(self.t_s, name, 1.8e9 + self.t_s, questions, "2027-01-15", True, self.trials))

    def look(self):
        info = StationInfo((("thigh", SensorState.OK),), Sync.SAVED_HERE)
        self.shown = view(self.state, Live(t_s=self.t_s), info)

    def do(self, step):
        what, a, b = step
        self.t_s += a if what == "wait" else 0.5
        match what:
            case "press":
                self.tell(Pressed(self.t_s, a, b))
            case "shown" if buttons := [one for one in getattr(self.shown, "buttons", ()) if one.enabled]:
                pressed = buttons[a % len(buttons)]
                self.tell(Pressed(self.t_s, pressed.action, pressed.value))
            case "count":
                for number in range(a):
                    if self.state.screen in (Screen.SET, Screen.TRIAL):
                        self.t_s += 4.0
                        self.tell(Counted(self.t_s, rep(self.state, number + 1, self.t_s - 3.9)))
            case "lost":
                self.tell(CountingLost(self.t_s, Reason.GAP, a))
            case "sensor":
                self.tell(SensorChanged(self.t_s, a, b))
            case "told":
                self.tell(TrialTold(self.t_s, a))
            case "plan":
                new = replace(plan(b), version=a)
                self.tell(PlanArrived(self.t_s, new, 1.8e9 + self.t_s, self.due(new)))
            case "off":
                self.tell(SwitchedOff(self.t_s))
        self.tell(Tick(self.t_s))


@settings(max_examples=2000 if LONG else 60)
@given(
    name=st.sampled_from(NAMES),
    weekday=st.integers(1, 4),
    places=st.sampled_from([(), ("thigh", "band"), ("thigh", "band", "trunk", "shank")]),
    trials=st.booleans(),
    steps=st.lists(STEPS, min_size=10, max_size=60),
)
def test_whatever_is_pressed_whenever_nothing_breaks_and_no_record_is_written_twice(
    name, weekday, places, trials, steps
):
    anybody = Anybody(name, weekday, places, trials)
    anybody.tell(Pressed(anybody.t_s, Action.MAIN))
    for step in steps:
        anybody.do(step)
