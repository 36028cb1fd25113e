"""What a clinician reads on the pages of a seeded clinic."""

from __future__ import annotations

import gzip
import re

import panel_seed
import pytest
from panel_seed import ANA, ANA_STATION, DAY, LEA, NOW, PER, PER_STATION
from sqlalchemy import event

from sync.panel import queries
from sync.store import schema

SESSION = f"/patients/{ANA}/sessions/session-ana-3"


def row_of(page: str, patient_id: str) -> str:
    """Return one patient's row of the list, without its tags."""
    row = re.search(rf'data-patient="{patient_id}">(.*?)</tr>', page, re.DOTALL)[1]
    return " ".join(re.sub(r"<[^>]*>", " ", row).split())


def test_one_patient_is_one_plain_sentence(clinic):
    page = clinic.logged_in().get("/").text
    assert "5 of 5 sets done today 07:11." in row_of(page, ANA)
    assert "online" in row_of(page, ANA)
    assert "plan 2 delivered, not in use yet" in row_of(page, ANA)
    assert "The station refused plan 1: the signature does not match" in row_of(page, PER)
    assert "3 h ago" in row_of(page, PER)
    assert "No session yet. none yet" in row_of(page, LEA)
    assert (
        page.index(f'data-patient="{PER}"')
        < page.index(f'data-patient="{LEA}"')
        < page.index(f'data-patient="{ANA}"')
    )


def test_a_silent_station_is_told_apart_from_a_silent_patient(clinic):
    client = clinic.logged_in()
    clinic.later(20 * 60)
    panel_seed.receipt(clinic.engine, ANA_STATION, 2, "in_use", NOW)
    panel_seed.seen(clinic.engine, ANA_STATION, NOW, True)
    clinic.time[0] += 4 * DAY
    panel_seed.seen(clinic.engine, ANA_STATION, clinic.time[0] - 30, True)
    client = clinic.logged_in()
    assert "No session for 4 days. The station is online, so this is not a sync problem." in row_of(
        client.get("/").text, ANA
    )
    panel_seed.seen(clinic.engine, ANA_STATION, NOW, False)
    said = row_of(client.get("/").text, ANA)
    assert "No session for 4 days. The station is not online, so sessions may be waiting there." in said
    assert "4 days ago" in said
    # Left behind by a clinic whose bridge or broker has stopped: nobody says so any more.
    panel_seed.seen(clinic.engine, ANA_STATION, clinic.time[0] - 121, True)
    said = row_of(client.get("/").text, ANA)
    assert "The station is not online" in said
    assert "2 min ago" in said


def test_a_plan_is_followed_from_written_to_in_use(clinic):
    client = clinic.logged_in()
    page = client.get(f"/patients/{ANA}").text
    assert 'data-plan="2"' in page
    assert re.search(r"Written</b> today 05:05", page)
    assert re.search(r"Delivered</b> today 06:05", page)
    assert "not yet, begins between two sets" in page
    assert "The station still works with plan 1, in use since 1 Nov 08:06." in page
    panel_seed.receipt(clinic.engine, ANA_STATION, 2, "in_use", NOW - 60)
    page = client.get(f"/patients/{ANA}").text
    assert re.search(r"In use</b> today 08:04", page)
    assert "still works with" not in page


def test_a_refused_plan_says_why(clinic):
    page = clinic.logged_in().get(f"/patients/{PER}").text
    assert "Refused by the station" in page
    assert "the signature does not match" in page
    assert 'data-state="rejected"' in page


def test_a_patient_without_a_station_has_a_page(clinic):
    page = clinic.logged_in().get(f"/patients/{LEA}").text
    assert "This patient has no station yet." in page
    assert "No session yet." in page


def test_a_station_without_a_plan_waits(empty):
    page = empty.logged_in().get(f"/patients/{ANA}").text
    assert "The station is waiting for a plan." in page
    assert "never connected" in page


def test_a_former_patients_plan_is_not_shown(clinic):
    with clinic.engine.begin() as db:
        db.execute(schema.station.update().where(schema.station.c.id == ANA_STATION).values(patient_id=LEA))
    client = clinic.logged_in()
    assert "The station is waiting for a plan." in client.get(f"/patients/{LEA}").text
    assert "no plan yet" in row_of(client.get("/").text, LEA)
    assert client.get(f"/patients/{LEA}/plan/rows/band_row").status_code == 404


def test_a_session_shows_every_set_and_repetition(clinic):
    page = clinic.logged_in().get(SESSION).text
    assert re.findall(r'data-set="([^"]*)"', page) == [f"session-ana-3/{n}" for n in range(1, 6)]
    expected = [f"session-ana-3/{n}/{r}" for n in range(1, 6) for r in range(1, 11 if n <= 3 else 9)]
    assert re.findall(r'data-rep="([^"]*)"', page) == expected
    assert page.count('<svg class="trace"') == 5
    assert page.count("Show numbers") == 5
    assert "Planned 10 repetitions, tempo 3.1.1.0, 10 to 12 kg. Counted 10 by sensor." in page


def test_how_a_repetition_was_done_is_shown_where_it_was_measured(clinic):
    page = clinic.logged_in().get(SESSION).text
    assert page.count("Show how each repetition was done") == 3
    sections = page.split("<section")
    assert re.search(r">Mean speed, kg/s</th>.*>Smoothness</th>.*>Impulse, kg·s</th>", sections[1])
    assert "Smoothness" not in sections[5]


def test_an_uncertain_count_says_so_and_why(clinic):
    page = clinic.logged_in().get(SESSION).text
    assert page.count("The count is uncertain") == 1
    assert "The count is uncertain: samples were lost. Repetitions may have gone unseen." in page


def test_no_answer_is_not_zero(clinic):
    page = clinic.logged_in().get(SESSION).text
    assert page.count("same (0)") == 4
    assert page.count("not answered") == 1
    listed = clinic.logged_in().get(f"/patients/{ANA}").text
    assert listed.count("same (0)") == 3
    assert "not answered" not in listed


def test_an_effort_of_zero_is_an_answer(clinic):
    key = {"station_id": ANA_STATION, "session_id": "session-ana-9", "set_number": 1}
    started = {"station_id": ANA_STATION, "session_id": "session-ana-9", "patient_id": ANA, "plan_version": 2}
    panel_seed.rows(clinic.engine, schema.session, started | {"started_at": NOW - 60})
    panel_seed.rows(
        clinic.engine, schema.training_set, panel_seed.set_row(ANA_STATION, "session-ana-9", 1, "band_row")
    )
    panel_seed.rows(clinic.engine, schema.answer, key | {"question": "effort", "value": 0})
    client = clinic.logged_in()
    page = client.get(f"/patients/{ANA}/sessions/session-ana-9").text
    assert "0 of 10" in page
    assert page.count("not answered") == 1
    listed = client.get(f"/patients/{ANA}").text.split('data-session="session-ana-9"')[1].split("</tr>")[0]
    assert "0 of 10" in listed
    assert listed.count("not answered") == 1


def test_a_repetition_reads_in_kilograms_seconds_and_words(clinic):
    panel_seed.rows(clinic.engine, schema.rep, panel_seed.rep_row(
        ANA_STATION, "session-ana-3", 3, 11, 70.0, (2.04, None, 1.0, 0.96), range_value=100.0, range_unit="N",
        peak_force_n=98.0665, verdict="too_heavy", confidence=0.5, origin="self_reported",
    ))  # fmt: skip
    page = clinic.logged_in().get(SESSION).text
    row = page.split('data-rep="session-ana-3/3/11"')[1].split("</tr>")[0]
    cells = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
    assert cells == ["11", "70.0", "1.0", "1.0", "2.0", "10.2 kg", "10.0", "too heavy", "50 %", "patient"]
    assert 'href="#act"' in row


def test_what_is_still_arriving_is_said(clinic):
    with clinic.engine.begin() as db:
        gone = schema.training_set.c
        db.execute(schema.training_set.delete().where(gone.session_id == "session-ana-3", gone.number == 5))
        rep = schema.rep.c
        db.execute(schema.rep.delete().where(rep.session_id == "session-ana-3", rep.set_number == 1, rep.number > 7))
        end = schema.session_end.c
        db.execute(schema.session_end.delete().where(end.session_id == "session-ana-3"))
    client = clinic.logged_in()
    page = client.get(SESSION).text
    assert "The record of this set is not here yet." in page
    assert "3 of 10 repetitions are not here yet." in page
    assert "The end of this session is not here yet" in page
    assert "its end is not here yet" in row_of(client.get("/").text, ANA)


def test_a_set_counted_by_the_patient_is_marked(clinic):
    panel_seed.rows(clinic.engine, schema.training_set, panel_seed.set_row(
        ANA_STATION, "session-ana-3", 6, "goblet_squat", origin="self_reported", reps_counted=6,
        stop_reason="technical",
    ))  # fmt: skip
    page = clinic.logged_in().get(SESSION).text
    assert "Counted 6 by patient." in page
    assert "No single repetitions are kept for this set." in page
    assert "stopped by a fault" in page


def test_repetitions_entered_by_hand_stand_apart_and_are_added_to_nothing(clinic):
    key = {"station_id": ANA_STATION, "session_id": "session-ana-3", "set_number": 5}
    client = clinic.logged_in()
    before = client.get(f"/patients/{ANA}").text.split('data-session="session-ana-3"')[1].split("</tr>")[0]
    panel_seed.rows(clinic.engine, schema.answer, key | {"question": "reps_by_hand", "value": 3})
    page = client.get(SESSION).text
    assert page.count('<span class="by-hand">+3 by hand</span>') == 2
    assert "The patient entered 3 more. No sensor saw them, and they are added to nothing." in page
    after = client.get(f"/patients/{ANA}").text.split('data-session="session-ana-3"')[1].split("</tr>")[0]
    assert "by hand" not in before
    assert after.replace(' <span class="by-hand">+3 by hand</span>', "") == before != after


def test_a_set_carried_on_without_counting_says_when_no_number_was_given(clinic):
    panel_seed.rows(clinic.engine, schema.training_set, panel_seed.set_row(
        ANA_STATION, "session-ana-3", 6, "goblet_squat", reps_counted=0, stop_reason="technical",
        doubts="gap,rep_cut_off,not_counted",
    ))  # fmt: skip
    page = clinic.logged_in().get(SESSION).text
    assert "The patient did not say how many repetitions followed without counting." in page
    assert (
        "The count is uncertain: the sensor fell silent and a repetition was cut off and the patient carried" in page
    )


def test_a_set_that_was_left_out_says_why(clinic):
    panel_seed.rows(clinic.engine, schema.training_set, panel_seed.set_row(
        ANA_STATION, "session-ana-3", 6, "goblet_squat", reps_counted=0, stop_reason="skipped", doubts="absent",
    ))  # fmt: skip
    page = clinic.logged_in().get(SESSION).text
    assert "This set was left out: the sensor was not there." in page
    assert page.count("The count is uncertain") == 1  # another set's


def test_a_set_by_an_expired_calibration_says_that_no_load_follows_from_it(clinic):
    panel_seed.rows(clinic.engine, schema.training_set, panel_seed.set_row(
        ANA_STATION, "session-ana-3", 6, "band_row", reps_counted=8, doubts="calibration_expired",
    ))  # fmt: skip
    page = clinic.logged_in().get(SESSION).text
    assert page.count("calibration had expired: this set was counted and not judged. Choose no load by it.") == 1
    assert page.count("The count is uncertain") == 1  # another set's


@pytest.mark.parametrize(
    ("kg", "origin", "said", "headline"),
    [
        (16.0, "sensed", "The load was 16 kg, as sensed; the plan said 12 kg.", True),
        (12.0, "sensed", "The load was 12 kg, as sensed.", False),
        (12.0, "self_reported", "The load was 12 kg, as the patient said.", False),
    ],
)
def test_the_bell_of_a_set_is_told_with_who_says_so(clinic, kg, origin, said, headline):
    panel_seed.rows(clinic.engine, schema.training_set, panel_seed.set_row(
        ANA_STATION, "session-ana-3", 6, "goblet_squat", load_low_kg=12.0, load_high_kg=12.0, load_used_kg=kg,
        load_origin=origin,
    ))  # fmt: skip
    section = clinic.logged_in().get(SESSION).text.split('id="set-6"')[1]
    line = next(line for line in section.splitlines() if said in line)
    assert line.startswith('<p class="headline"' if headline else '<p class="sub"')


def test_without_anybody_who_says_so_nothing_is_said_of_the_load_that_was_used(clinic):
    assert "The load was" not in clinic.logged_in().get(SESSION).text


def test_a_gap_in_a_signal_stays_a_gap(clinic):
    wave = [50.0] * 40
    panel_seed.rows(clinic.engine, schema.trace,
        panel_seed.trace_row(PER_STATION, "session-per-1", 3, "force", "N", wave),
        panel_seed.trace_row(PER_STATION, "session-per-1", 3, "force", "N", wave, part=1, start_s=2.0),
        panel_seed.trace_row(PER_STATION, "session-per-1", 3, "force", "N", wave, part=2, start_s=9.0),
    )  # fmt: skip
    page = clinic.logged_in().get(f"/patients/{PER}/sessions/session-per-1").text
    section = page.split('id="set-3"')[1]
    assert "1 gap in the signal" in section
    assert section.split('class="line" d="')[1].split('"')[0].count("M") == 2


def test_many_sessions_come_in_pages(clinic):
    many = [
        {"station_id": ANA_STATION, "session_id": f"session-old-{n:03}", "patient_id": ANA, "plan_version": 1,
         "started_at": NOW - (10 + n) * DAY}
        for n in range(40)
    ]  # fmt: skip
    panel_seed.rows(clinic.engine, schema.session, *many)
    client, path, seen = clinic.logged_in(), f"/patients/{ANA}", []
    for _ in range(2):
        page = client.get(path).text
        seen += re.findall(r'data-session="([^"]*)"', page)
        older = re.search(r'href="([^"]*before=[^"]*)"', page)
        path = older[1] if older else ""
    assert not path
    assert len(seen) == len(set(seen)) == 43


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/patients/patient-nobody",
        "/patients/patient-nobody/sessions/session-ana-3",
        f"/patients/{PER}/sessions/session-ana-3",
        f"/patients/{ANA}/sessions/session-none",
        f"/patients/{ANA}/plan/3",
        f"/patients/{ANA}/plan/0",
        f"/patients/{LEA}/plan/rows/band_row",
        "/patients/' OR 1=1 --",
        "/patients/patient-%00nul",
        "/static/../app.py",
    ],
)
def test_what_is_not_there_is_not_found(clinic, path):
    assert clinic.logged_in().get(path).status_code == 404


@pytest.mark.parametrize("before", ["nan", "-1", "1e999", "x", "0"])
def test_a_strange_page_mark_does_no_harm(clinic, before):
    assert clinic.logged_in().get(f"/patients/{ANA}?before={before}").status_code == 200


def test_pages_are_light_and_sent_compressed(clinic):
    client = clinic.logged_in()
    for path in ("/", f"/patients/{ANA}", SESSION, f"/patients/{ANA}/plan/rows/band_row"):
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.data) <= 60_000
        assert gzip.decompress(answer.data).startswith(b"<!doctype html>")
        assert "Content-Encoding" not in client.get(path).headers


def test_the_list_does_not_look_through_all_stations_for_each_patient(clinic):
    asked = []
    event.listen(clinic.engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    with clinic.engine.connect() as db:
        queries.patients(db)
        statement, values = asked[-1]
        steps = [row.detail for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert [step.split()[1] for step in steps if step.startswith("SCAN")] == ["patient"]


def test_repetitions_without_a_target_are_not_called_off_target(clinic):
    panel_seed.rows(
        clinic.engine, schema.training_set, panel_seed.set_row(ANA_STATION, "session-ana-3", 6, "sit_to_stand")
    )
    for number, verdict in ((1, "not_judged"), (2, "not_judged")):
        rep = panel_seed.rep_row(ANA_STATION, "session-ana-3", 6, number, 5.0 * number, (1.0, 0.5, 1.0, None))
        panel_seed.rows(clinic.engine, schema.rep, rep | {"verdict": verdict})

    def on_target():
        return re.findall(r'data-label="On target">([^<]*)<', clinic.logged_in().get(SESSION).text)[-1]

    assert on_target() == "not judged"
    judged = panel_seed.rep_row(ANA_STATION, "session-ana-3", 6, 3, 15.0, (1.0, 0.5, 1.0, None))
    panel_seed.rows(clinic.engine, schema.rep, judged | {"verdict": "too_fast"})
    assert on_target() == "0 of 1"
