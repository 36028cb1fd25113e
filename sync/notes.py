"""A message to the patient on its way to one station: a short plain text, and the days on which it is shown."""

from __future__ import annotations

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
LAST_LETTER = "\u017f"
"""The letters of the station's typeface end here: Latin with its accents. Others would be empty boxes."""
SIGNS = "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac\u00d7"
"""Dashes, quotation marks, the ellipsis, the euro and the times sign: those that keyboards put in by themselves."""


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
    """Refuse what a screen cannot show as plain words: control signs, pictures, other scripts. Raises NoteError.

    >>> check_text("Well done. Rest tomorrow.")
    """
    if not 1 <= len(text) <= LONGEST_TEXT or text != " ".join(text.split()):
        raise NoteError(f"text has {len(text)} characters; expected 1 to {LONGEST_TEXT}, in one line")
    if longest := next((word for word in text.split() if len(word) > LONGEST_WORD), None):
        raise NoteError(f"text has the word {longest!r}; expected words of at most {LONGEST_WORD} characters")
    for sign in text:
        if not sign.isprintable() or (sign > LAST_LETTER and sign not in SIGNS):
            raise NoteError(f"text has U+{ord(sign):04X}, which the screen cannot show; expected plain Latin letters")
