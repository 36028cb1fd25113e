"""The codes on a pocket card: short enough to type, and refused when typed wrong.

A code is written with 31 characters, none of which is taken for another digit (no 0, O, 1, I, L). 31 is a prime, so
that two check characters make a code of distance 3 (Reed and Solomon 1960): any one wrong character, any two, and any
two that changed places are noticed. The design is ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BASE = len(ALPHABET)
CARD, WEEK, CHECKS = 4, 2, 2
"""Characters for the card, for the week, and to check both."""
EPOCH = date(2024, 1, 1)
"""The Monday from which weeks are counted; 961 weeks fit, up to May 2042."""
LAST_WEEK = BASE**WEEK - 1


class CodeError(ValueError):
    """A code that was typed wrong or is not one of ours; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Week:
    """What a return code stands for: a card, and the Monday of a week on it."""

    card: str
    monday: date


def card_code(patient_id: str, version: int) -> str:
    """Return the code of the card of one plan version. It tells nothing about the patient.

    >>> len(card_code("patient-0001", 4))
    4
    """
    digest = hashlib.sha256(f"{patient_id}/{version}".encode()).digest()
    return _written(int.from_bytes(digest[:8], "big") % BASE**CARD, CARD)


def return_code(week: Week) -> str:
    """Return what is typed in to give a week back: card, week and check characters.

    Raises CodeError for a week that no code can name.

    >>> return_code(Week("7K3F", date(2026, 11, 23)))
    '7K3F-6WN9'
    """
    number = (week.monday - EPOCH).days // 7
    if week.monday.weekday() or not 0 <= number <= LAST_WEEK:
        last = EPOCH + timedelta(weeks=LAST_WEEK)
        raise CodeError(f"week of {week.monday}: expected a Monday from {EPOCH} to {last}")
    symbols = _symbols(week.card + _written(number, WEEK))
    text = "".join(ALPHABET[symbol] for symbol in (*symbols, *_checks(symbols)))
    return f"{text[:CARD]}-{text[CARD:]}"


def read_code(typed: str) -> Week:
    """Return what a typed code stands for; blanks, hyphens and small letters do not matter.

    Raises CodeError for anything that was typed wrong.

    >>> read_code("7k3f 6wn9").monday
    datetime.date(2026, 11, 23)
    """
    text = "".join(typed.split()).replace("-", "").upper()
    if len(text) != CARD + WEEK + CHECKS:
        raise CodeError(f"A code has {CARD + WEEK + CHECKS} characters. Here are {len(text)}.")
    symbols = _symbols(text)
    if _checks(symbols[:-CHECKS]) != tuple(symbols[-CHECKS:]):
        raise CodeError("This code does not fit together. Look at the card and type it again.")
    number = symbols[CARD] * BASE + symbols[CARD + 1]
    return Week(text[:CARD], EPOCH + timedelta(weeks=number))


def _checks(symbols: Sequence[int]) -> tuple[int, int]:
    """Return the two last symbols of a word whose sum, and whose sum weighted by place, are both 0 modulo 31."""
    plain = sum(symbols)
    weighted = sum(place * symbol for place, symbol in enumerate(symbols, 1))
    before_last = len(symbols) + 1
    last = (before_last * plain - weighted) % BASE
    return (-plain - last) % BASE, last


def _symbols(text: str) -> list[int]:
    if strange := [character for character in text if character not in ALPHABET]:
        raise CodeError(f"{strange[0]!r} is in no code. Codes have no 0, O, 1, I or L.")
    return [ALPHABET.index(character) for character in text]


def _written(number: int, length: int) -> str:
    return "".join(ALPHABET[number // BASE**place % BASE] for place in reversed(range(length)))
