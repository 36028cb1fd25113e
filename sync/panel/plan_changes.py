"""What is different between two versions of a plan, in words: "Band row: sets 3 → 2"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from edge.prescription.amend import groups, unlike
from edge.prescription.limits import thresholds
from edge.prescription.plan import Block, Prescription
from edge.prescription.row import Role, Row, Span
from sync.panel import typed_blocks
from sync.panel.typed_rows import ROLES, SIDES, rpe_text, span_text
from sync.panel.words import COACH, asked, dose, due_when, exercise_name, exercises_of, load, measure_name

ARROW = "\N{RIGHTWARDS ARROW}"
NONE = "none"
UNSPOKEN = ("name", "source", "ours", "order")
"""Fields of a row that say nothing of what is done; the order is told of all rows of a day together."""


def changes(old: Prescription | None, new: Prescription) -> list[str]:
    """Return one sentence part for each thing that is different, rows first; nothing where nothing is.

    Without an ``old`` plan everything is new.
    """
    if old is None:
        return [*_of_plan(new), *(_added(row) for row in new.rows)]
    return [
        *_of_plan_changed(old, new),
        *_rows(old, new),
        *_orders(old, new),
        *_kit(old, new),
        *_floor(old, new),
        *_settings(old, new),
        *_blocks(old, new),
        *_limits(old, new),
    ]


def _of_plan(plan: Prescription) -> Iterator[str]:
    if plan.programme:
        yield f"Programme: {plan.programme}, from {plan.valid_from}"


def _of_plan_changed(old: Prescription, new: Prescription) -> Iterator[str]:
    if old.programme != new.programme:
        yield f"Programme: {_turned(old.programme or NONE, new.programme or NONE)}"
    for name, label in (("valid_from", "First day"), ("valid_until", "Good until")):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield f"{label}: {_turned(str(was or 'without an end'), str(now or 'without an end'))}"


# ---- rows -------------------------------------------------------------------------------------------------


def _rows(old: Prescription, new: Prescription) -> Iterator[str]:
    for row in new.rows:
        held = old.row(row.name)
        if held is None:
            yield _added(row)
        elif parts := _parts(held, row):
            yield f"{exercises_of(held)}{_which(old, held)}: {', '.join(parts)}"
    for held in old.rows:
        if new.row(held.name) is None:
            yield f"Removed: {exercises_of(held)}, {due_when(held)}, {dose(held)}"


def _parts(old: Row, new: Row) -> list[str]:
    parts = [_part(name, old, new) for name in unlike(old, new) if name not in UNSPOKEN]
    if old.exercise != new.exercise and new.load_kg and old.load_kg == new.load_kg:
        # Nobody has tried that load with the other exercise: whoever signs is to see that it goes on.
        parts.append(f"load stays {load(*new.load_kg)}")
    return parts


def _added(row: Row) -> str:
    effort = f", effort {rpe_text(row)}" if row.rpe else ""
    pace = f", tempo {row.tempo.text}" if row.tempo.text else ""
    weight = f", {load(*row.load_kg)}" if row.load_kg else ""
    return f"Added: {exercises_of(row)}, {due_when(row)}: {dose(row)}{effort}{pace}{weight}"


def _which(plan: Prescription, row: Row) -> str:
    """Return when a row is due where more than one of its exercise would be meant."""
    alike = sum(one.exercise == row.exercise and one.role == row.role for one in plan.rows)
    back_off = "back-off sets, " if row.role is Role.BACK_OFF else ""
    return f" ({back_off}{due_when(row)})" if alike > 1 else f" ({back_off[:-2]})" if back_off else ""


def _part(name: str, old: Row, new: Row) -> str:
    label, say = _FIELDS[name]
    return f"{label} {_turned(say(old), say(new))}"


def _turned(was: str, now: str) -> str:
    return f"{was} {ARROW} {now}"


def _span(name: str) -> Callable[[Row], str]:
    return lambda row: span_text(getattr(row, name)) or NONE


def _number(name: str, unit: str, none: str = NONE) -> Callable[[Row], str]:
    def say(row: Row) -> str:
        value = getattr(row, name)
        return none if value is None else f"{value:g}{unit}"

    return say


def _names(keys: Sequence[str]) -> str:
    return " or ".join(exercise_name(key) for key in keys) or NONE


_FIELDS: Mapping[str, tuple[str, Callable[[Row], str]]] = {
    "exercise": ("exercise", lambda row: exercise_name(row.exercise)),
    "weeks": ("weeks", lambda row: span_text(row.weeks) or "every week"),
    "day": ("training day", lambda row: str(row.day) if row.day else "every session"),
    "sets": ("sets", _span("sets")),
    "reps": ("repetitions", _span("reps")),
    "rpe": ("effort", lambda row: rpe_text(row) or NONE),
    "tempo": ("tempo", lambda row: row.tempo.text or NONE),
    "hold_s": ("hold", _number("hold_s", " s")),
    "duration_min": ("time", _number("duration_min", " min")),
    "times_per_day": ("times a day", lambda row: str(row.times_per_day)),
    "per_side": ("sides", lambda row: SIDES["each" if row.per_side else ""]),
    "load_kg": ("load", lambda row: load(*(row.load_kg or (None, None)))),
    "load_drop_pct": ("drop of load", lambda row: "{:g}-{:g} %".format(*row.load_drop_pct or (0, 0))),
    "ceiling_kg": ("ceiling", _number("ceiling_kg", " kg", "the plan's")),
    "rpe_cap": ("highest effort", _number("rpe_cap", "", "the plan's")),
    "rest_s": ("rest", _number("rest_s", " s")),
    "role": ("part of the session", lambda row: ROLES.get(row.role, "back-off sets")),
    "alternatives": ("alternatives", lambda row: _names(row.alternatives)),
    "together": ("together with", lambda row: _names(row.together)),
    "free_choice": ("free choice", lambda row: "yes" if row.free_choice else "no"),
    "category": ("kind", lambda row: row.category or NONE),
    "note": ("note", lambda row: row.note or NONE),
}


def _orders(old: Prescription, new: Prescription) -> Iterator[str]:
    """Yield the order of each group whose rows are done in another one, or where a new row is not the last."""
    before = {(group.weeks, group.day): [row.name for row in group.rows] for group in groups(old)}
    for group in groups(new):
        names = [row.name for row in group.rows]
        was = before.get((group.weeks, group.day), [])
        kept = [name for name in was if name in names]
        if kept and names[: len(kept)] != kept:
            done = dict.fromkeys(exercises_of(row) for row in group.rows)
            yield f"Order, {when(group.weeks, group.day)}: {', '.join(done)}"


def when(weeks: Span | None, day: int | None) -> str:
    """Return which weeks and day rows belong to."""
    return due_when(Row("", "", 1, weeks=weeks, day=day))


# ---- the whole plan ---------------------------------------------------------------------------------------


def _kit(old: Prescription, new: Prescription) -> Iterator[str]:
    if old.kit == new.kit:
        return
    if old.kit is None or new.kit is None:
        yield f"Kit: {_turned(_owned(old), _owned(new))}"
        return
    for item in dict.fromkeys((*old.kit, *new.kit)):
        if item not in old.kit:
            yield f"Kit: {item} added{_weights(new.kit[item], ', ')}"
        elif item not in new.kit:
            yield f"Kit: {item} taken away"
        elif old.kit[item] != new.kit[item]:
            yield f"Kit, {item}: {_turned(_weights(old.kit[item]) or NONE, _weights(new.kit[item]) or NONE)}"


def _owned(plan: Prescription) -> str:
    return "nobody said" if plan.kit is None else ", ".join(plan.kit) or NONE


def _weights(weights: Sequence[float], before: str = "") -> str:
    return f"{before}{', '.join(f'{kg:g}' for kg in weights)} kg" if weights else ""


def _floor(old: Prescription, new: Prescription) -> Iterator[str]:
    was, now = ([row.exercise for row in plan.floor] for plan in (old, new))
    if was != now or any(unlike(a, b) for a, b in zip(old.floor, new.floor, strict=True)):
        listed = [", ".join(map(exercise_name, keys)) or NONE for keys in (was, now)]
        yield f"Gentle routine: {_turned(*listed)}"


def _settings(old: Prescription, new: Prescription) -> Iterator[str]:
    if old.coach != new.coach:
        yield f"The coach: {_turned(COACH[old.coach], COACH[new.coach])}"
    if old.over_pusher != new.over_pusher:
        yield f"Pushes too hard: {_turned(*('yes' if one.over_pusher else 'no' for one in (old, new)))}"
    if old.own_activities != new.own_activities:
        listed = ["; ".join(one.own_activities) or NONE for one in (old, new)]
        yield f"Own activities: {_turned(*listed)}"
    if old.tests != new.tests:
        listed = [", ".join(map(measure_name, asked(one))) or NONE for one in (old, new)]
        yield f"Measures asked for: {_turned(*listed)}"
    if old.activities != new.activities:
        listed = [", ".join(map(exercise_name, one.activities)) or NONE for one in (old, new)]
        yield f"Activities outside: {_turned(*listed)}"


def _blocks(old: Prescription, new: Prescription) -> Iterator[str]:
    if [one.weeks for one in old.blocks] != [one.weeks for one in new.blocks]:
        yield f"Blocks of weeks: {_turned(*(', '.join(span_text(b.weeks) for b in p.blocks) for p in (old, new)))}"
        return
    for was, now in zip(old.blocks, new.blocks, strict=True):
        for field in typed_blocks.FIELDS:
            before, after = (_block(one, field) for one in (was, now))
            if before != after:
                yield f"{block_title(now)}: {field.label.lower()} {_turned(before, after)}"


def _block(block: Block, field: typed_blocks.Field) -> str:
    return f"{field.write(getattr(block, field.name)) or NONE} {field.unit}".strip()


def block_title(block: Block) -> str:
    """Return what a block is called on a page."""
    return block.title or "Every week"


def _limits(old: Prescription, new: Prescription) -> Iterator[str]:
    for key, known in thresholds().items():
        was, now = old.limits[key], new.limits[key]
        if was != now:
            yield f"{known.label}: {_turned(f'{was:g}', f'{now:g}')} {known.unit}"
