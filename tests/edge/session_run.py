"""A session driven by hand: events in, effects kept in order, every record that was saved."""

from edge import records
from edge.history.fold import fold
from edge.model import Phase, PhaseSpan, Rep
from edge.prescription.plan import Prescription
from edge.prescription.row import Row, Span
from edge.session import (
    Action,
    Counted,
    PlanArrived,
    Pressed,
    Save,
    SensorChanged,
    SessionState,
    Started,
    Tick,
    advance,
)
from edge.tempo import UNSAID

WALL = 1_800_000_000.0
SESSION = "session-0001"


def row(exercise, sets=2, reps=3, order=1, **more):
    known = {"tempo": UNSAID, "rest_s": 20.0} | more
    return Row(exercise, exercise, order, sets=Span.of(sets), reps=None if reps is None else Span.of(reps), **known)


def plan(*rows, version=1, **more):
    return Prescription(version, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", rows, **more)


def rep_at(start_s):
    spans = (
        PhaseSpan(Phase.ECCENTRIC, start_s, start_s + 3),
        PhaseSpan(Phase.BOTTOM, start_s + 3, start_s + 4),
        PhaseSpan(Phase.CONCENTRIC, start_s + 4, start_s + 5),
    )
    return Rep(1, start_s, start_s + 5, spans, 85.0, "deg", None, None, 0.9)


class SessionRun:
    """One patient, one plan; ``places`` are the sensors of the rig."""

    def __init__(self, *rows, places=("thigh",), **more):
        self.state, self.effects, self.t_s = SessionState(), [], 100.0
        self(PlanArrived(self.t_s, plan(*rows, **more), WALL))
        for place in places:
            self(SensorChanged(self.t_s, place, True))

    def __call__(self, event):
        self.state, effects = advance(self.state, event)
        self.effects.extend(effects)
        return effects

    @property
    def screen(self):
        return self.state.screen

    def press(self, action=Action.MAIN, value=None):
        return self(Pressed(self.t_s, action, value))

    def start(self, questions=()):
        self.press()
        self(Started(self.t_s, SESSION, WALL + self.t_s - 100.0, questions, day="2027-01-15"))
        return self

    def wait(self, seconds):
        """Let time pass second by second."""
        end_s = self.t_s + seconds
        while self.t_s < end_s:
            self.t_s = min(self.t_s + 1.0, end_s)
            self(Tick(self.t_s))

    def do_reps(self, count):
        for _ in range(count):
            self.t_s += 6
            self(Counted(self.t_s, rep_at(self.t_s - 5.1)))

    def do_set(self, reps=3):
        self.press()
        self.do_reps(reps)

    def saved(self, kind=None):
        found = [e.record for e in self.effects if isinstance(e, Save)]
        return [r for r in found if kind is None or records.kind(r) == kind]

    def facts(self):
        """What the clinic's rules will see of the session."""
        return fold(self.saved()).sessions[0]
