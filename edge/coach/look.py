"""Everything the rules may look at, as plain numbers and words: enough to decide again without the history.

What is gathered here goes into the record of the decision. A rule sees nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from edge.coach import gate
from edge.coach.dose import PLAN_VERSION, Dose, band_kg, ceiling_kg, current, first_dose, progressable
from edge.coach.expected import Expected
from edge.coach.guess import Guess
from edge.coach.kit import step_kg
from edge.coach.response import further_down, rise, spiked, worst_of, zone, zone_at_start
from edge.coach.terms import Terms
from edge.history.facts import History, SessionFact, SetFact
from edge.model import StopReason
from edge.prescription.due import in_first_week
from edge.prescription.plan import CoachMode
from edge.prescription.row import Row
from edge.records import Decided, Moment, Standing
from edge.records.coaching import Input

if TYPE_CHECKING:
    from edge.coach.rules import Rules

WEEK_DAYS = 7
LOOK_BACK_DAYS = 3
"""An answer of two days after a session may come with the third; older ones are overtaken. Our choice."""
LEARNS_FROM = 60
"""Sessions that what is expected is learned from: about twenty weeks of three. Older ones are overtaken. Ours."""
EASIER_FROM_RPE = 1
"""Effort above its target by more than this is too hard: one is the error of a guess (Hackett 2017)."""


@dataclass(frozen=True, slots=True)
class Past:
    """A history as the coach reads it: sessions with sets, and what was told today before the first set."""

    sessions: tuple[SessionFact, ...]
    opened: SessionFact | None
    history: History
    today: date
    expected: Expected

    @classmethod
    def of(cls, history: History, today: date) -> Past:
        """Split a history into what was trained and what has only begun."""
        done = tuple(one for one in history.sessions if one.sets)
        last = history.sessions[-1] if history.sessions else None
        opened = last if last is not None and not last.sets and last.ended is None else None
        return cls(done, opened, history, today, Expected.of(done[-LEARNS_FROM:]))

    def after(self, session_id: str | None) -> tuple[SessionFact, ...]:
        """Return the sessions after one of them; all where it is not known."""
        at = next((i for i, one in enumerate(self.sessions) if one.session_id == session_id), -1)
        return self.sessions[at + 1 :]

    @property
    def in_order(self) -> bool:
        """True when no date runs backwards or lies in the future: else nobody knows which day it is.

        Sessions whose clock was not trusted at the time say nothing of dates; the gate holds what they were good for.
        """
        known = [one for one in self.sessions if one.clock_trusted]
        days = [one.day for one in known]
        starts = [one.started_at for one in known]
        return days == sorted(days) and starts == sorted(starts) and (not days or days[-1] <= self.today)


def look(past: Past, row: Row, before: Dose, terms: Terms, rules: Rules) -> dict[str, Input]:
    """Return the inputs of one line's decision."""
    seen = {name: terms.limits[name] for name in rules.limits}
    return {
        PLAN_VERSION: terms.version,
        **seen,
        **_state(past, row, terms),
        **_body(past, row, terms),
        **_work(past, row, before, terms),
        **_line(row, before, terms),
        **_loads(past, row, before, terms, rules),
        **_learned(past, terms),
    }


def look_at_set(
    row: Row,
    done: Sequence[SetFact],
    before: Dose,
    terms: Terms,
    rules: Rules,
    *,
    first_week: bool,
    guess: Guess | None,
) -> dict[str, Input]:
    """Return the inputs of advice for the set after those ``done`` of a line, the last of which counts."""
    last = done[-1]
    target, felt = gate.effort_target(last, row, terms, first_week=first_week), gate.effort(last)
    asked = last.reps_target or before.reps
    short = asked is not None and last.trusted and last.reps_by_hand is None and last.reps_verified < asked
    return {
        PLAN_VERSION: terms.version,
        **{name: terms.limits[name] for name in rules.limits},
        "over_pusher": terms.over_pusher,
        "sets_done": len(done),
        "symptoms": aggravates(last),
        "answered": felt is not None,
        "felt": felt,
        "target": target,
        "over": None if felt is None else felt - target,
        "short": short or last.stopped is StopReason.TIRED,
        "reps_done": last.reps_verified,
        "reps_asked": asked,
        "last_on_tempo": last.on_tempo if last.trusted and row.tempo.judged else None,
        "speed_loss": last.speed_loss if last.trusted else None,
        "guessed": round(guess.value, 2) if guess else None,
        "guessed_low": round(guess.low, 2) if guess else None,
        "guessed_rpe": round(guess.value) if guess else None,
        "said": last.rpe,
        **_line(row, before, terms),
        "ceiling_kg": ceiling_kg(row, terms.limits),
        **_lighter(before, terms, rules),
    }


def last_change(past: Past, row: Row, terms: Terms) -> Decided | None:
    """Return the last decision that was to change a line's dose, whatever became of it.

    What a shadow decided counts for the shadow only: it had no effect.
    """
    skipped = () if terms.mode is CoachMode.SHADOW else (Standing.SHADOW,)
    return next(
        (
            one
            for one in reversed(past.history.decisions)
            if one.row == row.name and one.before != one.after and one.standing not in skipped and not _advice(one)
        ),
        None,
    )


def _advice(one: Decided) -> bool:
    return "only_in" in one.after


def _state(past: Past, row: Row, terms: Terms) -> dict[str, Input]:
    changed = last_change(past, row, terms)
    latest: dict[str, Decided] = {one.decision_id: one for one in past.history.decisions if one.row == row.name}
    pending = any(
        one.standing is Standing.PROPOSED and one.inputs.get(PLAN_VERSION) == terms.version for one in latest.values()
    )
    clock_good = terms.clock_trusted and past.in_order and past.sessions[-1].clock_trusted
    return {
        "locked": past.history.lock is not None,
        "plan_good": terms.plan_good,
        "clock_good": clock_good,
        "pending": pending,
        # Nothing is decided twice from one session.
        "fresh": changed is None or changed.session_id != past.sessions[-1].session_id,
        "days_away": (past.today - past.sessions[-1].day).days if clock_good else None,
        "over_pusher": terms.over_pusher,
        "role": row.role.value,
    }


def _body(past: Past, row: Row, terms: Terms) -> dict[str, Input]:
    changed = last_change(past, row, terms)
    since = past.after(changed.session_id if changed else None)
    last_day = [one for one in past.sessions if one.day == past.sessions[-1].day]
    recent = [one for one in since if (past.today - one.day).days <= LOOK_BACK_DAYS or one in last_day]
    zones = [zone(one, terms.limits) for one in last_day]
    if past.opened is not None:
        zones.append(zone_at_start(past.opened, terms.limits))
    spikes = [one for one in recent if spiked(one, terms.limits)]
    worst = [_worst(one) for one in last_day]
    return {
        "zone": worst_of(zones).value,
        "spike": any(spiked(one, terms.limits) for one in [*recent, *last_day]),
        "culprit": any(_culprit(one, row) for one in spikes),
        "distal": further_down([*last_day, *([past.opened] if past.opened else [])]),
        "worst": max((one for one in worst if one is not None), default=None),
        "aggravated": _in_a_row([one for one in since if gate.of_row(one, row)], row),
        # Days, not sessions: three short routines a day are one day's trial.
        "tried": len({one.day for one in since if any(s.symptom_change is not None for s in gate.of_row(one, row))}),
        "helped": any((s.symptom_change or 0) < 0 for one in since for s in gate.of_row(one, row)),
    }


def _worst(session: SessionFact) -> int | None:
    scores = [score for told in session.symptoms.values() for score in (told.back, told.leg) if score is not None]
    return max(scores, default=None)


def aggravates(one: SetFact) -> bool:
    """Tell whether a set brought symptoms on: the patient said so, or stopped it for pain."""
    return (one.symptom_change or 0) > 0 or one.stopped is StopReason.PAIN


def _culprit(session: SessionFact, row: Row) -> bool:
    """Tell whether a line is to be eased for a session that was too much: S2-24, only what aggravated.

    Where no set is named it is the hardest one that does not say it was fine; where all say so, the hardest (ours).
    """
    named = {one.row for one in session.sets if aggravates(one)}
    if named:
        return row.name in named
    silent = [one for one in session.sets if one.symptom_change is None]
    hardest = max(silent or session.sets, key=lambda one: gate.effort(one) or 0)
    return hardest.row == row.name


def _in_a_row(sessions: Sequence[SessionFact], row: Row) -> int:
    count = 0
    for one in reversed(sessions):
        if not any(aggravates(s) for s in gate.of_row(one, row)):
            break
        count += 1
    return count


def _work(past: Past, row: Row, before: Dose, terms: Terms) -> dict[str, Input]:
    changed = last_change(past, row, terms)
    since = past.after(changed.session_id if changed else None)
    of_version = _whole_days(past.sessions, _under(terms.version, since))
    days, fault = gate.good_days(of_version, row, before, terms, past.sessions[0])
    starts = [one for one in since if Moment.START in one.symptoms][-max(days, 1) :]
    rose = gate.start_rose([*starts, past.opened] if past.opened else starts, terms.limits)
    done = [one for one in of_version if gate.of_row(one, row)]
    sets = gate.of_row(done[-1], row) if done else ()
    efforts = [value for one in sets if (value := gate.effort(one)) is not None]
    tempos = [one.on_tempo for one in sets if one.on_tempo is not None]
    next_day = [told for one in done[-max(days, 1) :] if (told := rise(one, Moment.NEXT_DAY)) is not None]
    return {
        "good_days": days,
        "fault": fault,
        "rose": rose,
        "hard": _hard_days(done, row, before, terms, past.sessions[0]),
        "rpe": max(efforts, default=None),
        "on_tempo": min(tempos, default=None),
        "next_day": max(next_day, default=None),
        "progressable": progressable(row),
    }


def _under(version: int, sessions: Sequence[SessionFact]) -> Sequence[SessionFact]:
    """Return the last sessions that were done under a plan: what was done under another proves nothing for this."""
    other = [i for i, one in enumerate(sessions) if one.plan_version != version]
    return sessions[other[-1] + 1 :] if other else sessions


def _whole_days(sessions: Sequence[SessionFact], last: Sequence[SessionFact]) -> Sequence[SessionFact]:
    """Return the last sessions without those of a day that began before them, under another dose or plan."""
    before = sessions[: len(sessions) - len(last)]
    return [one for one in last if not before or one.day != before[-1].day]


def _hard_days(done: Sequence[SessionFact], row: Row, before: Dose, terms: Terms, first: SessionFact) -> int:
    """Return how many days in a row were too hard: repetitions lacked, or the effort of two sets was far above.

    One set's word is never enough for effort (FIELD 4.2): two, or all where there are fewer.
    """
    count = 0
    for day in reversed(list(gate.days_of(done))):
        early = in_first_week(first.day, day[0].day)
        sets = [one for session in day for one in gate.of_row(session, row)]
        over = [one for one in sets if _felt_over(one, row, terms, early)]
        if not any(_lacked(one, before) for one in sets) and len(over) < min(2, max(len(sets), 1)):
            break
        count += 1
    return count


def _felt_over(one: SetFact, row: Row, terms: Terms, early: bool) -> bool:
    felt = gate.effort(one)
    return felt is not None and felt > gate.effort_target(one, row, terms, first_week=early) + EASIER_FROM_RPE


def _lacked(one: SetFact, before: Dose) -> bool:
    seen = one.trusted and one.reps_by_hand is None
    return one.stopped is StopReason.TIRED or (
        seen and one.stopped is StopReason.TARGET and one.reps_verified < (before.reps or 0)
    )


def _line(row: Row, before: Dose, terms: Terms) -> dict[str, Input]:
    plan = first_dose(row)
    ladder = (row.exercise, *terms.easier.get(row.exercise, ()), *row.alternatives)
    rung = ladder.index(before.exercise) if before.exercise in ladder else len(ladder)
    return {
        "plan_exercise": row.exercise,
        "plan_tempo": row.tempo.text,
        "plan_sets": plan.sets,
        "plan_sets_most": row.sets.high,
        "plan_reps": plan.reps,
        "plan_load_kg": plan.load_kg,
        "lightened": (before.load_kg or 0) < (plan.load_kg or 0),
        "plan_reps_most": row.reps.high if row.reps else None,
        "plan_hold_s": row.hold_s,
        "plan_duration_min": row.duration_min,
        "paced": row.tempo.paced,
        "easier_exercise": ladder[rung + 1] if rung + 1 < len(ladder) else None,
        "at_top": row.reps is not None and (before.reps or 0) >= row.reps.high,
        "eased": before.exercise != row.exercise
        or before.range_share < 1
        or before.tempo != row.tempo.text
        or before.sets < plan.sets
        or (before.load_kg or 0) < (plan.load_kg or 0)
        or (before.hold_s or 0) < (row.hold_s or 0)
        or (before.duration_min or 0) < (row.duration_min or 0),
    }


def _loads(past: Past, row: Row, before: Dose, terms: Terms, rules: Rules) -> dict[str, Input]:
    most_kg, band, kit, load = ceiling_kg(row, terms.limits), band_kg(row, terms.limits), terms.kit, before.load_kg
    then = _a_week_ago(past, row, terms)
    caps = {"volume_most": _volume_most(row, then, terms)}
    none: dict[str, Input] = {"load_up_kg": None, "load_jump_kg": None, "load_beyond_kg": None}
    lighter = {"ceiling_kg": most_kg, "band_kg": band} | _lighter(before, terms, rules)
    if load is None or most_kg is None or band is None:
        return caps | none | lighter
    step = partial(step_kg, limits=terms.limits, halved=terms.over_pusher)
    earlier = max(then.load_kg or 0, first_dose(row).load_kg or 0)
    cap = min(load + step(load), earlier + step(earlier), most_kg)
    above = kit.next_above(before.exercise, load)
    up = kit.down(before.exercise, cap) if above is not None else load
    inside = kit.down(before.exercise, min(cap, band)) if above is not None else load
    # A jump is what no ordinary step reaches, and one in a week is enough.
    jump_pct = rules.ladder.jump_most_pct / (2 if terms.over_pusher else 1)
    reach = min(max(load * (1 + jump_pct / 100), first_dose(row).load_kg or 0), most_kg)
    jumps = above is not None and load + step(load) < above <= reach and load <= earlier
    return (
        caps
        | lighter
        | {
            "load_up_kg": inside if inside > load else None,
            "load_beyond_kg": up if up > load and inside <= load else None,
            "load_jump_kg": above if jumps else None,
        }
    )


def _lighter(dose: Dose, terms: Terms, rules: Rules) -> dict[str, Input]:
    """Return the next lighter load if it is near, and however far it is: half a bell is no small step."""
    near = far = None
    if dose.load_kg is not None:
        down = terms.kit.down(dose.exercise, dose.load_kg * (1 - rules.ladder.load_back_pct / 100))
        far = down if 0 < down < dose.load_kg else None
        near = far if far and far >= dose.load_kg * (1 - rules.ladder.load_back_most_pct / 100) else None
    return {"load_down_kg": near, "load_far_down_kg": far}


def _learned(past: Past, terms: Terms) -> dict[str, Input]:
    """Return the rise to be expected after a step up of the largest size, rounded as the record keeps it."""
    guess = past.expected.guess(terms.limits["load_step_pct"])
    return {
        "expected": round(guess.value, 2) if guess else None,
        "expected_low": round(guess.low, 2) if guess else None,
    }


def _a_week_ago(past: Past, row: Row, terms: Terms) -> Dose:
    days = {one.session_id: one.day for one in past.sessions}
    old = [
        one
        for one in past.history.decisions
        if one.session_id in days and (past.today - days[one.session_id]).days >= WEEK_DAYS
    ]
    return current(row, old, terms.version, terms.limits, start=terms.starts.get(row.name))


def _volume_most(row: Row, then: Dose, terms: Terms) -> int:
    """Return the largest volume of a session: a week's growth on that of a week ago, or what the clinician wrote."""
    return max(int(then.volume * (1 + terms.limits["weekly_volume_pct"] / 100)), first_dose(row).volume)
