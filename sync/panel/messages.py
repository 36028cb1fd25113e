"""Messages to a patient: a few plain words on the station's agenda, signed like a plan, and what became of each."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
from flask import Flask, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sync.notes import ADVISED_WORDS, LONGEST_TEXT, Note, NoteError, check_text, write_note
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.plans import sentence, today
from sync.panel.queries import Found
from sync.signed import Kind
from sync.store.items import Written, items, write_item

SHOWN = 5
SHOWN_DAYS, MOST_DAYS = 7, 60
"""How long a message is shown unless said otherwise, and at most. Our choice."""
SHORTEST_NAME = 3
"""Letters of a part of a name that is looked for in a message: shorter ones are in too many words."""
SAY_DAY = f"Choose a day from today up to {MOST_DAYS} days from now."
SAY_NAME = "Take the name out: a station knows no names but the first name that the clinic chose."


def init_app(app: Flask) -> None:
    """``app`` lets a clinician write to a patient."""
    app.add_url_rule("/patients/<id:patient_id>/messages", "message", write, methods=["GET", "POST"])


@dataclass(frozen=True, slots=True)
class Shown:
    """A message and what became of it; ``replaced`` by a newer one before it was read, or its days are over."""

    text: str
    valid_until: date
    written: Written
    replaced: bool
    over: bool

    @property
    def long(self) -> bool:
        """Whether it has more words than are advised."""
        return len(self.text.split()) > ADVISED_WORDS


def of_patient(row: Found) -> Sequence[Shown]:
    """Return the newest messages to the patient of an overview row, the newest first."""
    if row.station_id is None:
        return ()
    found = items(connection(), Kind.MESSAGE, row.station_id, row.id, SHOWN)
    day, shown = today(), []
    for number, one in enumerate(found):
        note = msgspec.json.decode(one.payload, type=Note)
        unread = one.read_at is None and one.rejected_at is None
        shown.append(
            Shown(note.text, note.valid_until, one, unread and number > 0, unread and note.valid_until < day)
        )
    return shown


def write(patient_id: str) -> ResponseReturnValue:
    """Show the form, or check a message, sign it and send it on its way."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    if row.station_id is None:
        abort(404)
    typed = {
        "text": unicodedata.normalize("NFC", " ".join(request.form.get("text", "").split())),
        "until": request.form.get("until", (today() + timedelta(days=SHOWN_DAYS)).isoformat()),
    }
    if request.method == "GET":
        return _form(row, typed, {})
    errors, until = _errors(row, typed)
    if errors or until is None:
        return _form(row, typed, errors), 422

    def text(version: int) -> str:
        return write_note(Note(row.station_id, row.id, version, typed["text"], until))

    with writing() as db:
        signer, now = current_app.extensions["signer"], config().now()
        write_item(db, signer, Kind.MESSAGE, row.station_id, row.id, text, g.clinician.name, "", now)
    return redirect(url_for("patient", patient_id=patient_id, _anchor="messages"), 303)


def _form(row: Found, typed: dict[str, str], errors: dict[str, str]) -> str:
    first = today()
    return render_template(
        "message.html", row=row, typed=typed, errors=errors, longest=LONGEST_TEXT, words=ADVISED_WORDS,
        first=first.isoformat(), last=(first + timedelta(days=MOST_DAYS)).isoformat(),
    )  # fmt: skip


def _errors(row: Found, typed: dict[str, str]) -> tuple[dict[str, str], date | None]:
    """Return one sentence for each field that is wrong, and the last day on which the message is shown."""
    errors, until = {}, _day(typed["until"])
    try:
        check_text(typed["text"])
    except NoteError as exc:
        errors["text"] = sentence(str(exc))
    if named(typed["text"], row.name, row.first_name):
        errors["text"] = SAY_NAME
    if until is None or not today() <= until <= today() + timedelta(days=MOST_DAYS):
        errors["until"] = SAY_DAY
    return errors, until


def named(text: str, name: str, first_name: str) -> bool:
    """Tell whether a part of the patient's name is in a text; the first name, which the screen says anyway, may be.

    >>> named("Well done, Ana.", "Ana Lima", "Ana"), named("Mrs Lima, please call.", "Ana Lima", "Ana")
    (False, True)
    """
    words = {word.strip(".,;:!?()'\"").casefold() for word in text.split()}
    parts = {part.casefold() for part in name.split() if len(part) >= SHORTEST_NAME}
    return bool(words & (parts - {first_name.casefold()}))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
