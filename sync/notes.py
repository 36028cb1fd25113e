"""A message to the patient on its way to one station: a short plain text, and the days on which it is shown."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.records import Id

LONGEST_TEXT = 160
ADVISED_WORDS = 12
"""What the screen's own sentences keep to (design guide, section 6)."""
LONGEST_WORD = 24
"""A longer word would not fit beside the button."""
MOST_MARKS = 2
"""Marks over one letter: enough for Vietnamese, too few to cover the lines above."""
UNFIT = {"So": "a picture", "Sk": "a sign without a letter", "Co": "a private sign", "Cs": "half a sign"}


class NoteError(ValueError):
    """A text that cannot be shown to a patient; the message says what to change."""


class Note(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="message"):
    """``text`` is for the patient of this station, to be shown until ``valid_until``, that day included."""

    station_id: Id
    patient_id: Id
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
    valid_until: date
    valid_from: date | None = None


_decoder = msgspec.json.Decoder(Note)


def write_note(note: Note) -> str:
    """Return the text that is signed. Raises NoteError for one that no station would take."""
    payload = msgspec.json.encode(note).decode()
    read_note(payload)
    return payload


def read_note(payload: str) -> Note:
    """Read the text that was signed. Raises ValueError for anything else."""
    note = _decoder.decode(payload)
    check_text(note.text)
    return note


def check_text(text: str) -> None:
    """Refuse what a screen cannot show as plain words in one direction. Raises NoteError.

    >>> check_text("Well done. Rest tomorrow.")
    """
    if not 1 <= len(text) <= LONGEST_TEXT or text != " ".join(text.split()):
        raise NoteError(f"text has {len(text)} characters; expected 1 to {LONGEST_TEXT}, in one line")
    if longest := next((word for word in text.split() if len(word) > LONGEST_WORD), None):
        raise NoteError(f"text has the word {longest!r}; expected words of at most {LONGEST_WORD} characters")
    marks = 0
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks > MOST_MARKS:
            raise NoteError(f"text has more than {MOST_MARKS} marks on one letter; expected plain letters")
        _check_sign(sign)


def _check_sign(sign: str) -> None:
    what = UNFIT.get(unicodedata.category(sign))
    if not sign.isprintable() and what is None:
        what = "a control sign"
    if unicodedata.bidirectional(sign) in ("R", "AL", "AN"):
        what = "a letter that is written from right to left"
    if what is not None:
        raise NoteError(f"text has {what} (U+{ord(sign):04X}); expected plain text")
