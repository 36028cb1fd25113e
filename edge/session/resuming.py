"""A session that was cut off, by a power cut or a kill: nothing of it is lost, and it never goes on by itself.

The open set is written down as far as it was counted and is offered again under a number of its own. Before anything
else the patient says how it is; new weakness or a red answer ends the session, as it would at any other moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from edge import records
from edge.history.cut_off import CutOff, set_cut_off
from edge.judge import JudgedRep
from edge.model import Phase, PhaseSpan, PlannedExercise, Rep, StopReason
from edge.prescription.lines import Routine
from edge.prescription.plan import Prescription
from edge.records import Doubt, Moment, RepEdit
from edge.session.asking import about_symptoms
from edge.session.changing import swapped
from edge.session.closing import end_session, place_in
from edge.session.effects import Result
from edge.session.events import Action, Interrupted, Pressed
from edge.session.guarding import Guard
from edge.session.state import Screen, SessionState, SetResult, place_of


def interrupted(state: SessionState, event: Interrupted) -> Result:
    """Take the session up where it was cut off, and ask how the patient is before anything else."""
    if state.screen is not Screen.AGENDA or state.plan is None or state.locks:
        return state, ()
    routine, done = _so_far(state.plan, event.due.routine, event.cut)
    line, set_of_exercise = place_in(routine, done)
    resumed = SessionState(
        message=state.message,
        now_s=state.now_s,
        active_s=state.now_s,
        plan=state.plan,
        due=event.due,
        routine=routine,
        wall_offset_s=event.wall - state.now_s,
        session_id=event.cut.started.session_id,
        session_start_s=state.now_s - event.elapsed_s,
        line=line,
        set_of_exercise=set_of_exercise,
        set_number=_last_number(event.cut),
        done=done,
        told=event.cut.told,
        usable=state.usable,
        bells=state.bells,
        expired=state.expired,
        asks_at_end=True,
        trials=event.trials,
        guard=Guard.resumed(
            event.history,
            event.cut.started.session_id,
            date.fromisoformat(event.day) if event.day else None,
            bands=event.bands,
        ),
    )
    return resumed.asked(about_symptoms(Moment.RESUMED, resumed.session_id), Screen.RESUME), ()


def _go_on(state: SessionState, _event: Pressed) -> Result:
    if state.finished:
        return end_session(state, StopReason.TARGET)
    return replace(state, screen=Screen.READY), ()


def _enough(state: SessionState, _event: Pressed) -> Result:
    return end_session(state, StopReason.TARGET if state.finished else StopReason.OTHER)


def _last_number(cut: CutOff) -> int:
    """The last number that was used, by a set or by the answers after an earlier cut: keys are never used twice."""
    numbers = [one.number for one in cut.sets] + [one.set_number for one in cut.told]
    last = max(*numbers, 0, cut.begun.number if cut.begun else 0)
    return last + any(one.moment is Moment.RESUMED and one.set_number == last for one in cut.told)


def _so_far(plan: Prescription, routine: Routine, cut: CutOff) -> tuple[Routine, tuple[SetResult, ...]]:
    """Return the routine with what was swapped, and the sets as they were done."""
    sets, done, instead = (*cut.sets, *set_cut_off(cut)), [], dict[tuple[str, str], str]()
    for one in sets:
        planned = _line_of(routine, one)
        original = one.exercise if planned is None else planned.exercise
        done.append(_result(cut, one, "" if original == one.exercise else original))
        if one.stop_reason is not StopReason.SKIPPED:
            instead[one.row, original] = one.exercise
    lines = tuple(
        swapped(plan, line, instead[line.row, line.exercise])
        if instead.get((line.row, line.exercise), line.exercise) != line.exercise
        else line
        for line in routine.lines
    )
    of_plan = [one for one in sets if one.plan_version == plan.version]
    return replace(routine, lines=tuple(_as_begun(line, of_plan) for line in lines)), tuple(done)


def _as_begun(line: PlannedExercise, sets: Sequence[records.SetDone]) -> PlannedExercise:
    """Return a line with the dose its last set had: what follows is measured by that, not by the plan's own."""
    mine = [one for one in sets if (one.row, one.exercise, one.side) == (line.row, line.exercise, line.side)]
    if not mine:
        return line
    reps, load_kg = mine[-1].reps_planned, mine[-1].load_kg
    return replace(
        line,
        reps=line.reps if reps is None or line.reps is None else reps,
        load_kg=line.load_kg if load_kg is None or line.load_kg is None else load_kg,
    )


def _line_of(routine: Routine, done: records.SetDone) -> PlannedExercise | None:
    """The line a set belongs to: its own, or the one of its row in whose place something else was done."""
    of_row = [line for line in routine.lines if line.side is done.side and place_of(line)[0] == done.row]
    return next((line for line in of_row if line.exercise == done.exercise), of_row[0] if of_row else None)


def _result(cut: CutOff, done: records.SetDone, instead_of: str) -> SetResult:
    edited = sorted((one for one in cut.edits if one.set_number == done.number), key=lambda one: one.number)
    edits = {one.rep: one.edit for one in edited}
    by_hand = [one.value for one in cut.answers if (one.set_number, one.question) == (done.number, "reps_by_hand")]
    return SetResult(
        done.exercise,
        tuple(_judged(rep) for rep in cut.counted if rep.set_number == done.number),
        done.reps_planned,
        by_hand[0] if by_hand else None,
        done.stop_reason is StopReason.SKIPPED,
        done.side,
        row=done.row,
        instead_of=instead_of,
        shortened=Doubt.SHORTENED in done.doubts,
        cut=Doubt.CUT_OFF in done.doubts,
        false=frozenset(rep for rep, edit in edits.items() if edit is RepEdit.FALSE),
    )


def _judged(record: records.RepCounted) -> JudgedRep:
    """A repetition as far as its record tells; its phases are not needed any more."""
    end_s = max(record.end_s, record.start_s + 0.001)
    whole = (PhaseSpan(Phase.CONCENTRIC, record.start_s, end_s),)
    rep = Rep(
        record.number, record.start_s, end_s, whole, record.range_value, record.range_unit,
        record.peak_force_n, record.pause_before_s, record.confidence,
    )  # fmt: skip
    return JudgedRep(rep, record.verdict)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.RESUME, Action.MAIN): _go_on,
    (Screen.RESUME, Action.STOP): _enough,
}
