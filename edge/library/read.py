"""One exercise file, read and checked: every value that is not as expected is refused with its place."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from typing import TypeVar

from edge.figure import Figure, FigureError, read_figure
from edge.library.record import SEATED, STANDING, Exercise, Family, Hook, Kit, Measured, Purpose, Sides, sentences_of
from edge.model import Phase

DRIVERS = ("imu", "force")
STARTS = (Phase.CONCENTRIC, Phase.ECCENTRIC)
POSTURES = (STANDING, SEATED, "kneeling", "lying")
LONGEST_WORD = 12
"""Characters of a phase word: room text holds no more (design guide, section 1)."""
MOST_WORDS = 12
"""Words of a sentence for patients (design guide, section 6)."""


class ContentError(ValueError):
    """A content file that cannot be used; the message names file, key, value and what was expected."""


REQUIRED = (
    "name", "kit", "measured", "starts_with", "words", "posture", "side", "purpose", "family", "setup",
    "instructions", "easier", "source",
)  # fmt: skip
OPTIONAL = ("sensor", "choices", "hook", "rpe_cap", "ours", "figure")
_Choice = TypeVar("_Choice", bound=StrEnum)


def parse_exercises(text: str, source: str) -> dict[str, Exercise]:
    """Read one exercise file. Raises ContentError naming ``source``, the key, the value and what was expected.

    What an exercise says of others is checked by :func:`linked`, once all files are read.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    return {key: _exercise(_Table(source, key, table)) for key, table in tables.items()}


class _Table:
    """One table of a file; every value that is not as expected is refused with its place."""

    def __init__(self, source: str, key: str, table: object) -> None:
        if not isinstance(table, dict):
            raise ContentError(f"{source}: {key} is {table!r}; expected a table [{key}]")
        self.key = key
        self._where = f"{source}: [{key}]"
        self._table = table
        for name in (*REQUIRED, *table):
            if name not in (*REQUIRED, *OPTIONAL):
                known = ", ".join((*REQUIRED, *OPTIONAL))
                raise ContentError(f"{self._where} {name} is not known; expected one of {known}")
            if name not in table:
                raise ContentError(f"{self._where} {name} is missing")

    def refuse(self, name: str, expected: str, value: object = None) -> ContentError:
        """Return the error for a value."""
        return ContentError(f"{self._where} {name} is {value or self._table[name]!r}; expected {expected}")

    def get(self, name: str, otherwise: object = None) -> object:
        """Return a value as it stands in the file."""
        return self._table.get(name, otherwise)

    def text(self, name: str) -> str:
        """Return a text that is not empty."""
        value = self._table[name]
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(name, "text")
        return value

    def prose(self, name: str) -> str:
        """Return sentences of 12 words at most."""
        text = self.text(name)
        for sentence in sentences_of(text):
            if len(sentence.split()) > MOST_WORDS:
                raise self.refuse(name, f"sentences of {MOST_WORDS} words at most", sentence)
        if not text.endswith((".", "?", "!")):
            raise self.refuse(name, "whole sentences")
        return text

    def choice(self, name: str, kind: type[_Choice]) -> _Choice:
        """Return one of the values of an enumeration."""
        value = self._table[name]
        if not isinstance(value, str) or value not in {*kind}:
            raise self.refuse(name, f"one of {', '.join(kind)}")
        return kind(value)

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return one of some values."""
        value = self._table[name]
        if value not in allowed:
            raise self.refuse(name, f"one of {', '.join(allowed)}")
        return str(value)

    def keys(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, empty where it is not there."""
        value = self._table.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.refuse(name, "a list of exercises")
        if len(set(value)) < len(value):
            raise self.refuse(name, "each exercise once")
        return tuple(value)

    def words(self) -> dict[Phase, str]:
        """Return the word for each phase."""
        value = self._table["words"]
        if not isinstance(value, dict) or set(value) != set(Phase):
            raise self.refuse("words", f"exactly the keys {', '.join(Phase)}")
        for phase, word in value.items():
            if not isinstance(word, str) or not 0 < len(word) <= LONGEST_WORD:
                raise self.refuse(f"words.{phase}", f"1 to {LONGEST_WORD} characters", word)
        return {Phase(phase): word for phase, word in value.items()}

    def kits(self) -> tuple[frozenset[Kit], ...]:
        """Return the sets of kit of which any one is enough."""
        value = self._table["kit"]
        expected = f"a list of lists of {', '.join(Kit)}"
        if not isinstance(value, list) or not value or not all(isinstance(one, list) for one in value):
            raise self.refuse("kit", expected)
        for item in (item for needed in value for item in needed):
            if item not in {*Kit}:
                raise self.refuse("kit", expected, item)
        return tuple(frozenset(map(Kit, needed)) for needed in value)

    def sensor(self) -> tuple[str, str, str]:
        """Return driver, place and class of movement, three times nothing where it cannot be sensed."""
        value = self._table.get("sensor", {})
        names = ("driver", "place", "movement")
        if not value:
            return "", "", ""
        if not isinstance(value, dict) or set(value) != set(names):
            raise self.refuse("sensor", f"exactly the keys {', '.join(names)}")
        if value["driver"] not in DRIVERS:
            raise self.refuse("sensor.driver", f"one of {', '.join(DRIVERS)}", value["driver"])
        for name in names:
            if not isinstance(value[name], str) or not value[name]:
                raise self.refuse(f"sensor.{name}", "text", value[name])
        return value["driver"], value["place"], value["movement"]

    def effort(self) -> int | None:
        """Return the highest effort allowed."""
        value = self._table.get("rpe_cap")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10):
            raise self.refuse("rpe_cap", "a whole number from 1 to 10")
        return value

    def figure(self) -> Figure | None:
        """Return how it is drawn."""
        try:
            return read_figure(self._table["figure"]) if "figure" in self._table else None
        except FigureError as exc:
            raise ContentError(f"{self._where} {exc}") from None

    def flag(self, name: str) -> bool:
        """Return true or false, false where it is not there."""
        value = self._table.get(name, False)
        if not isinstance(value, bool):
            raise self.refuse(name, "true or false")
        return value


def _exercise(table: _Table) -> Exercise:
    driver, place, movement = table.sensor()
    return Exercise(
        key=table.key,
        name=table.text("name"),
        driver=driver,
        place=place,
        movement=movement,
        starts_with=Phase(table.one_of("starts_with", STARTS)),
        words=table.words(),
        setup=table.prose("setup"),
        posture=table.one_of("posture", POSTURES),
        measured=table.choice("measured", Measured),
        kits=table.kits(),
        side=table.choice("side", Sides),
        purpose=table.choice("purpose", Purpose),
        family=table.choice("family", Family),
        instructions=table.prose("instructions"),
        easier=table.keys("easier"),
        choices=table.keys("choices"),
        hook=table.choice("hook", Hook) if table.get("hook") is not None else None,
        rpe_cap=table.effort(),
        figure=table.figure(),
        source=table.text("source"),
        ours=table.flag("ours"),
    )
