"""What the next day will say after more work, learned from one patient's own answers.

The rise after 24 hours as a line over how much more was done than usual. Before the first answers it expects no rise
and is unsure; it never says that more is safe, only that more was not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edge.coach.guess import Guess, Line
from edge.coach.response import complete, rise
from edge.history.facts import SessionFact
from edge.records import Moment

ENOUGH = 6
"""Answered sessions before anything is said. Our choice: two weeks of three."""
RISE_SD = 1.0
SLOPE_SD = 5.0
"""Points per doubling of the natural logarithm of work: 10 % more may then cost half a point. Our choice."""
NOISE_SD, WORTH = 1.0, 4.0
ROWS_MOST = 40
"""Lines whose usual work is kept. A plan has fewer."""
FOLLOWS = 0.3
"""Share of a session's work in what counts as usual. Our choice: the last three or four sessions."""


UNSURE = Line.prior((0.0, 0.0), (RISE_SD, SLOPE_SD), NOISE_SD, WORTH)
"""Before the first answer: no rise, whatever was done."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The line, and the usual work of each plan's line. Bounded."""

    line: Line = UNSURE
    usual: Mapping[str, float] = field(default_factory=dict)

    def learned(self, session: SessionFact) -> Expected:
        """Return it with one more session; one without its answer of the next day only tells what is usual."""
        work = _work(session)
        known = [math.log(done / self.usual[row]) for row, done in work.items() if row in self.usual]
        line, told = self.line, rise(session, Moment.NEXT_DAY)
        if known and told is not None and complete(session, Moment.NEXT_DAY):
            line = line.learned((1.0, sum(known) / len(known)), float(told))
        usual = dict(self.usual)
        for row, done in work.items():
            usual[row] = usual[row] + FOLLOWS * (done - usual[row]) if row in usual else done
        return Expected(line, dict(list(usual.items())[-ROWS_MOST:]))

    @classmethod
    def of(cls, sessions: Iterable[SessionFact]) -> Expected:
        """Return what these sessions teach, in their order."""
        expected = cls()
        for one in sessions:
            expected = expected.learned(one)
        return expected

    def guess(self, more_pct: float) -> Guess | None:
        """Return the rise to be expected after ``more_pct`` percent more work; None until enough was answered."""
        if self.line.n < ENOUGH:
            return None
        return self.line.guess((1.0, math.log1p(more_pct / 100)))


def _work(session: SessionFact) -> dict[str, float]:
    """Return repetitions times load of each line, from sets that can be believed."""
    work: dict[str, float] = {}
    for one in session.sets:
        if one.trusted and one.reps_verified and one.reps_by_hand is None:
            work[one.row] = work.get(one.row, 0.0) + one.reps_verified * (one.load_kg or 1.0)
    return work
