"""A new rule file over past sessions: what would have been decided otherwise, before it goes live.

Each past session is looked at as the coach saw it then, after the check-in and before the first set: with the answers
that were there, the doses that were really in force, and the decisions that had been made. One step at a time, then:
what the patient would have done under the other dose nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from edge.coach.decide import Decision, decide
from edge.coach.dose import ONLY_IN, Dose, current
from edge.coach.rules import Rules
from edge.coach.terms import Terms, terms_of
from edge.history.facts import History, SessionFact
from edge.prescription.due import due
from edge.prescription.plan import CoachMode, Prescription
from edge.prescription.position import Now as At
from edge.programme import PlanError, parse_prescription
from edge.records import Decided, Moment

CHECK_IN_S = 300.0
"""An answer that came this long after the check-in's first still belongs to it. Our choice: a few questions."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A session and a line for which another dose would have been decided. ``old`` is None where nothing was."""

    session_id: str
    day: str
    row: str
    exercise: str
    old: Decided | None
    new: Decision | None
    kept: Dose

    def as_dict(self) -> dict[str, Any]:
        """Return plain numbers and words."""
        old_after = self.old.after if self.old else self.kept.written()
        return {
            "session": self.session_id,
            "day": self.day,
            "row": self.row,
            "exercise": self.exercise,
            "old": {"rule": self.old.rule if self.old else None, "after": old_after},
            "new": {
                "rule": self.new.rule if self.new else None,
                "after": (self.new.after if self.new else self.kept).written(),
                "sentence": self.new.clinician if self.new else "",
                "standing": self.new.standing.value if self.new else None,
            },
        }

    def as_text(self) -> str:
        """Return one line for people."""
        old = f"{self.old.rule}: {self.old.sentence}" if self.old else "no decision"
        new = f"{self.new.rule}: {self.new.clinician}" if self.new else "no decision"
        return f"{self.day}  {self.exercise}\n    was  {old}\n    new  {new}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a rule file would have done: the differences, and how many lines of how many sessions were looked at.

    ``without_plan`` counts sessions whose plan is not in the file; nothing can be said of them.
    """

    version: str
    differences: tuple[Difference, ...]
    sessions: int
    same: int
    without_plan: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain numbers and words."""
        return {
            "rules_version": self.version,
            "sessions": self.sessions,
            "same": self.same,
            "without_plan": self.without_plan,
            "differences": [one.as_dict() for one in self.differences],
        }

    def as_text(self) -> str:
        """Return a page for people."""
        lines = [one.as_text() for one in self.differences]
        without = f"; {self.without_plan} sessions without their plan left out" if self.without_plan else ""
        lines.append(
            f"rules {self.version}: {len(self.differences)} doses differ, {self.same} are the same, "
            f"in {self.sessions} sessions{without}"
        )
        return "\n".join(lines)


TermsThen = Callable[[History, SessionFact], Terms | None]
"""What the coach was told before a session, given the past; None where its plan is not known."""


def replay(history: History, terms_then: TermsThen, rules: Rules) -> Replayed:
    """Return what ``rules`` would have decided otherwise before each session."""
    differences: list[Difference] = []
    same = without = sessions = 0
    for then, now, made in moments(history):
        terms = terms_then(then, now)
        if terms is None:
            without += 1
            continue
        sessions += 1
        terms = replace(terms, mode=CoachMode.PROPOSE) if terms.mode is CoachMode.OFF else terms
        new = {one.row: one for one in decide(then, terms, now.day, rules)}
        for row in terms.rows:
            kept = current(row, then.decisions, terms.version, terms.limits, start=terms.starts.get(row.name))
            old, other = made.get(row.name), new.get(row.name)
            if (old.after if old else kept.written()) == (other.after if other else kept).written():
                same += 1
            else:
                differences.append(
                    Difference(now.session_id, now.day.isoformat(), row.name, kept.exercise, old, other, kept)
                )
    return Replayed(rules.version, tuple(differences), sessions, same, without)


def moments(history: History) -> Iterator[tuple[History, SessionFact, dict[str, Decided]]]:
    """Yield, before each session but the first: the history then, the session, and what was decided by line."""
    trained = [one for one in history.sessions if one.sets]
    place = {one.session_id: i for i, one in enumerate(trained)}
    for i, now in enumerate(trained[1:], 1):
        until = _check_in(now)
        past = tuple(_told_by(one, until) for one in trained[:i])
        opened = replace(_told_by(now, until), sets=(), ended=None, incidents=())
        before = tuple(one for one in history.decisions if place.get(one.session_id, i) < i - 1)
        made = {
            one.row: one
            for one in reversed(history.decisions)
            if place.get(one.session_id) == i - 1 and ONLY_IN not in one.after
        }
        yield History(sessions=(*past, opened), decisions=before), now, made


def _check_in(session: SessionFact) -> float:
    told = session.symptoms.get(Moment.START)
    return (told.at if told else session.started_at) + CHECK_IN_S


def _told_by(session: SessionFact, until: float) -> SessionFact:
    return replace(session, symptoms={when: told for when, told in session.symptoms.items() if told.at <= until})


def terms_then(payloads: Iterable[str]) -> TermsThen:
    """Return what the plans told the coach before a session; a plan that today's code refuses is left out."""
    plans: dict[int, Prescription] = {}
    for payload in payloads:
        with suppress(PlanError):
            plan = parse_prescription(payload)
            plans[plan.version] = plan

    def then(past: History, session: SessionFact) -> Terms | None:
        plan = plans.get(session.plan_version)
        if plan is None:
            return None
        at = At(session.started_at, session.day, session.clock_trusted)
        before = replace(past, sessions=tuple(one for one in past.sessions if one.session_id != session.session_id))
        return terms_of(plan, due(plan, before, at), clock_trusted=session.clock_trusted)

    return then
