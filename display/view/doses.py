"""How a dose is said: of a line, of a set, of a repetition."""

from __future__ import annotations

from display.parts import Tone
from display.view.road import target_s, tone_of
from display.words import say
from edge.library import Measured, exercise
from edge.model import PlannedExercise
from edge.prescription.lines import minutes
from edge.prescription.row import Row, Span
from edge.prescription.starting import weighed
from edge.session import SessionState


def counted(key: str, number: int, **fields: object) -> str:
    """Return the words for a number of things; one has words of its own."""
    return say(f"{key}_one" if number == 1 else key, **fields)


def name_of(line: PlannedExercise) -> str:
    """Return the exercise's name."""
    return exercise(line.exercise).name


def dose_of(line: PlannedExercise) -> str:
    """Return the dose of a line as the agenda says it."""
    if line.reps is not None and line.hold_s is not None:
        if line.sets == 1:
            return say("agenda.held_reps", reps=line.reps, seconds=f"{line.hold_s:g}")
        return say("agenda.held_sets", sets=line.sets, reps=line.reps, seconds=f"{line.hold_s:g}")
    if line.reps is not None:
        return counted("agenda.dose", line.sets, sets=line.sets, reps=line.reps)
    if line.duration_min is not None:
        return say("agenda.timed", minutes=f"{line.duration_min:g}")
    if line.hold_s is not None:
        return say("agenda.holds", sets=line.sets, seconds=f"{line.hold_s:g}")
    return counted("agenda.sets", line.sets, sets=line.sets)


def plan_of(row: Row | None) -> str:
    """Return how far the plan goes beside today's dose, as the agenda says it; empty where it names one number."""
    if row is None:
        return ""
    sets, reps = _span(row.sets), _span(row.reps)
    if sets and reps:
        return say("agenda.plan_both", sets=sets, reps=reps)
    return say("agenda.plan_sets", sets=sets) if sets else say("agenda.plan_reps", reps=reps) if reps else ""


def _span(span: Span | None) -> str:
    return "" if span is None or span.low == span.high else say("agenda.span", low=span.low, high=span.high)


def asked_reps(reps: int | None) -> str:
    """The number of repetitions asked for, or that there is none."""
    return say("set.no_target") if reps is None else str(reps)


def length_of(minutes: int) -> str:
    """Return the length of a session in words."""
    return say("agenda.minute") if minutes == 1 else say("agenda.minutes", minutes=minutes)


def minutes_of(lines: tuple[PlannedExercise, ...]) -> int:
    """Guess the length of the session from its tempos and rests, in whole minutes, at least 1."""
    return max(1, round(minutes(lines)))


def set_of(state: SessionState) -> str:
    """Return which set of how many, and of which side."""
    side = state.planned.side
    key = "set.set_of" if side is None else f"set.{side}_set_of"
    return say(key, number=state.set_of_exercise, sets=state.sets_today)


def set_short(state: SessionState) -> str:
    """The same where there is little room."""
    side = state.planned.side
    key = "set.set_of" if side is None else f"set.{side}_short"
    return say(key, number=state.set_of_exercise, sets=state.sets_today)


def next_set(state: SessionState) -> str:
    """Return what comes after the rest."""
    if state.finished:
        return say("rest.all_done")
    return say("rest.next", exercise=state.exercise.name, set=set_short(state).lower())


def ready_dose(planned: PlannedExercise) -> str:
    """Return what is to be done in this set: repetitions or time, and the load."""
    reps, load = _ready_reps(planned), _ready_load(planned)
    return f"{reps}, {load}" if load else reps


def _ready_load(planned: PlannedExercise) -> str:
    """What stands in for another exercise may have a load that nobody knows: then it is begun with the lightest."""
    if planned.load_kg is None:
        return say("ready.load_lightest") if planned.instead_of and weighed(planned.exercise) else ""
    low, high = planned.load_kg
    if low == high:
        return say("ready.load_one", low=f"{low:g}") if high else say("ready.load_none")
    return say("ready.load", low=f"{low:g}", high=f"{high:g}") if low else say("ready.load_most", high=f"{high:g}")


def _ready_reps(planned: PlannedExercise) -> str:
    if planned.reps is not None and planned.hold_s is not None:
        return say("ready.held_reps", reps=planned.reps, seconds=f"{planned.hold_s:g}")
    if planned.reps is not None:
        return counted("ready.reps", planned.reps, reps=planned.reps)
    if planned.duration_min is not None:
        return say("ready.timed", minutes=f"{planned.duration_min:g}")
    return say("ready.open") if planned.hold_s is None else say("ready.held", seconds=f"{planned.hold_s:g}")


def pace_of(state: SessionState) -> tuple[tuple[str, Tone], ...]:
    """The phases of a repetition with their seconds, or one sentence where the plan asks for none."""
    due, tempo = state.exercise, state.tempo
    if not tempo.judged or due.measured is Measured.TIMED:
        return ((say("ready.own_speed"), Tone.PLAIN),)
    return tuple(
        (f"{due.words[phase]} {_whole(target_s(tempo, phase))}".strip(), tone_of(due, phase)) for phase in due.phases
    )


def _whole(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:g}"
