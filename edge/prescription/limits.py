"""The thresholds a clinician may set, each with its default and the hard limits nobody may pass.

``content/limits.toml`` is the only place where these numbers stand. A plan carries those that were changed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from edge.library import ContentError

FIELDS = ("group", "label", "default", "min", "max", "unit", "source", "ours", "safer")
SAFER = ("low", "high", "none")


class LimitError(ValueError):
    """A threshold outside its hard limits; the message names it, the value and what was expected."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number a clinician may set between ``min`` and ``max``, both inside, in ``unit``.

    ``safer`` says in which direction it is stricter. ``ours`` is True where no source gives the default.
    """

    key: str
    group: str
    label: str
    default: float
    min: float
    max: float
    unit: str
    source: str
    ours: bool
    safer: str

    def check(self, value: float) -> float:
        """Return the value. Raises LimitError outside the hard limits."""
        if not self.min <= value <= self.max:
            raise LimitError(f"limit {self.key} is {value!r}; expected {self.min:g} to {self.max:g} {self.unit}")
        return value


class Limits(Mapping[str, float]):
    """Every threshold by key: the shipped defaults, with a clinician's own values over them.

    >>> Limits()["pain_ceiling"], Limits({"pain_ceiling": 4})["pain_ceiling"]
    (5.0, 4.0)
    """

    def __init__(self, changed: Mapping[str, float] | None = None) -> None:
        """Take the changed ones. Raises LimitError for one that is not known or outside its hard limits."""
        known = thresholds()
        self.changed: Mapping[str, float] = {}
        for key, value in (changed or {}).items():
            if key not in known:
                raise LimitError(f"limit {key!r} is not known; expected one of {', '.join(known)}")
            self.changed = {**self.changed, key: known[key].check(float(value))}
        self._values = {key: one.default for key, one in known.items()} | dict(self.changed)

    def __getitem__(self, key: str) -> float:
        """Return one number; KeyError where there is none of that name."""
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the keys."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        """Tell whether every number is the same."""
        return self._values == other._values if isinstance(other, Limits) else NotImplemented

    def __hash__(self) -> int:
        """Hash the numbers."""
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        """Show what a clinician changed."""
        return f"Limits({dict(self.changed)})"


def parse_thresholds(text: str, source: str) -> dict[str, Threshold]:
    """Read the table of thresholds. Raises ContentError naming ``source``, the key and what was expected."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    return {key: _threshold(key, table, source) for key, table in tables.items()}


def _threshold(key: str, table: object, source: str) -> Threshold:
    if not isinstance(table, dict) or set(table) != set(FIELDS):
        raise ContentError(f"{source}: [{key}] expected a table with exactly the keys {', '.join(FIELDS)}")
    for name in ("default", "min", "max"):
        if isinstance(table[name], bool) or not isinstance(table[name], int | float):
            raise ContentError(f"{source}: [{key}] {name} is {table[name]!r}; expected a number")
    for name in ("group", "label", "unit", "source"):
        if not isinstance(table[name], str):
            raise ContentError(f"{source}: [{key}] {name} is {table[name]!r}; expected text")
    if not isinstance(table["ours"], bool):
        raise ContentError(f"{source}: [{key}] ours is {table['ours']!r}; expected true or false")
    if table["safer"] not in SAFER:
        raise ContentError(f"{source}: [{key}] safer is {table['safer']!r}; expected one of {', '.join(SAFER)}")
    low, default, high = (float(table[name]) for name in ("min", "default", "max"))
    if not low <= default <= high:
        raise ContentError(f"{source}: [{key}] default is {default:g}; expected {low:g} to {high:g}")
    return Threshold(key, **(table | {"default": default, "min": low, "max": high}))


@cache
def thresholds() -> Mapping[str, Threshold]:
    """Return the shipped thresholds by key."""
    name = "limits.toml"
    return parse_thresholds(files("edge.content").joinpath(name).read_text("utf-8"), name)
