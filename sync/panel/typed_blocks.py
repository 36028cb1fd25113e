"""The blocks of a plan as a clinician types them: how often, how long, and what must be true before the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from edge.prescription.plan import Block, Prescription
from edge.prescription.row import Row, Span
from sync.panel.typed_rows import Typed, span_text


@dataclass(frozen=True, slots=True)
class Field:
    """One thing about a block: how it is labelled, its unit, and how it is read and written."""

    name: str
    label: str
    unit: str
    say: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 3 and low <= int(text) <= high):
            raise ValueError(text)
        return int(text)

    return read


def _percent(text: str) -> float:
    return _whole(1, 100)(text) / 100


def _minutes(text: str) -> Span | None:
    if not text:
        return None
    parts = [_whole(1, 50)(part.strip()) for part in text.split("-", 1)]
    return Span(parts[0], parts[-1])


FIELDS = (
    Field("sessions_per_day", "Sessions a day", "", "Write a whole number from 1 to 8.", _whole(1, 8)),
    Field("days_per_week", "Days a week", "", "Write a whole number from 1 to 7.", _whole(1, 7)),
    Field(
        "session_min",
        "Length of a session",
        "min",
        "Write minutes from 1 to 50, or a range, as 5-7.",
        _minutes,
        span_text,
    ),
    Field("rest_days", "Free days between training days", "", "Write a whole number from 0 to 6.", _whole(0, 6)),
    Field(
        "done_share",
        "Share of a week's sessions before the next week",
        "%",
        "Write a whole number from 1 to 100.",
        _percent,
        lambda share: f"{share * 100:.0f}",
    ),
    Field(
        "settled_sessions",
        "Sessions within tolerance before the next block",
        "",
        "Write a whole number from 1 to 20.",
        _whole(1, 20),
    ),
)


def names(plan: Prescription) -> Iterator[str]:
    """Yield the name of every field of every block, as the form has it."""
    for number in range(len(plan.blocks)):
        yield from (_key(number, field) for field in FIELDS)


def _key(number: int, field: Field) -> str:
    return f"block_{number}_{field.name}"


def written(plan: Prescription) -> dict[str, str]:
    """Return every field as it is typed."""
    return {
        _key(number, field): field.write(getattr(block, field.name))
        for number, block in enumerate(plan.blocks)
        for field in FIELDS
    }


def read(plan: Prescription, typed: Typed, errors: dict[str, str]) -> Prescription:
    """Return the plan with what was typed; each field that is wrong stays, with one sentence in ``errors``."""
    blocks = tuple(_read(number, block, typed, errors) for number, block in enumerate(plan.blocks))
    return replace(plan, blocks=blocks, rows=tuple(_as_often(row, plan, blocks) for row in plan.rows))


def _read(number: int, block: Block, typed: Typed, errors: dict[str, str]) -> Block:
    values: dict[str, Any] = {}
    for field in FIELDS:
        try:
            values[field.name] = field.read(typed.get(_key(number, field), ""))
        except ValueError:
            errors[_key(number, field)] = field.say
    new = replace(block, **values)
    entered = {field.name for field in FIELDS if getattr(new, field.name) != getattr(block, field.name)}
    return replace(new, ours=new.ours - entered)


def _as_often(row: Row, plan: Prescription, blocks: tuple[Block, ...]) -> Row:
    """Return a row that was in every session of its block in every one still, and in no more than there are."""
    week = row.weeks.low if row.weeks else 1
    number = plan.blocks.index(plan.block_of(week))
    before, after = plan.blocks[number].sessions_per_day, blocks[number].sessions_per_day
    times = after if row.times_per_day == before else min(row.times_per_day, after)
    return replace(row, times_per_day=times)
