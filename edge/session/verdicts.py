"""What the rule table says to the patient's answers, and where that leads.

A stop ends the session with the table's sentence on a screen of its own; a hold or a step back is said and kept. What
was left open is asked again: an answer that is missing is never milder than any answer would have been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edge.history.aftermath import AFTER, NEXT_DAY_H, came_late, hours_after, moment_after, too_late
from edge.history.facts import SessionFact
from edge.model import StopReason
from edge.records import Form, Moment, SymptomsTold
from edge.safety.flags import to_ask
from edge.safety.situation import Asked, Beginning, FollowUp, Situation, verdict
from edge.safety.symptoms import AFTER_A_SET, QUESTIONS, UNANSWERED
from edge.safety.table import Action, Finding, Verdict
from edge.session.asking import Asking, Group, Question, about_flags, about_symptoms
from edge.session.closing import end_session
from edge.session.effects import Effect, Result
from edge.session.guarding import Way
from edge.session.state import Screen, SessionState
from edge.session.telling import tell

IN_SESSION = (Moment.START, Moment.RESUMED, Moment.TESTED, Moment.WORST)
ASK_IN_FULL = ("weaker", "pain_red", "pain_rise_red", "leg_trend")
"""Rules after which the red-flag questions come in full. Our reading of the table: within the same visit."""
SAID_ELSEWHERE = (
    "later_waits",
    "later_unanswered",
    "later_late",
    "clock_distrust",
    "plan_expired",
    "clinician_first",
)
"""Rules that hold without a screen of their own: the agenda says them, or nothing can be done about them now."""
WAYS = {
    Screen.READY: Way.READY,
    Screen.REST: Way.REST,
    Screen.RESUME: Way.RESUME,
    Screen.TEST_RESULT: Way.TEST_RESULT,
}


def waits(state: SessionState, group: Group) -> bool:
    """Tell whether the session waits for answers of a group that was settled: one of its own, and not at its end."""
    return (
        state.after_asking is not Screen.SUMMARY
        and group.session_id == state.session_id
        and bool(_open(group, state))
    )


def _open(group: Group, state: SessionState) -> list[Question]:
    if group.group not in IN_SESSION:
        return []
    said = dict(group.answers)
    wanted = AFTER_A_SET if state.after_asking is Screen.REST else QUESTIONS[Moment(group.group)]
    if group.group is Moment.TESTED:  # whether a test hurt may be left open, as after a set; how much may not
        wanted = AFTER_A_SET if said.get("change") == 1 else ()
    return [
        one
        for one in about_symptoms(Moment(group.group), group.session_id)
        if one.name in wanted and one.name not in said and not (one.name == "distal" and said.get("leg") == 0)
    ]


def wait(state: SessionState, group: Group) -> Result:
    """Say that an answer is needed, and keep those that were given."""
    asking = Asking((*_open(group, state), *state.asking.questions), None, group.answers)
    return tell(replace(state, asking=asking), "symptoms_unanswered", Way.ANSWER), ()


def of_answers(state: SessionState, moment: Moment, told: SymptomsTold | None) -> Result:
    """Do what the table says to symptoms told about this session; ``told`` is None where nothing was answered."""
    if state.plan is None or moment not in IN_SESSION or (moment is Moment.TESTED and told is None):
        return state, ()
    said = verdict(_situation(state, moment, told), state.plan.limits)
    state = replace(state, guard=replace(state.guard, verdicts=(*state.guard.verdicts, said)))
    red = next(_stops(said), None)
    if red is not None:
        return _stop(state, red, said)
    way = WAYS.get(state.screen)
    if way is None:
        return state, ()
    if "leg_trend" in said.keys and not state.guard.forms_in_full:
        return tell(state, "leg_trend", Way.FLAGS_FIRST), ()
    loud = next((one for one in said.reasons if _is_said(one)), None)
    return (state if loud is None else tell(state, loud.rule.key, way)), ()


def _situation(state: SessionState, moment: Moment, told: SymptomsTold | None) -> Situation:
    if moment is Moment.START:
        return _beginning(state, told)
    asked = AFTER_A_SET if moment is Moment.WORST and state.open else None
    first = next((one for one in state.told if one.moment is Moment.START), None)
    # A session of which nobody knows the start is measured from the first that was told in it.
    return Asked(first or next(iter(state.told), None), told, asked)


def _beginning(state: SessionState, told: SymptomsTold | None) -> Beginning:
    guard, plan = state.guard, state.plan
    starts = (session.symptoms.get(Moment.START) for session in guard.history.sessions)
    return Beginning(
        locks=state.locks,
        flags_due=None,  # a form that is due cannot be left open
        start=told,
        starts=[one for one in starts if one is not None],
        follow_ups=tuple(_follow_up(state)),
        today=guard.today,
        has_plan=plan is not None,
        plan_last_day=None if plan is None else plan.valid_until,
        has_floor=plan is not None and bool(plan.floor),
        newer_plan_waits=state.waiting_plan is not None,
        interrupted=False,
        asked_since=True,
        band=None,
    )


def _follow_up(state: SessionState) -> Iterator[FollowUp]:
    """Yield what is known of the days after the last session with a set in it; nothing where there was none."""
    past = [session for session in state.guard.history.sessions if session.sets]
    if not past:
        return
    last = past[-1]
    told = {one.moment: one for one in state.guard.since if one.session_id == last.session_id}
    told = {**{m: one for m, one in last.symptoms.items() if m in AFTER}, **told}
    known = state.guard.today is not None and last.clock_trusted
    hours = hours_after(last, state.now_s + state.wall_offset_s) if known else None
    if hours is not None and hours < NEXT_DAY_H[0]:
        yield _of(last, Moment.NEXT_DAY, None, due=False)
        return
    moment = moment_after(hours) if hours is not None and not too_late(hours) else None
    if moment is None:  # too long ago, or nobody knows: what was told then, if anything was
        moment = max(told, default=Moment.NEXT_DAY, key=tuple(Moment).index)
    yield _of(last, moment, told.get(moment), due=True)


def _of(last: SessionFact, moment: Moment, told: SymptomsTold | None, *, due: bool) -> FollowUp:
    start = last.symptoms.get(Moment.START)
    late = told is not None and came_late(last, told)
    return FollowUp(moment, start, last.symptoms.get(Moment.WORST, start), told, due, late)


def _stops(said: Verdict) -> Iterator[Finding]:
    """Yield the rules that end the session; an answer that is missing is asked for instead."""
    for one in said.reasons:
        if one.rule.action is Action.STOP and one.rule.key not in UNANSWERED:
            yield one


def raised(said: Verdict) -> bool:
    """Tell whether what was answered today is more than the table lets pass without a word."""
    return any(one.rule.action is Action.STOP or _is_said(one) for one in said.reasons)


def _is_said(one: Finding) -> bool:
    return one.rule.action in (Action.HOLD, Action.REGRESS) and one.rule.key not in SAID_ELSEWHERE


def _stop(state: SessionState, red: Finding, said: Verdict) -> Result:
    """End the session, say why, and ask for warning signs where the table wants that. Nothing else is asked."""
    effects: tuple[Effect, ...] = ()
    if state.open:
        about_plan = red.rule.scope == "training"
        state = replace(state, asks_at_end=False)
        state, effects = end_session(state, StopReason.OTHER if about_plan else StopReason.PAIN)
    in_full = not {*ASK_IN_FULL}.isdisjoint(said.keys)
    # Of the rules that stop, the sentence about the next questions goes with them.
    key = "weaker" if "weaker" in said.keys else red.rule.key
    return tell(state, key, Way.FLAGS if in_full else Way.SUMMARY), effects


def ask_in_full(state: SessionState, then: Screen) -> SessionState:
    """Ask the red-flag questions in full, then go to a screen. Asked again today they have another name."""
    about = f"{state.session_id}-again" if state.guard.forms_in_full else state.session_id
    names = [one.name for one in to_ask(Form.FULL, state.guard.history.cleared_flags)]
    return state.asked(about_flags(Form.FULL, names, about), then)
