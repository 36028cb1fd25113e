"""The words of the card: one content file, read once and checked whole."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from edge.care import words
from edge.library import ContentError

TABLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "titles": {"exercises": (), "feel": (), "ticks": (), "help": (), "first": ()},
    "levels": {
        "fine": (), "less": (), "stop": (), "fine_range": ("low", "high"), "one_range": ("low",),
        "stop_range": ("low",),
    },
    "tempo": {"slow": (), "own": (), "walk": (), "hold": (), "effort": ()},
    "notes": {"emergency": (), "clinic": (), "old": (), "range": ()},
}  # fmt: skip
"""Every string of the card with the fields it may have."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign to look out for, and the red-flag questions it stands for."""

    text: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardWords:
    """Every string by ``table.key``, the signs of an emergency, and those to call about first."""

    say: Mapping[str, str]
    help: Sequence[Sign]
    first: Sequence[Sign]


def parse_words(text: str, source: str) -> CardWords:
    """Read the words. Raises ContentError naming ``source``, the key and what was expected."""
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    words.has_exactly(read, f"{source}:", {*TABLES, "help", "first"})
    say = {}
    for table, keys in TABLES.items():
        words.has_exactly(read[table], f"{source}: [{table}]", set(keys))
        for key, fields in keys.items():
            say[f"{table}.{key}"] = words.sentence(read[table][key], f"{source}: [{table}] {key}", fields)
    return CardWords(say, _signs(read["help"], f"{source}: [[help]]"), _signs(read["first"], f"{source}: [[first]]"))


def _signs(entries: Any, where: str) -> tuple[Sign, ...]:
    if not isinstance(entries, list) or not entries:
        raise ContentError(f"{where} is {entries!r}; expected at least one sign")
    return tuple(_sign(entry, f"{where} {number}") for number, entry in enumerate(entries, 1))


def _sign(entry: Any, where: str) -> Sign:
    words.has_exactly(entry, where, {"text", "flags"})
    if not isinstance(entry["flags"], list) or not all(isinstance(flag, str) for flag in entry["flags"]):
        raise ContentError(f"{where} flags is {entry['flags']!r}; expected a list of questions")
    return Sign(words.sentence(entry["text"], f"{where} text"), tuple(entry["flags"]))


@cache
def card_words() -> CardWords:
    """Return the shipped words of the card."""
    name = "card.toml"
    return parse_words(files("edge.content").joinpath(name).read_text("utf-8"), name)


def say(key: str, **fields: object) -> str:
    """Return one string with its fields filled in."""
    return card_words().say[key].format(**fields)
