"""Changing a plan: what is taken, what is refused, and what is then written."""

from __future__ import annotations

from html import unescape
from threading import Thread

import panel_seed
import pytest
from panel_seed import ANA, ANA_STATION, NAME, NOW, PASSWORD, log_in, plan, receipt, token
from sqlalchemy import select

from edge.prescription.row import Span
from edge.programme import parse_prescription
from sync.panel import plans, typed_rows
from sync.panel.auth import add_clinician
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
    "base_version": "2",
}
DRAFT = f"/patients/{ANA}/plan"


def send(client, **changes):
    """Fill in the form and send it: what it holds is in the draft then."""
    return client.post(PATH, data=GOOD | {"csrf_token": token(client.get(PATH).text)} | changes)


def sign(client, reason="Effort stayed at 4.", **more):
    """Sign the draft."""
    return panel_seed.sign(client, reason=reason, **more)


def written(clinic):
    """Return Ana's plans, newest first."""
    p = schema.prescription
    with clinic.engine.connect() as db:
        return db.execute(select(p).where(p.c.station_id == ANA_STATION).order_by(p.c.version.desc())).all()


def test_old_and_new_stand_side_by_side(clinic):
    page = clinic.logged_in().get(PATH).text
    for name, value in (("reps", "10"), ("tempo", "3.1.1.0"), ("load_low_kg", "10"), ("load_high_kg", "12")):
        assert f'name="{name}" value="{value}"' in page
    assert '<td data-label="In force">10 kg</td>' in page


def test_a_good_change_is_signed_and_on_its_way(clinic):
    client = clinic.logged_in()
    answer = send(client)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{DRAFT}#changes")
    assert len(written(clinic)) == 2, "nothing is written before it is signed"
    answer = sign(client)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/patients/{ANA}?signed=3#plan")
    assert "Signed: plan 3 is on its way to the station." in client.get(answer.headers["Location"]).text
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
        ("exercise", {"exercise": "trampoline"}, typed_rows.SAY_EXERCISE),
        ("weeks", {"weeks": "2"}, typed_rows.say_weeks(1)),
        ("weeks", {"weeks": "one"}, typed_rows.say_weeks(1)),
        ("day", {"day": "8"}, typed_rows.SAY_DAY),
        ("day", {"day": "0"}, typed_rows.SAY_DAY),
        ("times_per_day", {"times_per_day": "2"}, typed_rows.say_times(1)),
        ("times_per_day", {"times_per_day": ""}, typed_rows.say_times(1)),
        ("ceiling_kg", {"ceiling_kg": "101"}, typed_rows.say_ceiling("band_row")),
        ("ceiling_kg", {"ceiling_kg": "nan"}, typed_rows.say_ceiling("band_row")),
        ("load_low_kg", {"ceiling_kg": "12"}, say_load(12)),
        ("rpe_cap", {"rpe_cap": "11"}, typed_rows.SAY_CAP),
        ("per_side", {"per_side": "upside"}, typed_rows.SAY_ONE_OF),
        ("role", {"role": "back_off"}, typed_rows.SAY_ONE_OF),
        ("alternative_1", {"alternative_2": "band_row"}, typed_rows.SAY_ALTERNATIVE),
        ("alternative_1", {"alternative_1": "plank", "alternative_3": "plank"}, typed_rows.SAY_ALTERNATIVE),
        ("alternative_1", {"alternative_1": "trampoline"}, typed_rows.SAY_ALTERNATIVE),
    ],
)
def test_a_wrong_field_gets_one_sentence_and_keeps_its_value(clinic, field, changes, sentence):
    answer = send(clinic.logged_in(), **changes)
    assert answer.status_code == 422
    assert answer.text.count('class="wrong"') == 1
    said = answer.text.split(f'id="{field}-wrong">')[1].split("</p>")[0]
    assert sentence in unescape(said)
    assert 'name="load_high_kg" value=' in answer.text
    assert f'name="reps" value="{changes.get("reps", "12")}"' in answer.text
    assert "<script>" not in answer.text
    shown = (changes.get(field) or "empty") if field in changes else ""
    summary = answer.text.split('role="alert">')[1].split("</div>")[0]
    assert typed_rows.LABELS.get(field, "Alternative").split(",")[0] in summary, "the field is named"
    assert sentence in unescape(summary)
    if shown.isalnum() and len(shown) < 20:
        assert shown in summary, "and its value"
    assert "What changes</h2>\n<p>Nothing yet." in clinic.logged_in().get(DRAFT).text


@pytest.mark.parametrize("reason", ["   ", "a\0b", "x" * 301])
def test_without_a_reason_nothing_is_signed_and_the_draft_stays(clinic, reason):
    client = clinic.logged_in()
    send(client)
    answer = sign(client, reason)
    assert answer.status_code == 422
    assert plans.SAY_REASON in answer.text
    assert "repetitions 10 → 12" in answer.text
    assert len(written(clinic)) == 2
    assert sign(client).status_code == 303


@pytest.mark.parametrize("reps", ["1", "50"])
def test_the_limits_the_sentences_name_are_the_limits(clinic, reps):
    assert send(clinic.logged_in(), reps=reps, load_low_kg="0", load_high_kg="24").status_code == 303


def test_both_loads_empty_means_no_load(clinic):
    client = clinic.logged_in()
    assert send(client, load_low_kg="", load_high_kg="").status_code == 303
    assert sign(client).status_code == 303
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
    assert len(written(clinic)) == 2


def test_of_two_who_sign_at_once_one_is_told_and_loses_nothing(clinic, monkeypatch):
    client, other = clinic.logged_in(), another(clinic)
    really, answers = plans.write, []

    def meanwhile():
        answers.append(
            send(other, reps="20", rpe="", tempo="3.1.1.0", load_low_kg="10", load_high_kg="12").status_code
        )
        answers.append(sign(other, "More.").status_code)

    def overtaken(*args, **more):
        monkeypatch.setattr(plans, "write", really)
        beside = Thread(target=meanwhile)  # a request within a request would share what it has read
        beside.start()
        beside.join()
        return really(*args, **more)

    send(client)
    monkeypatch.setattr(plans, "write", overtaken)
    late = sign(client)
    assert answers == [303, 303]
    assert late.status_code == 409
    assert "Dr B. Roth wrote plan 3 after you began" in late.text
    assert "Band row: repetitions 10 → 20" in late.text.split("after you began</h2>")[1].split("</section>")[0]
    assert "Effort stayed at 4." in late.text, "the reason is kept"
    assert len(written(clinic)) == 3
    assert sign(client).status_code == 409, "it cannot be signed over the other"
    assert len(written(clinic)) == 3


def another(clinic):
    """Return a browser with a second clinician logged in."""
    add_clinician(clinic.engine, "roth", "Dr B. Roth", PASSWORD, NOW)
    client = clinic.client()
    assert log_in(client, "roth").status_code == 303
    return client


def test_what_two_changed_apart_is_joined_and_what_both_changed_stays_the_others(clinic):
    client, other = clinic.logged_in(), another(clinic)
    squat = f"/patients/{ANA}/plan/rows/goblet_squat"
    form = GOOD | {"rpe": "", "load_low_kg": "", "load_high_kg": "", "tempo": "3.1.0", "rest_s": "90"}
    send(client)
    client.post(squat, data=form | {"csrf_token": token(client.get(squat).text), "sets": "2", "reps": "6"})
    send(other, reps="20")
    assert "Dr K. Lind has changes of this plan as well, not signed yet." in other.get(DRAFT).text
    assert sign(other, "More.").status_code == 303
    answer = client.post(f"{DRAFT}/join", data={"csrf_token": token(client.get(DRAFT).text), "base_version": "2"})
    page = client.get(answer.headers["Location"]).text
    assert "Not taken over, because somebody else changed it too: Band row." in page
    assert "Goblet squat: repetitions 8 → 6" in page
    assert sign(client).status_code == 303
    made = parse_prescription(written(clinic)[0].payload)
    assert [row.reps for row in made.rows] == [Span(20, 20), Span(6, 6)]


def test_a_draft_is_its_clinicians_alone_and_outlives_the_login(clinic):
    client = clinic.logged_in()
    send(client)
    assert "You have changes that are not signed yet." in client.get(f"/patients/{ANA}").text
    assert "not signed yet" not in another(clinic).get(f"/patients/{ANA}").text
    client = clinic.logged_in()
    again = client.get(DRAFT).text
    assert "repetitions 10 → 12" in again
    client.post(f"{DRAFT}/discard", data={"csrf_token": token(again)})
    client = clinic.logged_in()
    assert "Nothing yet." in client.get(DRAFT).text
    assert sign(client).status_code == 409
    assert len(written(clinic)) == 2


def test_what_is_put_back_as_it_was_is_no_change(clinic):
    client = clinic.logged_in()
    send(client)
    same = {"reps": "10", "rpe": "", "tempo": "3.1.1.0", "load_low_kg": "10", "load_high_kg": "12"}
    assert send(client, **same).status_code == 303
    assert "Nothing yet." in client.get(DRAFT).text


def test_a_signature_is_for_what_was_seen(clinic):
    client = clinic.logged_in()
    send(client)
    page = client.get(DRAFT).text
    send(client, reps="20")
    assert sign(client, page=page).status_code == 409
    assert len(written(clinic)) == 2
    assert sign(client).status_code == 303
