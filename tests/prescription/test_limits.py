"""Thresholds a clinician may set: defaults inside hard limits, each with a source, nothing beyond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.library import ContentError
from edge.prescription.limits import LimitError, Limits, parse_thresholds, thresholds

ONE = """
[pain_ceiling]
group = "symptoms"
label = "Most pain"
default = 5
min = 0
max = 7
unit = "of 10"
source = "a paper"
ours = false
safer = "low"
"""


def test_a_clinician_may_lower_the_pain_ceiling_and_everything_else_stays():
    limits = Limits({"pain_ceiling": 3})
    assert limits["pain_ceiling"] == 3
    assert {key: limits[key] for key in limits if key != "pain_ceiling"} == {
        key: one.default for key, one in thresholds().items() if key != "pain_ceiling"
    }


@given(st.sampled_from(sorted(thresholds())), st.floats(0.001, 1000))
def test_nobody_passes_a_hard_limit(key, beyond):
    for value in (thresholds()[key].max + beyond, thresholds()[key].min - beyond):
        with pytest.raises(LimitError, match=f"limit {key} is"):
            Limits({key: value})


def test_not_a_number_is_no_limit():
    with pytest.raises(LimitError, match="pain_ceiling is nan"):
        Limits({"pain_ceiling": float("nan")})


def test_an_unknown_limit_is_refused_with_those_there_are():
    with pytest.raises(LimitError, match=r"'pain' is not known.*pain_ceiling"):
        Limits({"pain": 3})


def test_every_default_says_where_it_comes_from_and_which_are_ours():
    for one in thresholds().values():
        assert one.source
        assert one.source.startswith("Our ") is one.ours, one.key


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("default = 5", "default = 9"), r"limits: \[pain_ceiling\] default is 9; expected 0 to 7"),
        (("default = 5", 'default = "five"'), r"default is 'five'; expected a number"),
        (('safer = "low"', 'safer = "down"'), r"safer is 'down'; expected one of low, high, none"),
        (("ours = false", "ours = 0"), r"ours is 0; expected true or false"),
        (("max = 7\n", ""), r"exactly the keys"),
        (("[pain_ceiling]", "[pain_ceiling"), r"limits: not valid TOML"),
    ],
)
def test_a_malformed_table_is_refused_with_file_key_value_and_what_was_expected(change, named):
    assert parse_thresholds(ONE, "limits")["pain_ceiling"].default == 5
    with pytest.raises(ContentError, match=named):
        parse_thresholds(ONE.replace(*change), "limits")
