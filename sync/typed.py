"""Codes that people type: characters nobody confuses, and two of them to notice what was typed wrong.

A code is written with 31 characters, none of which is taken for another digit (no 0, O, 1, I, L). 31 is a prime, so
that two check characters make a code of distance 3 (Reed and Solomon 1960): any one wrong character, any two, and any
two that changed places are noticed, in words of up to 30 characters. The design is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BASE = len(ALPHABET)
CHECKS = 2


class CodeError(ValueError):
    """A code that was typed wrong or is not one of ours; the message says what to do."""


def plain(typed: str) -> str:
    """Return a typed code without blanks and hyphens, in capitals."""
    return "".join(typed.split()).replace("-", "").upper()


def with_checks(text: str) -> str:
    """Return a code with its two check characters behind it. Raises CodeError for characters that are in no code."""
    symbols = _symbols(text)
    return text + "".join(ALPHABET[symbol] for symbol in _checks(symbols))


def fits(text: str) -> bool:
    """Return whether the two last characters are the checks of the others. Raises CodeError as above."""
    symbols = _symbols(text)
    return _checks(symbols[:-CHECKS]) == tuple(symbols[-CHECKS:])


def number(text: str) -> int:
    """Return the number that the characters stand for, the first one weighing most."""
    total = 0
    for symbol in _symbols(text):
        total = total * BASE + symbol
    return total


def written(value: int, length: int) -> str:
    """Return a number in so many characters."""
    return "".join(ALPHABET[value // BASE**place % BASE] for place in reversed(range(length)))


def _symbols(text: str) -> list[int]:
    if strange := [character for character in text if character not in ALPHABET]:
        raise CodeError(f"{strange[0]!r} is in no code. Codes have no 0, O, 1, I or L.")
    return [ALPHABET.index(character) for character in text]


def _checks(symbols: Sequence[int]) -> tuple[int, int]:
    """Return the two last symbols of a word whose sum, and whose sum weighted by place, are both 0 modulo 31."""
    total = sum(symbols)
    weighted = sum(place * symbol for place, symbol in enumerate(symbols, 1))
    before_last = len(symbols) + 1
    last = (before_last * total - weighted) % BASE
    return (-total - last) % BASE, last
