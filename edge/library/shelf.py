"""All exercises together: what one says of another holds, and each is found by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files

from edge.library.read import ContentError, parse_exercises
from edge.library.record import Exercise


class UnknownExercise(ContentError, KeyError):  # noqa: N818 - reads as what happened
    """No exercise of that name."""

    def __str__(self) -> str:
        """Return the sentence itself; KeyError would quote it."""
        return str(self.args[0])


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
