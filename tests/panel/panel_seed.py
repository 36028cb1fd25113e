"""A small clinic to look at: two patients who train and one who has not begun, with traces that match their reps."""

from __future__ import annotations

import math
import random
import struct
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert

from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import key, kind
from edge.tempo import parse_tempo
from sync.messages import VERSION, Up, encode
from sync.panel.accounts import add_patient, add_station
from sync.panel.auth import add_clinician
from sync.panel.config import PanelConfig
from sync.signing import SIGNING_KEY, load_signer
from sync.store import schema
from sync.store.database import writing
from sync.store.ingest import Arrival, ingest
from sync.store.prescriptions import write_plan
from sync.topics import up

NOW = 1_795_248_300.0  # Sat 21 Nov 2026, 08:05 UTC
DAY = 86_400.0
LOGIN, NAME, PASSWORD = "lind", "Dr K. Lind", "long blue rowing boat"
SECRET = "k7Qz-2mWx9LpRt4VbNcYs8HgJd3FeUa1"
ANA, PER, LEA = "patient-ana-0001", "patient-per-0002", "patient-lea-0003"
ANA_STATION, PER_STATION = "station-ana-0001", "station-per-0002"


def accounts(engine: Engine) -> None:
    """One clinician can log in; three patients exist, two of them with a station."""
    add_clinician(engine, LOGIN, NAME, PASSWORD, NOW - 90 * DAY)
    for patient_id, name in ((ANA, "Ana M."), (PER, "Per S."), (LEA, "Lea D.")):
        add_patient(engine, patient_id, name, name.split()[0], NOW - 60 * DAY)
    add_station(engine, ANA_STATION, ANA, NOW - 60 * DAY)
    add_station(engine, PER_STATION, PER, NOW - 60 * DAY)


def plan(patient_id=ANA, station_id=ANA_STATION, version=1, load_kg=(10.0, 12.0)) -> Prescription:
    """Return a plan of a band row and a goblet squat."""
    lines = (
        one_dose(1, "band_row", 3, 10, parse_tempo("3.1.1.0"), load_kg, 60.0),
        one_dose(2, "goblet_squat", 2, 8, parse_tempo("3.1.0"), None, 90.0),
    )
    return Prescription(version, patient_id, station_id, "Ana", "2026-11-10T08:00:00+00:00", lines)


def rows(engine: Engine, table, *values: dict[str, object]) -> None:
    """Insert rows as they are."""
    with writing(engine) as db:
        db.execute(insert(table), list(values))


def receipt(engine: Engine, station_id: str, version: int, state: str, at: float, reason: str = "") -> None:
    """A station told what became of a plan."""
    rows(engine, schema.receipt, {
        "station_id": station_id, "plan_version": version, "state": state, "at": at, "reason": reason,
    })  # fmt: skip


def plans(engine: Engine, key_folder) -> None:
    """Ana has two plans, the newer one delivered; Per's only plan was refused."""
    signer = load_signer(key_folder / SIGNING_KEY)
    with writing(engine) as db:
        write_plan(db, signer, plan(load_kg=(8.0, 10.0)), NAME, "First plan after the assessment.", NOW - 20 * DAY)
        write_plan(db, signer, plan(version=2), NAME, "Effort stayed at 4 for a week.", NOW - 3600 * 3)
        write_plan(db, signer, plan(PER, PER_STATION), NAME, "First plan.", NOW - 9 * DAY)
    receipt(engine, ANA_STATION, 1, "delivered", NOW - 20 * DAY + 60)
    receipt(engine, ANA_STATION, 1, "in_use", NOW - 20 * DAY + 90)
    receipt(engine, ANA_STATION, 2, "delivered", NOW - 3600 * 2)
    receipt(engine, PER_STATION, 1, "rejected", NOW - 9 * DAY + 60, "the signature does not match")


def set_row(station_id, session_id, number, exercise, **more) -> dict[str, object]:
    """Return one finished set."""
    force = exercise == "band_row"
    row = {
        "station_id": station_id, "session_id": session_id, "number": number, "exercise": exercise,
        "set_of_exercise": number if force else number - 3, "sets_planned": 3 if force else 2, "plan_version": 1,
        "reps_planned": 10 if force else 8, "tempo": "3.1.1.0" if force else "3.1.0",
        "load_low_kg": 10.0 if force else None, "load_high_kg": 12.0 if force else None,
        "started_s": number * 120.0, "ended_s": number * 120.0 + 70, "reps_counted": 10 if force else 8,
        "stop_reason": "target", "origin": "sensed", "doubts": "",
    }  # fmt: skip
    return row | more


def rep_row(station_id, session_id, set_number, number, start_s, phases, **more) -> dict[str, object]:
    """Return one repetition; ``phases`` are its eccentric, bottom, concentric and top durations."""
    row = dict(zip(("eccentric_s", "bottom_s", "concentric_s", "top_s"), phases, strict=True))
    return row | {
        "station_id": station_id, "session_id": session_id, "set_number": set_number, "number": number,
        "start_s": start_s, "end_s": start_s + sum(p or 0 for p in phases), "pause_before_s": 0.4,
        "range_value": 88.0, "range_unit": "deg", "peak_force_n": None, "verdict": "on_target",
        "confidence": 0.97, "origin": "sensed", "edge_spread_s": None, "peak_speed": None, "mean_speed": None,
        "smoothness": None, "hold_sway": None, "mean_force_n": None, "impulse_n_s": None,
    } | more  # fmt: skip


def trace_row(station_id, session_id, set_number, name, unit, values, part=0, start_s=0.0) -> dict[str, object]:
    """Return a stretch of signal at 20 values a second."""
    return {
        "station_id": station_id, "session_id": session_id, "set_number": set_number, "name": name, "part": part,
        "unit": unit, "start_s": start_s, "step_s": 0.05, "values": struct.pack(f"<{len(values)}f", *values),
    }  # fmt: skip


def _smooth(share: float) -> float:
    return (1 - math.cos(math.pi * min(max(share, 0.0), 1.0))) / 2


def _height(t: float, order: tuple[float, float, float]) -> float:
    out, hold, back = order
    return _smooth(t / out) if t < out else 1.0 if t < out + hold else 1 - _smooth((t - out - hold) / back)


def _set(engine, rng, station_id, session_id, number, exercise) -> None:
    force = exercise == "band_row"
    at, reps, spans = 1.2, [], []
    for n in range(1, 11 if force else 9):
        out, hold, back = (rng.uniform(a - 0.15, a + 0.2) for a in ((1, 1, 3) if force else (3, 1, 1)))
        peak = rng.uniform(103, 119)
        fast = back < 2.95 if force else out < 2.95
        phases = (back, None, out, hold) if force else (out, hold, back, None)
        more = {"verdict": "too_fast" if fast else "on_target", "confidence": rng.uniform(0.86, 0.995)}
        if force:
            more |= {"range_value": peak - 12, "range_unit": "N", "peak_force_n": peak, "mean_force_n": 0.6 * peak,
                     "impulse_n_s": 0.6 * peak * (out + hold + back), "mean_speed": (peak - 12) / out,
                     "peak_speed": 1.9 * (peak - 12) / out, "smoothness": -1.5 - out / 10, "hold_sway": 1.4,
                     "edge_spread_s": 0.03}  # fmt: skip
            if peak > 117.8:
                more["verdict"] = "too_heavy"
        else:
            more["range_value"] = peak - 20
        reps.append(rep_row(station_id, session_id, number, n, at, phases, **more))
        spans.append((at, (out, hold, back), peak if force else peak - 20))
        at += out + hold + back + rng.uniform(0.3, 0.9)
    values = []
    for i in range(int(at / 0.05)):
        t = i * 0.05
        now = next(((t - a, o, p) for a, o, p in spans if a <= t < a + sum(o)), None)
        base = 12.0 if force else 4.0
        values.append((base + (now[2] - base) * _height(now[0], now[1]) if now else base) + rng.gauss(0, 0.7))
    name, unit = ("force", "N") if force else ("angle", "deg")
    more = {"ended_s": number * 120.0 + at, "doubts": "samples_lost" if number == 3 else ""}
    rows(engine, schema.training_set, set_row(station_id, session_id, number, exercise, **more))
    rows(engine, schema.rep, *reps)
    rows(engine, schema.trace, trace_row(station_id, session_id, number, name, unit, values))


def session(engine, patient_id, station_id, session_id, started_at, stop="target", sets=5, planned=5) -> None:
    """Write one session with ``sets`` finished sets, effort after each and pain after all but the second."""
    rng = random.Random(session_id)
    rows(engine, schema.session, {
        "station_id": station_id, "session_id": session_id, "patient_id": patient_id, "plan_version": 1,
        "started_at": started_at,
    })  # fmt: skip
    for number in range(1, sets + 1):
        _set(engine, rng, station_id, session_id, number, "band_row" if number <= 3 else "goblet_squat")
        key = {"station_id": station_id, "session_id": session_id, "set_number": number}
        rows(engine, schema.answer, key | {"question": "effort", "value": 3 + number})
        if number != 2:
            rows(engine, schema.answer, key | {"question": "pain_change", "value": int(stop == "pain")})
    rows(engine, schema.session_end, {
        "station_id": station_id, "session_id": session_id, "ended_at": started_at + 900, "sets_done": sets,
        "sets_planned": planned, "stop_reason": stop,
    })  # fmt: skip


def seen(engine: Engine, station_id: str, at: float, online: bool) -> None:
    """The clinic last heard of the station ``at``."""
    with writing(engine) as db:
        db.execute(schema.station.update().where(schema.station.c.id == station_id).values(seen_at=at, online=online))


def records(engine: Engine) -> None:
    """Ana trained three times and her station is online; Per stopped for pain, his was last seen 3 hours ago."""
    session(engine, ANA, ANA_STATION, "session-ana-3", NOW - 3200)
    session(engine, ANA, ANA_STATION, "session-ana-2", NOW - DAY - 3600, stop="tired", sets=3)
    session(engine, ANA, ANA_STATION, "session-ana-1", NOW - 3 * DAY)
    session(engine, PER, PER_STATION, "session-per-1", NOW - 5 * DAY, stop="pain", sets=2)
    seen(engine, ANA_STATION, NOW - 30, True)
    seen(engine, PER_STATION, NOW - 3 * 3600, False)


@dataclass
class Clinic:
    """Everything a test wants to turn or look at."""

    app: Flask
    engine: Engine
    config: PanelConfig
    time: list[float] = field(default_factory=list)

    def later(self, seconds: float) -> None:
        """Turn the panel's clock on."""
        self.time[0] += seconds

    def client(self) -> FlaskClient:
        """Return a browser nobody has used yet."""
        return self.app.test_client()

    def logged_in(self) -> FlaskClient:
        """Return a browser with Dr Lind logged in."""
        client = self.client()
        assert log_in(client).status_code == 303
        return client


def token(page: str) -> str:
    """Return the form token of a page."""
    return page.split('name="csrf_token" value="')[1].split('"', maxsplit=1)[0]


def log_in(client: FlaskClient, login=LOGIN, password=PASSWORD, **more):
    """Send the login form as a browser would."""
    form = {"csrf_token": token(client.get("/login").text), "login": login, "password": password}
    return client.post("/login", data=form | more)


def sign(client: FlaskClient, patient_id=ANA, reason="Because.", page="", **changes):
    """Sign the draft of a patient's plan as a browser would; ``page`` is one that was opened before."""
    path = f"/patients/{patient_id}/plan"
    page = page or client.get(path).text
    hidden = {name: page.partition(f'name="{name}" value="')[2].split('"')[0] for name in ("base_version", "seen")}
    return client.post(f"{path}/sign", data=hidden | {"csrf_token": token(page), "reason": reason} | changes)


def told(engine: Engine, station_id: str, records, at=NOW) -> None:
    """A station sends records."""
    with writing(engine) as db:
        ups = [Up(VERSION, key(one), station_id, "boot-0001", 1.0, at, one) for one in records]
        ingest(db, [Arrival(up(station_id, kind(one.record)), one, encode(one)) for one in ups], at)
