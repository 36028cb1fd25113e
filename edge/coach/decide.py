"""What the coach decides: for every line of the plan between sessions, and for the next set within one.

Pure: the same history, terms, date and rules give the same decisions. Nothing here changes a dose; a decision does so
when its record says that it was applied or accepted (``edge.coach.dose.current``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from edge.coach.dose import ONLY_IN, Dose, current, read_dose
from edge.coach.guess import Guess
from edge.coach.look import Past, look, look_at_set
from edge.coach.rule_file import shipped
from edge.coach.rules import Choice, Rules
from edge.coach.terms import Terms, standing
from edge.history.facts import History, SetFact
from edge.prescription.plan import CoachMode
from edge.prescription.row import Row
from edge.records import Decided, Standing
from edge.records.coaching import Input


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision with all it looked at: :func:`again` on ``inputs`` and ``before`` gives ``after``.

    ``session_id`` is the last session it looked at. ``patient`` and ``clinician`` are the same decision in words;
    ``refer`` says that the clinic is to be told. A decision with ``only_in`` is advice for that session alone.
    """

    session_id: str
    row: str
    rule: str
    lever: str
    inputs: Mapping[str, Input]
    before: Dose
    after: Dose
    patient: str
    clinician: str
    rules_version: str
    standing: Standing
    refer: bool
    only_in: str | None = None

    @property
    def changes(self) -> bool:
        """True where the dose after it is another one."""
        return self.before != self.after

    @property
    def decision_id(self) -> str:
        """The same for the same decision, wherever and how often it is made."""
        parts = (self.session_id, self.row, self.rule, self.rules_version, dict(self.inputs), self.before.written())
        return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:32]

    def record(self, at: float, became: Standing | None = None, number: int = 1) -> Decided:
        """Return its record; ``became`` is what became of it since, then it is its ``number``-th standing."""
        after = self.after.written()
        return Decided(
            decision_id=self.decision_id,
            number=number,
            session_id=self.session_id,
            row=self.row,
            exercise=self.before.exercise,
            rule=self.rule,
            rules_version=self.rules_version,
            inputs=dict(self.inputs),
            before=self.before.written(),
            after=after if self.only_in is None else after | {ONLY_IN: self.only_in},
            sentence=self.clinician,
            standing=became or self.standing,
            at=at,
            told=self.patient,
        )


def decide(history: History, terms: Terms, today: date, rules: Rules | None = None) -> tuple[Decision, ...]:
    """Return a decision for every line that a rule speaks of, in the plan's order.

    To be asked after the check-in, before the first set: then the answers to the last session are there. A line that
    no rule speaks of keeps its dose and has no decision. Without a session there is nothing to decide.
    """
    rules = rules or shipped()
    past = Past.of(history, today)
    if terms.mode is CoachMode.OFF or not past.sessions:
        return ()
    made = []
    for row in terms.rows:
        start = terms.starts.get(row.name)
        before = current(row, history.decisions, terms.version, terms.limits, start=start)
        seen = look(past, row, before, terms, rules)
        choice = rules.choose(seen, before) if before.sets else None
        if choice is not None:
            made.append(_decision(choice, rules, seen, before, past.sessions[-1].session_id, row, terms.mode))
    return tuple(made)


def next_set(
    session_id: str,
    row: Row,
    done: Sequence[SetFact],
    before: Dose,
    terms: Terms,
    *,
    first_week: bool = False,
    guess: Guess | None = None,
    rules: Rules | None = None,
) -> Decision | None:
    """Return advice for the next set of a line after those ``done`` in this session; None where there is none.

    It is never more than ``before``, the dose of today. ``guess`` is the effort that tempo and speed speak of; where
    that is more than the patient told, it is said and written down, and the dose stays.
    """
    rules = rules or shipped()
    if terms.mode is CoachMode.OFF or not done:
        return None
    seen = look_at_set(row, done, before, terms, rules, first_week=first_week, guess=guess)
    choice = rules.choose_within(seen, before)
    if choice is None or (choice.after == before and choice.rule.do != "hold"):
        return None
    return _decision(choice, rules, seen, before, session_id, row, terms.mode, only_in=session_id)


def again(decision: Decided, rules: Rules) -> Dose | None:
    """Return the dose that the rules make of a decision's own inputs; None where no rule speaks.

    With the rules of its version that is the dose the record holds. Raises KeyError where the rules look at something
    that its inputs do not have.
    """
    before = read_dose(decision.before)
    if before is None:
        return None
    choose = rules.choose_within if ONLY_IN in decision.after else rules.choose
    choice = choose(decision.inputs, before)
    return choice.after if choice else None


def _decision(
    choice: Choice,
    rules: Rules,
    seen: Mapping[str, Input],
    before: Dose,
    session_id: str,
    row: Row,
    mode: CoachMode,
    only_in: str | None = None,
) -> Decision:
    patient, clinician = rules.sentences(choice, seen, before)
    return Decision(
        session_id,
        row.name,
        choice.rule.id,
        choice.lever,
        seen,
        before,
        choice.after,
        patient,
        clinician,
        rules.version,
        standing(mode, more=choice.rule.do == "more", ask=choice.rule.do == "ask"),
        choice.rule.refer,
        only_in,
    )
