"""Sample screens after a set: why it was stopped, the rest, what can be changed, the summary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from display.gallery.states import ROUTINE, WAITING, at, reps, seen
from display.shapes import View
from edge.history.facts import SetFact
from edge.model import StopReason
from edge.session import Screen, SetResult
from edge.session.guarding import Guard

RECOGNITION = "Three sessions in a row within your limits. Good judgement."
WHOLE = tuple(
    SetResult(line.exercise, reps(line.reps or 0, 3), line.reps) for line in ROUTINE.lines for _ in range(line.sets)
)
"""All sets of the routine, done."""
ONE = (SetResult("band_row", reps(8, 2), 8),)
BY_HAND = replace(WHOLE[1], reps=reps(4), by_hand=3)


def between_samples() -> Iterator[tuple[str, View]]:
    """Yield what may be seen between two sets, and at the end."""
    yield "12-stopped", seen(at(Screen.STOPPED, reps=reps(5)))
    yield from _rest()
    yield from _changed()
    yield from _summary()


def _rest() -> Iterator[tuple[str, View]]:
    rest = at(Screen.REST, rest_ends_s=142.0, set_of_exercise=3, done=ONE)
    yield "13-rest", seen(rest)
    for pointed in ("effort_hard", "fix", "longer"):
        yield f"13-rest-pointed-{pointed.replace('_', '-')}", seen(replace(rest, pointed=pointed))
    answered = replace(rest, rest_ends_s=250.0, set_of_exercise=1, effort=5, pain_change=0)
    yield "14-rest-answered", seen(replace(answered, symptom_reserve=3, line=1))
    hurt = SetFact("band_row", "band_row", 2, 8, 8, StopReason.TARGET, True, symptom_change=1)
    for name, sets in (("more-pain", (hurt,)), ("more-pain-again", (hurt, hurt))):
        yield f"14-rest-{name}", seen(replace(answered, pain_change=1, guard=Guard(sets=sets)))
    yield "15-rest-last", seen(at(Screen.REST, line=3, done=WHOLE))
    yield "18-rest-by-hand", seen(replace(rest, done=(WHOLE[0], BY_HAND)))


def _changed() -> Iterator[tuple[str, View]]:
    """A session that goes on after a cut, a change for today, and a count put right."""
    yield "24-resume", seen(at(Screen.RESUME, done=WHOLE[:2], set_of_exercise=3))
    fixing = at(Screen.FIX, done=(replace(WHOLE[0], false=frozenset({8})),), set_of_exercise=2)
    yield "24-fix", seen(fixing)
    yield "13-fix-pointed", seen(at(Screen.FIX, done=ONE, set_of_exercise=2, pointed="fewer"))
    yield "24-change", seen(at(Screen.CHANGE, line=1))
    yield "24-change-chosen", seen(at(Screen.CHANGE, line=1, change="fewer_sets"))


def _summary() -> Iterator[tuple[str, View]]:
    yield "16-summary", seen(at(Screen.SUMMARY, line=3, done=WHOLE))
    yield "16-summary-recognised", seen(at(Screen.SUMMARY, line=3, done=WHOLE, recognition=RECOGNITION))
    yield "17-summary-part", seen(at(Screen.SUMMARY, done=WHOLE[:2]), station=WAITING)
    left_out = replace(WHOLE[3], reps=(), skipped=True)
    yield "18-summary-by-hand", seen(at(Screen.SUMMARY, done=(WHOLE[0], BY_HAND, left_out)))
