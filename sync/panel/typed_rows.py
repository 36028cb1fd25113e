"""A row of a plan as a clinician types it: each field read with its own sentence, and written back the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from edge.library import exercises
from edge.prescription.form import HEAVIEST_KG
from edge.prescription.row import Row, Span
from edge.tempo import UNSAID, Tempo, TempoError, parse_tempo

Typed = Mapping[str, str]

FIELDS = (
    "exercise", "sets", "reps", "rpe", "tempo", "hold_s", "duration_min", "load_low_kg", "load_high_kg", "rest_s",
)  # fmt: skip
CREDITED = ("exercise", "sets", "reps", "rpe", "tempo", "hold_s", "duration_min", "load_kg", "rest_s")
CLINICIAN = "clinician"

SAY_EXERCISE = "Choose one of the exercises."
SAY_SETS = "Write the sets as a whole number from 1 to 10, or two for a range, as 2-3."
SAY_REPS = "Write the repetitions as a whole number from 1 to 50, or two for a range, as 10-15."
SAY_RPE = "Write the effort from 1 to 10: one for all sets, as 6 or 8-9, or one for each set, as 5, 6, 7."
SAY_HOLD = "Write the hold in seconds, from 1 to 300."
SAY_MINUTES = "Write the minutes, from 1 to 120."
SAY_REST = "Write the rest in seconds, from 5 to 600."
SAY_BOTH = "Write both numbers of the load, or leave both empty for no load."
SAY_DOSE = "Write repetitions, an effort, a hold or minutes: without any of them nobody knows what to do."

_RANGE = re.compile(r"(\d{1,3})(?: ?(?:-|–|to) ?(\d{1,3}))?")


def say_load(ceiling_kg: float) -> str:
    """Return how a load is to be written for a row with this ceiling."""
    return f"Write the load in kg, from 0 to {min(ceiling_kg, HEAVIEST_KG):g}, the lower number first."


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


def read(row: Row, typed: Typed, ceiling_kg: float) -> tuple[Row, dict[str, str]]:
    """Return the row with what was typed, and one sentence for each field that is wrong and was left as it is."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    readers: Mapping[str, Callable[[], Any]] = {
        "exercise": lambda: _exercise(row, typed["exercise"]),
        "sets": lambda: _span(typed["sets"], 10, SAY_SETS),
        "reps": lambda: _span(typed["reps"], 50, SAY_REPS) if typed["reps"] else None,
        "rpe": lambda: _rpe(typed["rpe"], values.get("sets", row.sets).high),
        "tempo": lambda: _tempo(row, typed["tempo"]),
        "hold_s": lambda: _number(typed["hold_s"], 1, 300, SAY_HOLD),
        "duration_min": lambda: _number(typed["duration_min"], 1, 120, SAY_MINUTES),
        "load_kg": lambda: _load(typed, ceiling_kg),
        "rest_s": lambda: _number(typed["rest_s"] or "none", 5, 600, SAY_REST),
    }
    for name, reader in readers.items():
        try:
            values[name] = reader()
        except ValueError as exc:
            errors[name] = str(exc)
    new = replace(row, **values)
    if not errors and not _has_dose(new):
        errors["reps"] = SAY_DOSE
    return new, errors


def _has_dose(row: Row) -> bool:
    return row.free_choice or any(one is not None for one in (row.reps, row.hold_s, row.duration_min, *row.rpe))


def credited(old: Row, new: Row) -> Row:
    """Return the new row saying which of its values a clinician entered: those are no source's, and not ours."""
    names = [name for name in CREDITED if getattr(old, name) != getattr(new, name)]
    earlier = re.sub(rf"; {CLINICIAN}: .*", "", new.source)
    by_hand = re.search(rf"; {CLINICIAN}: (.*)", f"; {new.source}")
    known = by_hand[1].split(", ") if by_hand else []
    entered = f"{CLINICIAN}: {', '.join(dict.fromkeys((*known, *names)))}"
    kept = "" if earlier.startswith(f"{CLINICIAN}: ") else earlier
    source = f"{kept[: 158 - len(entered)]}; {entered}" if kept else entered
    return replace(new, source=source, ours=new.ours - set(names))


def _exercise(row: Row, text: str) -> str:
    if text and text not in exercises():
        raise ValueError(SAY_EXERCISE)
    return text or row.exercise


def _span(text: str, highest: int, say: str) -> Span:
    found = _RANGE.fullmatch(text)
    if not found or (not text.isascii() and "–" not in text):
        raise ValueError(say)
    low = int(found[1])
    high = int(found[2] or low)
    if not 1 <= low <= high <= highest:
        raise ValueError(say)
    return Span(low, high)


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
    if not 0 <= band[0] <= band[1] <= min(ceiling_kg, HEAVIEST_KG):
        raise ValueError(say_load(ceiling_kg))
    return band
