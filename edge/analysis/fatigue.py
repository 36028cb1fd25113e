"""Whether somebody grew slower within a set, where that says anything.

The loss of lifting speed from the best to the last repetition follows fatigue closely when every lift is meant to be
as fast as possible (Sanchez-Medina and Gonzalez-Badillo, Med Sci Sports Exerc 2011). Somebody told to lift in three
seconds lifts in three seconds, tired or not: then the loss says how well the pace was kept and nothing of fatigue.
Which of these holds is part of every answer here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from edge.analysis.robust import TREND_FROM, Trend, trend
from edge.analysis.usable import usable
from edge.model import Phase, Rep
from edge.tempo import Tempo

REPS_FROM = 4
"""A best and a last one need a few between them. Our choice."""


class Meaning(StrEnum):
    """What a loss of speed means in this set."""

    FATIGUE = "fatigue"
    """Every lift was meant to be as fast as possible: the loss follows fatigue."""
    OWN_PACE = "own_pace"
    """At the patient's own speed: a loss may be fatigue, care or habit; compare it with the same patient's others."""
    PACED = "paced"
    """The lift was held back on purpose: the loss is not told, for it would say little."""
    NOT_ENOUGH = "not_enough"


@dataclass(frozen=True, slots=True)
class Fatigue:
    """The change within one set.

    ``speed_loss`` is the share of the best lift's mean speed that the last one lacks, 0 where the last is the best;
    ``speed_trend`` that mean speed per repetition, as a share of the best; ``tempo_trend`` the seconds a repetition
    takes without its pauses, per repetition. None where not known, or where ``meaning`` says that it means nothing; a
    trend needs eight repetitions.
    """

    meaning: Meaning
    why: str
    speed_loss: float | None = None
    speed_trend: Trend | None = None
    tempo_trend: Trend | None = None


def fatigue(reps: Sequence[Rep], tempo: Tempo) -> Fatigue:
    """Return what one set's repetitions, in their order, say of fatigue under a prescribed tempo.

    The mean speed of a lift is its range over the time of its concentric part. Repetitions the counter is not sure of
    are left out. A paced set still has its ``tempo_trend``: a patient who can no longer hold the pace drifts from it.
    """
    sure = [rep for rep in usable(reps) if rep.duration_of(Phase.CONCENTRIC)]
    if len(sure) < REPS_FROM:
        return Fatigue(Meaning.NOT_ENOUGH, f"{len(sure)} sure repetitions; {REPS_FROM} are needed")
    at = np.array([float(rep.number) for rep in sure])
    moving_s = np.array([_moving_s(rep) for rep in sure])
    tempo_trend = trend(at, moving_s)
    if tempo.paced:
        asked = tempo.text if tempo.concentric_s is None else f"{tempo.concentric_s:g} s"
        why = f"the lift was paced ({asked}), so its speed says how well the pace was kept and little of fatigue"
        return Fatigue(Meaning.PACED, why, tempo_trend=tempo_trend)
    speeds = np.array([rep.range_value / (rep.duration_of(Phase.CONCENTRIC) or np.inf) for rep in sure])
    best = float(speeds.max())
    meaning, why = (
        (Meaning.FATIGUE, "every lift was meant to be as fast as possible")
        if tempo.fast
        else (Meaning.OWN_PACE, "the lift was at the patient's own speed, which may have other reasons than fatigue")
    )
    if len(sure) < TREND_FROM:
        why += f"; no trend from fewer than {TREND_FROM} repetitions"
    return Fatigue(meaning, why, 1 - float(speeds[-1]) / best, trend(at, speeds / best), tempo_trend)


def _moving_s(rep: Rep) -> float:
    return sum(span.duration_s for span in rep.spans if span.phase in (Phase.ECCENTRIC, Phase.CONCENTRIC))
