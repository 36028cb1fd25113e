"""A simulated cohort: the coach against fixed plans, paired by patient, and how far chance may explain it.

This is a simulation with assumptions of ours (``edge.coach.bodies``). It says whether the rules do what they are
meant to do on people who differ as assumed; it says nothing about real people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edge.coach.bodies import KINDS, SLOTS, Body, Life, Lived, day_of, draw_body, train
from edge.coach.decide import Decision, again, decide
from edge.coach.dose import Dose, band_kg, current, first_dose
from edge.coach.kit import Kit
from edge.coach.rule_file import shipped
from edge.coach.rules import Rules
from edge.coach.terms import Terms
from edge.history.facts import History
from edge.prescription.plan import CoachMode
from edge.prescription.row import Row, Span
from edge.records import Decided, Standing
from edge.tempo import parse_tempo

CALENDAR_PCT = 5.0
"""What the second plan to compare with adds every week, whatever happens. Our choice: the middle of 2 to 10 %."""
DRAWS = 2000
LAST_SLOTS = 3
"""Slots of the last week, whose loads are compared with the first dose."""
EFFORT = (Span.of(5), Span.of(6), Span.of(7))
SLOW_DOWN = parse_tempo("3.1.0")
ROWS = (
    Row("squat", "goblet_squat", 1, sets=Span.of(3), reps=Span.of(12), rpe=EFFORT, tempo=SLOW_DOWN, load_kg=(8, 20)),
    Row("press", "seated_dumbbell_press", 2, sets=Span.of(3), reps=Span.of(10), rpe=EFFORT, load_kg=(5, 12)),
    Row("bell", "kettlebell_deadlift", 3, sets=Span.of(3), reps=Span(8, 12), rpe=EFFORT, load_kg=(8, 16)),
)
"""Two lines of `home-3day` (CONTENT 4) and one of ours, with bells: jumps of 4 kg that only a clinician may allow."""
KIT = Kit(
    {
        "goblet_squat": tuple(np.arange(4, 20.5, 0.5).tolist()),
        "seated_dumbbell_press": tuple(np.arange(2, 12.5, 0.5).tolist()),
        "kettlebell_deadlift": (4.0, 8.0, 12.0, 16.0),
    }
)
TERMS = Terms(version=1, rows=ROWS, mode=CoachMode.APPLY, kit=KIT)
ARMS = ("fixed", "calendar", "coach", "shadow")


@dataclass(frozen=True, slots=True)
class Arm:
    """One patient's six weeks under one plan. ``progress_pct``: loads used in the last week over the first."""

    sessions: tuple[Lived, ...]
    decisions: tuple[Decided, ...]
    progress_pct: float

    @property
    def tolerated(self) -> float:
        """Share of the sessions done that were within tolerance; 1 where none was done."""
        return float(np.mean([one.tolerated for one in self.sessions])) if self.sessions else 1.0


def run_arm(body: Body, arm: str, rules: Rules | None = None) -> Arm:
    """Return a patient's six weeks: ``fixed``, ``calendar``, ``coach`` (steps within limits taken) or ``shadow``.

    Of what needs approval the simulated clinic signs the way back to its own first load, and declines the rest.
    """
    terms = replace(TERMS, mode={"coach": CoachMode.APPLY, "shadow": CoachMode.SHADOW}.get(arm, CoachMode.OFF))
    life, history, lived = Life(body), History(), []
    for slot in range(SLOTS):
        life.wake(slot)
        if not life.comes(slot):
            continue
        made = decide(history, terms, day_of(slot), rules)
        history = replace(history, decisions=(*history.decisions, *_recorded(made, slot)))
        doses = {row.name: _dose(row, history.decisions, arm, slot, terms) for row in terms.rows}
        one = train(life, slot, terms.rows, doses, terms.version)
        lived.append(one)
        history = replace(history, sessions=(*history.sessions, one.fact))
    return Arm(tuple(lived), history.decisions, _progress_pct(lived, terms))


def _recorded(made: Sequence[Decision], slot: int) -> list[Decided]:
    records = []
    for one in made:
        records.append(one.record(at=float(slot)))
        if one.standing is Standing.PROPOSED:
            back = (one.after.load_kg or 0) <= (one.inputs["plan_load_kg"] or 0)  # type: ignore[operator]
            answer = Standing.ACCEPTED if back else Standing.DECLINED
            records.append(one.record(at=float(slot), became=answer, number=2))
    return records


def _dose(row: Row, decisions: Sequence[Decided], arm: str, slot: int, terms: Terms) -> Dose:
    if arm != "calendar":
        return current(row, decisions, terms.version, terms.limits)
    first, most = first_dose(row), band_kg(row, terms.limits)
    if first.load_kg is None or most is None:
        return first
    wanted = first.load_kg * (1 + CALENDAR_PCT / 100) ** (slot // 3)
    return replace(first, load_kg=max(terms.kit.down(row.exercise, min(wanted, most)), first.load_kg))


def _progress_pct(lived: Sequence[Lived], terms: Terms) -> float:
    """Return the mean over lines of the load used last over the first, in percent; 0 where nothing was done."""
    if not lived:
        return 0.0
    last = [one for one in lived if one.fact.day >= day_of(SLOTS - LAST_SLOTS)] or [lived[-1]]
    ratios = []
    for row in terms.rows:
        first = first_dose(row).load_kg
        if first:
            ratios.append(float(np.mean([one.load_kg[row.name] for one in last])) / first)
    return 100 * (float(np.mean(ratios)) - 1)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over patients with its 95 % interval, by resampling whole patients."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float], seed: int) -> Interval:
    """Return the mean of ``values`` with its percentile bootstrap interval (Efron 1979)."""
    array = np.array(values, dtype=float)
    picks = np.random.default_rng(seed).integers(0, len(array), (DRAWS, len(array)))
    low, high = np.quantile(array[picks].mean(axis=1), (0.025, 0.975)).tolist()
    return Interval(float(array.mean()), low, high)


@dataclass(frozen=True, slots=True)
class Report:
    """What the cohort showed: per group of patients, each arm's means and the coach's difference to both plans."""

    patients: int
    seed: int
    rules_version: str
    groups: Mapping[str, Mapping[str, Any]]
    shadow_same: bool
    reproduced: bool

    def as_dict(self) -> dict[str, Any]:
        """Return plain numbers and words."""
        return {
            "what": CAUTION,
            "patients": self.patients,
            "seed": self.seed,
            "rules_version": self.rules_version,
            "shadow_changes_nothing": self.shadow_same,
            "every_change_reproduced": self.reproduced,
            "groups": {name: dict(group) for name, group in self.groups.items()},
        }

    def as_text(self) -> str:
        """Return a page for people."""
        lines = [CAUTION, f"{self.patients} patients, seed {self.seed}, rules {self.rules_version}", ""]
        for name, group in self.groups.items():
            lines.append(f"{name} ({group['patients']} patients)")
            for arm in ARMS[:3]:
                lines.append(
                    f"  {arm:9s} {100 * group[arm]['tolerated']:5.1f} % of sessions within tolerance, "
                    f"load {group[arm]['progress_pct']:+5.1f} %"
                )
            for other in ARMS[:2]:
                share, load = (
                    group[f"coach_minus_{other}"]["tolerated"],
                    group[f"coach_minus_{other}"]["progress_pct"],
                )
                lines.append(
                    f"  coach less {other}: {_points(share, 100)} points of sessions, {_points(load, 1)} % of load"
                )
            lines.append("")
        lines.append(f"shadow mode changes nothing, bit for bit: {'yes' if self.shadow_same else 'NO'}")
        lines.append(f"every change comes out of its record again: {'yes' if self.reproduced else 'NO'}")
        return "\n".join(lines)


CAUTION = (
    "A simulation with assumptions of ours, listed in edge/coach/bodies.py: it tries the rules and says nothing "
    "about real people. 'fixed' keeps the first dose; 'calendar' adds 5 % a week whatever happens. Loads are those "
    "used in the last week, over the first dose. In brackets: 95 % by resampling patients."
)


def _points(one: Mapping[str, float], times: float) -> str:
    return f"{times * one['mean']:+.1f} [{times * one['low']:+.1f}, {times * one['high']:+.1f}]"


def run_cohort(patients: int = 200, seed: int = 1, rules: Rules | None = None) -> Report:
    """Return what a cohort shows, overall and for each kind of response. The same seed gives the same report."""
    rules = rules or shipped()
    kinds, arms, same, reproduced = [], [], True, True
    for number in range(patients):
        body = draw_body(seed, number, ROWS)
        lived = {arm: run_arm(body, arm, rules) for arm in ARMS}
        same &= lived["shadow"].sessions == lived["fixed"].sessions and len(lived["fixed"].decisions) == 0
        reproduced &= all(
            (after := again(one, rules)) is not None and after.written() == one.after
            for one in lived["coach"].decisions
        )
        kinds.append(body.kind)
        arms.append(lived)
    groups = {"all": _group(arms, seed)}
    for kind in KINDS:
        of_kind = [lived for one, lived in zip(kinds, arms, strict=True) if one == kind]
        if of_kind:
            groups[kind] = _group(of_kind, seed)
    return Report(patients, seed, rules.version, groups, same, reproduced)


def _group(arms: Sequence[Mapping[str, Arm]], seed: int) -> dict[str, Any]:
    group: dict[str, Any] = {"patients": len(arms)}
    for arm in ARMS[:3]:
        group[arm] = {name: float(np.mean([_figure(one[arm], name) for one in arms])) for name in FIGURES}
    for other in ARMS[:2]:
        group[f"coach_minus_{other}"] = {
            name: _plain(interval([_figure(one["coach"], name) - _figure(one[other], name) for one in arms], seed))
            for name in FIGURES
        }
    return group


FIGURES = ("tolerated", "progress_pct")


def _figure(arm: Arm, name: str) -> float:
    return arm.tolerated if name == "tolerated" else arm.progress_pct


def _plain(one: Interval) -> dict[str, float]:
    return {"mean": one.mean, "low": one.low, "high": one.high}
