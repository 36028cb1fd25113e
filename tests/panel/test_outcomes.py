"""Outcome measures on the panel: scores without items, corrections that erase nothing, and what was told."""

from __future__ import annotations

import json
import re
from datetime import date

import msgspec
import panel_seed
import pytest
from panel_seed import ANA, ANA_STATION, DAY, LEA, NAME, NOW, PER, PER_STATION, sign, token
from sqlalchemy import select

from edge import records
from edge.care.measures import measure
from edge.care.outcomes import wording
from edge.model import Origin
from edge.programme import parse_prescription
from sync.panel.outcome_chart import outcome_chart
from sync.store import schema

PATH = f"/patients/{ANA}/outcomes"
OWN = f"/patients/{ANA}/plan/measures"
LOG = f"/patients/{ANA}/activities"
ODI = {"what": "odi", "value": "34", "second": "", "version": "2.1a", "day": "2026-11-20"}


def send(client, path=PATH, **typed):
    """Fill in the form and send it."""
    return client.post(path, data={"csrf_token": token(client.get(path).text)} | typed)


def rows(clinic, table=schema.outcome):
    with clinic.engine.connect() as db:
        return db.execute(select(table)).all()


def told(clinic, *found, station=ANA_STATION):
    """The station sends records."""
    panel_seed.told(clinic.engine, station, found)


def stands(value, days_ago, origin=Origin.SENSED, **more):
    known = {"practice": False} | more
    return records.Tested(
        f"session-{days_ago:04}-chair-stand", "chair_stand", value, "stands", origin, at=NOW - days_ago * DAY, **known
    )


def section(page, what):
    return page.split(f'data-measure="{what}"')[1].split("</section>")[0]


# ---- what is shown ------------------------------------------------------------------------------------------


def test_a_measure_is_told_drawn_and_listed_with_who_gave_it(clinic):
    told(clinic, stands(9, 30), stands(11, 16), stands(14, 2, Origin.SELF_REPORTED), stands(7, 31, practice=True))
    shown = section(clinic.logged_in().get(PATH).text, "chair_stand")
    assert "14 stands (self reported), +5 in 28 days since 2026-10-22 (n = 3): better" in shown
    assert "larger than the error of 2.5 stands and important" in shown
    assert shown.count('class="dot"') == 3
    assert 'class="chance"' in shown
    assert shown.count('class="target"') == 2
    assert [cell in shown for cell in ("practice, never compared", ">sensor<", ">patient<")] == [True] * 3


def test_what_was_not_measured_is_no_zero(clinic):
    told(clinic, stands(0, 3))
    page = clinic.logged_in().get(PATH).text
    assert ">0 stands<" in section(page, "chair_stand")
    assert 'data-unmeasured="chair_stand"' not in page
    assert 'data-unmeasured="walk_2min"' in page
    assert 'data-measure="walk_2min"' not in page


def test_the_patients_page_tells_each_measure_in_a_sentence(clinic):
    client = clinic.logged_in()
    assert "Nothing was measured yet." in client.get(f"/patients/{ANA}").text
    told(clinic, stands(9, 30))
    page = client.get(f"/patients/{ANA}").text
    assert "30-second chair stand: 9 stands (sensed), too early to compare (n = 1)." in page
    assert f'href="{PATH}"' in page


def test_results_of_another_patients_station_are_not_shown(clinic):
    told(clinic, stands(9, 30), station=PER_STATION)
    assert 'data-measure="chair_stand"' not in clinic.logged_in().get(PATH).text


def test_own_activities_are_named_by_the_plan_that_had_them(clinic):
    client = clinic.logged_in()
    send(client, OWN, base_version="2", own_1="Carry the shopping", own_2="", own_3="")
    sign(client, reason="Asked today.")
    rated = [
        records.Tested(
            f"session-{n:04}-function-1", "function_1", n, "of 10", Origin.SELF_REPORTED, False, NOW - 9 * DAY,
            wording(name),
        )
        for n, name in ((3, "Carry the shopping"), (4, "Something else"))
    ]  # fmt: skip
    told(clinic, *rated)
    page = client.get(PATH).text
    assert "Own activity: Carry the shopping" in page
    assert "Own activity: activity 1, wording not known here" in page


def test_nothing_is_drawn_below_two_results_or_for_what_is_never_compared():
    day = date(2026, 11, 1)
    assert outcome_chart(measure("chair_stand"), [(day, 9.0, Origin.SENSED)], (day, day)) == ""
    assert outcome_chart(measure("global_change"), [(day, 5.0, Origin.SENSED)] * 2, (day, day)) == ""


def test_a_change_below_the_error_has_no_line_that_says_it_matters():
    day = date(2026, 11, 1)
    points = [(day, 12.0, Origin.SENSED), (day.replace(day=15), 11.0, Origin.SENSED)]
    drawn = str(outcome_chart(measure("five_times"), points, (day, day.replace(day=15))))
    assert 'class="chance"' in drawn
    assert 'class="target"' not in drawn


# ---- scores -------------------------------------------------------------------------------------------------


def test_a_score_is_stored_with_author_and_day_and_no_item(clinic):
    client = clinic.logged_in()
    answer = send(client, **ODI)
    assert answer.status_code == 303
    (row,) = rows(clinic)
    assert (row.what, row.value, row.version, row.day, row.author) == ("odi", 34.0, "2.1a", "2026-11-20", NAME)
    assert (row.entered_at, row.replaces, row.second) == (NOW, None, None)
    shown = section(client.get(PATH).text, "odi")
    assert "34 of 100 (clinician entered, version 2.1a), too early to compare" in shown


def test_start_back_has_two_scores_and_a_group(clinic):
    client = clinic.logged_in()
    start = {"what": "start_back", "value": "6", "second": "4", "day": "2026-11-20"}
    assert send(client, **start).status_code == 303
    page = client.get(PATH).text
    assert "6, psychological 4: high risk group" in page
    assert "5" not in re.findall(r"psychological (\d)", page)


REFUSED = [
    ({"value": "101"}, "ODI total is 101.0; expected a number from 0 to 100"),
    ({"value": "-1"}, "expected a number from 0 to 100"),
    ({"value": "nan"}, "expected a number from 0 to 100"),
    ({"value": ""}, "Write the total as a number"),
    ({"value": "many"}, "Write the total as a number"),
    ({"version": "9"}, "ODI total version is &#39;9&#39;; expected one of 1.0, 2.0, 2.1a, 2.1b, other"),
    ({"day": "2026-11-22"}, "expected today or earlier"),
    ({"day": "yesterday"}, "Write the date as year-month-day"),
    ({"what": "function"}, "Choose one of the questionnaires."),
    ({"what": "rmdq", "value": "12.5"}, "expected a whole number from 0 to 24"),
    ({"what": "start_back", "value": "3", "second": ""}, "The psychological score of STarT Back is missing"),
    ({"what": "start_back", "value": "3", "second": "4"}, "STarT Back is 3 with 4; expected 0 to 9 with 0 to 5"),
]


def test_a_score_that_cannot_be_is_refused_with_what_was_expected(clinic):
    client = clinic.logged_in()
    for changes, said in REFUSED:
        answer = send(client, **{**ODI, **changes})
        assert (answer.status_code, said in answer.text) == (422, True), changes
    assert rows(clinic) == []


def test_zero_is_a_score(clinic):
    client = clinic.logged_in()
    assert send(client, **{**ODI, "value": "0"}).status_code == 303
    assert "0 of 100 (clinician entered" in client.get(PATH).text


def test_a_patient_without_a_station_has_scores_too(clinic):
    client = clinic.logged_in()
    assert send(client, f"/patients/{LEA}/outcomes", **ODI).status_code == 303
    assert "34 of 100" in client.get(f"/patients/{LEA}").text


def test_a_correction_takes_the_place_and_erases_nothing(clinic):
    client = clinic.logged_in()
    send(client, **ODI)
    number = rows(clinic)[0].id
    answer = send(client, f"{PATH}/{number}", **{**ODI, "value": "43", "reason": "Two digits were swapped."})
    assert answer.status_code == 303
    first, second = rows(clinic)
    assert (first.value, second.value, second.replaces) == (34.0, 43.0, number)
    page = client.get(PATH).text
    assert "43 of 100" in section(page, "odi")
    assert "34 of 100" not in section(page, "odi")
    assert f'data-score="{number}" class="past"' in page
    assert "Two digits were swapped." in page


def test_a_score_can_be_taken_back_and_stays_in_the_list(clinic):
    client = clinic.logged_in()
    send(client, **ODI)
    number = rows(clinic)[0].id
    send(client, f"{PATH}/{number}", **{**ODI, "taken_back": "on", "reason": "It was another patient's."})
    page = client.get(PATH).text
    assert 'data-measure="odi"' not in page
    assert 'data-unmeasured="odi"' in page
    assert page.count("data-score=") == 2


def test_a_correction_needs_a_reason_and_a_difference(clinic):
    client = clinic.logged_in()
    send(client, **ODI)
    path = f"{PATH}/{rows(clinic)[0].id}"
    assert "Write the reason" in send(client, path, **{**ODI, "value": "43", "reason": ""}).text
    assert "Nothing is different." in send(client, path, **{**ODI, "reason": "No."}).text
    assert len(rows(clinic)) == 1


def test_of_two_corrections_at_once_the_second_is_refused(clinic):
    client = clinic.logged_in()
    send(client, **ODI)
    path = f"{PATH}/{rows(clinic)[0].id}"
    form = {"csrf_token": token(client.get(path).text)} | ODI | {"value": "43", "reason": "One."}
    assert client.post(path, data=form).status_code == 303
    assert client.post(path, data={**form, "value": "44"}).status_code == 404
    assert [row.value for row in rows(clinic)] == [34.0, 43.0]


def test_a_score_of_another_patient_cannot_be_corrected_here(clinic):
    client = clinic.logged_in()
    send(client, **ODI)
    number = rows(clinic)[0].id
    assert client.get(f"/patients/{PER}/outcomes/{number}").status_code == 404
    assert client.get(f"{PATH}/{number + 1}").status_code == 404


@pytest.mark.parametrize("path", [PATH, OWN, LOG])
def test_nobody_sees_any_of_it_without_logging_in(clinic, path):
    assert clinic.client().get(path).status_code == 401
    assert clinic.client().post(path, data=ODI).status_code in (400, 401)
    assert rows(clinic) == []


# ---- what the station asks for ------------------------------------------------------------------------------


def newest(clinic):
    p = schema.prescription.c
    with clinic.engine.connect() as db:
        wanted = select(p.payload).where(p.patient_id == ANA).order_by(p.version.desc()).limit(1)
        return parse_prescription(db.scalar(wanted))


def test_own_activities_travel_inside_the_signed_plan(clinic):
    client = clinic.logged_in()
    names = {"own_1": "Carry the  shopping", "own_2": "", "own_3": "Sit through a film"}
    ticked = dict.fromkeys(("chair_stand", "walk_2min", "function", "global_change"), "on")
    answer = send(client, OWN, base_version="2", **names, **ticked)
    assert answer.status_code == 303
    assert "Own activities: none → Carry the shopping; Sit through a film" in client.get(f"/patients/{ANA}/plan").text
    assert sign(client, reason="We chose these.").status_code == 303
    plan = newest(clinic)
    assert (plan.version, plan.own_activities, plan.tests) == (3, ("Carry the shopping", "Sit through a film"), None)
    assert plan.rows == parse_prescription(msgspec.json.encode(json.loads(_payload(clinic, 2)))).rows
    assert 'value="Sit through a film"' in client.get(OWN).text


def _payload(clinic, version):
    p = schema.prescription.c
    with clinic.engine.connect() as db:
        return db.scalar(select(p.payload).where(p.patient_id == ANA, p.version == version))


def test_which_measures_are_asked_for_is_chosen(clinic):
    client = clinic.logged_in()
    send(client, OWN, base_version="2", own_1="", own_2="", own_3="", five_times="on")
    sign(client, reason="Only this one.")
    assert newest(clinic).tests == ("five_times",)


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ({"own_1": "x" * 35}, 422, "Write at most 34 characters"),
        ({"own_1": "Walk", "own_2": "Walk"}, 422, "each activity once"),
        ({"own_1": "Walk", "base_version": "1"}, 409, "while this form was open"),
    ],
)
def test_what_cannot_be_measured_is_refused(clinic, typed, status, said):
    ticked = dict.fromkeys(("chair_stand", "walk_2min", "function", "global_change"), "on")
    known = {"base_version": "2", "own_2": "", "own_3": "", **ticked}
    answer = send(clinic.logged_in(), OWN, **{**known, **typed})
    assert (answer.status_code, said in answer.text) == (status, True)
    assert newest(clinic).version == 2


# ---- away from the station ----------------------------------------------------------------------------------

WALK = {"what": "walk", "day": "2026-11-19", "minutes": "40", "effort": "3"}


def test_what_the_patient_tells_is_logged_as_told(clinic):
    client = clinic.logged_in()
    assert send(client, LOG, **WALK).status_code == 303
    (body,) = [json.loads(row.body) for row in rows(clinic, schema.fact) if row.kind == "activity"]
    assert (body["what"], body["day"], body["minutes"], body["effort"]) == ("walk", "2026-11-19", 40.0, 3)
    assert body["note"] == f"told to {NAME}"
    for path in (LOG, f"/patients/{ANA}"):
        page = client.get(path).text
        assert all(part in page for part in ("2026-11-19", ">Walk<", ">40<", ">3 of 10<", f"told to {NAME}"))


def test_minutes_and_effort_that_nobody_knows_are_no_zero(clinic):
    client = clinic.logged_in()
    send(client, LOG, **{**WALK, "minutes": "", "effort": ""})
    (body,) = [json.loads(row.body) for row in rows(clinic, schema.fact) if row.kind == "activity"]
    assert body["minutes"] is None
    assert "effort" not in body
    assert client.get(LOG).text.count("not told") == 2


NO_ENTRIES = [
    ({"what": "plank"}, "Choose what was done."),
    ({"day": "2026-11-22"}, "Write today or an earlier day."),
    ({"minutes": "0"}, "Write whole minutes from 1 to 600"),
    ({"minutes": "soon"}, "Write whole minutes"),
    ({"effort": "11"}, "Write a whole number from 0 to 10"),
]


def test_an_entry_that_cannot_be_is_refused(clinic):
    client = clinic.logged_in()
    for changes, said in NO_ENTRIES:
        answer = send(client, LOG, **{**WALK, **changes})
        assert (answer.status_code, said in answer.text) == (422, True), changes
    assert [row for row in rows(clinic, schema.fact) if row.kind == "activity"] == []


def test_what_the_station_sends_stands_in_the_same_list(clinic):
    told(
        clinic,
        records.Logged("entry-0001", "outdoor_play", "2026-11-18", 30.0, NOW - 3 * DAY, effort=5),
        records.Logged("entry-0002", "yoga", "2026-11-17", None, NOW - 4 * DAY),
    )
    page = clinic.logged_in().get(f"/patients/{ANA}").text
    assert "Outdoor play" in page
    assert "ticked off at the station" in page
    assert page.index("2026-11-18") < page.index("2026-11-17")


def test_without_a_station_there_is_nowhere_to_log(clinic):
    assert clinic.logged_in().get(f"/patients/{LEA}/activities").status_code == 404


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'><svg/onload=alert(1)>", "{{ 7*7 }}"])
def test_what_is_typed_in_is_shown_as_text(clinic, text):
    client = clinic.logged_in()
    send(client, **ODI)
    send(client, f"{PATH}/{rows(clinic)[0].id}", **{**ODI, "value": "35", "reason": text})
    send(client, OWN, base_version="2", own_1=text[:34], own_2="", own_3="")
    sign(client, reason="Asked.")
    for path in (PATH, OWN, f"/patients/{ANA}"):
        page = client.get(path).text
        assert "<script" not in page
        assert "<svg/" not in page


def test_the_pages_are_small_with_two_years_of_results(clinic):
    told(clinic, *(stands(9 + n % 5, 2 + 14 * n) for n in range(52)))
    answer = clinic.logged_in().get(PATH, headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) < 60_000
