"""The draft: rows added, moved, removed and put back, kit and gentle routine, and what changes in words."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from html import unescape

import pytest
from panel_seed import ANA, ANA_STATION, NAME, NOW, sign, token
from sqlalchemy import select

from edge.library import Kit, exercises
from edge.prescription.kit import fits
from edge.prescription.limits import Limits
from edge.prescription.plan import CoachMode, Prescription
from edge.prescription.programmes import begin, programme
from edge.prescription.row import Role, Row, Span
from edge.programme import parse_prescription
from edge.tempo import parse_tempo
from sync.panel import plan_draft, typed_rows
from sync.panel.plan_changes import UNSPOKEN, changes
from sync.signing import SIGNING_KEY, load_signer
from sync.store import schema
from sync.store.database import writing
from sync.store.prescriptions import write_plan

DRAFT = f"/patients/{ANA}/plan"
GYM = begin(
    programme("gym-4day"), ANA, ANA_STATION, "Ana", "2026-11-21T08:00:00Z", date(2026, 11, 16),
    kit={Kit.BARBELL: (20.0, 40.0), Kit.BENCH: (), Kit.MAT: ()},
)  # fmt: skip


@pytest.fixture
def gym(clinic):
    """Ana trains in a gym that has a barbell, a bench and a mat."""
    with writing(clinic.engine) as db:
        signer = load_signer(clinic.config.key_folder / SIGNING_KEY)
        write_plan(db, signer, replace(GYM, version=3, began=3), NAME, "To the gym.", NOW - 900)
    return clinic.logged_in()


def newest(clinic):
    p = schema.prescription.c
    with clinic.engine.connect() as db:
        wanted = select(p.payload).where(p.station_id == ANA_STATION).order_by(p.version.desc()).limit(1)
        return parse_prescription(db.scalar(wanted))


def post(client, path, **form):
    page = client.get(DRAFT).text
    hidden = {"csrf_token": token(page), "base_version": "3"}
    return client.post(f"{DRAFT}/{path}", data=hidden | form)


def do(client, what, name):
    return post(client, "order", do=f"{what}:{name}")


def told(client):
    """Return what changes, as the page tells it."""
    section = client.get(DRAFT).text.split('id="changes"')[1].split("</section>")[0]
    return [unescape(one) for one in re.findall(r"<li>(.*?)</li>", section)]


def listed(client):
    return re.findall(r'data-row="([^"]+)"', client.get(DRAFT).text)


# ---- rows -----------------------------------------------------------------------------------------------------


def test_rows_are_moved_removed_and_put_back_and_signed_once(gym, clinic):
    assert do(gym, "up", "d1_belt_squat").status_code == 303
    assert do(gym, "remove", "d2_curtsy_lunge").status_code == 303
    assert do(gym, "remove", "d3_leg_press").status_code == 303
    assert do(gym, "back", "d3_leg_press").status_code == 303
    assert listed(gym)[:4] == [
        "d1_good_morning",
        "d1_belt_squat",
        "d1_belt_squat_back_off",
        "d1_high_bar_box_squat",
    ]
    assert told(gym) == [
        "Removed: Curtsy lunge, week 1, day 2, 3 × 12 each side",
        "Order, week 1, day 1: Bar good morning, Belt squat, High-bar box squat, Feet-up bar press, Walk",
    ]
    assert newest(clinic).version == 3, "nothing is written yet"
    assert sign(gym).status_code == 303
    made = newest(clinic)
    assert (made.version, made.row("d2_curtsy_lunge"), len(made.rows)) == (4, None, len(GYM.rows) - 1)


def test_back_off_sets_are_removed_and_put_back_with_their_top_set(gym):
    do(gym, "remove", "d1_belt_squat")
    assert "d1_belt_squat_back_off" not in listed(gym)
    do(gym, "back", "d1_belt_squat")
    assert told(gym) == []


def test_the_last_row_stays(clinic):
    client = clinic.logged_in()
    form = {"base_version": "2"}
    assert post(client, "order", do="remove:band_row", **form).status_code == 303
    answer = post(client, "order", do="remove:goblet_squat", **form)
    assert (answer.status_code, plan_draft.SAY_LAST in answer.text) == (422, True)


@pytest.mark.parametrize("what", ["", "up:", "up:nobody", "raise:d1_walk", "remove:nobody"])
def test_what_no_button_says_changes_nothing(gym, what):
    assert post(gym, "order", do=what).status_code == 400


def test_a_button_of_a_page_that_is_too_old_changes_nothing(gym):
    answer = post(gym, "order", do="remove:d1_walk", base_version="2")
    assert (answer.status_code, plan_draft.SAY_OTHER in answer.text) == (409, True)
    assert "d1_walk" in listed(gym)


# ---- a new row ------------------------------------------------------------------------------------------------


def test_only_what_the_kit_allows_can_be_chosen(gym):
    page = gym.get(f"{DRAFT}/add").text
    offered = set(re.findall(r"exercise=([a-z_0-9]+)", page))
    assert offered == {key for key in exercises() if fits(key, GYM.kit)}
    assert "leg_press" not in offered
    left_out = len(exercises()) - len(offered)
    assert f"{left_out} exercises need other kit" in page
    assert "Add Leg press" not in gym.get(f"{DRAFT}/add?exercise=leg_press").text


def test_an_exercise_is_added_with_the_dose_of_a_programme_before_the_closing_walk(gym, clinic):
    path = f"{DRAFT}/add?exercise=bird_dog&weeks=1&day=2"
    page = gym.get(path).text
    assert "The dose is that of" in page
    form = dict(re.findall(r'name="([a-z_0-9]+)" value="([^"]*)"', page))
    assert gym.post(path, data=form | {"sets": "4", "exercise": "bird_dog"}).status_code == 303
    assert any(one.startswith("Added: Bird dog, week 1, day 2: 4 × ") for one in told(gym))
    names = listed(gym)
    assert names.index("bird_dog") == names.index("d2_walk") - 1
    assert sign(gym).status_code == 303
    row = newest(clinic).row("bird_dog")
    assert (row.sets, row.weeks, row.day) == (Span(4, 4), Span(1, 1), 2)
    assert "clinician: sets" in row.source


def test_a_refused_new_row_keeps_what_was_typed_and_names_field_and_value(gym):
    path = f"{DRAFT}/add?exercise=bird_dog&weeks=1&day=2"
    page = gym.get(path).text
    form = dict(re.findall(r'name="([a-z_0-9]+)" value="([^"]*)"', page))
    answer = gym.post(path, data=form | {"sets": "20", "reps": "7", "rpe": "", "day": "3"})
    assert answer.status_code == 422
    assert typed_rows.SAY_SETS in answer.text
    assert '<a href="#sets">Sets</a> is “20”.' in answer.text
    assert 'name="reps" value="7"' in answer.text
    assert 'name="day" value="3"' in answer.text
    assert told(gym) == []


def test_week_day_times_caps_and_alternatives_of_a_row_are_the_clinicians_to_set(gym, clinic):
    path = f"{DRAFT}/rows/d1_belt_squat"
    page = gym.get(path).text
    form = dict(re.findall(r'name="([a-z_0-9]+)" value="([^"]*)"', page))
    changed = {"day": "4", "ceiling_kg": "80", "rpe_cap": "7", "alternative_1": "bird_dog", "weeks": ""}
    assert gym.post(path, data=form | changed).status_code == 303
    assert told(gym)[0] == (
        "Belt squat: weeks 1 → every week, training day 1 → 4, ceiling the plan&#39;s → 80 kg, "
        "highest effort the plan&#39;s → 7, alternatives none → Bird dog"
    ).replace("&#39;", "'")
    assert sign(gym).status_code == 303
    made = newest(clinic)
    top, back_off = made.row("d1_belt_squat"), made.row("d1_belt_squat_back_off")
    assert (top.weeks, top.day, top.ceiling_kg, top.rpe_cap, top.alternatives) == (None, 4, 80.0, 7, ("bird_dog",))
    assert (back_off.weeks, back_off.day, back_off.order) == (None, 4, top.order), "they go with it"
    assert made.ceiling_kg(top) == 80.0


# ---- the whole plan -------------------------------------------------------------------------------------------


def test_kit_and_gentle_routine_are_ticked_and_told(gym, clinic):
    assert "Not with the kit owned" in gym.get(DRAFT).text, "a leg press was planned and is not there"
    page = gym.get(f"{DRAFT}/kit").text
    assert 'name="kg_barbell" value="20, 40"' in page
    assert re.search(r'name="kit_bench" checked', page)
    form = {"kit_barbell": "on", "kg_barbell": "40, 20, 60", "kit_machine": "on", "kit_mat": "on"}
    form |= {"floor_cat_cow": "on", "floor_walk": "on"}
    assert post(gym, "kit", **form).status_code == 303
    assert told(gym) == [
        "Kit, barbell: 20, 40 kg → 20, 40, 60 kg",
        "Kit: bench taken away",
        "Kit: machine added",
        "Gentle routine: Cat-cow, Leg nerve glide, Walk → Cat-cow, Walk",
    ]
    assert sign(gym).status_code == 303
    made = newest(clinic)
    assert made.kit == {Kit.BARBELL: (20.0, 40.0, 60.0), Kit.MACHINE: (), Kit.MAT: ()}
    assert [(row.name, row.order) for row in made.floor] == [("cat_cow", 1), ("walk", 2)]


def test_kit_that_is_as_it_was_is_no_change_and_weights_that_cannot_be_read_stay_typed(gym):
    same = {"kit_barbell": "on", "kg_barbell": "20,40", "kit_bench": "on", "kit_mat": "on"}
    same |= {f"floor_{row.name}": "on" for row in GYM.floor}
    assert post(gym, "kit", **same).status_code == 422
    answer = post(gym, "kit", **same | {"kg_barbell": "20 and 40"})
    assert answer.status_code == 422
    assert 'name="kg_barbell" value="20 and 40"' in answer.text
    assert "Weights of the barbells</a> is “20 and 40”." in answer.text


def test_a_programme_is_looked_through_and_changed_before_it_is_signed(gym, clinic):
    page = gym.get(f"{DRAFT}/start").text
    form = {"csrf_token": token(page), "base_version": "3", "programme": "home-3day", "first_day": "2026-11-23"}
    assert gym.post(f"{DRAFT}/start", data=form).status_code == 303
    assert "What the new plan is" in gym.get(DRAFT).text
    do(gym, "remove", "d1_walk")
    assert sign(gym).status_code == 303
    made = newest(clinic)
    assert (made.programme, made.version, made.began, made.row("d1_walk")) == ("home-3day", 4, 4, None)


# ---- in words -------------------------------------------------------------------------------------------------

ROW = Row("squat", "goblet_squat", 1, sets=Span.of(3), reps=Span.of(10))
PLAN = Prescription(1, ANA, ANA_STATION, "Ana", "2026-11-21", (ROW, replace(ROW, name="row", exercise="band_row")))
OTHER_VALUE = {
    "exercise": "bird_dog", "weeks": Span(1, 1), "day": 2, "sets": Span.of(2), "reps": Span(8, 12),
    "rpe": (Span.of(6),) * 3, "tempo": parse_tempo("3.1.0"), "hold_s": 5.0, "duration_min": 3.0, "times_per_day": 2,
    "per_side": True, "load_kg": (8.0, 12.0), "load_drop_pct": (10.0, 15.0), "ceiling_kg": 20.0, "rpe_cap": 7,
    "rest_s": 90.0, "role": Role.OPENER, "alternatives": ("plank",), "together": ("plank",), "free_choice": True,
    "category": "glides", "note": "per side",
}  # fmt: skip
OTHER_PLAN = {
    "programme": "home-3day", "valid_from": date(2026, 12, 1), "valid_until": date(2026, 12, 24),
    "blocks": (replace(PLAN.blocks[0], sessions_per_day=2),), "floor": (ROW,), "activities": ("walk",),
    "own_activities": ("Stairs",), "tests": ("function",),
    "kit": {Kit.MAT: ()}, "limits": Limits({"pain_ceiling": 4}), "coach": CoachMode.PROPOSE, "over_pusher": True,
    "rows": (ROW,),
}  # fmt: skip
NOT_THE_CLINICIANS = {"version", "patient_id", "station_id", "first_name", "issued_at", "began", "doses"}


def test_the_guides_example_is_told_as_it_is_written_there():
    less = replace(PLAN, rows=(PLAN.rows[0], replace(PLAN.rows[1], sets=Span.of(2))))
    assert changes(PLAN, less) == ["Band row: sets 3 → 2"]
    assert changes(PLAN, PLAN) == []


@pytest.mark.parametrize("name", sorted({one.name for one in fields(Row)} - set(UNSPOKEN)))
def test_no_change_of_a_row_goes_untold(name):
    other = replace(PLAN, rows=(replace(ROW, **{name: OTHER_VALUE[name]}), PLAN.rows[1]))
    (said,) = changes(PLAN, other)
    assert said.startswith("Goblet squat: ")
    assert " → " in said


@pytest.mark.parametrize("name", sorted({one.name for one in fields(Prescription)} - NOT_THE_CLINICIANS))
def test_no_change_of_the_whole_plan_goes_untold(name):
    assert len(changes(PLAN, replace(PLAN, **{name: OTHER_PLAN[name]}))) == 1


def test_a_load_that_goes_on_with_another_exercise_is_told():
    heavy = replace(ROW, load_kg=(8.0, 12.0))
    other = replace(PLAN, rows=(replace(heavy, exercise="goblet_good_morning"),))
    assert changes(replace(PLAN, rows=(heavy,)), other) == [
        "Goblet squat: exercise Goblet squat → Bell good morning, load stays 8 to 12 kg"
    ]
