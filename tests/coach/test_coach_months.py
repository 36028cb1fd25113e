"""Simulated months in which anything may go wrong, held against what was put in: not against the rules themselves.

Every session is made with labels of what is wrong with it. Whatever the coach raises must stand on days without any.
The short run takes a sample of the months; STEADYRIG_LONG=1 takes all of them.
"""

import os
from dataclasses import dataclass, field, replace
from datetime import timedelta

import msgspec
import numpy as np
import pytest

from edge.coach.decide import again, decide, next_set
from edge.coach.dose import ceiling_kg, current, fits, raises
from edge.coach.kit import Kit
from edge.coach.rule_file import shipped
from edge.model import Origin, StopReason
from edge.prescription.limits import Limits
from edge.prescription.plan import CoachMode
from edge.records import Happened, Incident, Locked, Moment, Record, Severity, Standing
from edge.safety.symptoms import QUESTIONS

MONTHS = 10_000 if os.environ.get("STEADYRIG_LONG") else 120
SEED = 5
AT_ONCE = 40
"""Months of one test: a failure names its seed."""
SLOTS = 13

decoder = msgspec.json.Decoder(Record)
encode = msgspec.json.encode


def hurt(rng, sets, symptoms):
    """More pain: in the session, or after it."""
    when = Moment(str(rng.choice(["worst", "next_day"])))
    low = 6 if when is Moment.WORST else 4
    site = str(rng.choice(["back", "leg"]))
    score = int(rng.integers(low, 11))
    return sets, symptoms | {when: msgspec.structs.replace(symptoms[when], **{site: score})}


def silent(rng, sets, symptoms):
    """An answer about symptoms is missing, or a whole moment is."""
    when = Moment(str(rng.choice(["start", "worst", "next_day"])))
    if rng.random() < 0.4:
        return sets, {one: told for one, told in symptoms.items() if one is not when}
    name = str(rng.choice(QUESTIONS[when]))
    return sets, symptoms | {when: msgspec.structs.replace(symptoms[when], **{name: None})}


def with_set(**other):
    def spoil(rng, sets, symptoms):
        at = int(rng.integers(len(sets)))
        change = {name: value(sets[at]) if callable(value) else value for name, value in other.items()}
        return [*sets[:at], replace(sets[at], **change), *sets[at + 1 :]], symptoms

    return spoil


OF_ROW = {
    "by hand": with_set(reps_by_hand=lambda one: one.reps_target or 8, reps_verified=0, trusted=False),
    "untrusted": with_set(trusted=False),
    "failed": with_set(reps_verified=lambda one: one.reps_verified - 1),
    "stopped": with_set(stopped=StopReason.PAIN),
    "light": with_set(load_kg=lambda one: (one.load_kg or 1) - 0.5),
    "load said": with_set(load_origin=Origin.SELF_REPORTED),
    "effort": with_set(rpe=10),
    "effort missing": with_set(rpe=None),
    "reserve": with_set(reps_left_symptoms=0),
    "symptoms": with_set(symptom_change=1),
    "symptoms missing": with_set(symptom_change=None),
}
OF_SESSION = {"pain": hurt, "silent": silent}
ROUND = ("clock", "incident", "cut off", "old plan")


@dataclass
class Month:
    """A patient's month and what was wrong with each session, by session and by line."""

    made: object
    rng: np.random.Generator
    terms: object
    history: object
    wrong: dict = field(default_factory=dict)
    raised: int = 0
    lowered: int = 0

    def session(self, slot):
        day = self.made.FIRST + timedelta(days=slot * 2 + int(self.rng.random() < 0.3))
        labels = {row.name: set() for row in self.terms.rows}
        sets, symptoms = [], self.made.session(slot, day=day).symptoms
        for row in self.terms.rows:
            dose = current(row, self.history.decisions, self.terms.version, self.terms.limits)
            of_row = [
                self.made.good_set(row, n + 1, dose.reps, dose.load_kg, exercise=dose.exercise, rpe=4)
                for n in range(dose.sets)
            ]
            if of_row and self.rng.random() < 0.25:
                label = str(self.rng.choice(list(OF_ROW)))
                of_row, symptoms = OF_ROW[label](self.rng, of_row, symptoms)
                labels[row.name].add(label)
            sets += of_row
        if self.rng.random() < 0.25:
            label = str(self.rng.choice(list(OF_SESSION)))
            sets, symptoms = OF_SESSION[label](self.rng, sets, symptoms)
            self._everywhere(labels, label)
        fact = self.made.session(slot, sets, day=day, symptoms=symptoms, plan_version=self.terms.version)
        if self.rng.random() < 0.15:
            label = str(self.rng.choice(ROUND))
            self._everywhere(labels, label)
            fact = self._odd(fact, label)
        self.wrong[fact.session_id] = labels
        self.history = replace(self.history, sessions=(*self.history.sessions, fact))

    def _everywhere(self, labels, label):
        for row in labels:
            labels[row].add(label)

    def _odd(self, fact, label):
        match label:
            case "clock":
                return replace(fact, clock_trusted=False, day=fact.day + timedelta(days=int(self.rng.integers(0, 2))))
            case "incident":
                snap = Incident(fact.session_id, 1, 1, Happened.BAND_SNAP, 0.9, "share", fact.started_at)
                return replace(fact, incidents=(snap,))
            case "cut off":
                return replace(fact, ended=None)
        return replace(fact, plan_version=self.terms.version + 100)

    def decide(self):
        """Let the coach decide in a state of the world that may itself be wrong, and check what it raises."""
        world = str(self.rng.choice(["fine"] * 8 + ["locked", "stale plan", "no clock", "clock back"]))
        terms, history, today = self.terms, self.history, self.history.sessions[-1].day + timedelta(days=2)
        match world:
            case "locked":
                lock = Locked("lock-0001", "patient-01", Severity.EMERGENCY, ("saddle",), 1.0)
                history = replace(history, lock=lock)
            case "stale plan":
                terms = replace(terms, plan_good=False)
            case "no clock":
                terms = replace(terms, clock_trusted=False)
            case "clock back":
                today -= timedelta(days=int(self.rng.integers(3, 400)))
        for one in decide(history, terms, today):
            row = next(row for row in terms.rows if row.name == one.row)
            record = one.record(at=float(len(history.decisions)))
            assert decoder.decode(encode(record)) == record
            assert again(record, shipped()) == one.after, record
            assert fits(row, one.after, ceiling_kg(row, terms.limits)), one
            if one.rule != "not_helping" and self.goes_up(one):
                self.raised += 1
                assert world == "fine", (world, one)
                self.stands_on_good_days(one)
            self.lowered += one.changes and not self.goes_up(one)
            self.take(one)

    def goes_up(self, one):
        back = (one.before.exercise, one.before.tempo) != (one.after.exercise, one.after.tempo)
        return raises(one.before, one.after) or (back and one.rule == "back_up")

    def stands_on_good_days(self, one):
        """The last days on which the line was done, as many as the limit asks for, had nothing wrong."""
        least, days = int(self.terms.limits["sessions_before_step"]), []
        for fact in reversed(self.history.sessions):
            if any(s.row == one.row for s in fact.sets):
                if fact.day not in days:
                    days.append(fact.day)
                if len(days) > least:
                    break
                assert not self.wrong[fact.session_id][one.row], (one, self.wrong[fact.session_id])
        assert len(days) >= least, one

    def take(self, one):
        """Apply it, accept it, or let it lie and accept it much too late."""
        at = float(len(self.history.decisions))
        records = [one.record(at=at)]
        if one.standing is Standing.PROPOSED and self.rng.random() < 0.6:
            records.append(one.record(at=at, became=Standing.ACCEPTED, number=2))
        late = [d for d in self.history.decisions if d.standing is Standing.PROPOSED]
        if late and self.rng.random() < 0.1:
            old = late[int(self.rng.integers(len(late)))]
            records.append(msgspec.structs.replace(old, standing=Standing.ACCEPTED, number=9, at=at))
        self.history = replace(self.history, decisions=(*self.history.decisions, *records))
        for row in self.terms.rows:
            dose = current(row, self.history.decisions, self.terms.version, self.terms.limits)
            assert fits(row, dose, ceiling_kg(row, self.terms.limits)), dose


def month(made, number):
    rng = np.random.default_rng([SEED, number])
    limits = Limits({"ceiling_kg": float(rng.choice([9, 12, 24])), "load_step_pct": float(rng.choice([5, 10]))})
    kit = Kit({"goblet_squat": made.HALVES if rng.random() < 0.7 else (4.0, 8.0, 12.0), "chair_squat": made.HALVES})
    terms = replace(
        made.TERMS,
        limits=limits,
        kit=replace(kit, loads_kg={**kit.loads_kg, "goblet_good_morning": made.HALVES}),
        mode=CoachMode.APPLY if rng.random() < 0.7 else CoachMode.PROPOSE,
        over_pusher=bool(rng.random() < 0.2),
    )
    one = Month(made, rng, terms, made.past())
    for slot in range(SLOTS):
        one.session(slot)
        one.decide()
        if rng.random() < 0.03:
            one.terms = replace(one.terms, version=one.terms.version + 1)
    return one


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(0, MONTHS, AT_ONCE))
def test_nothing_unknown_or_bad_ever_raises_a_dose(made, first):
    print(f"seed {SEED}, months {first} to {first + AT_ONCE - 1}")
    months = [month(made, number) for number in range(first, first + AT_ONCE)]
    assert sum(one.raised for one in months) > AT_ONCE / 4, "else nothing is shown"
    assert sum(one.lowered for one in months) > AT_ONCE / 4


@pytest.mark.parametrize("number", range(3))
def test_the_same_month_gives_the_same_decisions(made, number):
    assert month(made, number).history.decisions == month(made, number).history.decisions


def test_advice_within_a_session_is_never_more_than_todays_dose(made):
    rng = np.random.default_rng(SEED)
    print(f"seed {SEED}")
    less = 0
    for _ in range(400):
        row = made.SQUAT
        dose = current(row, (), 1, made.TERMS.limits)
        sets = [made.good_set(number=1)]
        for label in rng.choice(list(OF_ROW), 2):
            sets, _none = OF_ROW[str(label)](rng, sets, {})
        sets = [replace(sets[0], on_tempo=float(rng.random()), speed_loss=float(rng.random()))]
        advice = next_set("session-000", row, sets, dose, made.TERMS)
        if advice is not None:
            less += 1
            assert not raises(dose, advice.after)
            assert again(advice.record(at=1.0), shipped()) == advice.after
    assert less > 200
