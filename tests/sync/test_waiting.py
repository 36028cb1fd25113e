"""Proposals that wait for a clinician are found among many decisions, in both kinds of database."""

from __future__ import annotations

import msgspec
import pytest

from edge.coach.dose import first_dose
from edge.prescription.plan import CoachMode, Prescription
from edge.prescription.row import Row, Span
from edge.records import Decided, Standing, key
from sync.panel import proposals
from sync.store import schema
from sync.store.database import writing
from sync.store.drafts import Draft, drafting, drop_draft, keep_draft, read_draft
from sync.store.prescriptions import write_plan

PATIENT, STATION = "patient-a-0001", "station-a-0001"
ROW = Row("squat", "goblet_squat", 1, sets=Span.of(3), reps=Span(8, 12), load_kg=(8.0, 12.0))
PLAN = Prescription(1, PATIENT, STATION, "Ana", "2026-11-10T08:00:00Z", (ROW,), coach=CoachMode.PROPOSE)
AT = 1_795_248_300.0

on_both = pytest.mark.parametrize("db_url", ["sqlite", "postgresql"], indirect=True)


def proposed(name="decision-0012", version=1, standing=Standing.PROPOSED, number=1):
    before, after = first_dose(ROW).written(), first_dose(ROW).written() | {"reps": 10}
    looked_at = {"plan_version": version, "good_days": 2}
    return Decided(
        name, number, "session-0001", "squat", "goblet_squat", "reps_up", "1", looked_at, before, after,
        "8 to 10 repetitions.", standing, AT + number,
    )  # fmt: skip


def arrive(clinic, *records):
    with writing(clinic) as db:
        for one in records:
            db.execute(
                schema.fact.insert().values(
                    station_id=STATION, key=key(one), kind="decision", session_id=one.session_id, at=one.at,
                    body=msgspec.json.encode(one).decode(),
                )
            )  # fmt: skip


def waiting(clinic):
    with clinic.connect() as db:
        return proposals.waiting_for(db)


@on_both
def test_what_waits_is_found_until_it_is_answered(clinic, keys):
    with writing(clinic) as db:
        write_plan(db, keys[0], PLAN, "Dr Lind", "First.", AT - 60)
    assert waiting(clinic) == {}
    arrive(clinic, proposed("decision-0011", version=11), proposed("decision-0010", standing=Standing.SHADOW))
    assert waiting(clinic) == {}, "another plan's, and one nobody is asked for"
    arrive(clinic, proposed())
    assert waiting(clinic) == {PATIENT: "Goblet squat: 8 to 10 repetitions."}
    with writing(clinic) as db:
        values = {"station_id": STATION, "key": "decision/decision-0012/kept", "author": "Dr Lind", "at": AT}
        db.execute(schema.acknowledgement.insert().values(values))
    assert waiting(clinic) == {}


@on_both
def test_a_draft_is_kept_replaced_and_thrown_away(clinic):
    with writing(clinic) as db:
        for number, name in ((1, "Dr Lind"), (2, "Dr Roth")):
            person = {"id": number, "login": name[3:], "name": name, "password_hash": "", "created_at": AT}
            db.execute(schema.clinician.insert().values(person))
        keep_draft(db, 1, PATIENT, Draft(PLAN, 1, anew=False, changed_at=AT))
        keep_draft(db, 1, PATIENT, Draft(PLAN, 1, anew=True, changed_at=AT + 1, reason="Later."))
    with writing(clinic) as db:
        assert read_draft(db, 1, PATIENT, STATION) == Draft(PLAN, 1, True, AT + 1, "Later.")
        assert read_draft(db, 2, PATIENT, STATION) is None
        assert read_draft(db, 1, PATIENT, "station-b-0002") is None, "it was made for another station"
        assert (drafting(db, PATIENT, 2), drafting(db, PATIENT, 1)) == (["Dr Lind"], [])
        drop_draft(db, 1, PATIENT)
        assert read_draft(db, 1, PATIENT, STATION) is None
