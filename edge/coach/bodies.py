"""Simulated patients: how strong they are, what they bear, how they answer. Assumptions of ours, all of them here.

Not a model of any real person: it exists to try the rules on people who differ. What is assumed:

- Strength. The clinician starts at effort 4, one lighter than asked, and is off by 8 %. A load is ``cap_kg`` for one
  repetition; by Epley (1985) 30 * (cap / load - 1) repetitions are possible, one fewer for each set before. Effort is
  10 less the repetitions left, said with a bias and a noise of the patient's own. A first set of effort 6 makes
  stronger by the patient's own rate, one of 2 not at all: a fifth in six weeks for the steady, little for the slow.
- Tolerance. Each exercise has a strain that is borne: load over capacity, times range, times the root of the volume.
  Strain above it hurts within the set and more the next day, by the patient's own sensitivity, and lingers for days.
  Borne sessions widen the tolerance a little, sessions that were too much narrow it.
- A fifth of the patients (``worse``) narrow their tolerance with every session above nine tenths of their first dose:
  for them the right dose is less.
- Pain has a course of its own: it falls slowly, by chance not at all, and flares come at random whatever is done.
- Some sessions are not done, more of them while it hurts; up to a tenth of the questions is left unanswered, those
  about the sets of one exercise together.

The random numbers of a patient are drawn beforehand, so that every plan meets the same days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.coach.dose import Dose
from edge.history.facts import SessionFact, SetFact
from edge.model import Origin, StopReason
from edge.prescription.row import Row
from edge.records import Moment, SymptomsTold

KINDS = ("steady", "slow", "irritable", "worse")
SHARES = (0.4, 0.2, 0.2, 0.2)
"""Kinds of response and how many of each. Nobody knows: ours. A third of people with new radicular pain stay as
they are or worsen (S2-9), so two fifths are irritable or worse."""
MONDAY = date(2026, 1, 5)
TRAINING_DAYS = (0, 2, 4)
WEEKS = 6
SLOTS = WEEKS * len(TRAINING_DAYS)
SETS_MOST = 5
DAY_S = 86_400.0
EPLEY = 30.0
LINGERS = 0.6
"""Share of what a session irritated that is left after a day."""
FLARE_LINGERS = 0.75
MOMENTS = {Moment.START: 0.0, Moment.WORST: 1800.0, Moment.NEXT_DAY: DAY_S}
"""What is asked, and how many seconds after the start."""
STOPS_AT = 7
"""Pain at which a set is stopped."""
STAYS = 0.8
"""Share of what a set brought on that stays after it."""
FELT_FROM = 0.8
"""Points of pain from which a patient says that an exercise brought symptoms on."""
PAIN_MOST, RISE_MOST, RISE_MOST_24H = 5, 2, 1
"""A session was tolerated: the defaults of limits.toml, held against what was truly felt."""


@dataclass(frozen=True, slots=True)
class Body:
    """One simulated patient; rates are per session. ``draws`` are random numbers for every slot."""

    kind: str
    cap_kg: Mapping[str, float]
    tolerance: Mapping[str, float]
    growth: float
    widens: float
    sensitivity: float
    pain: float
    eases: float
    leg_share: float
    flares: float
    rpe_bias: float
    rpe_noise: float
    comes: float
    answers: float
    draws: Mapping[str, NDArray[np.float64]]


def draw_body(seed: int, number: int, rows: Sequence[Row]) -> Body:
    """Return patient ``number`` of a cohort: the same for the same seed."""
    rng = np.random.default_rng([seed, number])
    kind = str(rng.choice(KINDS, p=SHARES))
    at = KINDS.index(kind)
    # In the order of KINDS: what a borne session widens, and points of pain for strain twice what is borne.
    widens = (0.012, 0.006, 0.004, 0.0)[at]
    sensitivity = (5.0, 5.0, 9.0, 9.0)[at] * float(rng.lognormal(0, 0.3))
    cap = {row.name: _cap_kg(row, float(rng.lognormal(0, 0.08))) for row in rows}
    usual = {row.name: strain(cap[row.name], (row.load_kg or (8, 8))[0], 1.0, row.sets.low, row.reps) for row in rows}
    spare = (1.25, 1.2, 1.05, 1.0)[at]
    return Body(
        kind=kind,
        cap_kg=cap,
        tolerance={name: value * spare * float(rng.lognormal(0, 0.15)) for name, value in usual.items()},
        growth=max(float(rng.normal((0.012, 0.004, 0.010, 0.006)[at], 0.004)), 0.0),
        widens=widens,
        sensitivity=sensitivity,
        pain=float(rng.uniform(1, 4)),
        eases=max(float(rng.normal(0.015, 0.015)), -0.01),
        leg_share=float(rng.uniform(0, 1)),
        flares=float(rng.uniform(0, 0.08)),
        rpe_bias=float(rng.normal(0, 0.7)),
        rpe_noise=float(rng.uniform(0.3, 1.0)),
        comes=float(rng.uniform(0.6, 0.98)),
        answers=float(rng.uniform(0.9, 1.0)),
        draws={
            "come": rng.random(SLOTS),
            "flare": rng.random((SLOTS, 2)),
            "pain": rng.normal(0, 0.4, (SLOTS, len(MOMENTS))),
            "answer": rng.random((SLOTS, len(MOMENTS))),
            "set": rng.normal(0, 1, (SLOTS, len(rows), SETS_MOST, 2)),
            "set_answer": rng.random((SLOTS, len(rows))),
        },
    )


def _cap_kg(row: Row, spread: float) -> float:
    """Return a capacity: the clinician chose a first set of effort 4 (S2-13: start lighter), off by ``spread``."""
    reps = (row.reps.low if row.reps else 10) + 6
    return (row.load_kg or (8.0, 8.0))[0] * (1 + reps / EPLEY) * spread


def strain(cap_kg: float, load_kg: float, range_share: float, sets: int, reps: Any) -> float:
    """Return how much a dose asks of a capacity; ``reps`` is a number or a range, of which the low end counts."""
    number = reps.low if hasattr(reps, "low") else reps or 1
    return load_kg / cap_kg * range_share * float(np.sqrt(sets * number / 30))


@dataclass(slots=True)
class Life:
    """A patient going through the weeks under one plan: what has changed since the first day."""

    body: Body
    cap_kg: dict[str, float] = field(default_factory=dict)
    tolerance: dict[str, float] = field(default_factory=dict)
    irritated: float = 0.0
    flare: float = 0.0
    pain: float = 0.0
    day: date = MONDAY
    first_strain: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin as the body is."""
        self.cap_kg, self.tolerance = dict(self.body.cap_kg), dict(self.body.tolerance)
        self.pain = self.body.pain

    def wake(self, slot: int) -> None:
        """Let the days pass until the training day of a slot."""
        today = day_of(slot)
        days = (today - self.day).days
        self.irritated *= LINGERS**days
        self.flare *= FLARE_LINGERS**days
        self.pain = max(self.pain * (1 - self.body.eases * days / 2), 0.0)
        self.day = today
        comes, size = self.body.draws["flare"][slot]
        if comes < self.body.flares:
            self.flare += 1.5 + 2.5 * float(size)

    def comes(self, slot: int) -> bool:
        """Tell whether the patient trains: less often while it hurts."""
        hurts = max(self.pain + self.flare + self.irritated - 4, 0.0)
        return float(self.body.draws["come"][slot]) < self.body.comes - 0.08 * hurts


@dataclass(frozen=True, slots=True)
class Lived:
    """A session as it was: ``fact`` as the station tells it, ``tolerated`` as it truly was, answered or not."""

    fact: SessionFact
    tolerated: bool
    load_kg: Mapping[str, float]


def day_of(slot: int) -> date:
    """Return the date of a training slot."""
    week, of_week = divmod(slot, len(TRAINING_DAYS))
    return MONDAY + timedelta(days=7 * week + TRAINING_DAYS[of_week])


def score(value: float) -> int:
    """Return a pain as it is said: a whole number from 0 to 10."""
    return int(np.clip(round(value), 0, 10))


def train(life: Life, slot: int, rows: Sequence[Row], doses: Mapping[str, Dose], version: int) -> Lived:
    """Return the session of a slot under these doses; the life goes on from it.

    Its answer about the next day is in the fact already, told a day later.
    """
    body, before = life.body, life.pain + life.flare + life.irritated
    noise = body.draws["pain"][slot].tolist()
    worst, sets = 0.0, []
    for at, row in enumerate(rows):
        over = _exposed(life, row, doses[row.name])
        sets += _sets(life, slot, at, row, doses[row.name], before + noise[1] + over, aggravates=over > FELT_FROM)
        life.cap_kg[row.name] *= 1 + body.growth * min(max(_effort(life, row, doses[row.name], 0) - 2, 0) / 4, 1)
        worst = max(worst, over)
    start = before + noise[0]
    life.irritated += STAYS * worst
    next_day = life.pain + FLARE_LINGERS * life.flare + LINGERS * life.irritated + noise[2]
    told = {"start": start, "worst": max(before + noise[1] + worst, start), "next_day": next_day}
    scores = {name: (score(value), score(body.leg_share * value)) for name, value in told.items()}
    begin, high, after = scores.values()
    tolerated = (
        max(high) <= PAIN_MOST
        and all(b - a <= RISE_MOST for a, b in zip(begin, high, strict=True))
        and all(b - a <= RISE_MOST_24H for a, b in zip(begin, after, strict=True))
        and not any(one.stopped is StopReason.PAIN for one in sets)
    )
    fact = _fact(body, slot, sets, scores, version)
    return Lived(fact, tolerated, {row.name: doses[row.name].load_kg or 0.0 for row in rows})


def _exposed(life: Life, row: Row, dose: Dose) -> float:
    """Return the points of pain an exercise brings on, and let the tolerance answer."""
    asked = strain(life.cap_kg[row.name], dose.load_kg or 8.0, dose.range_share, dose.sets, dose.reps)
    first = life.first_strain.setdefault(row.name, asked)
    bears = life.tolerance[row.name]
    over = max(asked / bears - 1, 0.0)
    if over > 0.05:
        life.tolerance[row.name] *= 1 - min(0.2 * over, 0.05)
    else:
        life.tolerance[row.name] *= 1 + life.body.widens
    if life.body.kind == "worse" and asked > 0.9 * first:
        life.tolerance[row.name] *= 0.985
    return life.body.sensitivity * over


def _effort(life: Life, row: Row, dose: Dose, before: int) -> float:
    able = EPLEY * (life.cap_kg[row.name] / (dose.load_kg or 8.0) - 1) - before
    return 10 - max(able - (dose.reps or 10), 0.0)


def _sets(life: Life, slot: int, at: int, row: Row, dose: Dose, pain: float, *, aggravates: bool) -> list[SetFact]:
    body, made = life.body, []
    for number in range(dose.sets):
        i = min(number, SETS_MOST - 1)
        noise, tempo_noise = body.draws["set"][slot, at, i].tolist()
        able = EPLEY * (life.cap_kg[row.name] / (dose.load_kg or 8.0) - 1) - number
        felt = _effort(life, row, dose, number)
        done = int(max(min(dose.reps or 10, able), 0))
        hurts = pain >= STOPS_AT
        stopped = StopReason.PAIN if hurts else StopReason.TARGET if done >= (dose.reps or 10) else StopReason.TIRED
        said = bool(body.draws["set_answer"][slot, at] < body.answers)
        made.append(
            SetFact(
                exercise=dose.exercise,
                row=row.name,
                set_of_exercise=number + 1,
                reps_target=dose.reps,
                reps_verified=done // 2 if hurts else done,
                stopped=stopped,
                trusted=True,
                load_kg=dose.load_kg,
                load_origin=Origin.SENSED if dose.load_kg is not None else None,
                rpe_target=row.rpe[min(number, len(row.rpe) - 1)] if row.rpe else None,
                rpe=int(np.clip(round(felt + body.rpe_bias + body.rpe_noise * noise), 1, 10)) if said else None,
                on_tempo=float(np.clip(0.95 - 0.04 * max(felt - 7, 0) + 0.05 * tempo_noise, 0, 1)),
                symptom_change=int(aggravates) if said else None,
            )
        )
        if hurts:
            break
    return made


def _fact(
    body: Body, slot: int, sets: Sequence[SetFact], scores: Mapping[str, tuple[int, int]], version: int
) -> SessionFact:
    name = f"session-{slot:04d}"
    started = DAY_S * (day_of(slot) - date(1970, 1, 1)).days + 9 * 3600
    answered = body.draws["answer"][slot] < body.answers
    symptoms = {
        moment: SymptomsTold(
            name, moment, started + after, back, leg, distal=0, weaker=False, tolerable=max(back, leg) < STOPS_AT
        )
        for (moment, after), (back, leg), told in zip(MOMENTS.items(), scores.values(), answered, strict=True)
        if told
    }
    return SessionFact(
        session_id=name,
        day=day_of(slot),
        started_at=started,
        clock_trusted=True,
        plan_version=version,
        sets=tuple(sets),
        symptoms=symptoms,
        ended=StopReason.TARGET,
        sets_planned=len(sets),
    )
