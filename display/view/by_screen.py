"""What the patient sees, decided without drawing: session state and live look in, a frozen View out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil

from display.parts import Button, Header, Key
from display.shapes import (
    AgendaView,
    AskingView,
    ByHandView,
    ChangeView,
    EntryView,
    LockedView,
    LostView,
    NoPlanView,
    ReadyView,
    RestView,
    ResumeView,
    StoppedView,
    SummaryView,
    TimedView,
    TrialView,
    UncountedView,
    View,
)
from display.station_info import Recording, StationInfo, Sync
from display.view.agenda import agenda_notice
from display.view.asking import asking_view
from display.view.change import change_view
from display.view.coach import before_a_set, nudge_view
from display.view.cues import cue_of
from display.view.doses import (
    asked_reps,
    counted,
    dose_of,
    length_of,
    minutes_of,
    name_of,
    next_set,
    pace_of,
    plan_of,
    ready_dose,
    set_of,
)
from display.view.figure import figure_view
from display.view.logbook import log_button, logbook_view
from display.view.message import message_view
from display.view.resume import resume_view
from display.view.sensor_lines import about_bell, put_right, sensor_lines, waiting_for
from display.view.testing import (
    entry_view,
    hands_view,
    offer_view,
    rating_view,
    result_view,
    running_view,
    stopped_view,
)
from display.view.timed import timed_view
from display.view.told import band_check_view, told_view
from display.view.training import set_view
from display.words import say, sentences
from edge.library import exercise
from edge.live import Live
from edge.model import PlannedExercise, StopReason
from edge.records import Severity, Side
from edge.safety.flags import locked_words
from edge.session import Action, BellNotice, Screen, SessionState, bell_notice
from edge.session.fixing import fixable, may_add, shown
from edge.session.manner import Manner
from edge.session.trial import TRIAL_REPS

AGENDA_LINES = 4
EFFORTS = (("easy", 2, 1, 3), ("just_right", 5, 4, 6), ("hard", 7, 7, 8), ("too_hard", 9, 9, 10))
"""Word, the number that is stored, and the range it stands for: its middle, the lower one of two."""
RESERVES = (("no_more", 0), ("one_or_two", 1), ("three_or_four", 3), ("five_or_more", 5))
"""Word and the number that is stored: the lower end, because what is not known may only ask for less."""
PAIN_CHANGES = (("less", -1), ("same", 0), ("more", 1))


def view(state: SessionState, live: Live, station: StationInfo) -> View:
    """Return what to show now. The same three arguments always give an equal View."""
    match state.screen:
        case Screen.SET:
            return set_view(state, live)
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
    lines, rows = state.routine.lines, _agenda_rows(state)
    help_lines = _help(station)
    if not {exercise(line.exercise).place for line in lines}.isdisjoint(state.expired):
        help_lines = (say("clinic.calibration_over"), help_lines[-1])
    message = message_view(state)
    nudge = nudge_view(state) if message is None else None
    room = AGENDA_LINES - (message.slots if message else 1 if nudge else 0)
    shown = rows if len(rows) <= room else rows[: max(room - 1, 1)]
    left_over = len(rows) - len(shown) if room > 1 else 0  # beside one row alone the title says how many there are
    due_now = state.may_start
    return AgendaView(
        header=Header(say("agenda.header", name=_first_name(state)), _kept(station)),
        title=counted("agenda.title", len(rows), count=len(rows)) if due_now else say("agenda.nothing_due"),
        length=agenda_notice(state) or length_of(minutes_of(lines)),
        lines=shown,
        more=say("agenda.more", count=left_over) if left_over else "",
        help=help_lines,
        buttons=(
            _main("start", say("agenda.start"), enabled=due_now),
            *(one.button for one in (message, nudge) if one is not None),
            *log_button(state, key=None if nudge or message else Key.WHITE),
        ),
        nudge=nudge,
        message=message,
    )


def _agenda_rows(state: SessionState) -> tuple[tuple[str, str, str], ...]:
    """Exercise, dose, and the plan's range; what is done on either side has one row."""
    lines = state.routine.lines
    both = {replace(line, side=Side.LEFT) for line in lines if line.side is Side.RIGHT} & set(lines)
    return tuple(
        (
            name_of(line),
            say("agenda.a_side", dose=dose_of(line)) if line in both else dose_of(line),
            _plan(state, line),
        )
        for line in lines
        if not (line.side is Side.RIGHT and replace(line, side=Side.LEFT) in both)
    )


def _plan(state: SessionState, line: PlannedExercise) -> str:
    return plan_of(None if state.plan is None or state.routine.gentle else state.plan.row(line.row))


def _asking(state: SessionState, _station: StationInfo) -> AskingView:
    return asking_view(state)


def _log(state: SessionState, _station: StationInfo) -> ChangeView | EntryView:
    return logbook_view(state)


def _ready(state: SessionState, station: StationInfo) -> ReadyView:
    planned, due = state.planned, state.exercise
    return ReadyView(
        header=Header(due.name, set_of(state)),
        instruction=put_right(state) or about_bell(state) or sentences(due.setup),
        dose=ready_dose(planned),
        pace=pace_of(state),
        figure=figure_view(due, planned.tempo, state.now_s, calm=station.calm, hold_s=planned.hold_s),
        sensors=sensor_lines(state, station),
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
        sensor=sensor_lines(state, station)[0],
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
        header=Header(state.exercise.name, set_of(state)),
        sensor=sensor_lines(state, station)[0],
        title=say("lost.back") if back else say("lost.title"),
        lines=(_paused_at(state), say("lost.start_anew") if back else say("lost.check")),
        buttons=(
            Button("end_set", say("set.stop"), Action.STOP, key=Key.RED),
            Button("uncounted", say("lost.uncounted"), Action.UNCOUNTED, key=Key.WHITE),
            _main("go_on", say("lost.go_on") if back else waiting_for(state), enabled=back),
        ),
    )


def _uncounted(state: SessionState, station: StationInfo) -> UncountedView:
    own = state.manner is Manner.BY_HAND
    return UncountedView(
        header=Header(state.exercise.name, set_of(state)),
        sensor=None if own else sensor_lines(state, station)[0],
        title=say("own.title") if own else say("lost.not_counting"),
        lines=(ready_dose(state.planned), say("own.then"))
        if own
        else (_paused_at(state), say("lost.count_yourself")),
        buttons=(
            Button("end_set", say("set.stop"), Action.STOP, key=Key.RED),
            _main("done", say("lost.done")),
        ),
    )


def _timed(state: SessionState, _station: StationInfo) -> TimedView:
    return timed_view(state, set_of(state))


def _by_hand(state: SessionState, _station: StationInfo) -> ByHandView:
    known = state.by_hand is not None
    own, planned = state.manner is Manner.BY_HAND, state.planned.reps
    said = say("own.no_number") if planned is None else say("own.planned", reps=planned)
    return ByHandView(
        header=Header(state.exercise.name, set_of(state)),
        question=say("own.how_many") if own else say("lost.how_many"),
        kept=said if own else say("lost.counted", reps=len(state.reps), planned=asked_reps(planned)),
        number=str(state.by_hand) if known else say("lost.no_number"),
        buttons=(
            Button("fewer", say("lost.fewer"), Action.FEWER, enabled=known),
            Button("more", say("lost.more"), Action.MORE, key=Key.WHITE),
            _main("answered", say("lost.answered") if known else say("lost.do_not_know")),
            Button("end_set", say("set.stop"), Action.STOP, key=Key.RED),
        ),
    )


def _paused_at(state: SessionState) -> str:
    return say("lost.paused_at", reps=len(state.reps), planned=asked_reps(state.planned.reps))


def _stopped(state: SessionState, _station: StationInfo) -> StoppedView:
    keys = ((StopReason.PAIN, Key.RED), (StopReason.TIRED, Key.WHITE), (StopReason.OTHER, Key.GREEN))
    kept = counted("stopped.kept", len(state.reps), reps=len(state.reps))
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
    return resume_view(state, "" if state.finished else next_set(state))


def _fix(state: SessionState, _station: StationInfo) -> ByHandView:
    last = state.done[-1]
    buttons = (
        Button("fewer", say("lost.fewer"), Action.FEWER, enabled=shown(state) > 0),
        Button("more", say("lost.more"), Action.MORE, enabled=may_add(state)),
        _main("answered", say("lost.answered")),
    )
    return ByHandView(
        header=Header(exercise(last.exercise).name, say("rest.fix")),
        question=say("fix.question"),
        kept=say("fix.counted", reps=len(last.reps)),
        number=str(shown(state)),
        buttons=(
            Button("end_set", say("set.stop"), Action.STOP, key=Key.RED),
            *pointing(buttons, state.pointed),
        ),
    )


def _change(state: SessionState, _station: StationInfo) -> ChangeView:
    return change_view(state)


def _rest(state: SessionState, _station: StationInfo) -> RestView:
    time, unit = _time_left(state)
    go_on = say("rest.finish") if state.finished else say("rest.go_now")
    buttons = (
        *(_effort_buttons() if state.effort is None else _reserve_buttons(state)),
        *_pain_buttons(state),
        *(() if state.rest_ends_s is None else (Button("longer", say("rest.longer"), Action.LONGER_REST),)),
        *((Button("fix", say("rest.fix"), Action.FIX),) if fixable(state) else ()),
        _main("go_on", go_on),
    )
    return RestView(
        header=Header(say("rest.header"), next_set(state)),
        time=time,
        unit=unit,
        effort_question=say("rest.effort_question" if state.effort is None else "rest.reserve_question"),
        pain_question=say("rest.pain_question"),
        result=_last_result(state),
        buttons=pointing(buttons, state.pointed),
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
    Screen.TEST_OFFER: offer_view,
    Screen.TESTING: running_view,
    Screen.TEST_HANDS: hands_view,
    Screen.TEST_ENTRY: entry_view,
    Screen.TEST_STOPPED: stopped_view,
    Screen.TEST_RESULT: result_view,
    Screen.TEST_RATING: rating_view,
    Screen.LOG: _log,
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


# ---- parts ------------------------------------------------------------------------------------------------


def pointing(buttons: tuple[Button, ...], pointed: str) -> tuple[Button, ...]:
    """Return the buttons as the three physical ones reach them all: white points at the next, green does it.

    After the last one white comes back to the main action, which is last among them.
    """
    reached = [one.id for one in buttons if one.enabled]
    at = reached.index(pointed) if pointed in reached else len(reached) - 1
    here, following = reached[at], reached[(at + 1) % len(reached)]
    shown = tuple(
        replace(one, pointed=one.id == here and not one.main, key=Key.GREEN if one.id == here else None)
        for one in buttons
    )
    return (*shown, Button("point", "", Action.POINT, following, key=Key.WHITE))


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


def _first_name(state: SessionState) -> str:
    return state.plan.first_name if state.plan else ""


def _ready_text(state: SessionState) -> str:
    if state.may_begin:
        return say("ready.begin")
    return waiting_for(state)


def _kept(station: StationInfo) -> str:
    """Where the records are; a recording that is off is told instead, unless they are not saved at all."""
    if station.sync in (Sync.NOT_SAVED, Sync.REPAIRED) or station.recording is Recording.FINE:
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
    done = say("rest.result", count=len(last.counted), planned=asked_reps(last.reps_planned))
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
