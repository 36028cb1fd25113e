"""The exercise library: content files turned into checked, immutable records.

``content/exercises/`` holds one file per family of exercises; ``content/exercises/README.txt`` explains the keys.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from typing import TypeVar

from edge.figure import Figure, FigureError, read_figure
from edge.model import Phase

DRIVERS = ("imu", "force")
STARTS = (Phase.CONCENTRIC, Phase.ECCENTRIC)
STANDING, SEATED = "standing", "seated"
POSTURES = (STANDING, SEATED, "kneeling", "lying")
LONGEST_WORD = 12
"""Characters of a phase word: room text holds no more (design guide, section 1)."""
MOST_WORDS = 12
"""Words of a sentence for patients (design guide, section 6)."""


class ContentError(ValueError):
    """A content file that cannot be used; the message names file, key, value and what was expected."""


class UnknownExercise(ContentError, KeyError):  # noqa: N818 - reads as what happened
    """No exercise of that name."""

    def __str__(self) -> str:
        """Return the sentence itself; KeyError would quote it."""
        return str(self.args[0])


class Kit(StrEnum):
    """What a patient may own. A wall, a table and the floor are in every home and are not kit."""

    BAND = "band"
    KETTLEBELL = "kettlebell"
    DUMBBELL = "dumbbell"
    STEP = "step"
    MAT = "mat"
    BENCH = "bench"
    CHAIR = "chair"
    BOX = "box"
    BELT = "belt"
    BARBELL = "barbell"
    MACHINE = "machine"


class Measured(StrEnum):
    """How a set is measured at best."""

    COUNTED = "counted"
    """Repetitions, by a sensor; by hand where there is none."""
    HELD = "held"
    """Holds, by a sensor or by the clock."""
    TIMED = "timed"
    """Minutes, by the clock."""
    BY_HAND = "by_hand"
    """What the patient says; nothing is sensed."""


class Sides(StrEnum):
    """Whether there is a left and a right."""

    BOTH = "both"
    """Both sides work together."""
    EACH = "each"
    """One side after the other."""
    NONE = "none"
    """There are no sides to speak of."""


class Family(StrEnum):
    """How much the lower back takes part; far from it a set may come near to failure."""

    NEAR_BACK = "near_back"
    FAR_FROM_BACK = "far_from_back"


class Hook(StrEnum):
    """At which height a band is clipped in."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


class Purpose(StrEnum):
    """What an exercise is for."""

    MODIFICATION = "modification"
    """To ease symptoms; no necessary part of recovery."""
    TRAINING = "training"
    TASK = "task"
    """Practice of work or daily life."""
    ACTIVITY = "activity"
    """Something to do outside or for minutes; logged, not judged."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise as content describes it; ``words`` maps each phase to what the screen says.

    ``driver``, ``place`` and ``movement`` are empty where no sensor of the rigs can tell its repetitions.
    """

    key: str
    name: str
    driver: str
    place: str
    movement: str
    starts_with: Phase
    words: Mapping[Phase, str]
    setup: str
    posture: str = STANDING
    """How the patient waits for the first repetition: a motion sensor's pose was calibrated standing."""
    measured: Measured = Measured.COUNTED
    kits: tuple[frozenset[Kit], ...] = (frozenset(),)
    """Any one of these sets of kit is enough; the first is the usual one. An empty set needs nothing."""
    side: Sides = Sides.BOTH
    purpose: Purpose = Purpose.TRAINING
    family: Family = Family.NEAR_BACK
    instructions: str = ""
    easier: tuple[str, ...] = ()
    """Regressions, the first one first."""
    harder: tuple[str, ...] = ()
    """Progressions: every exercise that names this one as easier."""
    choices: tuple[str, ...] = ()
    """The exercises of a group of free choice; empty for an exercise."""
    hook: Hook | None = None
    """Where its band is clipped in; None without a band."""
    rpe_cap: int | None = None
    """Highest effort the sources allow; None where they name none and the clinician's limits alone rule."""
    figure: Figure | None = None
    """How it is drawn; every shipped exercise has one."""
    source: str = ""
    ours: bool = False
    """True where no source names the exercise."""

    @property
    def phases(self) -> tuple[Phase, Phase, Phase]:
        """The phases inside one repetition, in order: the way out, the hold, the way back."""
        if self.starts_with is Phase.CONCENTRIC:
            return Phase.CONCENTRIC, Phase.TOP, Phase.ECCENTRIC
        return Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC

    @property
    def rest_phase(self) -> Phase:
        """The pause in the start posture, between repetitions."""
        return Phase.BOTTOM if self.starts_with is Phase.CONCENTRIC else Phase.TOP

    @property
    def sensed(self) -> bool:
        """True where a sensor can tell its repetitions, holds or steps."""
        return bool(self.driver)

    @property
    def per_side(self) -> bool:
        """True where a set is done on one side and then on the other."""
        return self.side is Sides.EACH

    @property
    def sentences(self) -> tuple[str, ...]:
        """The setup and the instructions, sentence by sentence."""
        return (*_sentences(self.setup), *_sentences(self.instructions))

    def possible_with(self, owned: frozenset[Kit]) -> bool:
        """Tell whether the kit owned is enough for it."""
        return any(needed <= owned for needed in self.kits)


# ---- reading ----------------------------------------------------------------------------------------------

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
        for sentence in _sentences(text):
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


def _sentences(text: str) -> tuple[str, ...]:
    ended = text.replace("? ", "?|").replace("! ", "!|").replace(". ", ".|")
    return tuple(ended.split("|")) if text else ()


# ---- all of them ------------------------------------------------------------------------------------------


def linked(exercises: Mapping[str, Exercise], source: str) -> dict[str, Exercise]:
    """Return the exercises with their progressions. Raises ContentError for an unknown name or a circle."""
    for one in exercises.values():
        for name in ("easier", "choices"):
            for other in getattr(one, name):
                if other not in exercises or other == one.key:
                    raise ContentError(f"{source}: [{one.key}] {name} is {other!r}; expected another exercise")
    try:
        tuple(TopologicalSorter({key: one.easier for key, one in exercises.items()}).static_order())
    except CycleError as exc:
        circle = " -> ".join(exc.args[1])
        raise ContentError(
            f"{source}: easier is a circle: {circle}; expected each to be easier than before"
        ) from None
    return {
        key: replace(one, harder=tuple(other.key for other in exercises.values() if key in other.easier))
        for key, one in exercises.items()
    }


def read_exercises(texts: Mapping[str, str]) -> dict[str, Exercise]:
    """Read all files by name. Raises ContentError as :func:`parse_exercises` and :func:`linked` do."""
    found: dict[str, Exercise] = {}
    for source, text in texts.items():
        for key, one in parse_exercises(text, source).items():
            if key in found:
                raise ContentError(f"{source}: [{key}] is in another file too; expected it once")
            found[key] = one
    return linked(found, "exercises")


@cache
def exercises() -> Mapping[str, Exercise]:
    """Return the shipped exercises by key."""
    shelf = files("edge.content").joinpath("exercises")
    shelved = sorted((one for one in shelf.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return read_exercises({f"exercises/{one.name}": one.read_text("utf-8") for one in shelved})


def exercise(key: str) -> Exercise:
    """Return one shipped exercise. Raises UnknownExercise, which lists the ones there are."""
    try:
        return exercises()[key]
    except KeyError:
        raise UnknownExercise(f"unknown exercise {key!r}; known: {', '.join(sorted(exercises()))}") from None


def _report() -> str:
    """Return one line per shipped exercise; every file has been checked by then."""
    return "\n".join(
        f"{one.key}: {one.name}, {one.measured}, {one.driver or 'no sensor'}"
        f"{f' at the {one.place}' if one.sensed else ''}, easier: {', '.join(one.easier) or 'none'}"
        for one in exercises().values()
    )


if __name__ == "__main__":
    try:
        print(_report())
    except ContentError as exc:
        raise SystemExit(str(exc)) from None
