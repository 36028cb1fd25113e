"""Return codes: typed by hand, and every usual slip is noticed."""

from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.card.codes import EPOCH, LAST_WEEK, Week, card_code, read_code, return_code
from sync.typed import ALPHABET, CodeError

weeks = st.builds(
    lambda card, number: Week(card, EPOCH + timedelta(weeks=number)),
    st.text(ALPHABET, min_size=4, max_size=4),
    st.integers(0, LAST_WEEK),
)


@given(weeks, st.sampled_from(["{}", " {} ", "{} ", "\t{}"]), st.booleans())
def test_a_code_typed_right_gives_the_card_and_the_week(week, around, small):
    code = return_code(week)
    typed = around.format(code.lower().replace("-", " - ") if small else code)
    assert read_code(typed) == week


def test_no_character_is_taken_for_another_digit():
    assert len(ALPHABET) == 31
    assert not set("0O1IL") & set(ALPHABET)


@given(weeks, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_noticed(week, place, wrong):
    code = return_code(week).replace("-", "")
    assume(code[place] != wrong)
    with pytest.raises(CodeError):
        read_code(code[:place] + wrong + code[place + 1 :])


@given(weeks)
def test_any_two_characters_that_changed_places_are_noticed(week):
    code = return_code(week).replace("-", "")
    for here, there in combinations(range(len(code)), 2):
        if code[here] != code[there]:
            swapped = list(code)
            swapped[here], swapped[there] = swapped[there], swapped[here]
            with pytest.raises(CodeError, match="does not fit together"):
                read_code("".join(swapped))


@given(weeks, st.permutations(range(8)).map(lambda order: order[:2]), st.text(ALPHABET, min_size=2, max_size=2))
def test_any_two_wrong_characters_are_noticed(week, places, wrong):
    code = list(return_code(week).replace("-", ""))
    assume(any(code[place] != new for place, new in zip(places, wrong, strict=True)))
    for place, new in zip(places, wrong, strict=True):
        code[place] = new
    with pytest.raises(CodeError):
        read_code("".join(code))


@given(st.text(max_size=12))
def test_anything_else_is_refused_with_one_sentence(typed):
    clean = "".join(typed.split()).replace("-", "").upper()
    try:
        assert return_code(read_code(typed)).replace("-", "") == clean
    except CodeError:
        assert len(clean) != 8 or set(clean) - set(ALPHABET) or clean[-2:]


def test_a_lost_or_doubled_character_is_told_by_the_length():
    with pytest.raises(CodeError, match=r"A code has 8 characters\. Here are 7\."):
        read_code("7K3F-6WN")
    with pytest.raises(CodeError, match="'0' is in no code"):
        read_code("7K3F-60N9")


def test_only_mondays_that_a_code_can_name_have_one():
    for day in (date(2026, 11, 24), date(2023, 12, 25), date(2060, 1, 5)):
        with pytest.raises(CodeError, match="expected a Monday from 2024-01-01"):
            return_code(Week("7K3F", day))


def test_the_card_of_another_version_or_patient_has_another_code_that_tells_nothing():
    codes = {card_code(f"patient-{n:04d}", version) for n in range(50) for version in range(1, 5)}
    assert len(codes) >= 199
    assert all(set(code) <= set(ALPHABET) for code in codes)
