"""Two trial repetitions before the first set: shown, never counted, and they can be left out or shown again."""

from hypothesis import given
from hypothesis import strategies as st

from edge.model import Phase, PhaseSpan, Rep
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import RepCounted, SessionEnded, SetDone
from edge.session import (
    Action,
    Counted,
    CountingLost,
    EndListening,
    Listen,
    PlanArrived,
    Pressed,
    Save,
    Screen,
    SensorChanged,
    SessionState,
    Started,
    SwitchedOff,
    TrialTold,
    advance,
)
from edge.signal.events import Reason
from edge.tempo import parse_tempo


def line(order, exercise, sets=2, reps=2):
    return one_dose(order, exercise, sets, reps, parse_tempo("normal"), None, 20.0)


PLAN = Prescription(
    1, "patient-0001", "station-0001", "Ana", "2026-09-01T08:00:00Z",
    (line(1, "goblet_squat"), line(2, "sit_to_stand")),
)  # fmt: skip


class Visit:
    def __init__(self, trials=True):
        self.state, self.effects, self.t_s = SessionState(), [], 0.0
        self.tell(PlanArrived(0.0, PLAN, 1.8e9))
        self.tell(SensorChanged(0.0, "thigh", True))
        self.tell(Started(0.0, "session-0001", 1.8e9, trials=trials))

    def tell(self, event):
        self.state, effects = advance(self.state, event)
        self.effects += effects
        for effect in effects:
            if isinstance(effect, EndListening) and effect.set_number == 0 and self.state.screen is Screen.TRIAL:
                self.tell(TrialTold(self.t_s, self.alike))

    alike = True

    def press(self, action, value=None):
        self.t_s += 1.0
        self.tell(Pressed(self.t_s, action, value))

    def rep(self):
        self.t_s += 4.0
        span = (PhaseSpan(Phase.ECCENTRIC, self.t_s - 3, self.t_s),)
        self.tell(Counted(self.t_s, Rep(1, self.t_s - 3, self.t_s, span, 80.0, "deg", None, None, 1.0)))

    def saved(self, kind):
        return [e.record for e in self.effects if isinstance(e, Save) and isinstance(e.record, kind)]

    def listened(self):
        return [(e.exercise.key, e.set_number, e.trial) for e in self.effects if isinstance(e, Listen)]


def test_two_trial_repetitions_lead_into_the_set_and_are_kept_out_of_it():
    visit = Visit()
    visit.press(Action.MAIN)
    assert visit.state.screen is Screen.TRIAL
    visit.rep()
    visit.rep()
    assert visit.state.screen is Screen.SET
    assert visit.saved(RepCounted) == []
    visit.rep()
    visit.rep()
    assert len(visit.saved(RepCounted)) == 2
    (done,) = visit.saved(SetDone)
    assert (done.reps_counted, done.warm_up_reps) == (2, 2)


def test_an_exercise_is_tried_once_a_session():
    visit = Visit()
    for _ in range(2):
        visit.press(Action.MAIN)
        while visit.state.screen in (Screen.TRIAL, Screen.SET):
            visit.rep()
        visit.press(Action.MAIN)
    assert visit.listened() == [("goblet_squat", 0, True), ("goblet_squat", 1, False), ("goblet_squat", 2, False)]
    assert [done.warm_up_reps for done in visit.saved(SetDone)] == [2, 0]
    visit.press(Action.MAIN)
    assert visit.listened()[-1] == ("sit_to_stand", 0, True)


def test_two_that_are_not_alike_are_asked_for_again():
    visit = Visit()
    visit.alike = False
    visit.press(Action.MAIN)
    visit.rep()
    visit.rep()
    assert (visit.state.screen, visit.state.trial_reps, visit.state.trial_again) == (Screen.TRIAL, 0, True)
    visit.alike = True
    visit.rep()
    visit.rep()
    assert (visit.state.screen, visit.state.trial_again) == (Screen.SET, False)


def test_the_trial_can_be_left_out():
    visit = Visit()
    visit.press(Action.MAIN)
    visit.press(Action.SKIP)
    assert visit.state.screen is Screen.READY
    visit.press(Action.MAIN)
    assert visit.state.screen is Screen.SET
    while visit.state.screen is Screen.SET:
        visit.rep()
    assert visit.saved(SetDone)[0].warm_up_reps == 0


def test_a_sensor_lost_in_a_trial_leads_back_and_the_trial_comes_again():
    visit = Visit()
    visit.press(Action.MAIN)
    visit.rep()
    visit.tell(CountingLost(visit.t_s, Reason.GAP, mid_rep=True))
    assert visit.state.screen is Screen.READY
    visit.press(Action.MAIN)
    assert (visit.state.screen, visit.state.trial_reps) == (Screen.TRIAL, 0)


def test_switching_off_in_a_trial_ends_the_session_without_a_set():
    visit = Visit()
    visit.press(Action.MAIN)
    visit.tell(SwitchedOff(visit.t_s))
    assert visit.saved(SetDone) == []
    assert len(visit.saved(SessionEnded)) == 1


def test_without_trials_the_set_begins_at_once():
    visit = Visit(trials=False)
    visit.press(Action.MAIN)
    assert visit.state.screen is Screen.SET


@given(st.lists(st.sampled_from(("main", "skip", "stop", "rep", "lost", "unlike")), max_size=60))
def test_whatever_happens_no_trial_repetition_is_ever_written_down_as_counted(happenings):
    visit = Visit()
    in_sets = 0
    for happening in happenings:
        if happening == "rep":
            in_sets += visit.state.screen is Screen.SET
            visit.rep()
        elif happening == "lost":
            visit.tell(CountingLost(visit.t_s, Reason.GAP, mid_rep=False))
        elif happening == "unlike":
            visit.alike = not visit.alike
        else:
            visit.press({"main": Action.MAIN, "skip": Action.SKIP, "stop": Action.STOP}[happening])
    assert len(visit.saved(RepCounted)) == in_sets
