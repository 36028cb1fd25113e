"""How rows and blocks are written, in the content files and in the plans that travel: one form for both.

What is not as expected is refused with its place, its value and what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from edge.library import Kit, exercise
from edge.prescription.plan import Block, CoachMode
from edge.prescription.row import Role, Row, Span
from edge.tempo import UNSAID, parse_tempo

HEAVIEST_KG = 300.0
"""No plan may ask for more: the highest ceiling there may be, on a machine. Our limit."""

Name = Annotated[str, Meta(pattern="^[a-z0-9_]{1,40}$(?!\n)")]
Text = Annotated[str, Meta(max_length=160)]
Whole = Annotated[int, Meta(ge=1, le=50)]
Few = Annotated[int, Meta(ge=1, le=20)]
Effort = Annotated[int, Meta(ge=1, le=10)]
Minutes = Annotated[float, Meta(gt=0, le=120)]
Percent = Annotated[float, Meta(ge=1, le=50)]
Load = Annotated[float, Meta(ge=0, le=HEAVIEST_KG)]

# Lists of two, not tuples: msgspec 0.22 reads a number with limits wrongly, and may crash, where the other choice is
# a tuple of fixed length.
SpanForm = Whole | Annotated[list[Whole], Meta(min_length=2, max_length=2)]
EffortForm = Effort | Annotated[list[Effort], Meta(min_length=2, max_length=2)] | None

T = TypeVar("T")


class FormError(ValueError):
    """A value that cannot be used; the message has its place, the value and what was expected."""


class RowForm(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A row as it is written; :func:`row_of` checks what the types do not."""

    name: Name
    exercise: Name
    order: Few
    weeks: SpanForm | None = None
    day: Annotated[int, Meta(ge=1, le=7)] | None = None
    sets: SpanForm = 1
    reps: SpanForm | None = None
    rpe: Annotated[list[EffortForm], Meta(max_length=20)] | None = None
    tempo: Annotated[str, Meta(max_length=40)] | None = None
    hold_s: Annotated[float, Meta(gt=0, le=300)] | None = None
    duration_min: Minutes | None = None
    times_per_day: Annotated[int, Meta(ge=1, le=8)] = 1
    per_side: bool = False
    load_kg: tuple[Load, Load] | None = None
    load_drop_pct: tuple[Percent, Percent] | None = None
    ceiling_kg: Load | None = None
    rpe_cap: Effort | None = None
    rest_s: Annotated[float, Meta(ge=5, le=600)] = 60.0
    role: Role = Role.MAIN
    alternatives: list[Name] = []
    together: list[Name] = []
    free_choice: bool = False
    category: Annotated[str, Meta(max_length=40)] = ""
    note: Text = ""
    source: Text = ""
    ours: list[Name] = []


class BlockForm(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A block as it is written."""

    name: Name
    weeks: SpanForm
    title: Text = ""
    sessions_per_day: Annotated[int, Meta(ge=1, le=8)] = 1
    days_per_week: Annotated[int, Meta(ge=1, le=7)] = 7
    session_min: SpanForm | None = None
    rest_days: Annotated[int, Meta(ge=0, le=6)] = 0
    done_share: Annotated[float, Meta(gt=0, le=1)] = 0.7
    settled_sessions: Annotated[int, Meta(ge=1, le=20)] = 2
    source: Text = ""
    ours: list[Name] = []


def convert(data: Any, kind: type[T]) -> T:
    """Return plain values as a form. Raises FormError naming place, value and what was expected."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as exc:
        raise FormError(explain(exc, data)) from None


def explain(exc: msgspec.ValidationError, data: Any) -> str:
    """Return what is wrong as ``place is value; expected ...``.

    >>> try:
    ...     msgspec.convert({"order": "first"}, dict[str, int])
    ... except msgspec.ValidationError as exc:
    ...     print(explain(exc, {"order": "first"}))
    [...] is {'order': 'first'}; expected `int`, got `str`
    >>> try:
    ...     msgspec.convert([1, 0], list[Whole])
    ... except msgspec.ValidationError as exc:
    ...     print(explain(exc, [1, 0]))
    [1] is 0; expected `int` >= 1
    """
    said, _, where = str(exc).partition(" - at ")
    path = where.strip("`").removeprefix("$")
    place = path.removeprefix(".") or "it"
    if said.startswith("Invalid enum value "):
        return f"{place} is {said.removeprefix('Invalid enum value ')}; expected one of {', '.join(_words(place))}"
    if said.startswith("Invalid "):
        return f"{place} is {_look_up(data, path)!r:.80}; expected another: i{said[1:]}"
    if not said.startswith("Expected "):  # a key that is missing or unknown
        said = said[0].lower() + said[1:]
        return said if place == "it" else f"{place}: {said}"
    return f"{place} is {_look_up(data, path)!r:.80}; e{said[1:]}"


def _words(place: str) -> tuple[str, ...]:
    """Return what may stand at a place that takes one of a few words."""
    last = re.sub(r"\[.*?\]", "", place).rpartition(".")[2]
    kinds: Mapping[str, type[StrEnum]] = {"role": Role, "coach": CoachMode, "kit": Kit}
    return tuple(kinds[last]) if last in kinds else ("those that are known",)


def _look_up(data: Any, path: str) -> Any:
    """Follow a path as ``.rows[2].sets`` into plain values; ``[...]`` is some key of a table, so all of it."""
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path.partition("[...]")[0]):
        try:
            data = data[name] if name else data[int(index)]
        except (KeyError, IndexError, TypeError):
            return None
    return data


# ---- rows -------------------------------------------------------------------------------------------------


def rows_of(forms: Sequence[RowForm], where: str) -> tuple[Row, ...]:
    """Return the rows, each checked. Raises FormError naming the row as ``where[number]``."""
    rows = []
    for number, form in enumerate(forms):
        try:
            rows.append(row_of(form))
        except ValueError as exc:
            raise FormError(f"{where}[{number}]: {exc}") from None
        if form.name in {row.name for row in rows[:-1]}:
            raise FormError(f"{where}[{number}]: name is {form.name!r}; expected one that no other row has")
    return tuple(rows)


def row_of(form: RowForm) -> Row:
    """Return one row. Raises ValueError naming key, value and what was expected."""
    for key in (form.exercise, *form.alternatives, *form.together):
        exercise(key)
    row = Row(
        name=form.name,
        exercise=form.exercise,
        order=form.order,
        weeks=None if form.weeks is None else span_of(form.weeks),
        day=form.day,
        sets=span_of(form.sets),
        reps=None if form.reps is None else span_of(form.reps),
        rpe=() if form.rpe is None else tuple(None if rpe is None else span_of(rpe) for rpe in form.rpe),
        tempo=UNSAID if form.tempo is None else parse_tempo(form.tempo),
        hold_s=form.hold_s,
        duration_min=form.duration_min,
        times_per_day=form.times_per_day,
        per_side=form.per_side,
        load_kg=form.load_kg,
        load_drop_pct=form.load_drop_pct,
        ceiling_kg=form.ceiling_kg,
        rpe_cap=form.rpe_cap,
        rest_s=form.rest_s,
        role=form.role,
        alternatives=tuple(form.alternatives),
        together=tuple(form.together),
        free_choice=form.free_choice,
        category=form.category,
        note=form.note,
        source=form.source,
        ours=frozenset(form.ours),
    )
    _check(row)
    return row


def _check(row: Row) -> None:
    for broken, said in (
        (row.sets.high > 10, f"sets is {written(row.sets)}; expected 1 to 10"),
        (
            len(row.rpe) not in (0, row.sets.high),
            f"rpe has {len(row.rpe)} entries; expected one per set, {row.sets.high}",
        ),
        (_backwards(row.load_kg), f"load_kg is {_pair(row.load_kg)}; expected [low, high] with low <= high"),
        (_backwards(row.load_drop_pct), f"load_drop_pct is {_pair(row.load_drop_pct)}; expected [low, high]"),
        (
            row.ceiling_kg is not None and row.load_kg is not None and row.load_kg[1] > row.ceiling_kg,
            f"load_kg is {_pair(row.load_kg)}; expected at most its ceiling_kg {row.ceiling_kg}",
        ),
        (
            (row.role is Role.BACK_OFF) is not (row.load_drop_pct is not None),
            f"load_drop_pct is {_pair(row.load_drop_pct)}; expected it for role back_off, and for no other",
        ),
        (not _has_dose(row), "reps is None; expected reps, hold_s, duration_min, rpe or free_choice"),
    ):
        if broken:
            raise ValueError(said)
    known = {one.name for one in fields(Row)} - {"ours"}
    for name in sorted(row.ours - known):
        raise ValueError(f"ours is {name!r}; expected names of this row's keys")


def _has_dose(row: Row) -> bool:
    return row.free_choice or any(one is not None for one in (row.reps, row.hold_s, row.duration_min, *row.rpe))


def _backwards(pair: tuple[float, float] | None) -> bool:
    return pair is not None and pair[0] > pair[1]


def _pair(pair: tuple[float, float] | None) -> str:
    return "None" if pair is None else f"[{pair[0]:g}, {pair[1]:g}]"


def span_of(form: int | list[int]) -> Span:
    """Return a number, or a range, as a span. Raises ValueError for one that runs backwards."""
    return Span.of(form) if isinstance(form, int) else Span(*form)


def written(span: Span) -> int | list[int]:
    """Return a span as it is written: one number where both ends are the same."""
    return span.low if span.low == span.high else list(span)


def form_of(row: Row) -> RowForm:
    """Return a row in the form that :func:`row_of` reads back to an equal row."""
    return RowForm(
        name=row.name,
        exercise=row.exercise,
        order=row.order,
        weeks=None if row.weeks is None else written(row.weeks),
        day=row.day,
        sets=written(row.sets),
        reps=None if row.reps is None else written(row.reps),
        rpe=[None if rpe is None else written(rpe) for rpe in row.rpe] if row.rpe else None,
        tempo=row.tempo.text or None,
        hold_s=row.hold_s,
        duration_min=row.duration_min,
        times_per_day=row.times_per_day,
        per_side=row.per_side,
        load_kg=row.load_kg,
        load_drop_pct=row.load_drop_pct,
        ceiling_kg=row.ceiling_kg,
        rpe_cap=row.rpe_cap,
        rest_s=row.rest_s,
        role=row.role,
        alternatives=list(row.alternatives),
        together=list(row.together),
        free_choice=row.free_choice,
        category=row.category,
        note=row.note,
        source=row.source,
        ours=sorted(row.ours),
    )


# ---- blocks -----------------------------------------------------------------------------------------------


def blocks_of(forms: Sequence[BlockForm]) -> tuple[Block, ...]:
    """Return the blocks, which follow one another from week 1 without a gap. Raises FormError otherwise."""
    blocks = []
    next_week = 1
    for number, form in enumerate(forms):
        try:
            weeks = span_of(form.weeks)
        except ValueError as exc:
            raise FormError(f"blocks[{number}]: {exc}") from None
        if weeks.low != next_week:
            raise FormError(f"blocks[{number}]: weeks is {form.weeks!r}; expected to begin with week {next_week}")
        next_week = weeks.high + 1
        unknown = sorted(set(form.ours) - {one.name for one in fields(Block)})
        if unknown:
            raise FormError(f"blocks[{number}]: ours is {unknown[0]!r}; expected names of this block's keys")
        blocks.append(
            Block(
                name=form.name,
                weeks=weeks,
                title=form.title,
                sessions_per_day=form.sessions_per_day,
                days_per_week=form.days_per_week,
                session_min=None if form.session_min is None else span_of(form.session_min),
                rest_days=form.rest_days,
                done_share=form.done_share,
                settled_sessions=form.settled_sessions,
                source=form.source,
                ours=frozenset(form.ours),
            )
        )
    return tuple(blocks)


def block_form(block: Block) -> BlockForm:
    """Return a block in the form that :func:`blocks_of` reads."""
    return BlockForm(
        name=block.name,
        weeks=written(block.weeks),
        title=block.title,
        sessions_per_day=block.sessions_per_day,
        days_per_week=block.days_per_week,
        session_min=None if block.session_min is None else written(block.session_min),
        rest_days=block.rest_days,
        done_share=block.done_share,
        settled_sessions=block.settled_sessions,
        source=block.source,
        ours=sorted(block.ours),
    )


def check_order(rows: Sequence[Row]) -> None:
    """Refuse back-off sets without a top set before them: one with the same week, day and order."""
    top_sets = {(row.weeks, row.day, row.order) for row in rows if row.role is not Role.BACK_OFF}
    for row in rows:
        if row.role is Role.BACK_OFF and (row.weeks, row.day, row.order) not in top_sets:
            raise FormError(f"row {row.name} is back_off; expected a top set of the same weeks, day and order")
