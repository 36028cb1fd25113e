"""What the coach and the care for feedback say before a set: one look at the past, one answer, nothing changed here.

The session asks for it (:class:`Consult`) when the questions before the first set are done, and after every rest,
when the answers about the last set are there. The engine, which knows the history, answers with :class:`Consulted`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from edge.care import feedback
from edge.coach.decide import Decision, decide, next_set
from edge.coach.dose import IN_EFFECT, ONLY_IN, current, raises, read_dose
from edge.coach.dosed import backed_off, dosed
from edge.coach.effort import Effort
from edge.coach.rules import Rules
from edge.coach.terms import Terms, terms_of
from edge.history.facts import History, SessionFact, SetFact
from edge.prescription.due import Due, in_first_week
from edge.prescription.lines import Routine
from edge.prescription.plan import Prescription
from edge.records import Decided
from edge.session.advice import Advice
from edge.session.opening import Now


def advise(plan: Prescription, due: Due, now: Now, session_id: str, rules: Rules | None = None) -> Advice:
    """Return what is to be done from here on in a session, given everything that was written down up to now.

    Before its first set doses are decided for the week, later only the rest of a line is eased. The same past gives
    the same decisions; one that is written down already is not written again. ``rules`` are the clinic's, None where
    it has published none: then the shipped ones decide.
    """
    terms = terms_of(plan, due, clock_trusted=now.trusted)
    history, today = now.history, date.fromisoformat(now.day)
    here = next((one for one in history.sessions if one.session_id == session_id), None)
    done = here.sets if here is not None else ()
    if here is not None and done:
        made = _within(here, terms, due, history, rules)
    else:
        made = decide(history, terms, today, rules)
    # Never before an earlier one, whatever the clock says: doses follow from decisions in their order.
    at = max([round(now.wall, 3), *(one.at for one in history.decisions)])
    of_today = {line.row for line in due.routine.lines}
    fresh = tuple(
        one.record(at) for one in made if (one.changes or one.row in of_today) and not _known(one, history.decisions)
    )
    decisions = (*history.decisions, *fresh)
    doses = {
        row.name: current(row, decisions, plan.version, plan.limits, session_id, terms.starts.get(row.name))
        for row in terms.rows
    }
    routine = backed_off(dosed(due.routine, plan, terms, doses), plan, done)
    began_at = now.wall if here is None else here.started_at
    whys = _remarks(fresh) | _whys(decisions, began_at)
    return Advice(routine, fresh, whys, _alone(routine, plan, now, session_id, done))


def _known(one: Decision, decisions: Iterable[Decided]) -> bool:
    return any(told.decision_id == one.decision_id for told in decisions)


def _within(here: SessionFact, terms: Terms, due: Due, history: History, rules: Rules | None) -> tuple[Decision, ...]:
    """Return the advice for what is left of the line whose set was the last one; none where nothing is left."""
    last = here.sets[-1]
    row = next((one for one in terms.rows if one.name == last.row), None)
    if row is None:
        return ()
    before = current(row, history.decisions, terms.version, terms.limits, here.session_id, terms.starts.get(row.name))
    done = [one for one in here.sets if one.row == row.name]
    lines = sum(line.row == row.name for line in due.routine.lines)
    if len(done) >= before.sets * lines:
        return ()
    earlier = [one for session in history.sessions for one in session.sets if one is not last]
    advice = next_set(
        here.session_id,
        row,
        done,
        before,
        terms,
        first_week=in_first_week(history.sessions[0].day, here.day),
        guess=Effort.of(earlier).guess(last),
        rules=rules,
    )
    return () if advice is None else (advice,)


def _whys(decisions: Iterable[Decided], since: float) -> dict[str, str]:
    """Return the patient's sentence of the last change of each row that took effect in this session."""
    return {
        one.row: one.told
        for one in decisions
        if one.at >= since and one.standing in IN_EFFECT and read_dose(one.before) != read_dose(one.after)
    }


def _remarks(fresh: Iterable[Decided]) -> dict[str, str]:
    """Return what is said before the next set although nothing changes: of the set that was just done, once."""
    return {
        one.row: one.told
        for one in fresh
        if ONLY_IN in one.after and one.standing in IN_EFFECT and read_dose(one.before) == read_dose(one.after)
    }


def _alone(
    routine: Routine, plan: Prescription, now: Now, session_id: str, done: Iterable[SetFact]
) -> frozenset[str]:
    """Return the exercises whose next set is without feedback."""
    done = tuple(done)
    past = replace(now.history, sessions=tuple(one for one in now.history.sessions if one.session_id != session_id))
    eased = _eased_on(past.decisions, now)
    return frozenset(
        key
        for key in {line.exercise for line in routine.lines}
        if not feedback.next_set(
            past,
            key,
            date.fromisoformat(now.day),
            plan.limits,
            done_today=[one for one in done if one.exercise == key],
            eased_on=eased.get(key, ()),
        ).feedback
    )


def _eased_on(decisions: Iterable[Decided], now: Now) -> dict[str, list[date]]:
    """Return the days on which the dose of an exercise was stepped back: then feedback is full again."""
    eased: dict[str, list[date]] = {}
    for one in decisions:
        if one.standing in IN_EFFECT and ONLY_IN not in one.after and _less(one):
            eased.setdefault(one.exercise, []).append(datetime.fromtimestamp(one.at, now.zone).date())
    return eased


def _less(one: Decided) -> bool:
    before, after = read_dose(one.before), read_dose(one.after)
    return before is not None and after is not None and before != after and not raises(before, after)
