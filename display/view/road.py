"""The road of the set screen: the target height ahead of a fixed line, and where the patient is on it.

All times are seconds from now: what is left of the line is negative. Heights are 0 (low) to 1 (high) as the body
or the handle is seen, so a squat goes down and a row goes up.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

from display.parts import Tone
from display.shapes import AHEAD_S, PAST_S, Piece, Road
from edge.judge import TEMPO_TOLERANCE, TEMPO_TOLERANCE_S
from edge.library import Exercise
from edge.live import Live
from edge.model import Activity, Phase
from edge.tempo import Tempo

UNJUDGED_S = 1.5
"""Length drawn for a part without a target. It is a drawing, not a request: the stretch is dotted."""
LEAD_S = 0.5
"""While the patient rests the next repetition waits this far ahead of the line."""
MOVING = (Activity.MOVING, Activity.HOLDING)


def tone_of(exercise: Exercise, phase: Phase) -> Tone:
    """Return the colour meaning of a phase in this exercise."""
    if phase is exercise.rest_phase:
        return Tone.REST
    return {Phase.ECCENTRIC: Tone.LOWER, Phase.CONCENTRIC: Tone.LIFT}.get(phase, Tone.HOLD)


def target_s(tempo: Tempo, phase: Phase) -> float | None:
    """Return the seconds the plan asks for in a phase, or None where it is not judged."""
    return {
        Phase.ECCENTRIC: tempo.eccentric_s,
        Phase.BOTTOM: tempo.bottom_s,
        Phase.CONCENTRIC: tempo.concentric_s,
        Phase.TOP: tempo.top_s,
    }[phase]


def moving_phase(exercise: Exercise, live: Live) -> Phase | None:
    """Return the phase of a repetition that is under way, or None while the patient is in the start posture."""
    if live.activity not in MOVING or live.phase is exercise.rest_phase:
        return None
    return live.phase


def road_of(exercise: Exercise, tempo: Tempo, live: Live, reps_left: int) -> Road:
    """Return the road as of ``live``: the present phase begins where it began, the rest follows its targets.

    When the patient takes longer than asked, what comes next waits at the line.
    """
    return Road(
        pieces=tuple(p for p in _pieces(exercise, tempo, live, reps_left) if p.end_s > -PAST_S),
        trace=_trace(exercise, live),
        dot_height=None if live.activity is Activity.BLIND else _height(exercise, live.position),
    )


def _pieces(exercise: Exercise, tempo: Tempo, live: Live, reps_left: int) -> Iterator[Piece]:
    phase = moving_phase(exercise, live)
    begun = [] if phase is None else list(_under_way(exercise, tempo, phase, live.phase_start_s - live.t_s))
    if phase is None:
        begun = [_resting(exercise, tempo, live)]
    yield from begun
    at_s = begun[-1].end_s
    for following in _following(exercise, phase, reps_left):
        if at_s >= AHEAD_S:
            return
        piece = _piece(exercise, tempo, following, at_s)
        at_s = piece.end_s
        yield piece
    if at_s < AHEAD_S:  # after the last repetition there is only rest
        yield _piece(exercise, tempo, exercise.rest_phase, at_s, AHEAD_S)


def _under_way(exercise: Exercise, tempo: Tempo, phase: Phase, start_s: float) -> Iterator[Piece]:
    """Yield the phase before, the present one, and, past its target, a level stretch up to the line."""
    order = (exercise.rest_phase, *exercise.phases)
    before = order[order.index(phase) - 1]
    length_s = PAST_S if before is exercise.rest_phase else target_s(tempo, before) or UNJUDGED_S
    yield _piece(exercise, tempo, before, start_s - length_s, start_s)
    present = _piece(exercise, tempo, phase, start_s)
    yield present
    if present.end_s < 0:
        level = present.to_height
        yield Piece(phase, present.tone, present.end_s, 0.0, level, level, present.judged, present.slack_s)


def _resting(exercise: Exercise, tempo: Tempo, live: Live) -> Piece:
    asked_s = target_s(tempo, exercise.rest_phase)
    ends_s = LEAD_S
    if asked_s is not None and live.activity is Activity.RESTING and live.phase is not None:
        ends_s = max(live.phase_start_s - live.t_s + asked_s, 0.0)
    return _piece(exercise, tempo, exercise.rest_phase, -PAST_S, ends_s)


def _following(exercise: Exercise, phase: Phase | None, reps_left: int) -> Iterator[Phase]:
    """Yield the phases after ``phase`` up to the end of the last repetition."""
    rep = exercise.phases
    this_one = rep[rep.index(phase) + 1 :] if phase else rep if reps_left > 0 else ()
    later = chain.from_iterable(repeat((exercise.rest_phase, *rep), max(reps_left - 1, 0)))
    return chain(this_one, later)


def _piece(exercise: Exercise, tempo: Tempo, phase: Phase, start_s: float, end_s: float | None = None) -> Piece:
    asked_s = target_s(tempo, phase)
    out, hold, _ = exercise.phases
    ends = {out: (0.0, 1.0), hold: (1.0, 1.0), exercise.rest_phase: (0.0, 0.0)}.get(phase, (1.0, 0.0))
    return Piece(
        phase=phase,
        tone=tone_of(exercise, phase),
        start_s=start_s,
        end_s=start_s + (asked_s or UNJUDGED_S) if end_s is None else end_s,
        from_height=_height(exercise, ends[0]),
        to_height=_height(exercise, ends[1]),
        judged=asked_s is not None,
        slack_s=max(TEMPO_TOLERANCE_S, TEMPO_TOLERANCE * (asked_s or UNJUDGED_S)),
    )


def _height(exercise: Exercise, position: float) -> float:
    """Return how high a position is. A repetition that begins with the eccentric part begins high up."""
    held = min(max(position, -0.1), 1.1)
    return 1.0 - held if exercise.starts_with is Phase.ECCENTRIC else held


def _trace(exercise: Exercise, live: Live) -> tuple[tuple[float, float], ...]:
    if live.activity is Activity.BLIND:
        return ()
    return tuple(
        (t_s - live.t_s, _height(exercise, position)) for t_s, position in live.recent if t_s >= live.t_s - PAST_S
    )
