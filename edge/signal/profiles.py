"""Classes of movement: content turned into checked settings of the counter."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any

from edge.library import STARTS, ContentError, Exercise, UnknownExercise, exercises
from edge.model import Phase

GENERIC = "generic"
UNITS = ("deg", "N")
RECORDED_WORDS = {Phase.ECCENTRIC: "Back", Phase.BOTTOM: "Pause", Phase.CONCENTRIC: "Out", Phase.TOP: "Pause"}


@dataclass(frozen=True, slots=True)
class PostureProfile:
    """Counted by leaving a still start posture and returning; ``floor`` in ``unit``, speeds in unit per second.

    ``partial`` is the share of the usual range below which a movement is not counted. ``rise`` is the height in m
    from which the way of a movement is known to have gone up or down; None where height says nothing. ``seat`` is 1
    where a repetition that ends by going down ends with the first touch of a seat, else 0. ``stride`` is the largest
    swing in ``unit`` that may be a step, None where nobody walks. ``alone`` is the share of the usual range below
    which a movement counts only with a second like it, None where each counts by itself. ``hitch`` is how many times
    as long as usual a part of the way out takes that was done in several pulls, None where that is nothing unusual.
    """

    unit: str
    floor: float
    still_speed: float
    partial: float
    rise: float | None = None
    seat: int = 0
    stride: float | None = None
    alone: float | None = None
    hitch: float | None = None


@dataclass(frozen=True, slots=True)
class CycleProfile:
    """Counted by like cycles of the acceleration; ``floor`` in m/s^2, ``first`` cycles are announced together.

    ``smooth_s`` is the box it is averaged over; ``coarse_s`` a second box over the first, looked at beside it. With
    ``aside`` four more look through boxes of up to that factor shorter and longer, and the median of five counts.
    ``certainty`` is the confidence in a repetition where it is not that of its method.
    """

    smooth_s: float
    floor: float
    first: int
    coarse_s: float | None = None
    aside: float | None = None
    certainty: float | None = None


@dataclass(frozen=True, slots=True)
class BellProfile:
    """Counted by what a hand feels of a bell that is swung or thrown.

    ``pull`` in m/s^2 is the smallest peak with which it is turned round; ``throw`` in m/s is the speed that gravity
    takes from a thrown bell, at the least.
    """

    pull: float
    throw: float


@dataclass(frozen=True, slots=True)
class BarProfile:
    """Counted by how far a bar goes up and down.

    ``floor`` in m is the smallest way that can be a repetition, ``partial`` the share of the usual way below which it
    is not counted, ``slowest_s`` the time a repetition may take before its height is lost in the sensor's offsets,
    and ``tilt`` in degrees how far what sits on a bar, or on the hand that holds it, may turn.
    """

    floor: float
    partial: float
    slowest_s: float
    tilt: float


@dataclass(frozen=True, slots=True)
class HoldProfile:
    """Counted by a posture that is taken up, kept and left; lengths in ``unit``.

    ``floor`` is the smallest way from the start posture to the held one, ``far`` the largest where a larger one is
    something else. The posture is kept while it stays within ``sway``; it has begun once it was kept for
    ``settle_s``, and is over once it was left for longer than ``pause_s``. ``certainty`` is the confidence in a hold
    with which nothing was wrong.
    """

    unit: str
    floor: float
    sway: float
    settle_s: float
    pause_s: float
    far: float | None = None
    certainty: float = 1.0


@dataclass(frozen=True, slots=True)
class WalkProfile:
    """Counted by steps. ``slowest`` and ``fastest`` are steps per minute, ``first`` steps are announced together.

    ``swing`` in deg/s and ``bounce`` in m/s^2 are the smallest ways from a low to a high that can be a step.
    """

    slowest: float
    fastest: float
    first: float
    swing: float
    bounce: float


Profile = PostureProfile | CycleProfile | BellProfile | BarProfile | HoldProfile | WalkProfile
METHODS: Mapping[str, type[Profile]] = {
    "posture": PostureProfile,
    "cycles": CycleProfile,
    "bell": BellProfile,
    "bar": BarProfile,
    "hold": HoldProfile,
    "walk": WalkProfile,
}
UNIT_KEY = "unit"
PER_CYCLE_KEY = "per_cycle"
TABLES = ("class", "place", "instead", "recorded")


@dataclass(frozen=True, slots=True)
class Profiles:
    """All classes by name, the class for a word of a sensor's place, and exercises known from recordings only.

    ``instead`` maps a class, then a word of a place from which it cannot see, to the class that can.
    """

    classes: Mapping[str, Profile]
    places: Mapping[str, str]
    instead: Mapping[str, Mapping[str, str]]
    recorded: Mapping[str, Exercise]
    per_cycle: Mapping[str, int]


def parse_profiles(text: str, source: str) -> Profiles:
    """Read a profile file. Raises ContentError naming ``source``, the key and what was expected."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    if set(tables) != set(TABLES):
        raise ContentError(f"{source}: needs exactly the tables {', '.join(TABLES)}; has {', '.join(tables)}")
    classes = {name: _profile(f"{source}: [class.{name}]", table) for name, table in tables["class"].items()}
    if GENERIC not in classes:
        raise ContentError(f"{source}: [class.{GENERIC}] is missing")
    for where, name in tables["place"].items():
        _known(f"{source}: [place] {where}", name, classes)
    for blind, table in tables["instead"].items():
        _known(f"{source}: [instead.{blind}]", blind, classes)
        for where, name in table.items():
            _known(f"{source}: [instead.{blind}] {where}", name, classes)
    recorded = {
        name: _recorded(f"{source}: [recorded.{name}]", name, table, classes)
        for name, table in tables["recorded"].items()
    }
    twice = {name: _per_cycle(f"{source}: [recorded.{name}]", table) for name, table in tables["recorded"].items()}
    return Profiles(classes, dict(tables["place"]), dict(tables["instead"]), recorded, twice)


def _profile(where: str, table: dict[str, Any]) -> Profile:
    kind = METHODS.get(table.get("method", ""))
    if kind is None:
        raise ContentError(f"{where} method is {table.get('method')!r}; expected one of {', '.join(METHODS)}")
    values = {key: value for key, value in table.items() if key != "method"}
    names = [field.name for field in fields(kind) if field.default is MISSING]
    optional = {field.name for field in fields(kind)} - set(names)
    if set(values) - optional != set(names):
        raise ContentError(f"{where} needs exactly the keys method, {', '.join(names)}")
    if UNIT_KEY in values and values[UNIT_KEY] not in UNITS:
        raise ContentError(f"{where} unit is {values[UNIT_KEY]!r}; expected one of {', '.join(UNITS)}")
    for key, value in values.items():
        if key != UNIT_KEY and not (isinstance(value, int | float) and value > 0):
            raise ContentError(f"{where} {key} is {value!r}; expected a number above 0")
    return kind(**values)


def _known(where: str, name: object, classes: Mapping[str, Profile]) -> str:
    if name not in classes:
        raise ContentError(f"{where} is {name!r}; expected one of {', '.join(classes)}")
    return str(name)


def _recorded(where: str, name: str, table: dict[str, Any], classes: Mapping[str, Profile]) -> Exercise:
    if set(table) - {PER_CYCLE_KEY} != {"class", "starts_with"}:
        raise ContentError(f"{where} needs exactly the keys class, starts_with")
    if table["starts_with"] not in STARTS:
        raise ContentError(f"{where} starts_with is {table['starts_with']!r}; expected one of {', '.join(STARTS)}")
    return recorded_exercise(name, _known(f"{where} class", table["class"], classes), Phase(table["starts_with"]))


def _per_cycle(where: str, table: dict[str, Any]) -> int:
    value = table.get(PER_CYCLE_KEY, 1)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ContentError(f"{where} {PER_CYCLE_KEY} is {value!r}; expected a whole number above 0")
    return value


def recorded_exercise(name: str, movement: str, starts_with: Phase = Phase.CONCENTRIC) -> Exercise:
    """Return an exercise for a recording: it can be counted and is not offered to anyone."""
    words = name.removeprefix("muvr_").replace("_", " ").capitalize()
    return Exercise(name, words, "imu", "recording", movement, starts_with, RECORDED_WORDS, "")


@cache
def profiles() -> Profiles:
    """Return the shipped classes of movement."""
    name = "profiles.toml"
    return parse_profiles(files("edge.content").joinpath(name).read_text("utf-8"), name)


def profile_of(exercise: Exercise) -> Profile:
    """Return the settings for an exercise. Raises ContentError where its class of movement does not exist."""
    classes = profiles().classes
    return classes[_known(f"[{exercise.key}] movement", exercise.movement, classes)]


def per_cycle(exercise: Exercise) -> int:
    """Return how many repetitions one cycle at the sensor stands for: two where the arms take turns, else one."""
    return profiles().per_cycle.get(exercise.key, 1)


def rises_first(exercise: Exercise) -> bool | None:
    """Return whether a repetition begins upwards, None for an exercise known by its place alone."""
    if _sensed(exercise.key) is None and exercise.key not in profiles().recorded:
        return None
    return exercise.starts_with is Phase.CONCENTRIC


def exercise_for(name: str) -> Exercise:
    """Return the station's exercise of that name, else the one known from recordings.

    Raises UnknownExercise with one sentence that lists some known names.
    """
    found = _sensed(name) or profiles().recorded.get(name)
    if found is None:
        some = ", ".join([*sorted(key for key in exercises() if _sensed(key)), *sorted(profiles().recorded)[:6]])
        raise UnknownExercise(f"unknown exercise {name!r}; known are for example {some}")
    return found


def _sensed(name: str) -> Exercise | None:
    """Return the station's exercise of that name, None where its sensors cannot count it."""
    known = exercises().get(name)
    return known if known is not None and known.sensed else None


def exercise_at(name: str, place: str) -> Exercise:
    """Return the exercise for a recording, by name if it is known, else by a word of the sensor's place.

    A name and place that say nothing give the generic class.
    """
    words = place.lower().replace("(", " ").split()
    try:
        exercise = exercise_for(name)
    except UnknownExercise:
        return recorded_exercise(name, _of_words(words, profiles().places, GENERIC))
    instead = profiles().instead.get(exercise.movement, {})
    return replace(exercise, movement=_of_words(words, instead, exercise.movement))


def _of_words(words: Sequence[str], classes: Mapping[str, str], otherwise: str) -> str:
    return next((classes[word] for word in words if word in classes), otherwise)
