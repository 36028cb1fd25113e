"""The dose of a line of the plan as it stands today: what the clinician wrote, and what was decided since.

The clinician's line gives the first dose: the low end of each range. Decisions that took effect change it, one after
the other, and only under the plan's version they were made for: a new version wins over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import msgspec

from edge.library import exercises
from edge.prescription import plan
from edge.prescription.limits import Limits
from edge.prescription.row import Role, Row
from edge.records import Decided, Standing
from edge.tempo import TempoError, parse_tempo

IN_EFFECT = (Standing.APPLIED, Standing.ACCEPTED)
PLAN_VERSION = "plan_version"
"""The input of a decision that says under which plan it was made."""
ONLY_IN = "only_in"
"""Beside a dose: the one session it is for. Advice for the next set ends with its session."""


@dataclass(frozen=True, slots=True)
class Dose:
    """How much of an exercise: one number for each lever.

    ``reps`` is the target of every set, None where there is none; ``load_kg`` the load of the working sets, None
    without one; ``range_share`` the share of the full range from 0 to 1. ``sets`` is 0 for a line that was dropped.
    """

    exercise: str
    sets: int
    reps: int | None = None
    load_kg: float | None = None
    range_share: float = 1.0
    tempo: str = "normal"
    hold_s: float | None = None
    duration_min: float | None = None

    @property
    def volume(self) -> int:
        """Repetitions of a session, on one side; sets where there is no number of repetitions."""
        return self.sets * (self.reps or 1)

    def written(self) -> dict[str, Any]:
        """Return it as decisions carry it."""
        return asdict(self)


_NAMES = {one.name for one in fields(Dose)}


def read_dose(stored: Mapping[str, Any]) -> Dose | None:
    """Return the dose that :meth:`Dose.written` gave; None where something else stands there."""
    said = {name: value for name, value in stored.items() if name != ONLY_IN}
    if not said.keys() <= _NAMES:
        return None
    try:
        dose = msgspec.convert(said, Dose)
    except msgspec.ValidationError:
        return None
    return dose if dose.exercise in exercises() and _is_tempo(dose.tempo) else None


def _is_tempo(text: str) -> bool:
    try:
        parse_tempo(text)
    except TempoError:
        return not text
    return True


def first_dose(row: Row) -> Dose:
    """Return what the clinician's line asks for at first: the low end of each range. Our choice (S2-13: start light).

    >>> from edge.prescription.row import Span
    >>> first_dose(Row("squat", "goblet_squat", 1, sets=Span(2, 4), reps=Span(8, 12), load_kg=(8, 16))).reps
    8
    """
    return Dose(
        exercise=row.exercise,
        sets=row.sets.low,
        reps=row.reps.low if row.reps else None,
        load_kg=row.load_kg[0] if row.load_kg else None,
        tempo=row.tempo.text,
        hold_s=row.hold_s,
        duration_min=row.duration_min,
    )


def ceiling_kg(row: Row, limits: Limits) -> float | None:
    """Return the load that nobody passes: the line's own ceiling or the plan's; None where no load is prescribed."""
    return None if row.load_kg is None else plan.ceiling_kg(row, limits)


def band_kg(row: Row, limits: Limits) -> float | None:
    """Return the load up to which a step needs no further word of the clinician: the high end of the line's band."""
    ceiling = ceiling_kg(row, limits)
    return None if row.load_kg is None or ceiling is None else min(row.load_kg[1], ceiling)


def current(
    row: Row,
    decisions: Iterable[Decided],
    version: int,
    limits: Limits,
    session_id: str | None = None,
    start: Dose | None = None,
) -> Dose:
    """Return the dose in force under plan ``version``, after those ``decisions`` that took effect, oldest first.

    A decision counts where it was applied or accepted, was made for this version, starts from the dose that then
    stood, and stays within the line. One that was accepted after the dose had changed for another reason would bring
    back a world that is gone: it has no effect. With a ``session_id`` the advice given for that session counts too.
    ``start`` is where the plan says to go on from, None for the low end of the line.
    """
    most_kg = ceiling_kg(row, limits)
    begun = first_dose(row) if start is None or not fits(row, start, most_kg) else start
    dose = today = _under(begun, most_kg)
    for one in decisions:
        if one.row != row.name or one.standing not in IN_EFFECT or one.inputs.get(PLAN_VERSION) != version:
            continue
        before, after = read_dose(one.before), read_dose(one.after)
        if before is None or after is None or not fits(row, after, most_kg):
            continue
        only_in = one.after.get(ONLY_IN)
        if only_in is None and before == dose:
            dose = today = after
        elif only_in is not None and only_in == session_id and before == today and not raises(today, after):
            today = after
    return dose if session_id is None else today


def _under(dose: Dose, most_kg: float | None) -> Dose:
    return dose if dose.load_kg is None or most_kg is None else replace(dose, load_kg=min(dose.load_kg, most_kg))


def fits(row: Row, dose: Dose, most_kg: float | None) -> bool:
    """Tell whether a dose lies within the clinician's line: at most its ceiling, its sets, repetitions and times."""
    within = (
        0 <= dose.sets <= row.sets.high,
        (dose.reps is None) is (row.reps is None) and (row.reps is None or 1 <= (dose.reps or 0) <= row.reps.high),
        dose.load_kg is None or (most_kg is not None and 0 <= dose.load_kg <= most_kg),
        0 < dose.range_share <= 1,
        _up_to(dose.hold_s, row.hold_s),
        _up_to(dose.duration_min, row.duration_min),
    )
    return all(within)


def _up_to(value: float | None, most: float | None) -> bool:
    return (value is None) is (most is None) and (most is None or (value or 0) <= most)


def raises(before: Dose, after: Dose) -> bool:
    """Tell whether any number of the dose goes up; other words for tempo or exercise are judged by their lever."""
    pairs = (
        (before.sets, after.sets),
        (before.reps, after.reps),
        (before.load_kg, after.load_kg),
        (before.range_share, after.range_share),
        (before.hold_s, after.hold_s),
        (before.duration_min, after.duration_min),
    )
    return any((new or 0) > (old or 0) for old, new in pairs)


def progressable(row: Row) -> bool:
    """Tell whether a step up of this line can be judged: counted repetitions of one known exercise.

    Back-off sets follow their top set, free choice and combined lines name no single exercise, and a set without a
    number of repetitions cannot be done in full.
    """
    return row.reps is not None and not row.free_choice and not row.together and row.role is not Role.BACK_OFF
