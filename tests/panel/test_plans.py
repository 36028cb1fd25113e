"""Changing a plan: what is taken, what is refused, and what is then written."""

from __future__ import annotations

import pytest
from panel_seed import ANA, ANA_STATION, NAME, NOW, plan, receipt, token
from sqlalchemy import select

from edge.prescription.row import Span
from edge.programme import parse_prescription
from sync.panel import plans, typed_rows
from sync.panel.typed_rows import say_load
from sync.signing import VERIFY_KEY, load_verifier, verify
from sync.store import schema

PATH = f"/patients/{ANA}/plan/rows/band_row"
GOOD = {
    "sets": "3",
    "reps": "12",
    "rpe": "5, 6, 7",
    "tempo": "4.1.1.0",
    "load_low_kg": "11",
    "load_high_kg": "13,5",
    "rest_s": "60",
    "reason": "Effort stayed at 4.",
    "base_version": "2",
}


def send(client, **changes):
    """Fill in the form and send it."""
    return client.post(PATH, data=GOOD | {"csrf_token": token(client.get(PATH).text)} | changes)


def written(clinic):
    """Return Ana's plans, newest first."""
    p = schema.prescription
    with clinic.engine.connect() as db:
        return db.execute(select(p).where(p.c.station_id == ANA_STATION).order_by(p.c.version.desc())).all()


def test_old_and_new_stand_side_by_side(clinic):
    page = clinic.logged_in().get(PATH).text
    for name, value in (("reps", "10"), ("tempo", "3.1.1.0"), ("load_low_kg", "10"), ("load_high_kg", "12")):
        assert f'name="{name}" value="{value}"' in page
    assert '<td data-label="Now">10 kg</td>' in page


def test_a_good_change_is_signed_and_on_its_way(clinic):
    client = clinic.logged_in()
    answer = send(client)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/patients/{ANA}#plan"
    newest = written(clinic)[0]
    assert (newest.version, newest.author, newest.reason) == (3, NAME, "Effort stayed at 4.")
    assert (newest.written_at, newest.published_at) == (NOW, None)
    assert verify(load_verifier(clinic.config.key_folder / VERIFY_KEY), newest.payload, newest.signature)
    new = parse_prescription(newest.payload)
    line = new.rows[0]
    assert (line.sets, line.reps, line.tempo.text, line.load_kg) == (
        Span(3, 3),
        Span(12, 12),
        "4.1.1.0",
        (11.0, 13.5),
    )
    assert line.rpe == (Span(5, 5), Span(6, 6), Span(7, 7))
    assert line.source == "clinician: reps, rpe, tempo, load_kg"
    assert new.rows[1] == plan().rows[1]
    assert new.began == 1, "the programme goes on where it was"
    assert new.issued_at == "2026-11-21T08:05:00+00:00"
    page = client.get(f"/patients/{ANA}").text
    assert "Effort stayed at 4." in page
    assert "not yet, waiting for the station" in page
    receipt(clinic.engine, ANA_STATION, 3, "delivered", NOW + 5)
    receipt(clinic.engine, ANA_STATION, 3, "in_use", NOW + 6)
    assert "In use</b> today 08:05" in client.get(f"/patients/{ANA}").text


@pytest.mark.parametrize(
    ("field", "changes", "sentence"),
    [
        ("tempo", {"tempo": "999.9.9"}, "asks for 999 s in one part: at most 20 s"),
        ("tempo", {"tempo": ""}, "cannot be read"),
        ("tempo", {"tempo": "<script>alert(1)</script>"}, "cannot be read"),
        ("load_low_kg", {"load_low_kg": "14", "load_high_kg": "13"}, say_load(24)),
        ("load_low_kg", {"load_low_kg": "-1"}, say_load(24)),
        ("load_low_kg", {"load_high_kg": "24.5"}, say_load(24)),
        ("load_low_kg", {"load_high_kg": "nan"}, say_load(24)),
        ("load_low_kg", {"load_high_kg": "1e999"}, say_load(24)),
        ("load_low_kg", {"load_high_kg": "heavy"}, say_load(24)),
        ("load_low_kg", {"load_high_kg": ""}, typed_rows.SAY_BOTH),
        ("reps", {"reps": "0"}, typed_rows.SAY_REPS),
        ("reps", {"reps": "51"}, typed_rows.SAY_REPS),
        ("reps", {"reps": "-3"}, typed_rows.SAY_REPS),
        ("reps", {"reps": "12-8"}, typed_rows.SAY_REPS),
        ("reps", {"reps": "9" * 5000}, typed_rows.SAY_REPS),
        ("reps", {"reps": "²"}, typed_rows.SAY_REPS),
        ("reps", {"reps": "", "rpe": ""}, typed_rows.SAY_DOSE),
        ("sets", {"sets": "0", "rpe": "6"}, typed_rows.SAY_SETS),
        ("sets", {"sets": "", "rpe": "6"}, typed_rows.SAY_SETS),
        ("rpe", {"rpe": "5, 6"}, typed_rows.SAY_RPE),
        ("rpe", {"rpe": "5, 6, 11"}, typed_rows.SAY_RPE),
        ("rpe", {"sets": "4"}, typed_rows.SAY_RPE),
        ("hold_s", {"hold_s": "301"}, typed_rows.SAY_HOLD),
        ("duration_min", {"duration_min": "-1"}, typed_rows.SAY_MINUTES),
        ("rest_s", {"rest_s": ""}, typed_rows.SAY_REST),
        ("rest_s", {"rest_s": "4"}, typed_rows.SAY_REST),
        ("reason", {"reason": "   "}, plans.SAY_REASON),
        ("reason", {"reason": "a\0b"}, plans.SAY_REASON),
        ("reason", {"reason": "x" * 301}, plans.SAY_REASON),
    ],
)
def test_a_wrong_field_gets_one_sentence_and_keeps_its_value(clinic, field, changes, sentence):
    answer = send(clinic.logged_in(), **changes)
    assert answer.status_code == 422
    assert answer.text.count('class="wrong"') == 1
    said = answer.text.split(f'id="{field}-wrong">')[1].split("</p>")[0]
    assert sentence in said
    assert 'name="load_high_kg" value=' in answer.text
    assert f'name="reps" value="{changes.get("reps", "12")}"' in answer.text
    assert "<script>" not in answer.text
    assert len(written(clinic)) == 2


@pytest.mark.parametrize("reps", ["1", "50"])
def test_the_limits_the_sentences_name_are_the_limits(clinic, reps):
    assert send(clinic.logged_in(), reps=reps, load_low_kg="0", load_high_kg="24").status_code == 303


def test_both_loads_empty_means_no_load(clinic):
    assert send(clinic.logged_in(), load_low_kg="", load_high_kg="").status_code == 303
    assert parse_prescription(written(clinic)[0].payload).rows[0].load_kg is None


def test_a_form_that_changes_nothing_writes_nothing(clinic):
    same = {"reps": "10", "rpe": "", "tempo": "3.1.1.0", "load_low_kg": "10", "load_high_kg": "12"}
    answer = send(clinic.logged_in(), **same)
    assert answer.status_code == 422
    assert plans.SAY_SAME in answer.text
    assert len(written(clinic)) == 2


@pytest.mark.parametrize("base", ["1", "", "3", "x", "02"])
def test_a_form_opened_on_another_version_is_refused(clinic, base):
    answer = send(clinic.logged_in(), base_version=base)
    assert answer.status_code == 409
    assert "Not saved: Dr K. Lind wrote plan 2 while this form was open." in answer.text
    assert 'name="reps" value="10"' in answer.text
    assert "Effort stayed at 4." in answer.text, "the reason is kept"
    assert len(written(clinic)) == 2


def test_of_two_who_save_at_once_one_is_told(clinic, monkeypatch):
    client, other = clinic.logged_in(), clinic.logged_in()
    really, answers = plans.write, []

    def overtaken(*args):
        monkeypatch.setattr(plans, "write", really)
        answers.append(send(other, reps="20").status_code)
        return really(*args)

    form = GOOD | {"csrf_token": token(client.get(PATH).text)}
    monkeypatch.setattr(plans, "write", overtaken)
    late = client.post(PATH, data=form)
    assert answers == [303]
    assert late.status_code == 409
    assert "wrote plan 3" in late.text
    assert 'name="reps" value="20"' in late.text
    assert len(written(clinic)) == 3
