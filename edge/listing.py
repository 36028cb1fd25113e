"""``steadyrig programme``: the shipped programmes for reading and checking, every prescribed row with its source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from edge.prescription.form import written
from edge.prescription.plan import Block
from edge.prescription.programmes import MODIFICATIONS, Programme, programme, programmes
from edge.prescription.row import Row, Span

Plain = dict[str, Any]


def show(
    name: Annotated[str | None, typer.Argument(help="a programme; without it they are listed")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON: one object per prescribed row")] = False,
) -> None:
    """List the shipped programmes, or print the rows of one, each with its source.

    What no source gives is named under "ours": defaults of the project that a clinician edits. symptom-modification
    is the library of exercises that ease symptoms.
    """
    if name is None:
        listed = [summary(one) for one in programmes().values()]
        print(json.dumps(listed, indent=2) if as_json else "\n".join(map(_headline, listed)))
        return
    chosen = programme(name)
    rows = list(prescribed(chosen))
    print(json.dumps(rows, indent=2) if as_json else "\n".join((_headline(summary(chosen)), *map(_line, rows))))


def summary(one: Programme) -> Plain:
    """Return a programme without its rows, as plain values."""
    return {
        "name": one.name,
        "title": one.title,
        "weeks": None if one.name == MODIFICATIONS else one.weeks,
        "for_whom": one.for_whom,
        "kit": list(one.kit),
        "floor": list(one.floor),
        "activities": list(one.activities),
        "valid_weeks": one.valid_weeks,
        "blocks": [] if one.name == MODIFICATIONS else [_block(block) for block in one.blocks],
        "source": one.source,
        "ours": sorted(one.ours),
    }


def _block(block: Block) -> Plain:
    session_min = block.session_min
    return {
        "name": block.name,
        "weeks": list(block.weeks),
        "title": block.title,
        "sessions_per_day": block.sessions_per_day,
        "days_per_week": block.days_per_week,
        "sessions_per_week": block.sessions_per_week,
        "session_min": _written(session_min),
        "minutes_per_day": session_min
        and written(Span(session_min.low * block.sessions_per_day, session_min.high * block.sessions_per_day)),
        "rest_days": block.rest_days,
        "done_share": block.done_share,
        "settled_sessions": block.settled_sessions,
        "source": block.source,
        "ours": sorted(block.ours),
    }


def prescribed(one: Programme) -> Iterator[Plain]:
    """Yield one object per prescribed row: once for each week in which it is due."""
    if one.name == MODIFICATIONS:
        yield from (row_as_dict(row, None, None) for row in one.rows)
        return
    for week in range(1, one.weeks + 1):
        block = next(block for block in one.blocks if week in block.weeks)
        yield from (row_as_dict(row, week, block) for row in one.rows if row.weeks is None or week in row.weeks)


def row_as_dict(row: Row, week: int | None, block: Block | None) -> Plain:
    """Return a row as plain values: a range is [low, high], and what the source leaves open is null."""
    return {
        "name": row.name,
        "week": week,
        "day": row.day,
        "order": row.order,
        "exercise": row.exercise,
        "sets": written(row.sets),
        "reps": _written(row.reps),
        "rpe": [_written(one) for one in row.rpe or (None,) * row.sets.high],
        "tempo": row.tempo.text or None,
        "hold_s": _whole(row.hold_s),
        "duration_min": _whole(row.duration_min),
        "times_per_day": row.times_per_day,
        "per_side": row.per_side,
        "load_drop_pct": None if row.load_drop_pct is None else [_whole(pct) for pct in row.load_drop_pct],
        "rest_s": _whole(row.rest_s),
        "role": str(row.role),
        "alternatives": list(row.alternatives),
        "together": list(row.together),
        "free_choice": row.free_choice,
        "category": row.category or None,
        "session_min": None if block is None else _written(block.session_min),
        "note": row.note,
        "source": row.source,
        "ours": sorted(row.ours),
    }


def _written(span: Span | None) -> int | list[int] | None:
    return None if span is None else written(span)


def _whole(value: float | None) -> float | None:
    """Return a whole number as one, so that 25 does not read 25.0."""
    return int(value) if value is not None and value == int(value) else value


def _headline(told: Plain) -> str:
    return f"{told['name']}: {told['title']} ({told['source']})"


def _line(row: Plain) -> str:
    """Return a row in a line a person can read."""
    place = " ".join(f"{name} {row[name]}" for name in ("week", "day") if row[name] is not None)
    names = " + ".join((row["exercise"], *row["together"]))
    names = " or ".join((names, *row["alternatives"]))
    parts = [f"{place or row['category']}: {row['order']}. {names}:", _dose(row)]
    if any(one is not None for one in row["rpe"]):
        parts.append("RPE " + ", ".join(map(_range, row["rpe"])))
    if row["load_drop_pct"] is not None:
        parts.append(f"{_range(row['load_drop_pct'])} % lighter")
    if row["tempo"]:
        parts.append(f"tempo {row['tempo']}")
    if row["per_side"]:
        parts.append("per side")
    if row["times_per_day"] > 1:
        parts.append(f"{row['times_per_day']} times a day")
    ours = f"; ours: {', '.join(row['ours'])}" if row["ours"] else ""
    return f"{parts[0]} {', '.join(part for part in parts[1:] if part)} [{row['role']}; {row['source']}{ours}]"


def _dose(row: Plain) -> str:
    each = f"{row['reps'] and _range(row['reps'])}" if row["reps"] is not None else ""
    held = f"{row['hold_s']} s hold" if row["hold_s"] is not None else ""
    timed = f"{row['duration_min']} min" if row["duration_min"] is not None else ""
    dose = " of ".join(part for part in (each, held or timed) if part)
    if not dose:
        return "of choice" if row["free_choice"] else f"{_range(row['sets'])} sets"
    return dose if row["sets"] == 1 else f"{_range(row['sets'])} x {dose}"


def _range(value: int | list[int] | None) -> str:
    return "-" if value is None else f"{value[0]}-{value[1]}" if isinstance(value, list) else str(value)
