"""Every screen with sample states, as pictures: for reviews, for the documents, for `steadyrig screens`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import sin
from pathlib import Path

import pygame
from msgspec import structs

from display.draw import draw
from display.foyer_view import foyer_view
from display.ink import Ink
from display.theme import Theme
from display.view import Recording, SensorState, StationInfo, Sync, View, view
from display.views import Button, CalibrateView, Header, Key
from display.words import say, sentences
from edge.care.nudges import Nudge
from edge.history.facts import SetFact
from edge.judge import Cue, CueMemory, JudgedRep
from edge.live import Live
from edge.model import Activity, ClinicMessage, Origin, Phase, PhaseSpan, Rep, StopReason, Verdict
from edge.prescription.lines import Routine, routine
from edge.prescription.plan import Prescription
from edge.prescription.row import Side, Span, one_dose
from edge.records import Form, Happened, Incident, Locked, Logged, Moment, Severity, Tested
from edge.safety.flags import red_flags
from edge.safety.symptoms import QUESTIONS
from edge.session import Action, Bells, Finding, Mixup, Screen, SessionState, SetResult, Unseen
from edge.session.asking import Asking, Kind, about_flags, about_symptoms
from edge.session.guarding import Guard, Telling, Way
from edge.session.logbook_state import Logbook, Page
from edge.session.manner import Manner
from edge.session.telling import tell
from edge.session.testing_state import Testing, Without
from edge.signal.chair import Chair, ChairTest
from edge.signal.events import Reason
from edge.signal.functional import TestState
from edge.tempo import UNSAID, parse_tempo

ROWS = (
    one_dose(1, "band_row", 3, 8, parse_tempo("3.1.1"), (10.0, 14.0), 60.0),
    one_dose(2, "goblet_squat", 2, 12, parse_tempo("3.1.0"), (6.0, 6.0), 90.0),
    one_dose(3, "sit_to_stand", 2, 10, parse_tempo("normal"), None, 60.0),
)
PLAN = Prescription(4, "patient-0001", "station-0001", "Ana", "2025-01-06T09:00:00Z", ROWS)
ROUTINE = routine(PLAN, ROWS)
ROW, SQUAT, STAND = ROUTINE.lines
STATION = StationInfo(
    sensors=(("band", SensorState.OK), ("thigh", SensorState.OK)),
    sync=Sync.SAVED_HERE,
    clinic_number="020 7946 0018",
    emergency_number="112",
)
WAITING = StationInfo((("band", SensorState.OK), ("thigh", SensorState.WAITING)), Sync.SENT, "020 7946 0018")
THREE = replace(STATION, sensors=(*STATION.sensors, ("trunk", SensorState.OK)))
SWAPPED = Finding(Mixup.SWAPPED, ("thigh", "trunk"))
RECOGNITION = "Three sessions in a row within your limits. Good judgement."
ALL_USABLE = {"band": True, "thigh": True}


def render_gallery(folder: Path, size: tuple[int, int] = (1024, 600), mm_per_px: float = 0.150) -> list[Path]:
    """Write one PNG per sample screen into ``folder`` and return their paths; needs no display."""
    folder.mkdir(parents=True, exist_ok=True)
    ink = Ink(Theme(size, mm_per_px))
    return [_render(folder / f"{name}.png", sample, ink) for name, sample in samples()]


MESSAGES = {
    "short": "Leave out the squat until Friday. Walk instead.",
    "long": "Well done this week. Please keep the band low and slow, and stop at the first tingle. We look at "
    "your numbers on Monday and then call you about the next step.",
    "widest": "Now warm up more: WWW marching, mommy walking, swimming warm water when warm outdoors, window wiping.",
    "marks": "Świetnie! Zrób dziś przerwę – jutro znów ćwiczymy. Übung 2 × täglich, “langsam”. Jó munka, őrizd meg!",
}


def samples() -> Iterator[tuple[str, View]]:
    """Yield (name, View) of every screen in the order a patient meets them."""
    for severity in Severity:
        lock = Locked("lock-0001", "patient-0001", severity, (), 0.0)
        yield f"00-locked-{severity.replace('_', '-')}", view(at(Screen.LOCKED, locks=(lock,)), Live(), STATION)
    yield "01-not-set-up", foyer_view(STATION.clinic_number, paired=False)
    yield "01-not-ready", foyer_view("", paired=True)
    yield "01-no-plan", view(SessionState(), Live(), STATION)
    yield "02-agenda", view(at(Screen.AGENDA), Live(), STATION)
    not_recorded = replace(STATION, recording=Recording.DISK_FULL)
    yield "02-agenda-recording-off", view(at(Screen.AGENDA), Live(), not_recorded)
    yield from _asked_samples()
    yield "02-agenda-expired", view(at(Screen.AGENDA, expired=("band",)), Live(), STATION)
    yield from _plan_samples()
    yield from _pointed_samples()
    yield from _coach_samples()
    yield "03-ready-expired", view(at(Screen.READY, expired=("band",)), Live(), STATION)
    yield "03-ready", view(at(Screen.READY), Live(), STATION)
    waiting = at(Screen.READY, line=1, usable={"band": True, "thigh": False})
    yield "04-ready-waiting", view(waiting, Live(), WAITING)
    yield "04-ready-swapped", view(replace(waiting, misworn=(SWAPPED,), usable=ALL_USABLE), Live(), THREE)
    turned = Finding(Mixup.TURNED, ("thigh",))
    yield "04-ready-turned", view(replace(waiting, misworn=(turned,), usable=ALL_USABLE), Live(), THREE)
    twins = Finding(Mixup.TWINS, ("thigh", "trunk"))
    yield "04-ready-twins", view(replace(waiting, misworn=(twins,), usable=ALL_USABLE), Live(), THREE)
    yield from _bell_samples(replace(waiting, usable=ALL_USABLE))
    yield "05-ready-calm", view(at(Screen.READY, line=1), Live(), replace(STATION, calm=True))
    yield "05-ready-own-speed", view(at(Screen.READY, line=2), Live(), STATION)
    yield from _told_samples()
    yield from _set_samples()
    yield from _lost_samples()
    yield "12-stopped", view(at(Screen.STOPPED, reps=reps(5)), Live(), STATION)
    rest = at(Screen.REST, rest_ends_s=142.0, set_of_exercise=3, done=(SetResult("band_row", reps(8, 2), 8),))
    yield "13-rest", view(rest, Live(), STATION)
    answered = at(Screen.REST, rest_ends_s=250.0, effort=5, symptom_reserve=3, pain_change=0, done=rest.done, line=1)
    yield "14-rest-answered", view(answered, Live(), STATION)
    lines = [line for line in ROUTINE.lines for _ in range(line.sets)]
    whole = tuple(SetResult(line.exercise, reps(line.reps or 0, 3), line.reps) for line in lines)
    yield "15-rest-last", view(at(Screen.REST, line=3, done=whole), Live(), STATION)
    yield "16-summary", view(at(Screen.SUMMARY, line=3, done=whole), Live(), STATION)
    yield (
        "16-summary-recognised",
        view(at(Screen.SUMMARY, line=3, done=whole, recognition=RECOGNITION), Live(), STATION),
    )
    yield "17-summary-part", view(at(Screen.SUMMARY, done=whole[:2]), Live(), WAITING)
    own = replace(whole[1], reps=reps(4), by_hand=3)
    left_out = replace(whole[3], reps=(), skipped=True)
    after_loss = at(Screen.REST, rest_ends_s=142.0, set_of_exercise=3, done=(whole[0], own))
    yield "18-rest-by-hand", view(after_loss, Live(), STATION)
    yield "18-summary-by-hand", view(at(Screen.SUMMARY, done=(whole[0], own, left_out)), Live(), STATION)
    yield from _changing_samples(whole)
    yield from _unsensed_samples()
    yield from _testing_samples()
    yield from _log_samples()
    yield from _calibrate_samples()


def _pointed_samples() -> Iterator[tuple[str, View]]:
    """What the green button does after the white one has pointed at it."""
    done = (SetResult("band_row", reps(8, 2), 8),)
    for pointed in ("effort_hard", "fix", "longer"):
        rest = at(Screen.REST, rest_ends_s=142.0, set_of_exercise=3, done=done, pointed=pointed)
        yield f"13-rest-pointed-{pointed.replace('_', '-')}", view(rest, Live(), STATION)
    yield "13-fix-pointed", view(at(Screen.FIX, done=done, set_of_exercise=2, pointed="fewer"), Live(), STATION)


def _asked_samples() -> Iterator[tuple[str, View]]:
    """Every question about symptoms and warning signs."""
    for moment in QUESTIONS:
        for number, question in enumerate(about_symptoms(moment, "session-0001"), 1):
            asking = Asking((question,) * number, 1 if question.kind is not Kind.CHANGE else None)
            asked = at(Screen.ASKING, asking=asking)
            yield f"02-ask-{moment.replace('_', '-')}-{question.name}", view(asked, Live(), STATION)
    for form in Form:
        for flag in red_flags().form(form):
            asked = at(Screen.ASKING, asking=Asking(about_flags(form, [flag.name], "session-0001")))
            yield f"02-flag-{form}-{flag.name.replace('_', '-')}", view(asked, Live(), STATION)


def _plan_samples() -> Iterator[tuple[str, View]]:
    """Ranges of the plan, the days after asked about late, and what stands in and begins light."""
    ranged = replace(PLAN, rows=tuple(replace(row, sets=Span(2, 3), reps=Span(8, 12)) for row in ROWS))
    yield (
        "02-agenda-ranges",
        view(at(Screen.AGENDA, plan=ranged, routine=routine(ranged, ranged.rows)), Live(), STATION),
    )
    late = about_symptoms(Moment.SECOND_DAY, "session-0001", late_days=4)
    yield "02-ask-late", view(at(Screen.ASKING, asking=Asking(late)), Live(), STATION)
    light = replace(SQUAT, exercise="goblet_box_squat", instead_of="goblet_squat", load_kg=None)
    yield "03-ready-start-light", view(at(Screen.READY, routine=Routine((light,))), Live(), STATION)


def _coach_samples() -> Iterator[tuple[str, View]]:
    """A nudge on the agenda, and what is said before a set."""
    nudge = Nudge("slot-due", "slot_due", "Time for routine 2 of today. Start when it suits you.", "Start")
    yield "02-agenda-nudge", view(at(Screen.AGENDA, nudge=nudge), Live(), STATION)
    for name, text in MESSAGES.items():
        said = at(Screen.AGENDA, message=ClinicMessage(1, text), nudge=nudge)
        yield f"02-agenda-message-{name}", view(said, Live(), STATION)
    whys = {"band_row": "2 good days. Take 10.5 kg, 8 repetitions."}
    yield "03-ready-why", view(at(Screen.READY, whys=whys), Live(), STATION)
    yield "03-ready-alone", view(at(Screen.READY, alone=frozenset({"band_row"})), Live(), STATION)


def _told_samples() -> Iterator[tuple[str, View]]:
    """Sentences of the rule table, and the band's check list."""
    start = at(Screen.READY)
    for rule, main, other in (
        ("symptoms_unanswered", Way.ANSWER, None),
        ("pain_amber", Way.READY, None),
        ("pain_red", Way.FLAGS, None),
        ("not_bearable", Way.SUMMARY, None),
        ("weaker", Way.FLAGS, None),
        ("leg_trend", Way.FLAGS_FIRST, None),
        ("distal_spread", Way.READY, None),
        ("later_high", Way.READY, None),
        ("plan_over", Way.SUMMARY, None),
        ("over_force_again", Way.REST, None),
        ("bell_again", Way.REST, None),
        ("band_put_aside", Way.WITHOUT_BAND, Way.NEW_BAND),
        ("band_retired", Way.WITHOUT_BAND, Way.NEW_BAND),
    ):
        yield f"03-told-{rule.replace('_', '-')}", view(tell(start, rule, main, other), Live(), STATION)
    snapped = tell(start, "band_snap", Way.REST, hurts=True)
    yield "03-told-band-snap", view(snapped, Live(), STATION)
    yield "03-band-check", view(at(Screen.BAND_CHECK), Live(), STATION)
    hurt = SetFact("band_row", "band_row", 2, 8, 8, StopReason.TARGET, True, symptom_change=1)
    done = (SetResult("band_row", reps(8, 2), 8),)
    more = at(Screen.REST, rest_ends_s=250.0, effort=5, pain_change=1, done=done, guard=Guard(sets=(hurt,)))
    yield "14-rest-more-pain", view(more, Live(), STATION)
    yield "14-rest-more-pain-again", view(replace(more, guard=Guard(sets=(hurt, hurt))), Live(), STATION)
    slow = replace(STATION, slow=(("band", 0.3),))
    yield "03-ready-slow-cell", view(at(Screen.READY), Live(), slow)


def _bell_samples(ready: SessionState) -> Iterator[tuple[str, View]]:
    """The dock says which bell was taken, or that it does not know."""
    rig = Bells((6.0, 8.0, 12.0, 16.0), unseen=None)
    for name, bells in (
        ("awaited", rig),
        ("taken", rig.left(6.0)),
        ("heavier", rig.left(16.0)),
        ("several", rig.left(16.0).left(12.0)),
        ("unseen", replace(rig, unseen=Unseen.UNSURE)),
    ):
        yield f"04-ready-bell-{name}", view(replace(ready, bells=bells), Live(), STATION)
    lighter = replace(ROUTINE, lines=(ROW, replace(SQUAT, load_kg=(10.0, 14.0))))
    yield "04-ready-bell-lighter", view(replace(ready, routine=lighter, bells=rig.left(8.0)), Live(), STATION)
    yield "04-ready-bell-by-hand", view(replace(ready, bells=rig, bell_by_hand=6.0), Live(), STATION)


def _set_samples() -> Iterator[tuple[str, View]]:
    row = at(Screen.SET, reps=reps(5, 2), set_of_exercise=2, cues=_cue(Verdict.TOO_FAST, Phase.ECCENTRIC))
    yield "05-trial", view(at(Screen.TRIAL, trial_reps=1), Live(1.0, Activity.RESTING), STATION)
    again = at(Screen.TRIAL, trial_again=True)
    yield "05-trial-again", view(again, Live(1.0, Activity.ARMING), STATION)
    yield "06-set-row", view(row, live(Phase.ECCENTRIC, 1.56, 12.0), STATION)
    first = at(Screen.SET)
    yield "07-set-start", view(first, Live(100.0, Activity.RESTING, Phase.BOTTOM, 98.0, 0.0, 0.4), STATION)
    expired = at(Screen.SET, reps=reps(5), expired=("band",), doubts=("calibration_expired",))
    yield "07-set-expired", view(expired, live(Phase.ECCENTRIC, 1.56, 12.0), STATION)
    alone = at(Screen.SET, reps=reps(5, 2), unaided=True, cues=_cue(Verdict.TOO_FAST, Phase.ECCENTRIC))
    yield "07-set-alone", view(alone, live(Phase.ECCENTRIC, 1.56, 12.0), STATION)
    last = at(Screen.SET, reps=reps(7, 2, 4))
    yield "08-set-last-rep", view(last, live(Phase.CONCENTRIC, 0.5, 11.0), STATION)
    over = at(Screen.SET, reps=reps(3), set_of_exercise=2)
    yield "09-set-over-load", view(over, live(Phase.TOP, 0.4, 16.2), STATION)
    happened = Incident("session-0001", 1, 1, Happened.OVER_FORCE, 170.0, "N", 0.0)
    alarmed = replace(over, guard=Guard(of_set=(happened,), alarm_s=99.0))
    yield "09-set-too-heavy", view(alarmed, live(Phase.TOP, 0.4, 17.4), STATION)
    fell = structs.replace(happened, what=Happened.BELL_DROPPED)
    dropped = at(Screen.SET, line=1, reps=reps(4), guard=Guard(of_set=(fell,), alarm_s=99.0))
    yield "09-set-bell-dropped", view(dropped, live(Phase.ECCENTRIC, 2.3, None, Phase.ECCENTRIC), STATION)
    lost = at(Screen.SET, reps=reps(4, 1), usable={"band": False, "thigh": True})
    yield "10-set-sensor-lost", view(lost, live(Phase.TOP, 0.4, 12.0), STATION)
    doubt = replace(live(Phase.TOP, 0.4, 12.0), uncertain=True)
    yield "10-set-count-in-doubt", view(at(Screen.SET, reps=reps(4, 1)), doubt, STATION)
    stuck = Live(100.0, Activity.BLIND, trusted=False, reason=Reason.FROZEN, uncertain=True)
    yield "10-set-sensor-stuck", view(at(Screen.SET, line=1, reps=reps(10, 3)), stuck, STATION)
    squat = at(Screen.SET, line=1, reps=reps(10, 3), cues=_cue(Verdict.ON_TARGET, None))
    yield "11-set-squat", view(squat, live(Phase.ECCENTRIC, 2.3, None, Phase.ECCENTRIC), STATION)


def _lost_samples() -> Iterator[tuple[str, View]]:
    gone = {"band": False, "thigh": True}
    lost = StationInfo((("band", SensorState.LOST), ("thigh", SensorState.OK)), clinic_number="020 7946 0018")
    paused = {"reps": reps(4, 1), "doubts": ("gap", "rep_cut_off"), "set_of_exercise": 2}
    yield "11-lost", view(at(Screen.LOST, usable=gone, **paused), Live(), lost)
    yield "11-lost-and-back", view(at(Screen.LOST, **paused), Live(), STATION)
    yield "11-uncounted", view(at(Screen.UNCOUNTED, usable=gone, **paused), Live(), lost)
    yield "11-by-hand", view(at(Screen.BY_HAND, usable=gone, **paused), Live(), lost)
    yield "11-by-hand-answered", view(at(Screen.BY_HAND, usable=gone, by_hand=3, **paused), Live(), lost)


def _changing_samples(whole: tuple[SetResult, ...]) -> Iterator[tuple[str, View]]:
    """A session that goes on after a cut, a change for today, and a count put right."""
    cut = at(Screen.RESUME, done=whole[:2], set_of_exercise=3)
    yield "24-resume", view(cut, Live(), STATION)
    fixing = at(Screen.FIX, done=(replace(whole[0], false=frozenset({8})),), set_of_exercise=2)
    yield "24-fix", view(fixing, Live(), STATION)
    yield "24-change", view(at(Screen.CHANGE, line=1), Live(), STATION)
    chosen = at(Screen.CHANGE, line=1, change="fewer_sets")
    yield "24-change-chosen", view(chosen, Live(), STATION)


def _unsensed_samples() -> Iterator[tuple[str, View]]:
    """What the patient counts, and what the clock measures."""
    press = replace(ROW, exercise="chest_press_machine", load_kg=(20.0, 20.0))
    own = {"routine": Routine((press,)), "manner": Manner.BY_HAND}
    yield "20-ready-own-count", view(at(Screen.READY, **own), Live(), STATION)
    yield "20-set-own-count", view(at(Screen.UNCOUNTED, **own), Live(), STATION)
    yield "20-set-own-count-how-many", view(at(Screen.BY_HAND, **own), Live(), STATION)
    walk = replace(ROW, exercise="walk", sets=1, reps=None, load_kg=None, duration_min=25.0)
    walking = {"routine": Routine((walk,)), "manner": Manner.TIMED}
    yield "21-ready-walk", view(at(Screen.READY, **walking), Live(), STATION)
    yield "21-timed-walk", view(at(Screen.TIMED, **walking, set_start_s=-560.0), Live(), STATION)
    seen = at(Screen.TIMED, **walking, set_start_s=-560.0, walked_s=99.0)
    yield "21-timed-walk-seen", view(seen, Live(), STATION)
    yield "21-timed-walk-over", view(at(Screen.TIMED, **walking, set_start_s=-1500.0), Live(), STATION)
    stretch = replace(walk, exercise="piriformis_stretch", duration_min=None, hold_s=30.0, sets=3, side=Side.RIGHT)
    holding = {"routine": Routine((replace(stretch, side=Side.LEFT), stretch)), "manner": Manner.TIMED, "line": 1}
    yield "22-agenda-sides", view(at(Screen.AGENDA, **holding), Live(), STATION)
    yield "22-ready-hold", view(at(Screen.READY, **holding), Live(), STATION)
    yield "22-timed-take-up", view(at(Screen.TIMED, **holding, set_start_s=104.2), Live(), STATION)
    yield "22-timed-hold", view(at(Screen.TIMED, **holding, set_start_s=81.0), Live(), STATION)
    dip = replace(SQUAT, exercise="bench_dip", reps=None, load_kg=None, side=Side.LEFT)
    effort = at(Screen.SET, routine=Routine((dip,)), reps=reps(14, 3), set_of_exercise=2)
    yield "23-set-to-an-effort", view(effort, live(Phase.ECCENTRIC, 1.56, None, Phase.ECCENTRIC), STATION)
    plank = replace(SQUAT, exercise="plank", reps=None, hold_s=30.0, load_kg=None, tempo=UNSAID)
    held = at(Screen.SET, routine=Routine((plank,)), usable={**ALL_USABLE, "trunk": True})
    yield "23-set-hold", view(held, live(Phase.TOP, 12.0, None), STATION)


def _testing_samples() -> Iterator[tuple[str, View]]:
    """Outcome tests: how they are done, while they go on, and what came of them."""
    chair = Testing(("chair_stand",), number=1, go_s=88.0, chair=_stood(7))
    for name, testing in (
        ("chair", Testing(("chair_stand",))),
        ("chair-practice", Testing(("chair_stand",), practice=True)),
        ("five-times", Testing(("five_times",))),
        ("walk", Testing(("walk_2min",))),
        ("walk-10m", Testing(("walk_10m",), walks_s=(9.1,))),
    ):
        yield f"30-test-offer-{name}", view(at(Screen.TEST_OFFER, testing=testing), Live(), STATION)
    by_hand = at(Screen.TEST_OFFER, testing=Testing(("chair_stand",)), usable={"band": True})
    yield "30-test-offer-by-hand", view(by_hand, Live(), STATION)
    waiting = at(Screen.TEST_OFFER, testing=Testing(("chair_stand",)), usable={"thigh": False})
    yield "30-test-offer-waiting", view(waiting, Live(), WAITING)
    turned = at(Screen.TEST_OFFER, misworn=(Finding(Mixup.SWAPPED, ("thigh", "trunk")),))
    yield "30-test-offer-swapped", view(turned, Live(), THREE)
    for name, testing in (
        ("sit-still", replace(chair, go_s=None, chair=ChairTest(Chair.THIRTY_SECONDS))),
        ("chair-soon", replace(chair, go_s=None, still_s=98.4, chair=ChairTest(Chair.THIRTY_SECONDS))),
        ("chair", chair),
        ("chair-over", replace(chair, go_s=69.0)),
        ("five-times", replace(chair, due=("five_times",), go_s=93.0, chair=_stood(4))),
        ("walk-soon", Testing(("walk_2min",), number=1, go_s=103.2)),
        ("walk", Testing(("walk_2min",), number=1, go_s=60.0)),
        ("walk-10m", Testing(("walk_10m",), number=1, go_s=94.0)),
    ):
        yield f"31-testing-{name}", view(at(Screen.TESTING, testing=testing), Live(), STATION)
    yield "32-test-hands", view(at(Screen.TEST_HANDS, testing=replace(chair, chosen=0)), Live(), STATION)
    for told in (None, 140):
        walked = Testing(("walk_2min",), number=1, go_s=0.0, told=told)
        yield f"32-test-entry-{told or 'open'}", view(at(Screen.TEST_ENTRY, testing=walked), Live(), STATION)
    stands = at(Screen.TEST_ENTRY, testing=Testing(("chair_stand",), told=9))
    yield "32-test-entry-stands", view(stands, Live(), STATION)
    yield "32-test-stopped", view(at(Screen.TEST_STOPPED, testing=chair), Live(), STATION)
    first, same, better = (_chair(value, day) for day, value in enumerate((9, 11, 13)))
    for name, testing in (
        ("first", replace(chair, result=first, done=(first,))),
        ("same", replace(chair, result=same, before=(first,), done=(same,))),
        ("larger", replace(chair, result=better, before=(first,), done=(better,))),
        ("fewer", replace(chair, result=first, before=(_chair(13, -1),), done=(first,))),
        ("doubt", replace(chair, result=structs.replace(first, note="9 to 10"), done=(first,))),
        ("practice", replace(chair, practice=True, result=structs.replace(first, practice=True))),
        *((f"without-{why.replace('_', '-')}", replace(chair, without=why)) for why in Without),
    ):
        yield f"33-test-result-{name}", view(at(Screen.TEST_RESULT, testing=testing), Live(), STATION)
    own = Testing(("function_1", "function_2"), own=("Carry two heavy bags up the stairs", "Sit through a film"))
    yield "34-test-rating-own", view(at(Screen.TEST_RATING, testing=own), Live(), STATION)
    change = Testing(("global_change",), chosen=7)
    yield "34-test-rating-change", view(at(Screen.TEST_RATING, testing=change), Live(), STATION)


def _chair(stands: int, day: int) -> Tested:
    return Tested(
        f"test-{day + 9:04}", "chair_stand", stands, "stands", Origin.SENSED, practice=False, at=day * 9e5 + 9e6
    )


def _stood(times: int) -> ChairTest:
    """Return a chair test under way, with so many full stands."""
    stand = reps(1)[0].rep
    return ChairTest(Chair.THIRTY_SECONDS, state=TestState.RUNNING, reps=(stand,) * times)


def _log_samples() -> Iterator[tuple[str, View]]:
    """What was done away from the station."""
    plan = replace(PLAN, activities=("walk", "outdoor_play", "community_class", "yoga"))
    told = Logged("entry-0001", "walk", "2026-10-05", 25.0, 0.0)
    book = Logbook(today=(told,), entry_id="entry-0002", day="2026-10-05")
    yield "35-agenda-tick-off", view(at(Screen.AGENDA, plan=plan), Live(), STATION)
    nudge = Nudge("slot-due", "slot_due", "Time for routine 2 of today. Start when it suits you.", "Start")
    many = Routine((*ROUTINE.lines, *ROUTINE.lines))
    yield "35-agenda-with-nudge", view(at(Screen.AGENDA, plan=plan, nudge=nudge, routine=many), Live(), STATION)
    yield "35-agenda-ticked", view(at(Screen.AGENDA, plan=plan, logbook=book), Live(), STATION)
    for name, page in (
        ("what", replace(book, what="outdoor_play")),
        ("minutes", replace(book, what="outdoor_play", page=Page.MINUTES, minutes=35)),
        ("effort", replace(book, what="outdoor_play", page=Page.EFFORT, effort=5)),
    ):
        yield f"35-log-{name}", view(at(Screen.LOG, plan=plan, logbook=page), Live(), STATION)


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


def _calibrate_samples() -> Iterator[tuple[str, View]]:
    """A look under way, a refusal, and a weight that is asked for."""
    leave = Button("leave", say("calibrate.leave"), Action.STOP, key=Key.RED)
    back = Button("back", say("calibrate.back"), Action.BACK, key=Key.WHITE)
    skip = Button("skip", say("calibrate.skip"), Action.SKIP)
    lighter = Button("lighter", say("calibrate.lighter"), Action.FEWER)
    heavier = Button("heavier", say("calibrate.heavier"), Action.MORE)
    measure = Button("measure", say("calibrate.measure"), Action.MAIN, main=True, key=Key.GREEN)
    looking = replace(measure, text=say("calibrate.keep_still"), enabled=False)
    empty = CalibrateView(
        header=Header(say("calibrate.header", sensor="band"), say("calibrate.step", number=1, steps=5)),
        instruction=(say("calibrate.step_empty"),),
        reading="0.02",
        unit=say("calibrate.kg"),
        lines=sentences(say("calibrate.hint_empty")),
        refused=False,
        share=0.6,
        kg="",
        buttons=(leave, looking),
    )
    yield "19-calibrate-empty", empty
    why = sentences(say("calibrate.why_loaded", value="10"))
    yield (
        "19-calibrate-refused",
        replace(empty, reading="10.01", lines=why, refused=True, share=None, buttons=(leave, measure)),
    )
    yield (
        "19-calibrate-weight",
        replace(
            empty,
            header=replace(empty.header, note=say("calibrate.step", number=5, steps=5)),
            instruction=(say("calibrate.step_second"),),
            reading="19.98",
            lines=(say("calibrate.hint_second", unknown=say("calibrate.unknown")),),
            share=None,
            kg=f"20 {say('calibrate.kg')}",
            buttons=(leave, replace(back, key=None), skip, lighter, replace(heavier, key=Key.WHITE), measure),
        ),
    )
    effort = replace(
        empty,
        header=Header(say("calibrate.header", sensor="glute"), say("calibrate.step", number=2, steps=4)),
        instruction=sentences(say("calibrate.step_effort")),
        reading="61.8",
        unit=say("calibrate.percent_of_range"),
        lines=(say("calibrate.hint_effort", seconds=5), say("calibrate.muscle_active")),
        buttons=(leave, replace(looking, text=say("calibrate.hold"))),
    )
    yield "19-calibrate-effort", effort


def _cue(verdict: Verdict, phase: Phase | None) -> CueMemory:
    return CueMemory(say=Cue(verdict, phase))


def _render(path: Path, sample: View, ink: Ink) -> Path:
    surface = pygame.Surface(ink.theme.size_px)
    draw(surface, sample, ink)
    pygame.image.save(surface, str(path))
    return path
