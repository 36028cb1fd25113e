"""What a finished set says of tempo, effort and load beside its count: the numbers that progress hangs on."""

from __future__ import annotations

from statistics import median

from drivers.samples import STANDARD_GRAVITY_M_S2
from edge.model import Origin, StopReason, Verdict
from edge.session.bells import bell_of_set
from edge.session.state import SessionState

OF_TEMPO = (Verdict.ON_TARGET, Verdict.TOO_FAST, Verdict.TOO_SLOW, Verdict.SHORT_HOLD)
"""Verdicts that say how the tempo was; one on the load comes before it and says nothing of it."""


def on_tempo(state: SessionState) -> float | None:
    """Return the share of judged repetitions inside the tempo's tolerance; None where none was judged."""
    if not state.planned.tempo.judged:
        return None
    judged = [one.verdict for one in state.reps if one.verdict in OF_TEMPO]
    return round(judged.count(Verdict.ON_TARGET) / len(judged), 3) if judged else None


def effort_asked(state: SessionState) -> tuple[int, int] | None:
    """Return the effort (low, high) that the set was meant to have, None where the plan says nothing of it."""
    efforts = state.planned.rpe
    asked = efforts[min(state.set_of_exercise, len(efforts)) - 1] if efforts else None
    return None if asked is None else (asked.low, asked.high)


def load_of_set(state: SessionState, reason: StopReason) -> tuple[float | None, Origin | None]:
    """Return the set's load in kg and who says so; both None where nobody does, and only the plan is known.

    A pull's load is the median of its repetitions' peaks: one jerk or one slack pull moves it little. Our choice.
    """
    if reason is StopReason.SKIPPED:
        return None, None
    if state.exercise.driver != "force":
        return bell_of_set(state)
    peaks = [one.rep.peak_force_n for one in state.reps if one.rep.peak_force_n is not None]
    if state.uncoached or not peaks:
        return None, None
    return round(max(median(peaks), 0.0) / STANDARD_GRAVITY_M_S2, 2), Origin.SENSED
