"""How a result compares with people of the same age and sex. Numbers and sources live in the content."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from edge.library import ContentError

TESTS = ("chair_stand", "five_times")
TABLE_KEYS = {"source", "change", "band"}
BAND_KEYS = {"chair_stand": {"ages", "men", "women"}, "five_times": {"ages", "slowest_s"}}


class Sex(StrEnum):
    """The two for which bands were published."""

    MAN = "man"
    WOMAN = "woman"


class Standing(StrEnum):
    """A result beside those of the same age and sex."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Norm:
    """A band of results for ages ``youngest`` to ``oldest``, both included; None where it has no such end."""

    youngest: int
    oldest: int
    sex: Sex | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Norms:
    """The bands of one test, where they are from, and the smallest change that is more than chance."""

    bands: tuple[Norm, ...]
    source: str
    change: float

    def band_of(self, age: int, sex: Sex) -> Norm | None:
        """Return the band of a person, None where nobody published one."""
        fits = (band for band in self.bands if band.youngest <= age <= band.oldest and band.sex in (None, sex))
        return next(fits, None)


def parse_norms(text: str, source: str) -> dict[str, Norms]:
    """Read a norm file. Raises ContentError naming ``source``, the key and what was expected."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    if set(tables) != set(TESTS):
        raise ContentError(f"{source}: needs exactly the tables {', '.join(TESTS)}; has {', '.join(tables)}")
    return {name: _norms(f"{source}: [{name}]", name, table) for name, table in tables.items()}


def _norms(where: str, name: str, table: dict[str, Any]) -> Norms:
    if set(table) != TABLE_KEYS or not all(set(band) == BAND_KEYS[name] for band in table["band"]):
        raise ContentError(f"{where} needs source, change and bands of {', '.join(sorted(BAND_KEYS[name]))}")
    bands = [norm for band in table["band"] for norm in (_stands(band) if name == "chair_stand" else _times(band))]
    for band in bands:
        if not band.youngest <= band.oldest or not (band.low or 0.0) < (band.high or float("inf")):
            raise ContentError(f"{where} ages {band.youngest} to {band.oldest}: the first number is the smaller one")
    return Norms(tuple(bands), str(table["source"]), float(table["change"]))


def _stands(band: Mapping[str, Any]) -> list[Norm]:
    youngest, oldest = band["ages"]
    both = ((Sex.MAN, *band["men"]), (Sex.WOMAN, *band["women"]))
    return [Norm(youngest, oldest, sex, low, high) for sex, low, high in both]


def _times(band: Mapping[str, Any]) -> list[Norm]:
    youngest, oldest = band["ages"]
    return [Norm(youngest, oldest, None, None, band["slowest_s"])]


@cache
def norms() -> Mapping[str, Norms]:
    """Return the shipped norms by test."""
    name = "norms.toml"
    return parse_norms(files("edge.content").joinpath(name).read_text("utf-8"), name)


def chair_stand_standing(stands: int, age: int, sex: Sex) -> Standing | None:
    """Return how a number of stands in 30 s compares; None outside the ages for which there are bands.

    >>> chair_stand_standing(13, 62, Sex.MAN)
    <Standing.BELOW: 'below'>
    """
    band = norms()["chair_stand"].band_of(age, sex)
    if band is None or band.low is None or band.high is None:
        return None
    return Standing.BELOW if stands < band.low else Standing.ABOVE if stands > band.high else Standing.WITHIN


def five_times_standing(time_s: float, age: int, sex: Sex) -> Standing | None:
    """Return BELOW for a time slower than the average of that age, else WITHIN; None where there is no band."""
    band = norms()["five_times"].band_of(age, sex)
    if band is None or band.high is None:
        return None
    return Standing.BELOW if time_s > band.high else Standing.WITHIN
