"""The figure in time: where in a repetition it is, at the tempo that was prescribed."""

from __future__ import annotations

from dataclasses import dataclass

from edge.library import Exercise
from edge.model import Phase
from edge.tempo import Tempo

OWN_SPEED_S = 1.5
"""Length shown for a way out or back that nobody prescribed. It is a drawing, not a request."""
OWN_PAUSE_S, START_S = 0.4, 0.8
"""Lengths shown for a pause at the far end and in the start posture where none is prescribed."""
LONGEST_HOLD_S = 5.0
"""A longer hold is shown as one of this length: nobody waits half a minute for the picture to move."""
STEPS_S = 1.2
"""Once round for a figure that walks: two steps, 100 a minute (moderate walking, Tudor-Locke 2018)."""


@dataclass(frozen=True, slots=True)
class Course:
    """Seconds of one repetition as the figure shows it; ``round_s`` instead where it goes round and round."""

    out_s: float
    hold_s: float
    back_s: float
    rest_s: float
    round_s: float | None = None

    @property
    def length_s(self) -> float:
        """Seconds after which it begins again."""
        return self.round_s or self.out_s + self.hold_s + self.back_s + self.rest_s

    def position_at(self, t_s: float) -> float:
        """Return the position in the figure, 0 at the start posture and 1 at the far end; it begins with the rest.

        >>> course = Course(out_s=2.0, hold_s=1.0, back_s=1.0, rest_s=0.5)
        >>> [course.position_at(t_s) for t_s in (0.0, 1.5, 3.0, 4.0, 4.5)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
        """
        t_s %= self.length_s
        if self.round_s is not None:
            return t_s / self.round_s
        out = _eased((t_s - self.rest_s) / self.out_s)
        back = _eased((t_s - self.rest_s - self.out_s - self.hold_s) / self.back_s)
        return out - back


def course_of(exercise: Exercise, tempo: Tempo, hold_s: float | None = None) -> Course:
    """Return the course of an exercise at a tempo; what is not prescribed has a usual length.

    ``hold_s`` is the hold of a row that has one beside its tempo.
    """
    if exercise.figure is not None and exercise.figure.cycle:
        return Course(0.0, 0.0, 0.0, 0.0, round_s=STEPS_S)
    tempo = tempo.placed(starts_concentric=exercise.starts_with is Phase.CONCENTRIC)
    seconds = dict(zip(Phase, tempo.parts, strict=True))
    out, hold, back = exercise.phases
    return Course(
        seconds[out] or OWN_SPEED_S,
        min(hold_s or seconds[hold] or OWN_PAUSE_S, LONGEST_HOLD_S),
        seconds[back] or OWN_SPEED_S,
        seconds[exercise.rest_phase] or START_S,
    )


def _eased(share: float) -> float:
    """A minimum-jerk path from 0 to 1 (Flash and Hogan 1985): how a person moves from rest to rest."""
    x = min(max(share, 0.0), 1.0)
    return x * x * x * (10.0 + x * (6.0 * x - 15.0))
