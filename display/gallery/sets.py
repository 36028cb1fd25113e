"""Sample screens in a set: trial repetitions, the set, a lost sensor, and sets that no sensor counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from msgspec import structs

from display.gallery.states import ALL_USABLE, ROW, SQUAT, at, cue, live, reps, seen
from display.parts import SensorState
from display.shapes import View
from display.station_info import StationInfo
from edge.live import Live
from edge.model import Activity, Phase, Verdict
from edge.prescription.lines import Routine
from edge.prescription.row import Side
from edge.records import Happened, Incident
from edge.session import Screen
from edge.session.guarding import Guard
from edge.session.manner import Manner
from edge.signal.events import Reason
from edge.tempo import UNSAID


def set_samples() -> Iterator[tuple[str, View]]:
    """Yield what may be seen from the first repetition to the last."""
    yield from _counted()
    yield from _lost()
    yield from _uncounted()


def _counted() -> Iterator[tuple[str, View]]:
    row = at(Screen.SET, reps=reps(5, 2), set_of_exercise=2, cues=cue(Verdict.TOO_FAST, Phase.ECCENTRIC))
    yield "05-trial", seen(at(Screen.TRIAL, trial_reps=1), Live(1.0, Activity.RESTING))
    again = at(Screen.TRIAL, trial_again=True)
    yield "05-trial-again", seen(again, Live(1.0, Activity.ARMING))
    yield "06-set-row", seen(row, live(Phase.ECCENTRIC, 1.56, 12.0))
    first = at(Screen.SET)
    yield "07-set-start", seen(first, Live(100.0, Activity.RESTING, Phase.BOTTOM, 98.0, 0.0, 0.4))
    expired = at(Screen.SET, reps=reps(5), expired=("band",), doubts=("calibration_expired",))
    yield "07-set-expired", seen(expired, live(Phase.ECCENTRIC, 1.56, 12.0))
    alone = at(Screen.SET, reps=reps(5, 2), unaided=True, cues=cue(Verdict.TOO_FAST, Phase.ECCENTRIC))
    yield "07-set-alone", seen(alone, live(Phase.ECCENTRIC, 1.56, 12.0))
    last = at(Screen.SET, reps=reps(7, 2, 4))
    yield "08-set-last-rep", seen(last, live(Phase.CONCENTRIC, 0.5, 11.0))
    over = at(Screen.SET, reps=reps(3), set_of_exercise=2)
    yield "09-set-over-load", seen(over, live(Phase.TOP, 0.4, 16.2))
    happened = Incident("session-0001", 1, 1, Happened.OVER_FORCE, 170.0, "N", 0.0)
    alarmed = replace(over, guard=Guard(of_set=(happened,), alarm_s=99.0))
    yield "09-set-too-heavy", seen(alarmed, live(Phase.TOP, 0.4, 17.4))
    fell = structs.replace(happened, what=Happened.BELL_DROPPED)
    dropped = at(Screen.SET, line=1, reps=reps(4), guard=Guard(of_set=(fell,), alarm_s=99.0))
    yield "09-set-bell-dropped", seen(dropped, live(Phase.ECCENTRIC, 2.3, None, Phase.ECCENTRIC))
    lost = at(Screen.SET, reps=reps(4, 1), usable={"band": False, "thigh": True})
    yield "10-set-sensor-lost", seen(lost, live(Phase.TOP, 0.4, 12.0))
    doubt = replace(live(Phase.TOP, 0.4, 12.0), uncertain=True)
    yield "10-set-count-in-doubt", seen(at(Screen.SET, reps=reps(4, 1)), doubt)
    stuck = Live(100.0, Activity.BLIND, trusted=False, reason=Reason.FROZEN, uncertain=True)
    yield "10-set-sensor-stuck", seen(at(Screen.SET, line=1, reps=reps(10, 3)), stuck)
    squat = at(Screen.SET, line=1, reps=reps(10, 3), cues=cue(Verdict.ON_TARGET, None))
    yield "11-set-squat", seen(squat, live(Phase.ECCENTRIC, 2.3, None, Phase.ECCENTRIC))


def _lost() -> Iterator[tuple[str, View]]:
    gone = {"band": False, "thigh": True}
    lost = StationInfo((("band", SensorState.LOST), ("thigh", SensorState.OK)), clinic_number="020 7946 0018")
    paused = {"reps": reps(4, 1), "doubts": ("gap", "rep_cut_off"), "set_of_exercise": 2}
    yield "11-lost", seen(at(Screen.LOST, usable=gone, **paused), station=lost)
    yield "11-lost-and-back", seen(at(Screen.LOST, **paused))
    yield "11-uncounted", seen(at(Screen.UNCOUNTED, usable=gone, **paused), station=lost)
    yield "11-by-hand", seen(at(Screen.BY_HAND, usable=gone, **paused), station=lost)
    yield "11-by-hand-answered", seen(at(Screen.BY_HAND, usable=gone, by_hand=3, **paused), station=lost)


def _uncounted() -> Iterator[tuple[str, View]]:
    """What the patient counts, and what the clock measures."""
    press = replace(ROW, exercise="chest_press_machine", load_kg=(20.0, 20.0))
    own = {"routine": Routine((press,)), "manner": Manner.BY_HAND}
    yield "20-ready-own-count", seen(at(Screen.READY, **own))
    yield "20-set-own-count", seen(at(Screen.UNCOUNTED, **own))
    yield "20-set-own-count-how-many", seen(at(Screen.BY_HAND, **own))
    walk = replace(ROW, exercise="walk", sets=1, reps=None, load_kg=None, duration_min=25.0)
    walking = {"routine": Routine((walk,)), "manner": Manner.TIMED}
    yield "21-ready-walk", seen(at(Screen.READY, **walking))
    yield "21-timed-walk", seen(at(Screen.TIMED, **walking, set_start_s=-560.0))
    yield "21-timed-walk-seen", seen(at(Screen.TIMED, **walking, set_start_s=-560.0, walked_s=99.0))
    yield "21-timed-walk-over", seen(at(Screen.TIMED, **walking, set_start_s=-1500.0))
    stretch = replace(walk, exercise="piriformis_stretch", duration_min=None, hold_s=30.0, sets=3, side=Side.RIGHT)
    holding = {"routine": Routine((replace(stretch, side=Side.LEFT), stretch)), "manner": Manner.TIMED, "line": 1}
    yield "22-agenda-sides", seen(at(Screen.AGENDA, **holding))
    yield "22-ready-hold", seen(at(Screen.READY, **holding))
    yield "22-timed-take-up", seen(at(Screen.TIMED, **holding, set_start_s=104.2))
    yield "22-timed-hold", seen(at(Screen.TIMED, **holding, set_start_s=81.0))
    dip = replace(SQUAT, exercise="bench_dip", reps=None, load_kg=None, side=Side.LEFT)
    effort = at(Screen.SET, routine=Routine((dip,)), reps=reps(14, 3), set_of_exercise=2)
    yield "23-set-to-an-effort", seen(effort, live(Phase.ECCENTRIC, 1.56, None, Phase.ECCENTRIC))
    plank = replace(SQUAT, exercise="plank", reps=None, hold_s=30.0, load_kg=None, tempo=UNSAID)
    held = at(Screen.SET, routine=Routine((plank,)), usable={**ALL_USABLE, "trunk": True})
    yield "23-set-hold", seen(held, live(Phase.TOP, 12.0, None))
