"""A prescription is read whole or refused with one sentence that names place, value and what was expected."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.library import Kit
from edge.prescription.plan import CoachMode
from edge.prescription.row import Span
from edge.programme import PlanError, parse_prescription, write_prescription

ROW = {
    "name": "row",
    "exercise": "band_row",
    "order": 1,
    "sets": 2,
    "reps": 8,
    "tempo": "3.1.0",
    "load_kg": [8, 12],
    "rest_s": 45,
}
GLIDE = {"name": "glide", "exercise": "sciatic_nerve_glide", "order": 1, "reps": 10, "role": "modification"}
TOP = {
    "version": 3,
    "patient_id": "p-0001-aaaa",
    "station_id": "station-0001",
    "first_name": "Ana",
    "issued_at": "2026-11-21T08:00:00Z",
}


def plan(**changes):
    """The JSON of a plan of one row; a key of the row changes the row, any other the plan."""
    row = ROW | {
        key: value for key, value in changes.items() if key in {*ROW, "role", "load_drop_pct", "rpe", "hold_s"}
    }
    top = {key: value for key, value in changes.items() if key not in row}
    return json.dumps(TOP | {"rows": [row]} | top)


WHOLE = {
    "programme": "microroutine-6w",
    "began": 2,
    "valid_from": "2026-11-23",
    "valid_until": "2027-01-17",
    "blocks": [
        {"name": "first", "weeks": [1, 2], "sessions_per_day": 3},
        {"name": "then", "weeks": 3, "rest_days": 1},
    ],
    "floor": [GLIDE],
    "activities": ["walk", "outdoor_play"],
    "own_activities": ["Carry the shopping"],
    "tests": ["chair_stand", "function"],
    "kit": {"kettlebell": [12, 8], "mat": []},
    "limits": {"pain_ceiling": 4},
    "coach": "propose",
    "over_pusher": True,
}


def test_a_plan_reads_back_as_it_was_written():
    read = parse_prescription(plan(**WHOLE))
    assert read.rows[0].load_kg == (8.0, 12.0)
    assert (read.valid_from, read.valid_until) == (date(2026, 11, 23), date(2027, 1, 17))
    assert (read.coach, read.over_pusher, read.limits["pain_ceiling"]) == (CoachMode.PROPOSE, True, 4)
    assert read.kit == {Kit.KETTLEBELL: (8.0, 12.0), Kit.MAT: ()}
    assert [block.weeks for block in read.blocks] == [Span(1, 2), Span(3, 3)]
    assert parse_prescription(write_prescription(read)) == read


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tempo": "999.9.9"}, r"rows\[0\].*999\.9\.9.*at most 20 s"),
        ({"load_kg": [12, 8]}, r"rows\[0\]: load_kg is \[12, 8\].*low <= high"),
        ({"load_kg": [8, 400]}, r"rows\[0\]\.load_kg\[1\] is 400; expected.*<= 300"),
        ({"load_kg": [8, 25]}, r"rows\[0\]: load_kg is \[8\.0, 25\.0\]; expected at most the ceiling, 24 kg"),
        ({"exercise": "moon_walk"}, r"rows\[0\]: unknown exercise 'moon_walk'; known: .*band_row"),
        ({"reps": 1_000_000}, r"rows\[0\]\.reps is 1000000; expected.*<= 50"),
        ({"reps": [12, 8]}, r"rows\[0\]: range \[12, 8\] runs backwards"),
        ({"sets": 0}, r"rows\[0\]\.sets is 0; expected.*>= 1"),
        ({"sets": 11}, r"rows\[0\]: sets is 11; expected 1 to 10"),
        ({"rpe": [5]}, r"rows\[0\]: rpe has 1 entries; expected one per set, 2"),
        ({"role": "boss"}, r"rows\[0\]\.role is 'boss'; expected one of opener, main"),
        ({"role": "back_off"}, r"load_drop_pct is None; expected it for role back_off"),
        ({"role": "back_off", "load_drop_pct": [10, 15]}, r"row is back_off; expected a top set"),
        ({"reps": None}, r"rows\[0\]: reps is None; expected reps, hold_s"),
        ({"version": -1}, r"version is -1; expected"),
        ({"patient_id": "+/#"}, r"patient_id is '\+/#'"),
        ({"rows": []}, r"rows is \[\]; expected.*length >= 1"),
        ({"rows": [ROW, ROW]}, r"rows\[1\]: name is 'row'; expected one that no other row has"),
        ({"rows": [ROW | {"weeks": 2}]}, r"rows\[0\]: weeks is \[2, 2\]; expected weeks 1 to 1"),
        ({"rows": [ROW | {"times_per_day": 3}]}, r"rows\[0\]: times_per_day is 3; expected at most 1"),
        ({"began": 4}, r"began is 4; expected at most the version, 3"),
        (
            {"valid_from": "2026-11-23", "valid_until": "2026-11-22"},
            r"valid_until is 2026-11-22; expected 2026-11-23",
        ),
        ({"valid_until": "soon"}, r"valid_until is 'soon'; expected another: invalid RFC3339 encoded date"),
        (
            {"blocks": [{"name": "late", "weeks": [2, 3]}]},
            r"blocks\[0\]: weeks is \[2, 3\]; expected to begin",
        ),
        ({"floor": [ROW]}, r"floor\[0\]: row is no gentle row; expected no load"),
        ({"activities": ["plank"]}, r"activities is 'plank'; expected exercises whose purpose is activity"),
        ({"own_activities": ["Walk", "Walk"]}, r"own_activities is 'Walk'; expected one line of text, each .* once"),
        ({"own_activities": ["Walk\nfar"]}, r"own_activities is .Walk.+far.; expected one line of text"),
        ({"own_activities": ["a", "b", "c", "d"]}, r"own_activities is .*; expected.*length <= 3"),
        ({"own_activities": ["x" * 35]}, r"own_activities\[0\] is 'x+'; expected.*length <= 34"),
        ({"tests": ["odi"]}, r"tests is 'odi'; expected some of chair_stand, five_times, walk_2min"),
        ({"kit": {"trampoline": []}}, r"kit.*'trampoline'; expected one of band, kettlebell"),
        ({"limits": {"pain_ceiling": 9}}, r"limit pain_ceiling is 9\.0; expected 0 to 7"),
        ({"limits": {"courage": 9}}, r"limit 'courage' is not known"),
        ({"coach": "boss"}, r"coach is 'boss'; expected one of off, shadow, propose, apply"),
        ({"nonsense": 1}, r"unknown field `nonsense`"),
        ({"exercises": []}, r"exercises is a form of before; expected rows"),
    ],
)
def test_a_broken_plan_is_refused_with_place_value_and_what_was_expected(changes, said):
    with pytest.raises(PlanError, match=said):
        parse_prescription(plan(**changes))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", plan().replace("8, 12", "NaN, 12"), plan() + "x", "[" * 10_000]
)
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(PlanError, match="prescription refused"):
        parse_prescription(text)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_plan_or_a_plan_error(payload):
    with pytest.raises(PlanError):
        parse_prescription(payload)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(sorted({*TOP, *WHOLE, *ROW, "rpe", "role"})), JSON)
def test_any_value_at_any_key_is_read_or_refused_in_one_sentence(key, value):
    try:
        read = parse_prescription(plan(**WHOLE | {key: value}))
    except PlanError as exc:
        assert "\n" not in str(exc).replace(repr(value), "")  # noqa: PT017
    else:
        assert parse_prescription(write_prescription(read)) == read
