"""What the coach proposes, on the panel: with its evidence, answered by a clinician, never in effect by itself."""

import re
from dataclasses import replace

import msgspec
import pytest
from panel_seed import ANA, ANA_STATION, DAY, LEA, NAME, NOW, PER, plan, receipt, rows, seen, sign, token
from sqlalchemy import event, select

from edge.coach.dose import current, first_dose
from edge.coach.terms import starts_of
from edge.prescription.plan import CoachMode
from edge.prescription.row import Span
from edge.programme import parse_prescription
from edge.records import Decided, Standing, key
from sync.panel.doses import in_force
from sync.signing import SIGNING_KEY, load_signer
from sync.store import schema
from sync.store.database import writing
from sync.store.prescriptions import write_plan

PATIENT = f"/patients/{ANA}"
ROWS = tuple(replace(one, reps=Span(one.reps.low, one.reps.low + 4)) for one in plan().rows)


def decided(row=ROWS[0], version=3, standing=Standing.PROPOSED, number=1, name="decision-0001", at=NOW - 60, **after):
    before = first_dose(row)
    return Decided(
        name, number, "session-0001", row.name, row.exercise, "reps_up", "2026-11-1",
        {"plan_version": version, "good_days": 2, "rose": False, "expected": None}, before.written(),
        replace(before, **(after or {"reps": before.reps + 1})).written(),
        "2 good days, all repetitions, effort 5: 10 to 11 repetitions.", standing, at, "2 good days.",
    )  # fmt: skip


def arrive(clinic, *records):
    for one in records:
        rows(clinic.engine, schema.fact, {
            "station_id": ANA_STATION, "key": key(one), "kind": "decision", "session_id": one.session_id,
            "at": one.at, "body": msgspec.json.encode(one).decode(),
        })  # fmt: skip


@pytest.fixture
def proposed(clinic):
    """Plan 3 lets the coach propose, and it has: one more repetition of the band row."""
    made = replace(plan(version=3), rows=ROWS, coach=CoachMode.PROPOSE)
    with writing(clinic.engine) as db:
        signer = load_signer(clinic.config.key_folder / SIGNING_KEY)
        write_plan(db, signer, made, NAME, "Now with a coach.", NOW - 900)
    arrive(clinic, decided())
    return clinic


def page_of(one="decision-0001"):
    return f"{PATIENT}/proposals/{one}"


def answer(clinic, said, one="decision-0001", base="3"):
    client = clinic.logged_in()
    form = {"csrf_token": token(client.get(page_of(one)).text), "answer": said, "base_version": base}
    return client.post(page_of(one), data=form)


def newest(clinic):
    with clinic.engine.connect() as db:
        p = schema.prescription.c
        found = db.execute(select(p.payload, p.reason).where(p.station_id == ANA_STATION).order_by(p.version.desc()))
        payload, reason = found.first()
    return parse_prescription(payload), reason


def test_a_proposal_stands_on_the_patients_page_with_its_sentence(proposed):
    page = proposed.logged_in().get(PATIENT).text
    assert 'data-proposal="decision-0001"' in page
    assert "10 to 11 repetitions" in page
    assert "reps_up, rules 2026-11-1" in page


def test_its_own_page_has_everything_the_rule_looked_at(proposed):
    page = proposed.logged_in().get(page_of()).text
    for said in ("good days", "<td>2</td>", "not known", "<td>no</td>", "Accept", "Change", "Keep"):
        assert said in page


def test_a_proposal_that_nobody_answers_changes_nothing(proposed):
    proposed.logged_in().get(PATIENT)
    proposed.logged_in().get(page_of())
    assert newest(proposed)[0].version == 3


def test_accept_writes_the_next_version_which_goes_on_from_that_dose(proposed):
    assert answer(proposed, "accepted").status_code == 303
    made, reason = newest(proposed)
    assert (made.version, made.rows) == (4, ROWS)
    row = made.rows[0]
    assert current(row, (), 4, made.limits, start=starts_of(made)[row.name]).reps == row.reps.low + 1
    assert reason.startswith("Accepted what the coach proposed (reps_up)")
    page = proposed.logged_in().get(PATIENT).text
    assert "now 3 × 11, 10 kg" in page, "where the row stands"
    assert f"Accepted by {NAME}" in page
    assert "data-proposal" not in page


def test_what_was_eased_meanwhile_stays_eased_in_the_plan_that_is_accepted(proposed):
    eased = decided(ROWS[1], standing=Standing.APPLIED, name="decision-0002", range_share=0.75)
    arrive(proposed, eased)
    answer(proposed, "accepted")
    made, _ = newest(proposed)
    assert in_force(made, ())[ROWS[1].name].range_share == 0.75


def test_keep_leaves_the_plan_as_it_is_and_says_who_kept_it(proposed):
    kept = answer(proposed, "kept")
    assert kept.status_code == 303
    assert "The dose stays, and the coach asks no more" in proposed.logged_in().get(kept.headers["Location"]).text
    assert newest(proposed)[0].version == 3
    page = proposed.logged_in().get(PATIENT).text
    assert f"Kept as it is by {NAME}" in page
    assert "The dose stays" not in page, "only right after the answer"
    assert "data-proposal" not in page


def test_nobody_answers_twice(proposed):
    answer(proposed, "kept")
    client = proposed.logged_in()
    form = {"csrf_token": token(client.get(PATIENT).text), "answer": "accepted", "base_version": "3"}
    assert client.post(page_of(), data=form).status_code == 409
    assert newest(proposed)[0].version == 3


def test_an_answer_to_an_older_plan_is_refused(proposed):
    assert answer(proposed, "accepted", base="2").status_code == 409
    assert newest(proposed)[0].version == 3


@pytest.mark.parametrize(
    "other",
    [
        {"version": 2},
        {"standing": Standing.SHADOW},
        {"standing": Standing.APPLIED},
        {"load_kg": 500.0},
        {"reps": 90},
        {"sets": 9},
    ],
    ids=str,
)
def test_what_is_no_proposal_for_this_plan_or_outside_its_line_can_not_be_accepted(proposed, other):
    """HZ-14: the panel accepts nothing that the clinician's own row does not allow."""
    arrive(proposed, decided(name="decision-0003", **other))
    assert answer(proposed, "accepted", "decision-0003").status_code == 409
    assert newest(proposed)[0].version == 3


def test_a_proposal_from_a_dose_that_is_another_one_by_now_is_gone(proposed):
    arrive(proposed, decided(standing=Standing.APPLIED, name="decision-0004", at=NOW - 30, range_share=0.5))
    assert "data-proposal" not in proposed.logged_in().get(PATIENT).text
    assert answer(proposed, "accepted").status_code == 409


def test_a_limit_that_is_changed_takes_no_easing_back(proposed):
    arrive(proposed, decided(ROWS[1], standing=Standing.APPLIED, name="decision-0005", range_share=0.5))
    client = proposed.logged_in()
    form = client.get(f"{PATIENT}/plan/limits").text
    fields = dict(re.findall(r'<input[^>]* name="([a-z_0-9]+)"[^>]* value="([^"]*)"', form))
    fields |= {"coach": "propose", "pain_ceiling": "4", "reason": "Calmer.", "base_version": "3"}
    fields["csrf_token"] = token(form)
    fields.pop("over_pusher", None)
    assert client.post(f"{PATIENT}/plan/limits", data=fields).status_code == 303
    assert sign(client).status_code == 303
    made, _ = newest(proposed)
    assert made.version == 4
    assert in_force(made, ())[ROWS[1].name].range_share == 0.5


def change(client, name, **typed):
    """Change a row of the draft."""
    path = f"{PATIENT}/plan/rows/{name}"
    return client.post(path, data={"csrf_token": token(client.get(path).text), "base_version": "3"} | typed)


def test_a_row_that_is_moved_or_done_on_another_day_keeps_its_easing(proposed):
    arrive(proposed, decided(ROWS[1], standing=Standing.APPLIED, name="decision-0005", range_share=0.5))
    client = proposed.logged_in()
    form = {"csrf_token": token(client.get(f"{PATIENT}/plan").text), "base_version": "3", "do": "up:goblet_squat"}
    assert client.post(f"{PATIENT}/plan/order", data=form).status_code == 303
    assert change(client, "goblet_squat", day="2", rpe_cap="6").status_code == 303
    assert "now 2 × 8, 50% of the range" in client.get(f"{PATIENT}/plan").text
    assert sign(client).status_code == 303
    made, _ = newest(proposed)
    assert (made.version, made.row("goblet_squat").day) == (4, 2)
    assert in_force(made, ())["goblet_squat"].range_share == 0.5


def test_a_row_whose_dose_is_changed_begins_as_it_is_written_and_the_draft_says_so(proposed):
    arrive(proposed, decided(ROWS[1], standing=Standing.APPLIED, name="decision-0005", range_share=0.5))
    client = proposed.logged_in()
    assert change(client, "goblet_squat", reps="6-10").status_code == 303
    assert "begins as it is written; was at 2 × 8, 50% of the range" in client.get(f"{PATIENT}/plan").text
    assert sign(client).status_code == 303
    made, _ = newest(proposed)
    assert in_force(made, ())["goblet_squat"] == first_dose(made.row("goblet_squat"))


# ---- in the list of patients ----------------------------------------------------------------------------------


def groups_of(clinic):
    """Return the patients of each group of the list, both in the order they stand there."""
    page = clinic.logged_in().get("/").text
    parts = re.split(r'data-group="([a-z_]+)"', page)[1:]
    return {
        name: re.findall(r'data-patient="([^"]+)"', held) for name, held in zip(parts[::2], parts[1::2], strict=True)
    }


def test_who_waits_for_an_answer_stands_in_a_group_of_their_own_in_the_guides_order(proposed):
    assert groups_of(proposed) == {"answer": [PER], "device": [LEA], "proposal": [ANA]}
    page = proposed.logged_in().get("/").text
    assert "Proposal waiting (1)" in page
    assert "Band row: 2 good days, all repetitions, effort 5: 10 to 11 repetitions." in page
    assert "3 patients · 3 need you" in page


@pytest.mark.parametrize("said", ["accepted", "kept"])
def test_an_answer_takes_the_patient_out_of_that_group(proposed, said):
    answer(proposed, said)
    assert groups_of(proposed) == {"answer": [PER], "device": [LEA], "on_track": [ANA]}


@pytest.mark.parametrize(
    "other",
    [{"version": 2}, {"standing": Standing.SHADOW}, {"standing": Standing.APPLIED}, {"reps": 90}],
    ids=str,
)
def test_what_no_longer_fits_the_plan_waits_for_nobody(proposed, other):
    answer(proposed, "kept")
    arrive(proposed, decided(name="decision-0003", **other))
    assert "proposal" not in groups_of(proposed)


def test_a_proposal_whose_dose_moved_on_waits_for_nobody(proposed):
    arrive(proposed, decided(standing=Standing.APPLIED, name="decision-0004", at=NOW - 30, range_share=0.5))
    assert groups_of(proposed)["on_track"] == [ANA]


def test_a_patient_appears_once_in_the_highest_group_and_the_proposal_is_told_there(proposed):
    proposed.time[0] += 4 * DAY
    seen(proposed.engine, ANA_STATION, proposed.time[0], True)
    receipt(proposed.engine, ANA_STATION, 3, "in_use", NOW)
    assert groups_of(proposed) == {"answer": [PER], "quiet": [ANA], "device": [LEA]}
    page = proposed.logged_in().get("/").text
    assert "so this is not a sync problem. Proposal waiting." in page


def test_the_list_asks_the_database_no_more_the_more_patients_there_are(proposed):
    def asked():
        statements = []
        client, engine = proposed.logged_in(), proposed.app.extensions["engine"]
        event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        page = client.get("/").text
        return len(statements), page.count("Proposal waiting.")

    few, shown = asked()
    with writing(proposed.engine) as db:
        signer = load_signer(proposed.config.key_folder / SIGNING_KEY)
        for number in range(20):
            patient, station = f"patient-more-{number:02}", f"station-more-{number:02}"
            at = {"created_at": NOW - DAY}
            db.execute(schema.patient.insert().values(id=patient, name="More", first_name="More", **at))
            db.execute(schema.station.insert().values(id=station, patient_id=patient, online=True, seen_at=NOW, **at))
            made = replace(plan(patient, station), rows=ROWS, coach=CoachMode.PROPOSE)
            write_plan(db, signer, made, NAME, "With a coach.", NOW - 900)
            one = decided(version=1)
            body = msgspec.json.encode(one).decode()
            values = {"key": key(one), "kind": "decision", "session_id": one.session_id, "at": one.at, "body": body}
            db.execute(schema.fact.insert().values(station_id=station, **values))
    assert asked() == (few, shown + 20)


ODD = (
    {"sets": "x"}, {"sets": None}, {"sets": 1.5}, {"sets": 10**30}, {"reps": "8"}, {"reps": True}, {"load_kg": "5"},
    {"load_kg": -5.0}, {"exercise": "nonsense"}, {"exercise": 7}, {"tempo": "999.9.9"}, {"tempo": 7}, {"hold_s": "x"},
    {"range_share": "1"}, {"range_share": None},
)  # fmt: skip


@pytest.mark.parametrize("standing", [Standing.PROPOSED, Standing.APPLIED])
def test_a_dose_that_is_none_breaks_no_page_and_can_not_be_accepted(proposed, standing):
    """A station that somebody took over may send any words as a dose: nobody else's page may suffer from it."""
    names = {f"decision-{number:04}": odd for number, odd in enumerate(ODD, 100)}
    for number, (name, odd) in enumerate(names.items(), 3):
        one = decided(standing=standing, name=name, number=number, at=NOW - 30)
        arrive(proposed, msgspec.structs.replace(one, after=dict(one.after) | odd))
    client = proposed.logged_in()
    assert [client.get(path).status_code for path in ("/", PATIENT)] == [200, 200]
    for name, odd in names.items():
        page = client.get(page_of(name))
        assert page.status_code == 200, odd
        form = {"csrf_token": token(page.text), "answer": "accepted", "base_version": "3"}
        assert client.post(page_of(name), data=form).status_code == 409, odd
    assert newest(proposed)[0].version == 3
