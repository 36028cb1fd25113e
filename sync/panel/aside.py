"""What stations sent and the clinic could not store: told to the clinician, counted, and marked as seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.words import State
from sync.store.quarantine import Sort, mark_seen

SENTENCES = {
    Sort.CONFLICT: ("came a second time with other content. What came first is kept and shown.", "act"),
    Sort.VERSION: (
        "came from a newer program. Such records wait at the station for an update here.",
        "act",
    ),
    Sort.CLOCK: ("came with a date in the future. Such records wait at the station until a clock is right.", "check"),
    Sort.STRANGER: (
        "came from a station that is not known here, or in the name of another station or patient.",
        "check",
    ),
    Sort.POISON: ("could not be read.", "check"),
}
"""What is said of each sort, the gravest first, and how urgent it is."""


@dataclass(frozen=True, slots=True)
class Group:
    """What one station sent of one sort; ``unseen`` of ``number`` nobody has looked at."""

    sort: Sort
    station_id: str | None
    patient_id: str | None
    patient: str | None
    number: int
    unseen: int
    newest_at: float
    reason: str

    @property
    def told(self) -> State:
        """Say it in one sentence."""
        sentence, shape = SENTENCES[self.sort]
        return State(shape if self.unseen else "none", sentence[0].upper() + sentence[1:])


def init_app(app: Flask) -> None:
    """``app`` shows what was set aside, and lets a clinician say that it was seen."""
    app.add_url_rule("/messages", "aside", page)
    app.add_url_rule("/messages/seen", "aside_seen", seen, methods=["POST"])


def groups(patient_id: str | None = None) -> list[Group]:
    """Return what is kept aside, of one patient or of all, the gravest first."""
    rows = queries.set_aside(connection(), patient_id)
    order = list(SENTENCES)
    found = [Group(Sort(row.sort), *row[1:]) for row in rows]
    return sorted(found, key=lambda one: (one.unseen == 0, order.index(one.sort), -one.newest_at))


def notice(found: Iterable[Group]) -> State | None:
    """Return the one sentence that stands above a page, None where all was seen."""
    unseen = [one for one in found if one.unseen]
    if not unseen:
        return None
    number, several = sum(one.unseen for one in unseen), len({one.sort for one in unseen}) > 1
    what = f"{number} message{'' if number == 1 else 's'} from {'a station' if len(unseen) == 1 else 'stations'}"
    shape = "act" if any(SENTENCES[one.sort][1] == "act" for one in unseen) else "check"
    return State(shape, f"{what} could not be stored." if several else f"{what} {SENTENCES[unseen[0].sort][0]}")


def page() -> str:
    """Show everything that is kept aside, and how much ever came."""
    gone = [
        f"{row.discarded} of {row.arrived} messages that {SENTENCES[Sort(row.sort)][0].split('.')[0]} "
        "were thrown away to make room. No station was told that they are stored."
        for row in queries.aside_counts(connection())
        if row.discarded
    ]
    return render_template("aside.html", groups=groups(), gone=gone)


def seen() -> ResponseReturnValue:
    """Note who has looked; nothing is thrown away by it."""
    with writing() as db:
        mark_seen(db, g.clinician.name, config().now())
    return redirect(url_for("aside"), 303)
