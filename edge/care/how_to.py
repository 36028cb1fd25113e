"""How the tests of function are done at home: instructions in our own words, with the source of the procedure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from edge.care import words
from edge.care.measures import measures
from edge.library import ContentError, exercises
from edge.safety.table import check_patient_text

NAMES = ("chair_stand", "five_times", "walk_2min", "walk_10m")
KEYS = {
    "name", "minutes", "exercise", "seconds", "course_m", "trials", "steps", "lines", "by_hand", "doing", "source",
}  # fmt: skip
MOST_LINES = 5
_SOURCE = "tests.toml"


@dataclass(frozen=True, slots=True)
class HowTo:
    """One test as content describes it.

    ``exercise`` is whose sensor counts it. ``seconds`` is how long it lasts, 0 where the patient's own doing ends it;
    ``course_m`` the length of its course, 0 without one, walked ``trials`` times. ``steps`` are what buttons add to a
    number entered by hand. ``by_hand`` is the instruction that comes in where no sensor counts.
    """

    key: str
    name: str
    minutes: float
    exercise: str
    seconds: float
    course_m: float
    trials: int
    steps: tuple[int, ...]
    lines: tuple[str, ...]
    by_hand: str
    doing: str
    source: str

    @property
    def counted(self) -> bool:
        """Whether a sensor can count it: chair tests. Of a walk the distance is told."""
        return bool(self.by_hand)


def parse_how_to(text: str, source: str) -> dict[str, HowTo]:
    """Read the tests. Raises ContentError naming ``source``, the key and what was expected."""
    tables = words.tables(text, source)
    if tuple(tables) != NAMES:
        raise ContentError(f"{source}: has the tables {', '.join(tables)}; expected {', '.join(NAMES)} in this order")
    return {key: _how_to(key, table, f"{source}: [{key}]") for key, table in tables.items()}


def _how_to(key: str, table: Mapping[str, object], where: str) -> HowTo:
    words.has_exactly(table, where, KEYS)
    if key not in measures() or table["exercise"] not in exercises():
        raise ContentError(f"{where} exercise is {table['exercise']!r}; expected one of the library")
    lines, steps = table["lines"], table["steps"]
    if not isinstance(lines, list) or not 1 <= len(lines) < MOST_LINES:
        raise ContentError(f"{where} lines is {lines!r}; expected 1 to {MOST_LINES - 1} sentences")
    if not isinstance(steps, list) or not steps or not all(isinstance(one, int) and one > 0 for one in steps):
        raise ContentError(f"{where} steps is {steps!r}; expected whole numbers above 0")
    for said in (*lines, table["by_hand"], table["doing"]):
        check_patient_text(str(said), f"{where} lines")
    return HowTo(
        key=key,
        name=words.text(table, "name", where),
        minutes=words.number(table, "minutes", where, 0.5, 20),
        exercise=str(table["exercise"]),
        seconds=words.number(table, "seconds", where, 0, 600),
        course_m=words.number(table, "course_m", where, 0, 100),
        trials=int(words.number(table, "trials", where, 1, 4)),
        steps=tuple(steps),
        lines=tuple(map(str, lines)),
        by_hand=str(table["by_hand"]),
        doing=words.text(table, "doing", where),
        source=words.text(table, "source", where),
    )


@cache
def how_to() -> Mapping[str, HowTo]:
    """Return the shipped tests by measure."""
    return parse_how_to(files("edge.content").joinpath(_SOURCE).read_text("utf-8"), _SOURCE)
