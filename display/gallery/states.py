"""A sample patient: a plan, its routine, and the session, the counter and the results as of some moment."""

from __future__ import annotations

from dataclasses import replace
from math import sin

from display.parts import SensorState
from display.shapes import View
from display.station_info import StationInfo, Sync
from display.view.by_screen import view
from edge.judge import Cue, CueMemory, JudgedRep
from edge.live import Live
from edge.model import Activity, Origin, Phase, PhaseSpan, Rep, Verdict
from edge.prescription.lines import routine
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import Moment, Tested
from edge.session import Finding, Mixup, Screen, SessionState
from edge.session.asking import Asking, about_symptoms
from edge.session.guarding import Guard, Telling, Way
from edge.session.testing_state import Testing
from edge.signal.chair import Chair, ChairTest
from edge.signal.functional import TestState
from edge.tempo import parse_tempo

ROWS = (
    one_dose(1, "band_row", 3, 8, parse_tempo("3.1.1"), (10.0, 14.0), 60.0),
    one_dose(2, "goblet_squat", 2, 12, parse_tempo("3.1.0"), (6.0, 6.0), 90.0),
    one_dose(3, "sit_to_stand", 2, 10, parse_tempo("normal"), None, 60.0),
)
PLAN = Prescription(4, "patient-0001", "station-0001", "Ana", "2025-01-06T09:00:00Z", ROWS)
ROUTINE = routine(PLAN, ROWS)
ROW, SQUAT, _ = ROUTINE.lines
STATION = StationInfo(
    sensors=(("band", SensorState.OK), ("thigh", SensorState.OK)),
    sync=Sync.SAVED_HERE,
    clinic_number="020 7946 0018",
    emergency_number="112",
)
WAITING = StationInfo((("band", SensorState.OK), ("thigh", SensorState.WAITING)), Sync.SENT, "020 7946 0018")
THREE = replace(STATION, sensors=(*STATION.sensors, ("trunk", SensorState.OK)))
SWAPPED = Finding(Mixup.SWAPPED, ("thigh", "trunk"))
ALL_USABLE = {"band": True, "thigh": True}


def at(screen: Screen, **changes: object) -> SessionState:
    """Return a session of the sample plan on a screen, 100 s in."""
    asking = Asking(about_symptoms(Moment.START, "session-0001"))
    usual = {
        "now_s": 100.0,
        "screen": screen,
        "plan": PLAN,
        "routine": ROUTINE,
        "usable": ALL_USABLE,
        "asking": asking,
        "testing": Testing(("chair_stand",)),
        "guard": Guard(telling=Telling("pain_amber", "Same or less today.", Way.READY)),
    }
    known: dict[str, object] = {**usual, **changes}
    return SessionState(**known)  # type: ignore[arg-type]


def seen(state: SessionState, look: Live | None = None, station: StationInfo = STATION) -> View:
    """Return what is seen of a state; where nothing else is said the counter is idle and the station well."""
    return view(state, look or Live(), station)


def reps(count: int, *outside: int) -> tuple[JudgedRep, ...]:
    """Return ``count`` finished repetitions; the ones at the places ``outside`` were too fast."""
    span = (PhaseSpan(Phase.CONCENTRIC, 1.0, 2.0),)
    rep = Rep(1, 1.0, 2.0, span, 100.0, "N", None, None, 1.0)
    return tuple(
        JudgedRep(rep, Verdict.TOO_FAST, Phase.ECCENTRIC) if k in outside else JudgedRep(rep, Verdict.ON_TARGET)
        for k in range(count)
    )


def live(phase: Phase, for_s: float, force_kg: float | None, out: Phase = Phase.CONCENTRIC) -> Live:
    """Return a look at the counter ``for_s`` into a phase, with a trace of a person who is a little early."""
    start_s = 100.0 - for_s
    activity = Activity.HOLDING if phase in (Phase.TOP, Phase.BOTTOM) else Activity.MOVING
    recent = tuple((t / 50, _position(phase, t / 50 - start_s, out)) for t in range(4900, 5001))
    return Live(100.0, activity, phase, start_s, recent[-1][1], force_kg, recent)


def _position(phase: Phase, since_s: float, out: Phase) -> float:
    length_s = 2.6 if phase is Phase.ECCENTRIC else 1.0
    share = min(max(since_s / length_s, 0.0), 1.0)
    eased = 0.5 * share + 0.5 * share * share * (3 - 2 * share) + 0.006 * sin(since_s * 6)
    if phase is Phase.TOP:
        return 1.0 + 0.006 * sin(since_s * 6)
    return eased if phase is out else 1.0 - eased


def cue(verdict: Verdict, phase: Phase | None) -> CueMemory:
    """Return that this verdict is to be told."""
    return CueMemory(say=Cue(verdict, phase))


def chair_result(stands: int, day: int) -> Tested:
    """Return the result of a chair test, so many days after the first."""
    return Tested(
        f"test-{day + 9:04}", "chair_stand", stands, "stands", Origin.SENSED, practice=False, at=day * 9e5 + 9e6
    )


def stood(times: int) -> ChairTest:
    """Return a chair test under way, with so many full stands."""
    stand = reps(1)[0].rep
    return ChairTest(Chair.THIRTY_SECONDS, state=TestState.RUNNING, reps=(stand,) * times)
