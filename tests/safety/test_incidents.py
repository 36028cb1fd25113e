"""Too much force, a band that lets go, a bell that falls: what happens in the set, and what the screen says."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from display.station_info import StationInfo
from display.view.by_screen import view
from display.view.cues import cue_of
from edge.live import Live
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import Happened, Incident, SessionEnded, SetDone
from edge.safety.table import table
from edge.session import (
    Action,
    BellNotice,
    Bells,
    BellsChanged,
    EndListening,
    LoadFelt,
    Noticed,
    PlanArrived,
    Play,
    Pressed,
    Save,
    Screen,
    SessionState,
    Sound,
    Started,
    Tick,
    advance,
    bell_notice,
)
from edge.session.advice import Advice
from edge.session.events import Consulted
from edge.tempo import parse_tempo

WALL = 1_790_000_000.0


def plan(exercise, load_kg=(8.0, 12.0), sets=3):
    row = one_dose(1, exercise, sets, 8, parse_tempo("2.1.0"), load_kg, 20.0)
    return Prescription(1, "patient-0001", "station-0001", "Ana", "2026-09-01T08:00:00Z", (row,))


class Set:
    """The first set of an exercise, under way."""

    def __init__(self, exercise="band_row", of=None, **started):
        self.state, self.effects, self.t_s = SessionState(usable={"band": True, "thigh": True}), [], 10.0
        self.tell(PlanArrived(10.0, of or plan(exercise), WALL))
        self.tell(Started(10.0, "session-0001", WALL, day="2026-09-21", **started))
        self.press(Action.MAIN)

    def tell(self, event):
        self.state, effects = advance(self.state, event)
        self.effects += effects
        return effects

    def press(self, action, value=None):
        self.t_s += 1.0
        return self.tell(Pressed(self.t_s, action, value))

    def happens(self, what, value=170.0, unit="N", after_s=1.0):
        self.t_s += after_s
        return self.tell(Noticed(self.t_s, what, value, unit))

    def of_kind(self, kind):
        return [e.record for e in self.effects if isinstance(e, Save) and isinstance(e.record, kind)]

    @property
    def cue(self):
        cue = cue_of(self.state, Live(self.state.now_s))
        return None if cue is None else cue.text


@pytest.mark.parametrize("what", [Happened.OVER_FORCE, Happened.SATURATED])
def test_too_much_force_is_written_down_heard_and_seen_at_once_and_the_set_goes_on(what):
    a_set = Set()
    effects = a_set.happens(what)
    (incident,) = a_set.of_kind(Incident)
    assert (incident.what, incident.value, incident.set_number, incident.number) == (what, 170.0, 1, 1)
    assert Play(Sound.ALARM) in effects
    assert (a_set.state.screen, a_set.cue) == (Screen.SET, "Too heavy")


def test_the_cue_about_an_alarm_gives_way_after_a_while():
    a_set = Set()
    a_set.happens(Happened.OVER_FORCE)
    a_set.tell(Tick(a_set.t_s + 5.0))
    assert a_set.cue != "Too heavy"


@pytest.mark.parametrize("second", [Happened.OVER_FORCE, Happened.SATURATED])
def test_the_second_time_in_a_set_ends_it_and_says_to_lower_the_load(second):
    a_set = Set()
    a_set.happens(Happened.OVER_FORCE)
    effects = a_set.happens(second)
    (done,) = a_set.of_kind(SetDone)
    assert done.stop_reason is StopReason.SAFETY
    assert any(isinstance(effect, EndListening) for effect in effects)
    assert view(a_set.state, Live(), StationInfo()).lines == ("Too heavy.", "Stop and lower the load.")
    a_set.press(Action.MAIN)
    assert a_set.state.screen is Screen.REST


def test_once_in_each_of_two_sets_ends_none():
    a_set = Set()
    a_set.happens(Happened.OVER_FORCE)
    a_set.press(Action.STOP)
    a_set.press(Action.REASON, "tired")
    a_set.press(Action.MAIN)
    a_set.press(Action.MAIN)
    a_set.happens(Happened.OVER_FORCE)
    assert (a_set.state.screen, a_set.state.set_number) == (Screen.SET, 2)


def test_a_band_that_lets_go_ends_the_set_at_once_and_asks_whether_all_is_well():
    a_set = Set()
    a_set.happens(Happened.BAND_SNAP)
    assert a_set.of_kind(SetDone)[0].stop_reason is StopReason.SAFETY
    shown = view(a_set.state, Live(), StationInfo())
    assert " ".join(shown.lines) == table().rules["band_snap"].screen
    a_set.press(Action.STOP)
    assert a_set.of_kind(SessionEnded)[0].stop_reason is StopReason.PAIN


@pytest.mark.parametrize("second", [Happened.BELL_DROPPED, Happened.OUT_OF_PLANE])
def test_a_bell_that_falls_is_flagged_and_the_second_time_ends_the_set(second):
    a_set = Set("goblet_squat")
    a_set.happens(Happened.BELL_DROPPED, 60.0, "m/s2")
    assert (a_set.state.screen, a_set.cue) == (Screen.SET, "Put it down")
    a_set.happens(second, 40.0, "deg")
    assert a_set.of_kind(SetDone)[0].stop_reason is StopReason.SAFETY
    assert " ".join(view(a_set.state, Live(), StationInfo()).lines) == table().rules["bell_again"].screen


def test_it_is_noticed_in_trial_repetitions_too():
    a_set = Set(trials=True)
    assert a_set.state.screen is Screen.TRIAL
    for _ in range(2):
        a_set.happens(Happened.OVER_FORCE)
    assert [one.set_number for one in a_set.of_kind(Incident)] == [0, 0]
    assert a_set.state.screen is Screen.TOLD
    a_set.press(Action.MAIN)
    assert a_set.state.screen is Screen.READY


def test_nothing_is_noticed_where_nobody_trains():
    a_set = Set()
    a_set.press(Action.STOP)
    assert a_set.happens(Happened.OVER_FORCE) == ()
    assert a_set.state.screen is Screen.STOPPED


def test_records_of_incidents_have_names_of_their_own():
    a_set = Set(trials=True)
    for _ in range(2):
        a_set.happens(Happened.OVER_FORCE)
    a_set.press(Action.MAIN)
    a_set.press(Action.MAIN)
    a_set.happens(Happened.OVER_FORCE)
    names = [(one.set_number, one.number) for one in a_set.of_kind(Incident)]
    assert len(set(names)) == len(names) == 3


def test_after_too_much_force_the_next_set_may_not_be_harder():
    a_set = Set()
    a_set.happens(Happened.OVER_FORCE)
    a_set.happens(Happened.OVER_FORCE)
    said = a_set.state.guard.verdict_on("band_row", Limits())
    assert not said.may_go_up
    assert "over_force_again" in said.keys


def test_while_the_table_holds_no_heavier_bell_is_asked_for_than_was_used():
    a_set = Set("goblet_squat", of=plan("goblet_squat", (6.0, 16.0)))
    rig = Bells((6.0, 8.0, 12.0, 16.0), unseen=None)
    a_set.tell(BellsChanged(a_set.t_s, rig.left(8.0)))
    a_set.press(Action.STOP)
    a_set.press(Action.REASON, "tired")
    a_set.press(Action.PAIN_CHANGE, 1)
    a_set.press(Action.MAIN)
    assert a_set.state.bell_band == (6.0, 8.0)
    a_set.tell(BellsChanged(a_set.t_s, rig.left(12.0)))
    assert bell_notice(a_set.state) is BellNotice.HEAVIER


def test_a_low_tone_is_heard_while_more_is_pulled_than_planned_once_a_second_at_most():
    a_set = Set()
    tones = []
    for k in range(90):
        effects = a_set.tell(LoadFelt(20.0 + k / 30, 13.0))
        tones += [a_set.state.now_s for effect in effects if effect == Play(Sound.OVER_LOAD)]
    assert len(tones) == 3
    assert a_set.tell(LoadFelt(30.0, 12.0)) == ()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from([Happened.OVER_FORCE, Happened.SATURATED, Happened.BAND_SNAP, None]), max_size=8))
def test_no_set_goes_on_after_two_incidents_of_a_kind_or_one_snap(happened):
    a_set = Set()
    too_much = 0
    for what in happened:
        if a_set.state.screen is not Screen.SET:
            break
        if what is None:
            a_set.tell(Tick(a_set.t_s))
            continue
        a_set.happens(what)
        too_much += what is not Happened.BAND_SNAP
        ended = what is Happened.BAND_SNAP or too_much == 2
        assert (a_set.state.screen is Screen.TOLD) is ended


@pytest.mark.parametrize(("pain_change", "load_kg"), [(0, (10.0, 14.0)), (1, (8.0, 12.0)), (None, (8.0, 12.0))])
def test_no_advice_makes_the_next_set_harder_while_the_table_holds(pain_change, load_kg):
    a_set = Set()
    a_set.press(Action.STOP)
    a_set.press(Action.REASON, "tired")
    if pain_change is not None:
        a_set.press(Action.PAIN_CHANGE, pain_change)
    a_set.press(Action.MAIN)
    more = tuple(replace(line, load_kg=(10.0, 14.0)) for line in a_set.state.routine.lines)
    a_set.tell(Consulted(a_set.t_s, "session-0001", Advice(replace(a_set.state.routine, lines=more))))
    assert a_set.state.planned.load_kg == load_kg
