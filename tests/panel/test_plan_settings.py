"""Beginning a programme, and the limits of a plan: what is taken, what is refused, and what is then written."""

from __future__ import annotations

from datetime import date

import pytest
from panel_seed import ANA, ANA_STATION, LEA, PER, PER_STATION, sign, token
from sqlalchemy import select

from edge.library import Kit
from edge.prescription.limits import thresholds
from edge.prescription.plan import CoachMode
from edge.prescription.programmes import programme
from edge.prescription.row import Span
from edge.programme import parse_prescription
from sync.panel import plan_limits, plan_start, plans, typed_blocks, typed_kit
from sync.store import schema

START = f"/patients/{ANA}/plan/start"
LIMITS = f"/patients/{ANA}/plan/limits"
BEGIN = {
    "programme": "home-3day",
    "first_day": "2026-11-23",
    "kit_kettlebell": "on",
    "kg_kettlebell": "16, 8,12",
    "kit_mat": "on",
    "base_version": "2",
}
AS_BEFORE = {key: f"{one.default:g}" for key, one in thresholds().items()} | {
    "valid_until": "",
    "coach": "off",
    "base_version": "2",
    "block_0_sessions_per_day": "1",
    "block_0_days_per_week": "7",
    "block_0_session_min": "",
    "block_0_rest_days": "0",
    "block_0_done_share": "70",
    "block_0_settled_sessions": "2",
}


def blocks_of(plan):
    """The fields of its blocks as the form shows them."""
    return typed_blocks.written(plan)


def keep(client, path, form, **changes):
    """Fill in a form; what it holds is in the draft then."""
    return client.post(path, data=form | {"csrf_token": token(client.get(path).text)} | changes)


def send(client, path, form, **changes):
    """Fill in a form and, where it is taken, sign the draft."""
    answer = keep(client, path, form, **changes)
    if answer.status_code != 303:
        return answer
    return sign(client, path.split("/")[2], "Calmer.")


def newest(clinic, station=ANA_STATION):
    p = schema.prescription
    with clinic.engine.connect() as db:
        row = db.execute(select(p).where(p.c.station_id == station).order_by(p.c.version.desc())).first()
    return parse_prescription(row.payload)


def test_a_programme_begins_as_the_next_version_with_the_kit_that_was_ticked(clinic):
    assert send(clinic.logged_in(), START, BEGIN).status_code == 303
    plan = newest(clinic)
    assert (plan.version, plan.began, plan.programme, plan.first_name) == (3, 3, "home-3day", "Ana")
    assert plan.rows == programme("home-3day").rows
    assert (plan.valid_from, plan.valid_until) == (date(2026, 11, 23), date(2027, 1, 4))
    assert plan.kit == {Kit.KETTLEBELL: (8.0, 12.0, 16.0), Kit.MAT: ()}
    assert [row.exercise for row in plan.floor] == list(programme("home-3day").floor)
    assert plan.coach is CoachMode.OFF
    page = clinic.logged_in().get(f"/patients/{ANA}").text
    assert "Good from 2026-11-23 until 2027-01-04. The coach is off." in page
    assert "3 × 12 each side" in page


def test_every_programme_can_be_begun_and_every_row_of_it_opened(clinic):
    client = clinic.logged_in()
    for version, name in enumerate(("home-3day", "gym-4day", "microroutine-6w"), 2):
        assert send(client, START, BEGIN, programme=name, base_version=str(version)).status_code == 303
        for row in newest(clinic).rows:
            assert client.get(f"/patients/{ANA}/plan/rows/{row.name}").status_code == 200


def test_a_change_of_a_begun_programme_keeps_what_was_not_touched(clinic):
    client = clinic.logged_in()
    send(client, START, BEGIN, programme="gym-4day")
    path = f"/patients/{ANA}/plan/rows/d1_belt_squat_back_off"
    form = {"sets": "2", "reps": "8", "rpe": "", "tempo": "normal", "rest_s": "150"}
    assert send(client, path, form, base_version="3").status_code == 303
    before, after = programme("gym-4day").rows, newest(clinic).rows
    assert [(a.name, b.rest_s) for a, b in zip(before, after, strict=True) if a != b] == [(before[3].name, 150)]
    assert after[3].load_drop_pct == (10, 15)
    assert after[3].source == "S2 Table 4, day 1, row 3; clinician: rest_s"
    assert "rest_s" not in after[3].ours


def test_limits_stay_when_another_programme_begins(clinic):
    client = clinic.logged_in()
    assert send(client, LIMITS, AS_BEFORE, pain_ceiling="4", over_pusher="on").status_code == 303
    assert send(client, START, BEGIN, base_version="3").status_code == 303
    plan = newest(clinic)
    assert (plan.limits["pain_ceiling"], plan.over_pusher) == (4, True)


def test_a_patient_without_a_plan_gets_a_first_one(clinic):
    client = clinic.logged_in()
    before = newest(clinic, PER_STATION)
    path = f"/patients/{PER}/plan/start"
    assert send(client, path, BEGIN, base_version=str(before.version)).status_code == 303
    assert client.get(f"/patients/{LEA}/plan/start").status_code == 404, "Lea has no station"
    assert client.get(f"/patients/{LEA}/plan/limits").status_code == 404


@pytest.mark.parametrize(
    ("field", "changes", "sentence"),
    [
        ("programme", {"programme": ""}, plan_start.SAY_PROGRAMME),
        ("programme", {"programme": "symptom-modification"}, plan_start.SAY_PROGRAMME),
        ("first_day", {"first_day": "soon"}, plan_limits.SAY_DATE),
        ("kg_kettlebell", {"kg_kettlebell": "8; 12"}, typed_kit.SAY_WEIGHTS),
        ("kg_kettlebell", {"kg_kettlebell": "0"}, typed_kit.SAY_WEIGHTS),
        ("kg_kettlebell", {"kg_kettlebell": "nan"}, typed_kit.SAY_WEIGHTS),
    ],
)
def test_a_wrong_field_of_the_start_gets_one_sentence(clinic, field, changes, sentence):
    answer = send(clinic.logged_in(), START, BEGIN, **changes)
    assert answer.status_code == 422
    assert sentence in answer.text.split(f'id="{field}-wrong">')[1].split("</p>")[0]
    assert newest(clinic).version == 2


@pytest.mark.parametrize("path", [START, LIMITS])
def test_a_form_opened_on_another_version_writes_nothing(clinic, path):
    form = BEGIN if path == START else AS_BEFORE | {"pain_ceiling": "3"}
    answer = send(clinic.logged_in(), path, form, base_version="1")
    assert answer.status_code == 409
    assert "Not saved: Dr K. Lind wrote plan 2" in answer.text
    assert newest(clinic).version == 2


def test_limits_and_settings_are_written_as_the_next_version(clinic):
    changes = {"pain_ceiling": "3", "grace_days": "7", "valid_until": "2027-02-01", "coach": "propose"}
    assert send(clinic.logged_in(), LIMITS, AS_BEFORE, **changes).status_code == 303
    plan = newest(clinic)
    assert dict(plan.limits.changed) == {"pain_ceiling": 3, "grace_days": 7}
    assert (plan.valid_until, plan.coach, plan.began) == (date(2027, 2, 1), CoachMode.PROPOSE, 1)


@pytest.mark.parametrize("key", list(thresholds()))
def test_no_threshold_is_taken_outside_its_hard_limits(clinic, key):
    one = thresholds()[key]
    form = {name: f"{each.default:g}" for name, each in thresholds().items()}
    plan = newest(clinic)
    with clinic.app.app_context():
        for wrong in (one.max + 0.5, one.min - 0.5, "nan", "", "many"):
            typed = form | blocks_of(plan) | {"valid_until": "", "coach": "off", "over_pusher": "", key: str(wrong)}
            found, errors = plan_limits.with_limits(plan, typed)
            assert (found, list(errors)) == (None, [key])


@pytest.mark.parametrize(
    ("field", "changes"),
    [("coach", {"coach": "boss"}), ("valid_until", {"valid_until": "2099-01-01"})],
)
def test_a_wrong_setting_gets_one_sentence(clinic, field, changes):
    answer = send(clinic.logged_in(), LIMITS, AS_BEFORE, **changes)
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text


def test_limits_as_they_were_write_nothing(clinic):
    answer = send(clinic.logged_in(), LIMITS, AS_BEFORE)
    assert (answer.status_code, plans.SAY_SAME in answer.text) == (422, True)


def test_a_ceiling_below_a_load_that_is_planned_is_refused_with_the_row(clinic):
    answer = send(clinic.logged_in(), LIMITS, AS_BEFORE, ceiling_kg="9")
    assert answer.status_code == 422
    assert "expected at most the ceiling, 9 kg" in answer.text


def test_how_often_and_how_long_a_block_is_trained_is_the_clinicians_to_say(clinic):
    client = clinic.logged_in()
    send(client, START, BEGIN, programme="microroutine-6w")
    page = client.get(LIMITS).text
    assert 'name="block_2_session_min" value="20-25"' in page
    form = AS_BEFORE | blocks_of(newest(clinic)) | {"base_version": "3", "valid_until": "2027-01-16"}
    changes = {"block_2_sessions_per_day": "2", "block_2_session_min": "15", "block_0_done_share": "80"}
    assert send(client, LIMITS, form, **changes).status_code == 303
    plan = newest(clinic)
    last = plan.blocks[-1]
    assert (last.sessions_per_day, last.session_min, plan.blocks[0].done_share) == (2, Span(15, 15), 0.8)
    assert not {"sessions_per_day", "session_min"} & last.ours, "they are the clinician's now"
    assert {row.times_per_day for row in plan.rows if row.weeks.low == 5} == {2}
    assert {row.times_per_day for row in plan.rows if row.weeks.low == 1} == {3}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sessions_per_day", "0"),
        ("days_per_week", "8"),
        ("session_min", "7-5"),
        ("session_min", "long"),
        ("rest_days", "-1"),
        ("done_share", "101"),
        ("settled_sessions", "²"),
    ],
)
def test_a_block_that_cannot_be_is_refused_with_its_field(clinic, name, text):
    answer = send(clinic.logged_in(), LIMITS, AS_BEFORE, **{f"block_0_{name}": text})
    assert answer.status_code == 422
    assert f'id="block_0_{name}-wrong"' in answer.text
    assert newest(clinic).version == 2


def test_another_exercise_takes_the_place_of_one(clinic):
    client = clinic.logged_in()
    path = f"/patients/{ANA}/plan/rows/band_row"
    form = {
        "exercise": "band_pull_down",
        "sets": "3",
        "reps": "10",
        "tempo": "3.1.1.0",
        "load_low_kg": "",
        "load_high_kg": "",
        "rest_s": "60",
    }
    assert send(client, path, form, base_version="2").status_code == 303
    row = newest(clinic).rows[0]
    assert (row.name, row.exercise, row.load_kg) == ("band_row", "band_pull_down", None)
    assert send(client, path, form, base_version="3", exercise="trampoline").status_code == 422
