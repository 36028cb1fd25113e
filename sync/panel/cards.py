"""The pocket card of a plan, and a week from paper typed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec
from flask import Flask, Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.programme import PlanError, parse_prescription
from edge.records import Logged
from sync.card.draw import draw_card
from sync.card.plan import MOST_SLOTS, card_plan
from sync.card.week import DAYS, Known, TypedWeek, check_ticks, find_card
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.patients import known_patient
from sync.panel.plans import present_plan
from sync.panel.queries import Found
from sync.store.paper import store_paper
from sync.typed import CodeError

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LAST_WEEK = 52
SHOWN = 60
"""Ticks looked at for the list of weeks that are here already."""
SAY_WHOLE = "Write a whole number in every field, 0 for a day without a tick."


def init_app(app: Flask) -> None:
    """``app`` prints pocket cards and takes weeks from paper."""
    app.add_url_rule("/patients/<id:patient_id>/card.pdf", "card", card)
    app.add_url_rule("/patients/<id:patient_id>/paper", "paper", paper, methods=["GET", "POST"])


def card(patient_id: str) -> ResponseReturnValue:
    """Return the card of the newest plan as a PDF; ``?week=3`` prints it from that week of the programme on."""
    present = present_plan(connection(), known_patient(patient_id)) or abort(404)
    plan = present.plan or abort(404)
    week = request.args.get("week", type=int) or _week_of(plan.valid_from)
    if not 1 <= week <= LAST_WEEK:
        abort(404)
    phones = {"clinic_phone": config().clinic_phone, "emergency_phone": config().emergency_phone}
    made = card_plan(plan, _today(), week, **phones)
    headers = {"Content-Disposition": f'inline; filename="card-{made.code}-{made.version}.pdf"'}
    return Response(draw_card(made), mimetype="application/pdf", headers=headers)


def _week_of(first: date | None) -> int:
    """Return the week of the programme by the calendar; the clinician names another where it was held."""
    weeks = 1 if first is None else (_today() - first).days // DAYS + 1
    return min(max(weeks, 1), LAST_WEEK)


def _today() -> date:
    return datetime.fromtimestamp(config().now(), UTC).astimezone(config().zone).date()


def paper(patient_id: str) -> ResponseReturnValue:
    """Show the form for a week done on paper, or check it and store its ticks."""
    row = known_patient(patient_id)
    if row.station_id is None:
        abort(404)
    if request.method == "GET":
        return _form(row, {"code": request.args.get("code", "")[:20]}, "")
    typed = {name: request.form.get(name, "").strip()[:20] for name in ("code", "total", *map(str, range(DAYS)))}
    try:
        week = _checked(patient_id, typed)
        fresh, before = _store(row, week)
    except CodeError as exc:
        return _form(row, typed, str(exc)), 422
    return redirect(url_for("paper", patient_id=patient_id, fresh=fresh, before=before), 303)


def _checked(patient_id: str, typed: Mapping[str, str]) -> TypedWeek:
    week, known = find_card(typed["code"], patient_id, _versions(patient_id))
    numbers = [typed[name] for name in (*map(str, range(DAYS)), "total")]
    if not all(number.isascii() and number.isdecimal() and len(number) <= 2 for number in numbers):
        raise CodeError(SAY_WHOLE)
    *ticks, total = map(int, numbers)
    return check_ticks(week, known, ticks, total, _today())


def _versions(patient_id: str) -> list[Known]:
    zone = config().zone
    return [
        Known(
            found.version,
            datetime.fromtimestamp(found.written_at, UTC).astimezone(zone).date(),
            _slots(found.payload),
        )
        for found in queries.plans_of(connection(), patient_id)
    ]


def _slots(payload: str) -> int:
    try:
        plan = parse_prescription(payload)
    except PlanError:
        return MOST_SLOTS  # a plan of an older form: what a card can have at most
    return min(max(block.sessions_per_day for block in plan.blocks), MOST_SLOTS)


def _store(row: Found, week: TypedWeek) -> tuple[int, int]:
    """Store the ticks; return how many are new and how many were there. Raises CodeError where there were more."""
    entries = week.entries(config().now(), g.clinician.name)
    with writing() as db:
        there = queries.activities(db, row.station_id, f"activity/{week.prefix}", DAYS * MOST_SLOTS)
        surplus = {found.key for found in there} - {f"activity/{entry.entry_id}" for entry in entries}
        if surplus:
            raise CodeError(f"More was typed in before for this week: {len(there)} ticks. Nothing was changed.")
        return store_paper(db, row.station_id, entries, config().now()), len(there)


@dataclass(frozen=True, slots=True)
class WeekShown:
    """A week that was typed in before: its Monday and how many sessions were ticked."""

    monday: date
    sessions: int


def _weeks(row: Found) -> list[WeekShown]:
    weeks: dict[date, int] = {}
    for found in queries.activities(connection(), row.station_id, "activity/paper-", SHOWN):
        day = date.fromisoformat(msgspec.json.decode(found.body, type=Logged).day)
        monday = day - timedelta(days=day.weekday())
        weeks[monday] = weeks.get(monday, 0) + 1
    return [WeekShown(monday, weeks[monday]) for monday in sorted(weeks, reverse=True)]


def _form(row: Found, typed: Mapping[str, str], error: str) -> str:
    saved = request.args.get("fresh", type=int)
    return render_template(
        "paper.html", row=row, typed=typed, error=error, days=NAMES, weeks=_weeks(row), most=MOST_SLOTS,
        saved=saved, before=request.args.get("before", type=int) or 0,
    )  # fmt: skip
