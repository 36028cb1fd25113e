"""What a finished set means for the next one: pain, doubt, incidents, and repetitions that became slow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from edge.history.facts import SetFact
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.records import Happened, Incident
from edge.safety.table import Finding, found

MORE = 1
ONCE_OR_AGAIN = {
    Happened.OVER_FORCE: ("over_force", "over_force_again"),
    Happened.SATURATED: ("over_force", "over_force_again"),
    Happened.BELL_DROPPED: ("bell_event", "bell_again"),
    Happened.OUT_OF_PLANE: ("bell_event", "bell_again"),
    Happened.BAND_SNAP: ("band_snap", "band_snap"),
    Happened.WRONG_BELL: ("wrong_bell", "wrong_bell"),
}
"""What each incident fires the first time in a set, and from the second time on."""


def after_set(done: SetFact, before: Sequence[SetFact], limits: Limits) -> tuple[Finding, ...]:
    """Return the rules that fire for a set; ``before`` are the session's earlier sets of the same exercise."""
    return (*_pain(done, before), *_doubt(done), *_slow(done, limits))


def _pain(done: SetFact, before: Sequence[SetFact]) -> Iterable[Finding]:
    if done.stopped is StopReason.PAIN:
        yield found("stopped_for_pain", exercise=done.exercise)
    change = done.symptom_change
    if change is None:
        yield found("set_unanswered", exercise=done.exercise)
    elif change == MORE:
        yield found("pain_more", exercise=done.exercise)
    # A missing answer counts as above the last one, so beside a "more" it is one more "more".
    last_two = (before[-1].symptom_change, change) if before else (0, change)
    if all(one in (None, MORE) for one in last_two) and MORE in last_two:
        yield found("pain_repeats", exercise=done.exercise)


def _doubt(done: SetFact) -> Iterable[Finding]:
    if not done.trusted:
        yield found("sensor_distrust", exercise=done.exercise)
    if done.reps_by_hand is not None:
        yield found("by_hand", exercise=done.exercise, reps=done.reps_by_hand)


def _slow(done: SetFact, limits: Limits) -> Iterable[Finding]:
    if done.speed_loss is not None and done.speed_loss >= limits["velocity_loss"]:
        yield found("tempo_lost", exercise=done.exercise, speed_loss=round(done.speed_loss, 3))


def incidents(of_set: Sequence[Incident]) -> tuple[Finding, ...]:
    """Return the rules that fire for the incidents of one set so far, in their order.

    Too much force and a reading out of range count together, as do a drop and a swing out of plane.
    """
    seen: Counter[str] = Counter()
    findings = []
    for one in of_set:
        first, again = ONCE_OR_AGAIN[one.what]
        findings.append(found(again if seen[first] else first, what=str(one.what), value=one.value, unit=one.unit))
        seen[first] += 1
    return tuple(findings)
