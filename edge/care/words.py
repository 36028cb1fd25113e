"""Sentences a patient reads, held against the rules of the design guide where a content file is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from string import Formatter
from typing import Any

from edge.library import ContentError

SENTENCE_WORDS = 12
"""Words a sentence may have: reading age 9 to 11."""
LINE_CHARS = 64
"""Characters of one line of arm text on a 7-inch screen; a sentence has two lines at most."""
NEVER = (
    "damage", "damaged", "wear", "weak", "weaker", "weakness", "fail", "failed", "bad", "badly", "miss", "missed",
    "streak", "push through", "lazy", "should have", "forgot", "forgotten", "disappointed", "sorry", "again today",
    "only", "finally", "still not", "behind", "late", "record", "pain-free", "no pain", "medical",
)  # fmt: skip
"""What no sentence to a patient says: blame, fright, comparison with others, promises."""


def tables(text: str, source: str) -> dict[str, dict[str, Any]]:
    """Return the tables of a content file. Raises ContentError for what is not TOML, or not made of tables."""
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    for key, table in read.items():
        if not isinstance(table, dict):
            raise ContentError(f"{source}: {key} is {table!r}; expected a table [{key}]")
    return read


def has_exactly(table: Mapping[str, object], where: str, needed: set[str], may: set[str] | None = None) -> None:
    """Raise ContentError where a key is missing or not known."""
    missing, strange = needed - set(table), set(table) - needed - (may or set())
    if missing:
        raise ContentError(f"{where} {min(missing)} is missing; expected {', '.join(sorted(needed))}")
    if strange:
        known = ", ".join(sorted(needed | (may or set())))
        raise ContentError(f"{where} {min(strange)} is not known; expected one of {known}")


def number(table: Mapping[str, object], key: str, where: str, low: float, high: float) -> float:
    """Return a number between ``low`` and ``high``, both inside. Raises ContentError."""
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ContentError(f"{where} {key} is {value!r}; expected a number from {low:g} to {high:g}")
    return float(value)


def text(table: Mapping[str, object], key: str, where: str) -> str:
    """Return a text that is not empty. Raises ContentError."""
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise ContentError(f"{where} {key} is {value!r}; expected some text")
    return value


def flag(table: Mapping[str, object], key: str, where: str) -> bool:
    """Return true or false. Raises ContentError."""
    value = table[key]
    if not isinstance(value, bool):
        raise ContentError(f"{where} {key} is {value!r}; expected true or false")
    return value


def sentence(value: object, where: str, fields: tuple[str, ...] = ()) -> str:
    """Return a sentence for a patient. Raises ContentError naming ``where`` and the rule it breaks.

    >>> sentence("Time for your {slot} routine.", "example", ("slot",))
    'Time for your {slot} routine.'
    """
    if not isinstance(value, str) or not value.strip():
        raise ContentError(f"{where} is {value!r}; expected some text")
    if len(value) > 2 * LINE_CHARS:
        raise ContentError(f"{where} is {value!r}, {len(value)} characters; expected {2 * LINE_CHARS} at most")
    if any(len(part.split()) > SENTENCE_WORDS for part in re.split(r"[.?!]", value)):
        raise ContentError(f"{where} is {value!r}; expected {SENTENCE_WORDS} words at most in a sentence")
    if said := [word for word in NEVER if re.search(rf"\b{re.escape(word)}\b", value.lower())]:
        raise ContentError(f"{where} is {value!r}; {said[0]!r} is never said to a patient")
    try:
        named = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
    except ValueError as exc:
        raise ContentError(f"{where} is {value!r}; its fields cannot be read: {exc}") from None
    if not named <= set(fields):
        raise ContentError(f"{where} is {value!r}; expected no other fields than {', '.join(fields) or 'none'}")
    return value
