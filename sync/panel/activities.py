"""What a patient does away from the station: ticked off there, ticked on a card, or told to the clinician."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from flask import Flask, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from msgspec import UNSET

from edge.library import Exercise, Purpose, exercises
from edge.records import Logged
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.plan_limits import attempt, day_of
from sync.panel.plans import today, typed_fields
from sync.panel.queries import Found
from sync.panel.typed_rows import Typed
from sync.store.paper import store_paper

SHOWN = 100
ON_PATIENT_PAGE = 5
FIELDS = ("what", "day", "minutes", "effort")
LONGEST_MIN = 600
SAY_MINUTES = f"Write whole minutes from 1 to {LONGEST_MIN}, or leave it empty where nobody knows."
SAY_EFFORT = "Write a whole number from 0 to 10, or leave it empty where nobody said."


def init_app(app: Flask) -> None:
    """``app`` shows what was done elsewhere, and takes what a patient tells."""
    app.add_url_rule("/patients/<id:patient_id>/activities", "activities", activities, methods=["GET", "POST"])


@dataclass(frozen=True, slots=True)
class Entry:
    """Something done elsewhere; ``minutes`` and ``effort`` are None where nobody said."""

    day: str
    name: str
    minutes: float | None
    effort: int | None
    told: str


def entries(patient_id: str, most: int = SHOWN) -> list[Entry]:
    """Return what a patient did elsewhere, the newest day first."""
    found = queries.told_of(connection(), patient_id, "activity", most)
    records = [msgspec.json.decode(one.body, type=Logged) for one in found]
    return [_entry(one) for one in sorted(records, key=lambda one: one.day, reverse=True)]


def _entry(one: Logged) -> Entry:
    known = exercises().get(one.what)
    name = known.name if known else one.what.replace("_", " ").capitalize()
    effort = None if one.effort is UNSET else one.effort
    return Entry(one.day, name, one.minutes, effort, one.note or "ticked off at the station")


def activities(patient_id: str) -> ResponseReturnValue:
    """Show the entries, or check one that was typed in and store it."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    if row.station_id is None:
        abort(404)
    if request.method == "GET":
        return _page(row, {"day": today().isoformat()}, {})
    typed = typed_fields(FIELDS)
    entry, errors = read_entry(typed)
    if entry is None:
        return _page(row, typed, errors), 422
    with writing() as db:
        store_paper(db, row.station_id, [entry], config().now())
    return redirect(url_for("activities", patient_id=patient_id), 303)


def read_entry(typed: Typed) -> tuple[Logged | None, dict[str, str]]:
    """Return what was typed in, or None and one sentence for each field that is wrong."""
    errors: dict[str, str] = {}
    if typed["what"] not in {one.key for one in offered()}:
        errors["what"] = "Choose what was done."
    day = attempt(errors, "day", day_of, typed["day"])
    if day is not None and day > today():
        errors["day"] = "Write today or an earlier day."
    minutes, effort = (_whole(typed[key]) for key in ("minutes", "effort"))
    if typed["minutes"] and not 1 <= (minutes or 0) <= LONGEST_MIN:
        errors["minutes"] = SAY_MINUTES
    if typed["effort"] and not 0 <= (-1 if effort is None else effort) <= 10:
        errors["effort"] = SAY_EFFORT
    if errors or day is None:
        return None, errors
    return Logged(
        entry_id=f"told-{secrets.token_hex(8)}",
        what=typed["what"],
        day=day.isoformat(),
        minutes=None if minutes is None else float(minutes),
        at=config().now(),
        note=f"told to {g.clinician.name}",
        effort=UNSET if effort is None else effort,
    ), {}


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else None


def offered() -> list[Exercise]:
    """Return what can be logged, by name."""
    return sorted((one for one in exercises().values() if one.purpose is Purpose.ACTIVITY), key=lambda one: one.name)


def _page(row: Found, typed: Typed, errors: Mapping[str, str]) -> str:
    return render_template(
        "activities.html", row=row, entries=entries(row.id), offered=offered(), typed=typed, errors=errors
    )
