"""The outcome measures there are: their ranges and units, and how large a change has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from edge.care import words
from edge.care.norms import norms
from edge.library import ContentError

KINDS = ("test", "rating", "score")
BETTER = ("high", "low", "none")
KEYS = {
    "label", "kind", "unit", "better", "low", "high", "whole", "error", "important", "share", "practice", "at_home",
    "versions", "source",
}  # fmt: skip
NAMES = (
    "chair_stand", "five_times", "walk_2min", "walk_10m", "function", "function_single", "global_change", "odi",
    "rmdq", "start_back", "start_back_psych",
)  # fmt: skip
ACTIVITIES = ("function_1", "function_2", "function_3")
"""The patient's own activities, one to three; each is stored as a single rating."""


class OutcomeError(ValueError):
    """A result that cannot be stored; the message names the measure, the value and what was expected."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One outcome measure as content describes it. ``error`` and ``important`` are 0 where nobody published one."""

    key: str
    label: str
    kind: str
    unit: str
    better: str
    low: float
    high: float
    whole: bool
    error: float
    important: float
    share: float
    practice: bool
    at_home: bool
    versions: tuple[str, ...]
    source: str


def parse_measures(text: str, source: str) -> dict[str, Measure]:
    """Read the measures. Raises ContentError naming ``source``, the key and what was expected."""
    tables = words.tables(text, source)
    if tuple(tables) != NAMES:
        raise ContentError(f"{source}: has the tables {', '.join(tables)}; expected {', '.join(NAMES)} in this order")
    return {key: _measure(key, table, f"{source}: [{key}]") for key, table in tables.items()}


def _measure(key: str, table: Mapping[str, object], where: str) -> Measure:
    words.has_exactly(table, where, KEYS)
    for name, allowed in (("kind", KINDS), ("better", BETTER)):
        if table[name] not in allowed:
            raise ContentError(f"{where} {name} is {table[name]!r}; expected one of {', '.join(allowed)}")
    versions = table["versions"]
    if not isinstance(versions, list) or not all(isinstance(one, str) for one in versions):
        raise ContentError(f"{where} versions is {versions!r}; expected a list of texts")
    low = words.number(table, "low", where, -1e6, 1e6)
    return Measure(
        key=key,
        label=words.text(table, "label", where),
        kind=str(table["kind"]),
        unit=words.text(table, "unit", where),
        better=str(table["better"]),
        low=low,
        high=words.number(table, "high", where, low, 1e6),
        whole=words.flag(table, "whole", where),
        error=_error(key, table, where),
        important=words.number(table, "important", where, 0, 1e6),
        share=words.number(table, "share", where, 0, 1),
        practice=words.flag(table, "practice", where),
        at_home=words.flag(table, "at_home", where),
        versions=tuple(versions),
        source=words.text(table, "source", where),
    )


def _error(key: str, table: Mapping[str, object], where: str) -> float:
    if table["error"] != "norms":
        return words.number(table, "error", where, 0, 1e6)
    if key not in norms():
        raise ContentError(f"{where} error is 'norms'; norms.toml knows {', '.join(norms())}")
    return norms()[key].change


@cache
def measures() -> Mapping[str, Measure]:
    """Return the shipped measures by name."""
    name = "outcomes.toml"
    return parse_measures(files("edge.content").joinpath(name).read_text("utf-8"), name)


def measure(what: str) -> Measure:
    """Return the measure of a record's name. Raises OutcomeError, which lists the ones there are."""
    try:
        return measures()["function_single" if what in ACTIVITIES else what]
    except KeyError:
        known = ", ".join((*NAMES, *ACTIVITIES))
        raise OutcomeError(f"measure {what!r} is not known; expected one of {known}") from None
