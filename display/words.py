"""The patient's words: one content file, read once and checked whole."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter

CUE_LIMIT = 12
"""Characters a screen cue may have: what can be read at 2 m (design guide, sections 1 and 6)."""
SENTENCE_WORDS = 12
_SOURCE = "words.toml"


class WordsError(ValueError):
    """Words that cannot be used; the message names file, table, key, value and what was expected."""


def parse_words(text: str, source: str) -> dict[str, str]:
    """Return the strings of a word file by ``table.key``. Raises WordsError for the first rule that is broken.

    >>> parse_words('[cue]\\nlimit = 12\\nease_off = "Ease off"', "example")
    {'cue.ease_off': 'Ease off'}
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise WordsError(f"{source}: not valid TOML: {exc}") from None
    return {
        f"{table}.{key}": _checked(value, _limit(table, entries, source), f"{source}: [{table}] {key}")
        for table, entries in tables.items()
        for key, value in _entries(table, entries, source).items()
        if key != "limit"
    }


def _entries(table: str, entries: object, source: str) -> Mapping[str, object]:
    if not isinstance(entries, dict):
        raise WordsError(f"{source}: {table} is a single value; expected a table [{table}]")
    return entries


def _limit(table: str, entries: Mapping[str, object], source: str) -> int:
    limit = entries.get("limit")
    if not isinstance(limit, int) or limit < 1:
        raise WordsError(f"{source}: [{table}] limit is {limit!r}; expected a number of characters")
    return min(limit, CUE_LIMIT) if table == "cue" else limit


def _checked(value: object, limit: int, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise WordsError(f"{where} is {value!r}; expected some text")
    if len(value) > limit:
        raise WordsError(f"{where} is {value!r}, {len(value)} characters; expected {limit} at most")
    if any(len(sentence.split()) > SENTENCE_WORDS for sentence in re.split(r"[.?!]", value)):
        raise WordsError(f"{where} is {value!r}; expected {SENTENCE_WORDS} words at most in a sentence")
    try:
        list(Formatter().parse(value))
    except ValueError as exc:
        raise WordsError(f"{where} is {value!r}; its fields cannot be read: {exc}") from None
    return value


@cache
def words() -> Mapping[str, str]:
    """Return the shipped strings by ``table.key``."""
    return parse_words(files("display").joinpath(_SOURCE).read_text("utf-8"), _SOURCE)


def say(key: str, **fields: object) -> str:
    """Return the string ``key`` with its fields filled in. Raises WordsError when there is none."""
    try:
        return words()[key].format(**fields)
    except KeyError as exc:
        raise WordsError(f"{_SOURCE}: {key} with {sorted(fields)}: {exc} is not there") from None


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text, for screens that give each its line.

    >>> sentences("It moves. Wait until all is still.")
    ('It moves.', 'Wait until all is still.')
    """
    return tuple(re.split(r"(?<=[.?!]) ", text))
