"""A prescription is read whole or refused with one sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.programme import PlanError, parse_prescription, write_prescription


def plan(**changes):
    line = {"exercise": "band_row", "sets": 2, "reps": 8, "tempo": "3.1.0", "load_kg": [8, 12], "rest_s": 45}
    top = {
        "version": 3,
        "patient_id": "p-0001-aaaa",
        "station_id": "station-0001",
        "first_name": "Ana",
        "issued_at": "2026-11-21T08:00:00Z",
    }
    top.update({k: v for k, v in changes.items() if k not in line})
    line.update({k: v for k, v in changes.items() if k in line})
    return json.dumps({**top, "exercises": [line]})


def test_a_plan_reads_back_as_it_was_written():
    read = parse_prescription(plan())
    assert read.exercises[0].load_kg == (8.0, 12.0)
    assert parse_prescription(write_prescription(read)) == read


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tempo": "999.9.9"}, r"exercises\[0\].*999\.9\.9.*at most 20 s"),
        ({"load_kg": [12, 8]}, r"load_kg is \[12\.0, 8\.0\].*low <= high"),
        ({"load_kg": [8, 400]}, r"high <= 100"),
        ({"exercise": "moon_walk"}, r"unknown exercise 'moon_walk'; known: .*band_row"),
        ({"reps": 1_000_000}, r"<= 50.*exercises\[0\]\.reps"),
        ({"sets": 0}, r">= 1.*exercises\[0\]\.sets"),
        ({"version": -1}, r"\$\.version"),
        ({"patient_id": "+/#"}, r"patient_id"),
        ({"exercises": []}, r"length >= 1|exercises"),
    ],
)
def test_a_broken_plan_is_refused_with_the_key(changes, said):
    with pytest.raises(PlanError, match=said):
        parse_prescription(
            plan(**changes) if "exercises" not in changes else plan().replace("[{", "[").replace("}]", "]")
        )


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
