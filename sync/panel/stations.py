"""Stations: which there are, how a new one is paired by a code, and how one is taken out of service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

import segno
from flask import Flask, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import Connection

from edge.programme import PlanError, parse_prescription
from sync.certificates import CertificateError, overdue
from sync.pairing.client import Invitation
from sync.pairing.desk import VALID_S, offer_code
from sync.panel import queries
from sync.panel.config import LOOPBACK, config
from sync.panel.db import connection, writing
from sync.panel.words import DAY_S, State, age, live
from sync.store import stations
from sync.store.prescriptions import write_plan
from sync.store.stations import Event, KnownStation, StationError

LONGEST_REASON = 300
SAY_REASON = f"Write the reason in 1 to {LONGEST_REASON} characters. It is kept in the clinic and not sent."
SAY_PATIENT = "Choose a patient."
TROUBLE_S = 7 * DAY_S
"""For how long such trouble is said before all else; it stays in the history."""
STEPS = {
    stations.MADE: "Made",
    stations.CODE: "Pairing code shown",
    stations.PAIRED: "Paired from",
    stations.REVOKED: "Revoked",
    stations.TRIED: "Wrong codes from",
    stations.AGAIN: "A second try from",
    stations.POSED: "Spoke in another's name",
}


def init_app(app: Flask) -> None:
    """``app`` shows stations, makes and revokes them, and shows pairing codes."""
    app.add_url_rule("/stations", "stations", all_stations)
    app.add_url_rule("/stations", "make_station", make, methods=["POST"])
    app.add_url_rule("/stations/<id:station_id>", "station", one_station)
    app.add_url_rule("/stations/<id:station_id>/code", "pairing_code", show_code, methods=["POST"])
    app.add_url_rule("/stations/<id:station_id>/revoke", "revoke_station", revoke, methods=["POST"])


class Step(NamedTuple):
    """One line of a station's history."""

    at: float
    what: str
    by: str
    note: str


def state(one: KnownStation, now: float) -> State:
    """Return how a station does in one sentence."""
    if not one.in_service:
        return State("none", "revoked")
    if one.trouble and one.trouble_at is not None and now - one.trouble_at < TROUBLE_S:
        return State("act", one.trouble)
    if live(one, now):
        return State("fine", "online")
    if one.seen_at is not None:
        return State("check", f"heard {age(now - one.seen_at)} ago")
    if one.paired_at is not None:
        return State("check", "paired, never heard yet")
    return State("check", "code shown, not paired yet" if (one.code_until or 0.0) > now else "not paired yet")


def all_stations() -> str:
    """Show every station, and the form that makes one for a patient who has none in service."""
    return _list("")


def _list(error: str) -> str:
    now, found = config().now(), stations.stations(connection())
    served = {one.patient_id for one in found if one.in_service}
    without = [row for row in queries.patients(connection()) if row.id not in served]
    return render_template(
        "stations.html",
        rows=[(state(one, now), one) for one in found],
        without=without,
        error=error,
        certificate=certificate_state(now),
    )


def certificate_state(now: float) -> State | None:
    """Return what is wrong with the certificate that stations are shown, in one sentence; None while all is well."""
    door = config().door
    if door is None or door.certificate is None:
        return None
    try:
        left = overdue(door.certificate, datetime.fromtimestamp(now, UTC))
    except CertificateError as exc:
        return State("act", f"The {exc}.")
    if left is None:
        return None
    days = max(left.days, 0)
    return State(
        "act", f"The broker's certificate could not be renewed and ends in {days} day{'' if days == 1 else 's'}."
    )


def make() -> ResponseReturnValue:
    """Make a station; its own page then offers the code."""
    patient_id, now = request.form.get("patient", ""), config().now()
    if queries.one_patient(connection(), patient_id.replace("\0", "")) is None:
        return _list(SAY_PATIENT), 422
    station_id = stations.new_id()
    try:
        with writing() as db:
            stations.make_station(db, station_id, patient_id, g.clinician.name, now)
            _take_plan_along(db, patient_id, station_id, now)
    except StationError as exc:
        return _list(_sentence(exc)), 409
    return redirect(url_for("station", station_id=station_id), 303)


def _take_plan_along(db: Connection, patient_id: str, station_id: str, now: float) -> None:
    """Sign the patient's newest plan for the new station too: who replaces a device changes no treatment."""
    for row in queries.plans_of(db, patient_id)[:1]:
        try:
            plan = parse_prescription(row.payload)
        except PlanError:
            return  # of an older form: the clinician begins a programme
        moved = replace(plan, station_id=station_id, version=row.version + 1)
        reason = f"Plan {row.version}, for the station that takes the place of the one before."
        write_plan(db, current_app.extensions["signer"], moved, g.clinician.name, reason, now)


def one_station(station_id: str) -> str:
    """Show a station, what was done with it, and what can be done."""
    return _page(_known(station_id), "", "")


def _known(station_id: str) -> KnownStation:
    try:
        return stations.known(connection(), station_id)
    except StationError:
        abort(404)


def _page(one: KnownStation, reason: str, error: str) -> str:
    return render_template(
        "station.html", one=one, state=state(one, config().now()), steps=_steps(one.id), reason=reason, error=error,
        longest=LONGEST_REASON, door=config().door, minutes=int(VALID_S // 60),
        has_plan=queries.has_plan(connection(), one.patient_id),
    )  # fmt: skip


def _steps(station_id: str) -> list[Step]:
    return [_step(event) for event in stations.events(connection(), station_id)]


def _step(event: Event) -> Step:
    return Step(event.at, STEPS.get(event.what, event.what), event.author, event.note)


def show_code(station_id: str) -> ResponseReturnValue:
    """Make a code and show it, this once; a code shown before opens nothing any more."""
    one, door = _known(station_id), config().door
    if door is None:
        abort(404)
    try:
        with writing() as db:
            code, until = offer_code(db, station_id, door.ca, config().secret_key, g.clinician.name, config().now())
    except StationError as exc:
        return _page(one, "", _sentence(exc)), 409
    invitation = Invitation(door.host, door.port, code)
    drawn = segno.make(str(invitation), error="m", micro=False)
    picture = Markup(drawn.svg_inline(border=3, svgclass=None, lineclass=None, omitsize=True))  # noqa: S704 - ours
    return render_template(
        "code.html", one=one, groups=str(code).split("-"), invitation=invitation, until=until, picture=picture,
        minutes=int(VALID_S // 60), here_alone=door.host in LOOPBACK,
    )  # fmt: skip


def revoke(station_id: str) -> ResponseReturnValue:
    """Take a station out of service for good."""
    one = _known(station_id)
    reason = " ".join(request.form.get("reason", "").split())
    if not 1 <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        return _page(one, reason, SAY_REASON), 422
    try:
        with writing() as db:
            stations.revoke_station(db, station_id, g.clinician.name, reason, config().now())
    except StationError as exc:
        return _page(one, "", _sentence(exc)), 409
    return redirect(url_for("station", station_id=station_id), 303)


def _sentence(exc: StationError) -> str:
    text = str(exc)
    return f"Nothing was done: {text}."
