"""A row of a plan as a clinician types it: each field read with its own sentence, and written back the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from edge.library import exercises
from edge.prescription.plan import Prescription, ceiling_of
from edge.prescription.row import Role, Row, Span
from edge.tempo import UNSAID, Tempo, TempoError, parse_tempo

Typed = Mapping[str, str]

LABELS = {
    "exercise": "Exercise",
    "sets": "Sets",
    "reps": "Repetitions in a set",
    "rpe": "Effort (RPE), by set",
    "tempo": "Tempo",
    "hold_s": "Hold",
    "duration_min": "Time",
    "load_low_kg": "Load, at least",
    "load_high_kg": "Load, at most",
    "rest_s": "Rest after a set",
    "per_side": "Sides",
    "weeks": "Weeks",
    "day": "Training day",
    "times_per_day": "Times a day",
    "role": "Part of the session",
    "ceiling_kg": "Ceiling of the load",
    "rpe_cap": "Highest effort",
}
"""The fields of a row by what the form calls them; those of the alternatives are beside them."""
ALTERNATIVES = tuple(f"alternative_{number}" for number in (1, 2, 3))
FIELDS = (*LABELS, *ALTERNATIVES)
CREDITED = (
    "exercise", "sets", "reps", "rpe", "tempo", "hold_s", "duration_min", "load_kg", "rest_s", "per_side", "weeks",
    "day", "times_per_day", "role", "ceiling_kg", "rpe_cap", "alternatives",
)  # fmt: skip
CLINICIAN = "clinician"
SIDES = {"": "both at once", "each": "left, then right"}
ROLES = {
    Role.OPENER: "opener",
    Role.MAIN: "main work",
    Role.ACCESSORY: "accessory",
    Role.TASK: "task of work or daily life",
    Role.MODIFICATION: "to ease symptoms",
    Role.CLOSER: "closing walk",
}
"""Parts of a session a row may be; back-off sets stay what they are."""

SAY_EXERCISE = "Choose one of the exercises."
SAY_ALTERNATIVE = "Choose another exercise, each once, or none."
SAY_SETS = "Write the sets as a whole number from 1 to 10, or two for a range, as 2-3."
SAY_REPS = "Write the repetitions as a whole number from 1 to 50, or two for a range, as 10-15."
SAY_RPE = "Write the effort from 1 to 10: one for all sets, as 6 or 8-9, or one for each set, as 5, 6, 7."
SAY_HOLD = "Write the hold in seconds, from 1 to 300."
SAY_MINUTES = "Write the minutes, from 1 to 120."
SAY_REST = "Write the rest in seconds, from 5 to 600."
SAY_BOTH = "Write both numbers of the load, or leave both empty for no load."
SAY_DOSE = "Write repetitions, an effort, a hold or minutes: without any of them nobody knows what to do."
SAY_DAY = "Write the training day of the week, from 1 to 7, or leave it empty for every session."
SAY_CAP = "Write the highest effort from 1 to 10, or leave it empty for the plan's."
SAY_ONE_OF = "Choose one of the list."

_RANGE = re.compile(r"(\d{1,3})(?: ?(?:-|–|to) ?(\d{1,3}))?")


def say_load(ceiling_kg: float) -> str:
    """Return how a load is to be written for a row with this ceiling."""
    return f"Write the load in kg, from 0 to {ceiling_kg:g}, the lower number first."


def say_ceiling(exercise: str) -> str:
    """Return how a ceiling is to be written for an exercise."""
    return f"Write the ceiling in kg, from 0 to {ceiling_of(exercise).max:g}, or leave it empty for the plan's."


def say_weeks(weeks: int) -> str:
    """Return how weeks are to be written in a programme of so many."""
    return f"Write weeks from 1 to {weeks}, as 1 or 1-{weeks}, or leave it empty for every week."


def say_times(most: int) -> str:
    """Return how often a day is to be written where there are so many sessions."""
    return f"Write a whole number from 1 to {most}: its weeks have no more sessions a day."


def written(row: Row) -> dict[str, str]:
    """Return the row's fields as they are typed."""
    low, high = (f"{kg:g}" for kg in row.load_kg) if row.load_kg else ("", "")
    return {
        "exercise": row.exercise,
        "sets": span_text(row.sets),
        "reps": span_text(row.reps),
        "rpe": rpe_text(row),
        "tempo": row.tempo.text,
        "hold_s": _number_text(row.hold_s),
        "duration_min": _number_text(row.duration_min),
        "load_low_kg": low,
        "load_high_kg": high,
        "rest_s": f"{row.rest_s:g}",
        "per_side": "each" if row.per_side else "",
        "weeks": span_text(row.weeks),
        "day": _number_text(row.day),
        "times_per_day": str(row.times_per_day),
        "role": row.role.value,
        "ceiling_kg": _number_text(row.ceiling_kg),
        "rpe_cap": _number_text(row.rpe_cap),
        **dict(zip(ALTERNATIVES, (*row.alternatives, *("",) * len(ALTERNATIVES)), strict=False)),
    }


def span_text(span: Span | None) -> str:
    """Return a number or a range as people write it, nothing for None."""
    if span is None:
        return ""
    return str(span.low) if span.low == span.high else f"{span.low}-{span.high}"


def rpe_text(row: Row) -> str:
    """Return the effort as people write it: once where it is the same in every set."""
    efforts = [span_text(one) or "-" for one in row.rpe]
    return efforts[0] if efforts and len(set(efforts)) == 1 else ", ".join(efforts)


def _number_text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def read(plan: Prescription, row: Row, typed: Typed) -> tuple[Row, dict[str, str]]:
    """Return the row with what was typed, and one sentence for each field that is wrong and was left as it is."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}

    def now() -> Row:
        return replace(row, **values)

    readers: Mapping[str, Callable[[], Any]] = {
        "exercise": lambda: _exercise(row, typed["exercise"]),
        "sets": lambda: _span(typed["sets"], 10, SAY_SETS),
        "reps": lambda: _span(typed["reps"], 50, SAY_REPS) if typed["reps"] else None,
        "rpe": lambda: _rpe(typed["rpe"], now().sets.high),
        "tempo": lambda: _tempo(row, typed["tempo"]),
        "hold_s": lambda: _number(typed["hold_s"], 1, 300, SAY_HOLD),
        "duration_min": lambda: _number(typed["duration_min"], 1, 120, SAY_MINUTES),
        "ceiling_kg": lambda: _ceiling(now().exercise, typed["ceiling_kg"]),
        "load_kg": lambda: _load(typed, plan.ceiling_kg(now())),
        "rest_s": lambda: _number(typed["rest_s"] or "none", 5, 600, SAY_REST),
        "per_side": lambda: _one_of(typed["per_side"], SIDES) == "each",
        "weeks": lambda: _span(typed["weeks"], plan.weeks, say_weeks(plan.weeks)) if typed["weeks"] else None,
        "day": lambda: _whole(typed["day"], 7, SAY_DAY) if typed["day"] else None,
        "times_per_day": lambda: _times(plan, now(), typed["times_per_day"]),
        "role": lambda: _role(row, typed["role"]),
        "rpe_cap": lambda: _whole(typed["rpe_cap"], 10, SAY_CAP) if typed["rpe_cap"] else None,
        "alternatives": lambda: _alternatives(now(), typed),
    }
    for name, reader in readers.items():
        try:
            values[name] = reader()
        except ValueError as exc:
            errors[_FIELD_OF.get(name, name)] = str(exc)
    new = now()
    if not errors and not _has_dose(new):
        errors["reps"] = SAY_DOSE
    return new, errors


_FIELD_OF = {"load_kg": "load_low_kg", "alternatives": ALTERNATIVES[0]}
"""Where the sentence of a value that has more than one field stands."""


def _has_dose(row: Row) -> bool:
    return row.free_choice or any(one is not None for one in (row.reps, row.hold_s, row.duration_min, *row.rpe))


def credited(old: Row, new: Row) -> Row:
    """Return the new row saying which of its values a clinician entered: those are no source's, and not ours."""
    names = [name for name in CREDITED if getattr(old, name) != getattr(new, name)]
    if not names:
        return new
    earlier = re.sub(rf"; {CLINICIAN}: .*", "", new.source)
    by_hand = re.search(rf"; {CLINICIAN}: (.*)", f"; {new.source}")
    known = by_hand[1].split(", ") if by_hand else []
    entered = f"{CLINICIAN}: {', '.join(dict.fromkeys((*known, *names)))}"[:158]
    kept = "" if earlier.startswith(f"{CLINICIAN}: ") else earlier[: max(156 - len(entered), 0)]
    source = f"{kept}; {entered}" if kept else entered
    return replace(new, source=source, ours=new.ours - set(names))


def _exercise(row: Row, text: str) -> str:
    if text and text not in exercises():
        raise ValueError(SAY_EXERCISE)
    return text or row.exercise


def _alternatives(row: Row, typed: Typed) -> tuple[str, ...]:
    """Return the alternatives chosen; those that have no field of their own stay."""
    chosen = tuple(typed[name] for name in ALTERNATIVES if typed[name])
    found = (*chosen, *row.alternatives[len(ALTERNATIVES) :])
    if not {*chosen} <= {*exercises()} or row.exercise in found or len({*found}) < len(found):
        raise ValueError(SAY_ALTERNATIVE)
    return found


def _one_of(text: str, allowed: Mapping[str, str]) -> str:
    if text not in allowed:
        raise ValueError(SAY_ONE_OF)
    return text


def _role(row: Row, text: str) -> Role:
    if row.role is Role.BACK_OFF:
        return row.role
    if text not in {*ROLES}:
        raise ValueError(SAY_ONE_OF)
    return Role(text)


def _span(text: str, highest: int, say: str) -> Span:
    found = _RANGE.fullmatch(text)
    if not found or (not text.isascii() and "–" not in text):
        raise ValueError(say)
    low = int(found[1])
    high = int(found[2] or low)
    if not 1 <= low <= high <= highest:
        raise ValueError(say)
    return Span(low, high)


def _whole(text: str, highest: int, say: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= highest):
        raise ValueError(say)
    return int(text)


def _times(plan: Prescription, row: Row, text: str) -> int:
    most = min(plan.block_of(week).sessions_per_day for week in row.weeks or (1, plan.weeks))
    return _whole(text, most, say_times(most))


def _rpe(text: str, sets: int) -> tuple[Span | None, ...]:
    if not text:
        return ()
    efforts = tuple(None if part.strip() == "-" else _span(part.strip(), 10, SAY_RPE) for part in text.split(","))
    if len(efforts) == 1:
        efforts *= sets
    if len(efforts) != sets:
        raise ValueError(SAY_RPE)
    return efforts


def _tempo(row: Row, text: str) -> Tempo:
    if not text and row.tempo == UNSAID:
        return UNSAID
    try:
        return parse_tempo(text)
    except TempoError as exc:
        raise ValueError(f"{str(exc)[0].upper()}{str(exc)[1:]}.") from None


def _number(text: str, low: float, high: float, say: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(say) from None
    if not low <= value <= high:
        raise ValueError(say)
    return value


def _ceiling(exercise: str, text: str) -> float | None:
    return _number(text, 0, ceiling_of(exercise).max, say_ceiling(exercise))


def _load(typed: Typed, ceiling_kg: float) -> tuple[float, float] | None:
    low, high = (typed[name].replace(",", ".") for name in ("load_low_kg", "load_high_kg"))
    if not low and not high:
        return None
    if not low or not high:
        raise ValueError(SAY_BOTH)
    try:
        band = float(low), float(high)
    except ValueError:
        raise ValueError(say_load(ceiling_kg)) from None
    if not 0 <= band[0] <= band[1] <= ceiling_kg:
        raise ValueError(say_load(ceiling_kg))
    return band
