"""The codes on a pocket card: short enough to type, and refused when typed wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from sync.typed import BASE, CHECKS, CodeError, fits, number, plain, with_checks, written

CARD, WEEK = 4, 2
"""Characters for the card and for the week; two more check both."""
EPOCH = date(2024, 1, 1)
"""The Monday from which weeks are counted; 961 weeks fit, up to May 2042."""
LAST_WEEK = BASE**WEEK - 1


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
    return written(int.from_bytes(digest[:8], "big") % BASE**CARD, CARD)


def return_code(week: Week) -> str:
    """Return what is typed in to give a week back: card, week and check characters.

    Raises CodeError for a week that no code can name.

    >>> return_code(Week("7K3F", date(2026, 11, 23)))
    '7K3F-6WN9'
    """
    weeks = (week.monday - EPOCH).days // 7
    if week.monday.weekday() or not 0 <= weeks <= LAST_WEEK:
        last = EPOCH + timedelta(weeks=LAST_WEEK)
        raise CodeError(f"week of {week.monday}: expected a Monday from {EPOCH} to {last}")
    text = with_checks(week.card + written(weeks, WEEK))
    return f"{text[:CARD]}-{text[CARD:]}"


def read_code(typed: str) -> Week:
    """Return what a typed code stands for; blanks, hyphens and small letters do not matter.

    Raises CodeError for anything that was typed wrong.

    >>> read_code("7k3f 6wn9").monday
    datetime.date(2026, 11, 23)
    """
    text = plain(typed)
    if len(text) != CARD + WEEK + CHECKS:
        raise CodeError(f"A code has {CARD + WEEK + CHECKS} characters. Here are {len(text)}.")
    if not fits(text):
        raise CodeError("This code does not fit together. Look at the card and type it again.")
    return Week(text[:CARD], EPOCH + timedelta(weeks=number(text[CARD : CARD + WEEK])))
