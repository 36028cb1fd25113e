"""What the patient sees, decided without drawing: session state and live look in, a frozen View out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil, floor

from display.agenda_view import agenda_notice
from display.asking_view import asking_view
from display.change_view import change_view
from display.coach_view import NO_ROAD, alone_phase, before_a_set, nudge_view
from display.cues import cue_of, over_load, sensor_lost
from display.resume_view import resume_view
from display.road import Tone, moving_phase, road_of, target_s, tone_of
from display.timed_view import timed_view
from display.told_view import band_check_view, told_view
from display.views import (
    AgendaView,
    AskingView,
    BandCheckView,
    Button,
    ByHandView,
    ChangeView,
    FigureView,
    Header,
    Key,
    LoadState,
    LoadView,
    LockedView,
    LostView,
    NoPlanView,
    PhaseView,
    ReadyView,
    Recording,
    RestView,
    ResumeView,
    Segment,
    SensorLine,
    SensorState,
    SetView,
    StationInfo,
    StoppedView,
    SummaryView,
    Sync,
    TimedView,
    ToldView,
    TrialView,
    UncountedView,
    View,
)
from display.words import say, sentences, words
from edge.figure import still_positions
from edge.figure_motion import course_of
from edge.library import Exercise, Measured, exercise
from edge.live import Live
from edge.model import Activity, Phase, PlannedExercise, StopReason
from edge.prescription.lines import minutes
from edge.records import Doubt, Severity, Side
from edge.safety.flags import locked_words
from edge.session import Action, BellNotice, Screen, SessionState, bell_notice
from edge.session.fixing import fixable, may_add, shown
from edge.session.manner import Manner
from edge.session.trial import TRIAL_REPS
from edge.tempo import Tempo

__all__ = [
    "AgendaView",
    "AskingView",
    "BandCheckView",
    "Button",
    "ByHandView",
    "ChangeView",
    "FigureView",
    "Header",
    "Key",
    "LoadState",
    "LoadView",
    "LockedView",
    "LostView",
    "NoPlanView",
    "PhaseView",
    "ReadyView",
    "Recording",
    "RestView",
    "ResumeView",
    "Segment",
    "SensorLine",
    "SensorState",
    "SetView",
    "StationInfo",
    "StoppedView",
    "SummaryView",
    "Sync",
    "TimedView",
    "ToldView",
    "TrialView",
    "UncountedView",
    "View",
    "figure_view",
    "view",
]

AGENDA_LINES = 4
COLUMN_HEADROOM = 1.4
"""The load column ends this far above the band, so that too much can be seen as too much."""
COLUMN_WITHOUT_BAND_KG = 20.0
EFFORTS = (("easy", 2, 1, 3), ("just_right", 5, 4, 6), ("hard", 7, 7, 8), ("too_hard", 9, 9, 10))
"""Word, the number that is stored, and the range it stands for: its middle, the lower one of two."""
RESERVES = (("no_more", 0), ("one_or_two", 1), ("three_or_four", 3), ("five_or_more", 5))
"""Word and the number that is stored: the lower end, because what is not known may only ask for less."""
PAIN_CHANGES = (("less", -1), ("same", 0), ("more", 1))


def view(state: SessionState, live: Live, station: StationInfo) -> View:
    """Return what to show now. The same three arguments always give an equal View."""
    match state.screen:
        case Screen.SET:
            return _set(state, live)
        case Screen.TRIAL:
            return _trial(state, live, station)
        case screen:
            return _QUIET[screen](state, station)


# ---- before and after the sets ----------------------------------------------------------------------------


def _locked(state: SessionState, station: StationInfo) -> LockedView:
    """Say what the gravest lock asks for; every word of it is on the station."""
    gravest = min((lock.severity for lock in state.locks), key=tuple(Severity).index, default=Severity.EMERGENCY)
    words = locked_words(gravest, station.clinic_number, station.emergency_number)
    return LockedView(
        header=Header(say("locked.header"), say(f"sync.{station.sync}")),
        title=in_two(words.title),
        lines=words.lines,
        kept=say("locked.kept"),
    )


def in_two(text: str) -> tuple[str, ...]:
    """Return a sentence in two lines of about the same length."""
    words_of = text.split()
    cut = min(range(1, len(words_of)), key=lambda k: abs(len(" ".join(words_of[:k])) - len(text) / 2), default=0)
    return (" ".join(words_of[:cut]), " ".join(words_of[cut:])) if cut else (text,)


def _no_plan(_state: SessionState, station: StationInfo) -> NoPlanView:
    header = Header(say("no_plan.header"), _kept(station))
    return NoPlanView(header, say("no_plan.title"), _call(station) or say("clinic.call_clinic"))


def _agenda(state: SessionState, station: StationInfo) -> AgendaView:
    lines, rows = state.routine.lines, _agenda_rows(state.routine.lines)
    help_lines = _help(station)
    if not {exercise(line.exercise).place for line in lines}.isdisjoint(state.expired):
        help_lines = (say("clinic.calibration_over"), help_lines[-1])
    nudge = nudge_view(state)
    room = AGENDA_LINES if nudge is None else AGENDA_LINES - 1
    shown = rows if len(rows) <= room else rows[: room - 1]
    left_over = len(rows) - len(shown)
    due_now = state.may_start
    return AgendaView(
        header=Header(say("agenda.header", name=_first_name(state)), _kept(station)),
        title=_counted("agenda.title", len(rows), count=len(rows)) if due_now else say("agenda.nothing_due"),
        length=agenda_notice(state) or _length(_minutes(lines)),
        lines=shown,
        more=say("agenda.more", count=left_over) if left_over else "",
        help=help_lines,
        buttons=(_main("start", say("agenda.start"), enabled=due_now), *((nudge.button,) if nudge else ())),
        nudge=nudge,
    )


def _agenda_rows(lines: tuple[PlannedExercise, ...]) -> tuple[tuple[str, str], ...]:
    """Exercise and dose; what is done on either side has one row."""
    both = {replace(line, side=Side.LEFT) for line in lines if line.side is Side.RIGHT} & set(lines)
    return tuple(
        (_name(line), say("agenda.a_side", dose=_dose(line)) if line in both else _dose(line))
        for line in lines
        if not (line.side is Side.RIGHT and replace(line, side=Side.LEFT) in both)
    )


def _asking(state: SessionState, _station: StationInfo) -> AskingView:
    return asking_view(state)


def _ready(state: SessionState, station: StationInfo) -> ReadyView:
    planned, due = state.planned, state.exercise
    return ReadyView(
        header=Header(due.name, _set_of(state)),
        instruction=_put_right(state) or _about_bell(state) or sentences(due.setup),
        dose=_ready_dose(planned),
        pace=_pace(state),
        figure=figure_view(due, planned.tempo, state.now_s, calm=station.calm, hold_s=planned.hold_s),
        sensors=_sensor_lines(state, station),
        buttons=(
            Button("end_session", say("set.stop"), Action.STOP, key=Key.RED),
            _second(state),
            _main("begin", _ready_text(state), enabled=state.may_begin),
        ),
        why=before_a_set(state),
    )


def _second(state: SessionState) -> Button:
    """What can be done about a bell that the dock did not see, or else about the exercise itself."""
    unseen = bell_notice(state) in (BellNotice.AWAITED, BellNotice.UNSEEN)
    if not state.may_begin or not unseen or not state.bells_wanted:
        return Button("change", say("ready.change"), Action.CHANGE, key=Key.WHITE)
    kg = state.bells_wanted[0]
    return Button("bell", say("ready.hold_bell", kg=f"{kg:g}"), Action.BELL, kg, key=Key.WHITE)


def _trial(state: SessionState, live: Live, station: StationInfo) -> TrialView:
    again = state.trial_again and state.trial_reps == 0
    return TrialView(
        header=Header(state.exercise.name, say("trial.header")),
        sensor=_sensor_lines(state, station)[0],
        title=say("trial.count", count=state.trial_reps, reps=TRIAL_REPS),
        lines=(say("trial.again") if again else say("trial.show"), say("trial.then")),
        cue=cue_of(state, live),
        buttons=(
            Button("stop", say("set.stop"), Action.STOP, key=Key.RED),
            Button("skip", say("trial.skip"), Action.SKIP, key=Key.WHITE),
        ),
    )


# ---- the sensor is lost -----------------------------------------------------------------------------------


def _lost(state: SessionState, station: StationInfo) -> LostView:
    back = state.sensor_usable
    return LostView(
        header=Header(state.exercise.name, _set_of(state)),
        sensor=_sensor_lines(state, station)[0],
        title=say("lost.back") if back else say("lost.title"),
        lines=(_paused_at(state), say("lost.start_anew") if back else say("lost.check")),
        buttons=(
            Button("end_set", say("set.stop"), Action.STOP, key=Key.RED),
            Button("uncounted", say("lost.uncounted"), Action.UNCOUNTED, key=Key.WHITE),
            _main("go_on", say("lost.go_on") if back else _waiting_for(state), enabled=back),
        ),
    )


def _uncounted(state: SessionState, station: StationInfo) -> UncountedView:
    own = state.manner is Manner.BY_HAND
    return UncountedView(
        header=Header(state.exercise.name, _set_of(state)),
        sensor=None if own else _sensor_lines(state, station)[0],
        title=say("own.title") if own else say("lost.not_counting"),
        lines=(_ready_dose(state.planned), say("own.then"))
        if own
        else (_paused_at(state), say("lost.count_yourself")),
        buttons=(
            Button("end_set", say("set.stop"), Action.STOP, key=Key.RED),
            _main("done", say("lost.done")),
        ),
    )


def _timed(state: SessionState, _station: StationInfo) -> TimedView:
    return timed_view(state, _set_of(state))


def _by_hand(state: SessionState, _station: StationInfo) -> ByHandView:
    known = state.by_hand is not None
    own, planned = state.manner is Manner.BY_HAND, state.planned.reps
    said = say("own.no_number") if planned is None else say("own.planned", reps=planned)
    return ByHandView(
        header=Header(state.exercise.name, _set_of(state)),
        question=say("own.how_many") if own else say("lost.how_many"),
        kept=said if own else say("lost.counted", reps=len(state.reps), planned=_asked(planned)),
        number=str(state.by_hand) if known else say("lost.no_number"),
        buttons=(
            Button("fewer", say("lost.fewer"), Action.FEWER, enabled=known),
            Button("more", say("lost.more"), Action.MORE, key=Key.WHITE),
            _main("answered", say("lost.answered") if known else say("lost.do_not_know")),
            Button("end_set", say("set.stop"), Action.STOP, key=Key.RED),
        ),
    )


def _paused_at(state: SessionState) -> str:
    return say("lost.paused_at", reps=len(state.reps), planned=_asked(state.planned.reps))


def _stopped(state: SessionState, _station: StationInfo) -> StoppedView:
    keys = ((StopReason.PAIN, Key.RED), (StopReason.TIRED, Key.WHITE), (StopReason.OTHER, Key.GREEN))
    kept = _counted("stopped.kept", len(state.reps), reps=len(state.reps))
    return StoppedView(
        header=Header(say("stopped.header"), state.exercise.name),
        question=say("stopped.question"),
        kept=kept if state.reps else say("stopped.kept_none"),
        buttons=tuple(
            Button(f"reason_{reason}", say(f"stopped.{reason}"), Action.REASON, reason.value, key=key)
            for reason, key in keys
        ),
    )


def _resume(state: SessionState, _station: StationInfo) -> ResumeView:
    return resume_view(state, "" if state.finished else _next_set(state))


def _fix(state: SessionState, _station: StationInfo) -> ByHandView:
    last = state.done[-1]
    return ByHandView(
        header=Header(exercise(last.exercise).name, say("rest.fix")),
        question=say("fix.question"),
        kept=say("fix.counted", reps=len(last.reps)),
        number=str(shown(state)),
        buttons=(
            Button("fewer", say("lost.fewer"), Action.FEWER, enabled=shown(state) > 0),
            Button("more", say("lost.more"), Action.MORE, key=Key.WHITE, enabled=may_add(state)),
            _main("answered", say("lost.answered")),
            Button("end_set", say("set.stop"), Action.STOP, key=Key.RED),
        ),
    )


def _change(state: SessionState, _station: StationInfo) -> ChangeView:
    return change_view(state)


def _rest(state: SessionState, _station: StationInfo) -> RestView:
    time, unit = _time_left(state)
    go_on = say("rest.finish") if state.finished else say("rest.go_now")
    # The white button is free when no rest is left that could be longer.
    fix = Button("fix", say("rest.fix"), Action.FIX, key=Key.WHITE if state.rest_ends_s is None else None)
    longer = Button("longer", say("rest.longer"), Action.LONGER_REST, key=Key.WHITE)
    return RestView(
        header=Header(say("rest.header"), _next_set(state)),
        time=time,
        unit=unit,
        effort_question=say("rest.effort_question" if state.effort is None else "rest.reserve_question"),
        pain_question=say("rest.pain_question"),
        result=_last_result(state),
        buttons=(
            *(_effort_buttons() if state.effort is None else _reserve_buttons(state)),
            *_pain_buttons(state),
            *(() if state.rest_ends_s is None else (longer,)),
            *((fix,) if fixable(state) else ()),
            _main("go_on", go_on),
        ),
    )


def _summary(state: SessionState, station: StationInfo) -> SummaryView:
    reps = [judged for result in state.done for judged in result.counted]
    by_hand = sum(result.by_hand or 0 for result in state.done)
    complete = state.sets_done >= state.sets_planned and len(reps) + by_hand >= state.reps_planned
    title = "summary.title" if complete else "summary.title_part"
    own_count = (say("summary.by_hand", reps=by_hand),) if by_hand else ()
    return SummaryView(
        header=Header(say("summary.header"), _kept(station)),
        title=say(title, name=_first_name(state)),
        numbers=(
            (str(len(reps)), say("summary.reps", planned=state.reps_planned)),
            (str(sum(judged.inside for judged in reps)), say("summary.inside")),
            (str(state.sets_done), say("summary.sets", planned=state.sets_planned)),
        ),
        lines=own_count if complete else (*own_count, say("clinic.pain_stays"), _call(station)),
        buttons=(_main("finish", say("summary.finish")),),
        recognition=state.recognition,
    )


_QUIET: Mapping[Screen, Callable[[SessionState, StationInfo], View]] = {
    Screen.LOCKED: _locked,
    Screen.NO_PLAN: _no_plan,
    Screen.AGENDA: _agenda,
    Screen.ASKING: _asking,
    Screen.TOLD: told_view,
    Screen.BAND_CHECK: band_check_view,
    Screen.READY: _ready,
    Screen.LOST: _lost,
    Screen.UNCOUNTED: _uncounted,
    Screen.TIMED: _timed,
    Screen.BY_HAND: _by_hand,
    Screen.STOPPED: _stopped,
    Screen.RESUME: _resume,
    Screen.CHANGE: _change,
    Screen.FIX: _fix,
    Screen.REST: _rest,
    Screen.SUMMARY: _summary,
}


# ---- the set ----------------------------------------------------------------------------------------------


def _set(state: SessionState, live: Live) -> SetView:
    due, target = state.exercise, state.reps_target
    lost = sensor_lost(state, live)
    live = _blind(live) if lost else live
    count = len(state.reps)
    sensors = "set.sensor_lost" if lost else "set.not_coached" if state.uncoached else "set.sensors_ok"
    return SetView(
        header=Header(due.name, _set_short(state)),
        sensors=SensorLine(say(sensors), "", _of_set(state, lost)),
        count=str(_seen(state, live)),
        of_reps="" if target is None else say("set.of_reps", reps=target),
        segments=_segments(state),
        phase=_phase(state, live) if lost or not state.unaided else alone_phase(),
        road=NO_ROAD if state.unaided else road_of(due, state.tempo, live, 1 if target is None else target - count),
        load=_load(state, live) if due.driver == "force" else None,
        cue=cue_of(state, live),
        buttons=(
            Button("stop", say("set.stop"), Action.STOP, key=Key.RED),
            *(() if target is not None else (Button("done", say("set.done"), Action.MAIN, key=Key.GREEN),)),
        ),
        doubt=say("set.doubt") if live.uncertain or live.pending or _count_doubted(state) else "",
    )


def _of_set(state: SessionState, lost: bool) -> SensorState:
    if lost:
        return SensorState.LOST
    return SensorState.WAITING if state.uncoached else SensorState.OK


def _count_doubted(state: SessionState) -> bool:
    """An expired calibration leaves the count as it is; every other doubt is one of the count."""
    return any(doubt != Doubt.CALIBRATION_EXPIRED for doubt in state.doubts)


def _seen(state: SessionState, live: Live) -> int:
    """Count what was announced and, in doubt, what looks like repetitions: never more than were asked for."""
    counted = len(state.reps)
    seen = counted + live.pending
    return max(counted, seen if state.reps_target is None else min(seen, state.reps_target))


def _blind(live: Live) -> Live:
    """A sensor that is lost has no position and no force: the road waits without a dot, the column is empty."""
    return Live(t_s=live.t_s, activity=Activity.BLIND, reason=live.reason, uncertain=live.uncertain)


def _segments(state: SessionState) -> tuple[Segment, ...]:
    done = [Segment.FILLED if judged.inside or state.unaided else Segment.HOLLOW for judged in state.reps]
    return (*done, *[Segment.TO_COME] * ((state.reps_target or 0) - len(done)))


def _phase(state: SessionState, live: Live) -> PhaseView:
    if sensor_lost(state, live):
        return PhaseView(say("set.rest_phase").upper(), Tone.STOP)
    due = state.exercise
    phase = moving_phase(due, live) or due.rest_phase
    return PhaseView(due.words[phase].upper(), tone_of(due, phase), _seconds(state, live, phase))


def _seconds(state: SessionState, live: Live, phase: Phase) -> int | None:
    """Count the seconds as one counts aloud: the first second is 1. The rest before the first rep is not counted."""
    if target_s(state.tempo, phase) is None or live.phase is not phase:
        return None
    if phase is state.exercise.rest_phase and not state.reps:
        return None
    return floor(max(live.t_s - live.phase_start_s, 0.0)) + 1


def _load(state: SessionState, live: Live) -> LoadView:
    band = state.planned.load_kg
    top_kg = band[1] * COLUMN_HEADROOM if band and band[1] > 0 else COLUMN_WITHOUT_BAND_KG
    force_kg = live.force_kg
    return LoadView(
        number=say("set.no_load") if force_kg is None else _load_number(force_kg, band),
        unit=say("set.kg"),
        fill=min(max((force_kg or 0.0) / top_kg, 0.0), 1.0),
        state=_load_state(state, live),
        band=(band[0] / top_kg, band[1] / top_kg) if band else None,
        labels=(f"{band[1]:g}", f"{band[0]:g}") if band else None,
    )


def _load_number(force_kg: float, band: tuple[float, float] | None) -> str:
    """Whole kilograms, rounded away from the band: what reads 14 of 14 is inside it."""
    if band and force_kg > band[1]:
        return str(ceil(force_kg))
    if band and force_kg < band[0]:
        return str(floor(max(force_kg, 0.0)))
    return str(round(max(force_kg, 0.0)))


def _load_state(state: SessionState, live: Live) -> LoadState:
    band = state.planned.load_kg
    if live.force_kg is None or band is None:
        return LoadState.UNKNOWN
    if over_load(state, live):
        return LoadState.OVER  # also by an expired calibration: it only ever asks for less
    if state.uncoached:
        return LoadState.UNKNOWN
    return LoadState.UNDER if live.force_kg < band[0] else LoadState.INSIDE


# ---- parts ------------------------------------------------------------------------------------------------


def _main(button_id: str, text: str, *, enabled: bool = True) -> Button:
    return Button(button_id, text, Action.MAIN, main=True, enabled=enabled, key=Key.GREEN)


def _effort_buttons() -> tuple[Button, ...]:
    return tuple(
        Button(
            f"effort_{word}",
            say(f"rest.{word}"),
            Action.EFFORT,
            value,
            note=say("rest.effort_range", low=low, high=high),
        )
        for word, value, low, high in EFFORTS
    )


def _reserve_buttons(state: SessionState) -> tuple[Button, ...]:
    """How many more before symptoms are too much; asked in the place of the effort, once that is told."""
    said = state.symptom_reserve
    return tuple(
        Button(
            f"reserve_{word}", say(f"rest.{word}"), Action.RESERVE, value, enabled=said is None, chosen=said == value
        )
        for word, value in RESERVES
    )


def _pain_buttons(state: SessionState) -> tuple[Button, ...]:
    return tuple(
        Button(
            f"pain_{word}",
            say(f"rest.{word}"),
            Action.PAIN_CHANGE,
            value,
            enabled=state.pain_change is None,
            chosen=state.pain_change == value,
        )
        for word, value in PAIN_CHANGES
    )


def _counted(key: str, number: int, **fields: object) -> str:
    return say(f"{key}_one" if number == 1 else key, **fields)


def _first_name(state: SessionState) -> str:
    return state.plan.first_name if state.plan else ""


def _name(line: PlannedExercise) -> str:
    return exercise(line.exercise).name


def _dose(line: PlannedExercise) -> str:
    if line.reps is not None and line.hold_s is not None:
        if line.sets == 1:
            return say("agenda.held_reps", reps=line.reps, seconds=f"{line.hold_s:g}")
        return say("agenda.held_sets", sets=line.sets, reps=line.reps, seconds=f"{line.hold_s:g}")
    if line.reps is not None:
        return _counted("agenda.dose", line.sets, sets=line.sets, reps=line.reps)
    if line.duration_min is not None:
        return say("agenda.timed", minutes=f"{line.duration_min:g}")
    if line.hold_s is not None:
        return say("agenda.holds", sets=line.sets, seconds=f"{line.hold_s:g}")
    return _counted("agenda.sets", line.sets, sets=line.sets)


def _asked(reps: int | None) -> str:
    """The number of repetitions asked for, or that there is none."""
    return say("set.no_target") if reps is None else str(reps)


def _length(minutes: int) -> str:
    return say("agenda.minute") if minutes == 1 else say("agenda.minutes", minutes=minutes)


def _minutes(lines: tuple[PlannedExercise, ...]) -> int:
    """Guess the length of the session from its tempos and rests, in whole minutes, at least 1."""
    return max(1, round(minutes(lines)))


def _set_of(state: SessionState) -> str:
    side = state.planned.side
    key = "set.set_of" if side is None else f"set.{side}_set_of"
    return say(key, number=state.set_of_exercise, sets=state.sets_today)


def _set_short(state: SessionState) -> str:
    """The same where there is little room."""
    side = state.planned.side
    key = "set.set_of" if side is None else f"set.{side}_short"
    return say(key, number=state.set_of_exercise, sets=state.sets_today)


def _next_set(state: SessionState) -> str:
    if state.finished:
        return say("rest.all_done")
    return say("rest.next", exercise=state.exercise.name, set=_set_short(state).lower())


def _ready_dose(planned: PlannedExercise) -> str:
    reps = _ready_reps(planned)
    if planned.load_kg is None:
        return reps
    low, high = (f"{kg:g}" for kg in planned.load_kg)
    load = say("ready.load_one", low=low) if low == high else say("ready.load", low=low, high=high)
    return f"{reps}, {load}"


def _ready_reps(planned: PlannedExercise) -> str:
    if planned.reps is not None and planned.hold_s is not None:
        return say("ready.held_reps", reps=planned.reps, seconds=f"{planned.hold_s:g}")
    if planned.reps is not None:
        return _counted("ready.reps", planned.reps, reps=planned.reps)
    if planned.duration_min is not None:
        return say("ready.timed", minutes=f"{planned.duration_min:g}")
    return say("ready.open") if planned.hold_s is None else say("ready.held", seconds=f"{planned.hold_s:g}")


def _pace(state: SessionState) -> tuple[tuple[str, Tone], ...]:
    """The phases of a repetition with their seconds, or one sentence where the plan asks for none."""
    due, tempo = state.exercise, state.tempo
    if not tempo.judged or due.measured is Measured.TIMED:
        return ((say("ready.own_speed"), Tone.PLAIN),)
    return tuple(
        (f"{due.words[phase]} {_whole(target_s(tempo, phase))}".strip(), tone_of(due, phase)) for phase in due.phases
    )


def figure_view(
    due: Exercise, tempo: Tempo, now_s: float, *, calm: bool = False, hold_s: float | None = None
) -> FigureView | None:
    """Return the figure as of now, moving at the tempo; where it is calm, its start and its far end."""
    if due.figure is None:
        return None
    if calm:
        return FigureView(due.figure, still_positions(due.figure))
    return FigureView(due.figure, (course_of(due, tempo, hold_s).position_at(now_s),))


def _whole(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:g}"


def _ready_text(state: SessionState) -> str:
    if state.may_begin:
        return say("ready.begin")
    return _waiting_for(state)


def _put_right(state: SessionState) -> tuple[str, ...]:
    """What to do about a sensor that is not where it belongs; it comes before everything else to be done."""
    if state.mixup is None:
        return ()
    # The sensor that is needed now comes first.
    places = sorted(state.mixup.sensors, key=lambda place: place != state.exercise.place)
    first, second = (*map(_part, places), "")[:2]
    return sentences(say(f"worn.{state.mixup.mixup}", first=first, second=second))


def _about_bell(state: SessionState) -> tuple[str, ...]:
    """What is to be said of a bell that is not the plan's; nothing where all is well."""
    notice, bells = bell_notice(state), state.bells
    if bells is None or notice not in (BellNotice.LIGHTER, BellNotice.HEAVIER, BellNotice.SEVERAL, BellNotice.UNSEEN):
        return ()
    low, high = (f"{kg:g}" for kg in state.bell_band or (0.0, 0.0))
    planned = say("bell.one_kg", low=low) if low == high else say("bell.range_kg", low=low, high=high)
    taken = [f"{kg:g}" for kg in bells.taken]
    if len(taken) > 1:
        taken = [say("bell.and", first=", ".join(taken[:-1]), second=taken[-1])]
    return sentences(say(f"bell.{notice}", taken="".join(taken), planned=planned))


def _bell_line(state: SessionState) -> tuple[SensorLine, ...]:
    """The bell as the dock or the patient has it, like a sensor."""
    notice, bells = bell_notice(state), state.bells
    if notice is None or bells is None:
        return ()
    kg = bells.in_hand or state.bell_by_hand or (state.bells_wanted[0] if notice is BellNotice.AWAITED else None)
    label = say("bell_line.bells") if kg is None else say("bell_line.bell", kg=f"{kg:g}")
    fine = notice in (BellNotice.AS_PLANNED, BellNotice.BY_HAND)
    return (SensorLine(label, say(f"bell_word.{notice}"), SensorState.OK if fine else SensorState.WAITING),)


def _part(place: str) -> str:
    """Return the part of the body, without the word sensor."""
    return _place(place).lower().removesuffix(" sensor")


def _waiting_for(state: SessionState) -> str:
    if state.mixup is not None:
        return say("worn.check")
    return say("ready.waiting_for", place=_place(state.exercise.place).lower())


def _place(place: str) -> str:
    """A rig may have places the words do not know; their own name is better than none."""
    return words().get(f"place.{place}", place.capitalize())


def _sensor_lines(state: SessionState, station: StationInfo) -> tuple[SensorLine, ...]:
    """The sensor of the exercise first, as the session believes it; then what else the station has."""
    needed = state.exercise.place if state.uses_sensor else ""
    seen = dict(station.sensors)
    if not needed:
        pass
    elif state.sensor_usable:
        seen[needed] = SensorState.OK
    elif seen.get(needed, SensorState.OK) is SensorState.OK:
        seen[needed] = SensorState.WAITING
    doubted = {place for finding in state.misworn for place in finding.sensors}
    # Where no sensor can tell the exercise, none is waited for.
    places = (*((needed,) if needed else ()), *(place for place in seen if place not in ("", needed)))
    lines = [_sensor_line(place, seen[place], place in doubted, place in state.expired) for place in places]
    first = 1 if needed else 0
    slow = dict(station.slow)
    told = [
        replace(line, note=say("cell.no_snap", seconds=f"{slow[place]:.1f}")) if place in slow else line
        for place, line in zip(places, lines, strict=True)
    ]
    return (*told[:first], *_bell_line(state), *told[first:])


def _sensor_line(place: str, state: SensorState, doubted: bool, expired: bool) -> SensorLine:
    if doubted and state is not SensorState.LOST:
        return SensorLine(_place(place), say("sensor.check"), SensorState.WAITING)
    if expired and state is SensorState.OK:
        return SensorLine(_place(place), say("sensor.expired"), SensorState.WAITING)
    return SensorLine(_place(place), say(f"sensor.{state}"), state)


def _kept(station: StationInfo) -> str:
    """Where the records are; a recording that is off is told instead, unless they are not saved at all."""
    if station.sync is Sync.NOT_SAVED or station.recording is Recording.FINE:
        return say(f"sync.{station.sync}")
    return say(f"recording.{station.recording}")


def _call(station: StationInfo) -> str:
    return say("clinic.call", number=station.clinic_number) if station.clinic_number else ""


def _help(station: StationInfo) -> tuple[str, ...]:
    return (say("clinic.need_help"), _call(station) or say("clinic.call_clinic"))


def _time_left(state: SessionState) -> tuple[str, str]:
    if state.rest_ends_s is None:
        return say("rest.done"), ""
    left_s = ceil(max(state.rest_ends_s - state.now_s, 0.0))
    if left_s < 100:
        return str(left_s), say("rest.seconds")
    return f"{left_s // 60}:{left_s % 60:02d}", say("rest.minutes")


def _last_result(state: SessionState) -> tuple[str, ...]:
    if not state.done or state.done[-1].skipped:
        return ()
    last = state.done[-1]
    inside = sum(judged.inside for judged in last.counted)
    said = _said_of_next(state)
    done = say("rest.result", count=len(last.counted), planned=_asked(last.reps_planned))
    if said:
        return done, said
    if last.by_hand:
        return done, say("rest.by_hand", reps=last.by_hand)
    return (done, say("rest.inside", inside=inside)) if last.counted and not state.unaided else (done,)


def _said_of_next(state: SessionState) -> str:
    """What the rule table says of the next set, once it was answered how the last one felt."""
    if state.pain_change is None or state.plan is None:
        return ""
    said = state.guard.verdict_on(state.done[-1].exercise, state.plan.limits)
    screens = {one.rule.key: one.rule.screen for one in said.reasons}
    return screens.get("pain_repeats") or screens.get("pain_more") or ""
