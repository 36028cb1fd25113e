"""What a card says, from the live plan: pages of at most three exercises, each with its dose in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import groupby, pairwise

from edge.library import UnknownExercise, exercise
from edge.model import Phase
from edge.prescription.plan import Prescription
from edge.prescription.programmes import programmes
from edge.prescription.row import Role, Row, Span
from edge.tempo import SLOW, Tempo
from sync.card.codes import Week, card_code, return_code
from sync.card.words import say

LINES = 3
"""Exercises on one card."""
WEEKS = 2
"""Weeks to tick on one card."""
MOST_SLOTS = 4
"""Boxes a day that fit beside each other."""
MOST_DOTS = 5
"""A part that lasts longer is written as a number of seconds."""
TOLERABLE = "tolerable range"
"""How the programmes say that a movement goes as far as symptoms allow."""
FINE_BELOW = 2
"""Pain this much below the ceiling is fine, above it asks for less. Our default: 0 to 3 of a ceiling of 5."""
TIMES = {1: "once a day", 2: "twice a day", 3: "three times a day"}


@dataclass(frozen=True, slots=True)
class Beat:
    """One part of a repetition: its word and its seconds."""

    word: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Line:
    """One exercise: its name, its dose, what else to know, and its tempo as beats or, without numbers, as words."""

    exercise: str
    name: str
    dose: str
    note: str
    beats: tuple[Beat, ...] = ()
    pace: str = ""


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A week to tick: its name, its Monday, and the code that brings it back."""

    name: str
    monday: date
    code: str


@dataclass(frozen=True, slots=True)
class Levels:
    """Pain up to ``fine`` is fine, up to ``ceiling`` asks for less, above it the day is over."""

    fine: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class Page:
    """One card: one side of A5."""

    when: str
    lines: tuple[Line, ...]
    closing: str
    anchor: str
    """What a number of effort means, where one is asked for."""
    weeks: tuple[WeekRow, ...]
    slots: int
    """Boxes a day."""


@dataclass(frozen=True, slots=True)
class CardPlan:
    """Everything the drawing needs. Telephone numbers are empty where they are to be written in by hand."""

    first_name: str
    code: str
    version: int
    printed: date
    levels: Levels
    pages: tuple[Page, ...]
    clinic_phone: str = ""
    emergency_phone: str = ""

    @property
    def qr(self) -> str:
        """What the QR code holds: card code and plan version, nothing else."""
        return f"{self.code}-{self.version}"


def card_plan(
    plan: Prescription, printed: date, week: int = 1, *, clinic_phone: str = "", emergency_phone: str = ""
) -> CardPlan:
    """Return the cards of a plan from its ``week`` on, to be ticked from the Monday before ``printed``.

    One card has two weeks of one block. Raises CodeError for a date no return code can name.
    """
    code, monday = card_code(plan.patient_id, plan.version), printed - timedelta(days=printed.weekday())
    block = plan.block_of(week)
    last = max(week, min(week + WEEKS - 1, block.weeks.high))
    weeks = tuple(
        WeekRow(f"Week {week + ahead}", begins, return_code(Week(code, begins)))
        for ahead in range(WEEKS)
        for begins in (monday + timedelta(weeks=ahead),)
    )[: WEEKS if plan.weeks == block.weeks.high else last - week + 1]
    slots = min(block.sessions_per_day, MOST_SLOTS)
    when = [weeks[0].name if len(weeks) == 1 else f"Weeks {week} and {week + 1}"]
    when.append(
        TIMES.get(slots, f"{slots} times a day") if block.days_per_week > 6 else f"{block.days_per_week} days a week"
    )
    if block.session_min is not None:
        when.append(f"{span(block.session_min)} minutes")
    pages = []
    for day, rows in _days(plan, week):
        head = [f"Day {day}", *when] if day is not None else when
        drawn, closing = _closing(rows)
        for part in _parts(drawn):
            lines = tuple(line_of(row, block.sessions_per_day) for row in part)
            anchor = say("tempo.effort") if any(map(effort_of, part)) else ""
            pages.append(Page(" · ".join(head), lines, closing, anchor, weeks, slots))
    levels = _levels(plan)
    return CardPlan(plan.first_name, code, plan.version, printed, levels, tuple(pages), clinic_phone, emergency_phone)


def _days(plan: Prescription, week: int) -> Iterator[tuple[int | None, Sequence[Row]]]:
    """Yield the training days of a week with their rows; one of None where every day is the same."""
    here = min(week, plan.weeks)
    rows = [row for row in plan.rows if row.weeks is None or here in row.weeks]
    fixed = [row for row in rows if row.day is None]
    dayed = sorted((row for row in rows if row.day is not None), key=lambda row: (row.day or 0, row.order))
    if not dayed:
        yield None, fixed
    for day, of_day in groupby(dayed, key=lambda row: row.day):
        yield day, sorted([*of_day, *fixed], key=lambda row: row.order)


def _closing(rows: Sequence[Row]) -> tuple[Sequence[Row], str]:
    """Return the rows to draw, and the walk that closes the session as one line of words."""
    walks = [row for row in rows if row.role is Role.CLOSER and row.duration_min]
    if len(walks) != 1 or len(rows) == 1:
        return rows, ""
    walk = walks[0]
    pace = " ".join(f"{words}." for words in tempo_of(walk)[1:] if words)
    return [row for row in rows if row is not walk], f"Then {_name(walk).lower()} {dose_of(walk)}. {pace}".strip()


def _parts(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    """Return the rows in cards as equal as can be: four are two and two."""
    count = -(-len(rows) // LINES)
    edges = [round(part * len(rows) / count) for part in range(count + 1)] if count else []
    return [rows[begin:end] for begin, end in pairwise(edges)]


def _levels(plan: Prescription) -> Levels:
    ceiling = int(min(plan.limits["pain_ceiling"], plan.limits["leg_pain_ceiling"]))
    return Levels(max(ceiling - FINE_BELOW, 0), ceiling)


def line_of(row: Row, sessions_per_day: int = 1) -> Line:
    """Return a row of the plan as the card says it; how often is said where it is not the card's own number."""
    beats, pace = tempo_of(row)
    dose = [dose_of(row), effort_of(row)]
    if row.times_per_day not in (1, sessions_per_day):
        dose.insert(1, TIMES.get(row.times_per_day, f"{row.times_per_day} times a day"))
    return Line(
        row.exercise,
        _name(row),
        " · ".join(filter(None, dose)),
        note_of(row) or _first_instruction(row.exercise),
        beats,
        pace,
    )


def _name(row: Row) -> str:
    def one(key: str) -> str:
        try:
            return exercise(key).name
        except UnknownExercise:
            return key.replace("_", " ").capitalize()

    if row.together:
        return " + ".join(map(one, dict.fromkeys((row.exercise, *row.together))))
    if row.alternatives:
        return " or ".join(map(one, dict.fromkeys((row.exercise, *row.alternatives))))
    return one(row.exercise)


def span(numbers: Span) -> str:
    """Return a range as it is said.

    >>> span(Span(2, 3)), span(Span(8, 8))
    ('2 to 3', '8')
    """
    return f"{numbers.low}" if numbers.low == numbers.high else f"{numbers.low} to {numbers.high}"


def dose_of(row: Row) -> str:
    """Return how much: sets, repetitions, holds or minutes, each side.

    >>> from edge.prescription.row import Row, Span
    >>> dose_of(Row("a", "plank", 1, sets=Span(3, 3), hold_s=30.0))
    '3 holds of 30 s'
    """
    sets = f"{span(row.sets)} set{'' if row.sets.high == 1 else 's'}"
    if row.duration_min is not None:
        said = f"{row.duration_min:g} min"
    elif row.reps is not None:
        said = f"{sets} of {span(row.reps)}"
        said += f", hold {row.hold_s:g} s" if row.hold_s else ""
    elif row.hold_s is not None:
        said = f"{span(row.sets)} hold{'' if row.sets.high == 1 else 's'} of {row.hold_s:g} s"
    else:
        said = sets
    return said + (" each side" if row.per_side else "")


def note_of(row: Row) -> str:
    """Return the load, and what the clinician wrote.

    Notes of the shipped programmes speak to clinicians and are left out, but for the one on range.
    """
    parts = []
    if row.load_kg is not None and row.load_kg[1] > 0:
        low, high = row.load_kg
        parts.append(f"{low:g} kg" if low == high else f"{low:g} to {high:g} kg")
    if row.load_drop_pct is not None:
        low, high = row.load_drop_pct
        parts.append(f"{low:g} to {high:g} % lighter")
    if TOLERABLE in row.note:
        parts.append(say("notes.range"))
    elif row.note and row.note not in _shipped_notes():
        parts.append(row.note)
    return " · ".join(parts)


@cache
def _shipped_notes() -> frozenset[str]:
    return frozenset(row.note for one in programmes().values() for row in one.rows)


def _first_instruction(name: str) -> str:
    """Return how an exercise begins, where nothing else has to be said of it."""
    try:
        return exercise(name).instructions.partition(". ")[0].rstrip(".")
    except UnknownExercise:
        return ""


def effort_of(row: Row) -> str:
    """Return the effort of the sets in words: one for all, from one to the other, or set by set.

    >>> from edge.prescription.row import Row, Span
    >>> effort_of(Row("a", "plank", 1, rpe=(Span.of(5), Span.of(6), Span.of(7))))
    'effort 5, 6, 7'
    """
    efforts = [one for one in row.rpe if one is not None]
    if not efforts:
        return ""
    if len(set(efforts)) == 1:
        return f"effort {span(efforts[0])}"
    return f"effort {', '.join(map(span, efforts))}"


def tempo_of(row: Row) -> tuple[tuple[Beat, ...], str]:
    """Return the tempo as beats to count where it has numbers, else as words; nothing where none is asked for."""
    if row.duration_min is not None:
        return (), say("tempo.walk") if row.exercise == "walk" else ""
    if row.tempo.text == SLOW:
        return (), say("tempo.slow")
    if not row.tempo.judged:
        return (), say("tempo.own") if row.tempo.text else ""
    try:
        known = exercise(row.exercise)
    except UnknownExercise:
        return (), row.tempo.text
    placed = row.tempo.placed(starts_concentric=known.starts_with is Phase.CONCENTRIC)
    seconds = {phase: _seconds(placed, phase) for phase in Phase}
    beats = []
    for phase in (*known.phases, known.rest_phase):
        if (lasts := seconds[phase]) is not None:
            still = phase in (Phase.BOTTOM, Phase.TOP)
            beats.append(Beat(say("tempo.hold") if still else known.words[phase].lower(), lasts))
    return tuple(beats), ""


def _seconds(tempo: Tempo, phase: Phase) -> float | None:
    return dict(zip((Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC, Phase.TOP), tempo.parts, strict=True))[phase]
