"""Effort read from tempo and loss of speed, learned from one patient's own answers. It speaks only when it is sure.

Speed says little of effort in slow, pain-limited work, and every patient slows down in a way of their own: so nothing
is assumed but a flat line, and nothing is said before the patient's own answers have shown how it runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.coach.guess import Guess, Line
from edge.history.facts import SetFact

ENOUGH = 8
"""Answers before anything is said: one per weight would fit any noise. Our choice."""
WIDEST_SD = 1.5
"""A guess less sure than this is not said: the scale itself is good to about one (Hackett 2017). Our choice."""
USUAL_RPE, RPE_SD = 6.0, 2.0
SLOPE_SD = 10.0
"""RPE per whole loss of speed or of tempo: 30 % may be worth three points. Our choice."""
NOISE_SD, WORTH = 1.0, 4.0
LOWEST, HIGHEST = 1.0, 10.0


FLAT = Line.prior((USUAL_RPE, 0.0), (RPE_SD, SLOPE_SD), NOISE_SD, WORTH)
"""Before the first answer: the usual effort, whatever the speed."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Two lines, one over the loss of speed and one over the share of repetitions off tempo. Constant memory."""

    by_speed: Line = FLAT
    by_tempo: Line = FLAT

    def learned(self, one: SetFact) -> Effort:
        """Return it with one more set; a set without an answer, or that was doubted, teaches nothing."""
        if one.rpe is None or not one.trusted or one.reps_by_hand is not None:
            return self
        by_speed, by_tempo = self.by_speed, self.by_tempo
        if one.speed_loss is not None:
            by_speed = by_speed.learned((1.0, one.speed_loss), float(one.rpe))
        if one.on_tempo is not None:
            by_tempo = by_tempo.learned((1.0, 1 - one.on_tempo), float(one.rpe))
        return Effort(by_speed, by_tempo)

    @classmethod
    def of(cls, sets: Iterable[SetFact]) -> Effort:
        """Return what these sets teach, in their order."""
        effort = cls()
        for one in sets:
            effort = effort.learned(one)
        return effort

    def guess(self, one: SetFact) -> Guess | None:
        """Return the effort a set looks like, from the surer of the two; None until that is sure enough."""
        if not one.trusted:
            return None
        guesses = []
        if one.speed_loss is not None and self.by_speed.n >= ENOUGH:
            guesses.append(self.by_speed.guess((1.0, one.speed_loss)))
        if one.on_tempo is not None and self.by_tempo.n >= ENOUGH:
            guesses.append(self.by_tempo.guess((1.0, 1 - one.on_tempo)))
        best = min(guesses, key=lambda guess: guess.sd, default=None)
        if best is None or best.sd > WIDEST_SD:
            return None
        return Guess(min(max(best.value, LOWEST), HIGHEST), best.sd, best.n)
