"""The exercise library: content files turned into checked, immutable records."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from edge.model import Phase

DRIVERS = ("imu", "force")
STARTS = (Phase.CONCENTRIC, Phase.ECCENTRIC)
STANDING, SEATED = "standing", "seated"
KEYS = ("name", "driver", "place", "movement", "posture", "starts_with", "words", "setup")


class ContentError(ValueError):
    """A content file that cannot be used; the message names file, key, value and what was expected."""


class UnknownExercise(ContentError, KeyError):  # noqa: N818 - reads as what happened
    """No exercise of that name."""

    def __str__(self) -> str:
        """Return the sentence itself; KeyError would quote it."""
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise as content describes it; ``words`` maps each phase to what the screen says."""

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


def parse_exercises(text: str, source: str) -> dict[str, Exercise]:
    """Read an exercise file. Raises ContentError naming ``source``, the key and what was expected."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    return {key: _exercise(key, table, source) for key, table in tables.items()}


def _exercise(key: str, table: object, source: str) -> Exercise:
    if not isinstance(table, dict):
        raise ContentError(f"{source}: {key} is a single value; expected a table [{key}]")
    for name in (*KEYS, *table):
        if (name in KEYS) is not (name in table):
            what = "is missing" if name in KEYS else f"is not known; expected one of {', '.join(KEYS)}"
            raise ContentError(f"{source}: [{key}] {name} {what}")
    words = table["words"]
    if not isinstance(words, dict) or set(words) != set(Phase):
        raise ContentError(f"{source}: [{key}] words needs exactly the keys {', '.join(Phase)}")
    for name, value, allowed in (
        ("driver", table["driver"], DRIVERS),
        ("starts_with", table["starts_with"], STARTS),
        ("posture", table["posture"], (STANDING, SEATED)),
    ):
        if value not in allowed:
            raise ContentError(f"{source}: [{key}] {name} is {value!r}; expected one of {', '.join(allowed)}")
    return Exercise(
        key=key,
        name=str(table["name"]),
        driver=str(table["driver"]),
        place=str(table["place"]),
        movement=str(table["movement"]),
        starts_with=Phase(table["starts_with"]),
        words={Phase(phase): str(word) for phase, word in words.items()},
        setup=str(table["setup"]),
        posture=str(table["posture"]),
    )


@cache
def exercises() -> Mapping[str, Exercise]:
    """Return the shipped exercises by key."""
    name = "exercises.toml"
    return parse_exercises(files("edge.content").joinpath(name).read_text("utf-8"), name)


def exercise(key: str) -> Exercise:
    """Return one shipped exercise. Raises UnknownExercise, which lists the ones there are."""
    try:
        return exercises()[key]
    except KeyError:
        raise UnknownExercise(f"unknown exercise {key!r}; known: {', '.join(sorted(exercises()))}") from None
