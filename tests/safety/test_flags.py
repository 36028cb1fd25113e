"""Red-flag questions: what a yes does, what a missing answer does not, and when which form is due."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.library import ContentError
from edge.prescription.limits import Limits
from edge.records import FlagsAnswered, Form, Severity
from edge.safety.flags import Asked, complete, form_due, lock_for, locked_words, parse_flags, red_flags, to_ask

TEXT = files("edge.content").joinpath("red_flags.toml").read_text("utf-8")
LIMITS = Limits()
DAY = date(2026, 11, 21)
EMERGENCY_SIGNS = {
    "saddle_numb", "wiping_feels_different", "urine_start", "urine_leak", "bowel", "sexual", "both_legs",
}  # fmt: skip
CLINICIAN_SIGNS = {"fall", "weight_loss", "fever", "cancer", "night_pain", "leg_worse"}
INTAKE_ONLY = {
    "steroids", "brittle_bones", "immune", "age_new_pain", "unstable_spine", "spine_infection", "nerve_loss",
    "spine_surgery", "tumour", "implant", "skin", "heart",
}  # fmt: skip


def names(form):
    return [one.name for one in red_flags().form(form)]


def answered(form=Form.FULL, yes=(), no=None):
    said_no = [name for name in names(form) if name not in yes] if no is None else no
    return FlagsAnswered("asked-0001", "patient-0001", form, 1.78e9, tuple(yes), tuple(said_no))


def test_every_warning_sign_of_the_sources_is_asked():
    assert set(names(Form.FULL)) == EMERGENCY_SIGNS | CLINICIAN_SIGNS
    assert set(names(Form.INTAKE)) == EMERGENCY_SIGNS | CLINICIAN_SIGNS | INTAKE_ONLY
    assert len(names(Form.SHORT)) == 3


def test_signs_of_bladder_bowel_saddle_and_both_legs_are_emergencies():
    severity = {one.name: one.severity for one in red_flags().questions.values()}
    assert all(severity[name] is Severity.EMERGENCY for name in EMERGENCY_SIGNS)
    assert all(severity[name] is Severity.SEE_CLINICIAN for name in CLINICIAN_SIGNS | INTAKE_ONLY)


def test_the_short_form_asks_about_every_emergency():
    summed = {name for one in red_flags().form(Form.SHORT) for name in one.stands_for}
    assert summed >= EMERGENCY_SIGNS


@given(st.sampled_from(Form), st.data())
def test_a_yes_always_locks(form, data):
    yes = data.draw(st.sets(st.sampled_from(names(form)), min_size=1))
    no = data.draw(st.sets(st.sampled_from(names(form))))
    lock = lock_for(answered(form, tuple(sorted(yes)), tuple(sorted(no))), "lock-0001")
    severe = {red_flags().questions[name].severity for name in yes}
    assert lock is not None
    assert lock.severity is (Severity.EMERGENCY if Severity.EMERGENCY in severe else Severity.SEE_CLINICIAN)
    assert set(lock.flags) == yes


@given(st.sampled_from(Form), st.data())
def test_no_answer_is_never_no(form, data):
    no = data.draw(st.sets(st.sampled_from(names(form))))
    told = answered(form, (), tuple(no))
    assert lock_for(told, "lock-0001") is None
    assert complete(told) is (no == set(names(form)))


def test_a_standing_condition_that_the_clinic_has_cleared_is_not_asked_again():
    """Or an implant would lock at every try, and nobody could ever begin."""
    asked = [one.name for one in to_ask(Form.INTAKE, {"implant", "saddle_numb"})]
    assert "implant" not in asked
    assert "saddle_numb" in asked, "signs that come and go are asked about each time"
    rest = answered(Form.INTAKE, no=tuple(asked))
    assert not complete(rest)
    assert complete(rest, {"implant", "saddle_numb"})


def test_a_question_of_a_newer_version_locks_as_an_emergency():
    lock = lock_for(answered(yes=("a_newer_question",), no=()), "lock-0001")
    assert lock.severity is Severity.EMERGENCY


# ---- when which form is due ----------------------------------------------------------------------------------


def due(asked, today=DAY, last_session=DAY - timedelta(days=1), red_since=False, limits=LIMITS):
    return form_due(today, asked, limits, last_session=last_session, red_since=red_since)


def on(form, days_ago, *, whole=True):
    return Asked(form, DAY - timedelta(days=days_ago), whole)


INTAKE = on(Form.INTAKE, 3)


@pytest.mark.parametrize(
    ("asked", "more", "expected"),
    [
        ([], {}, Form.INTAKE),
        ([on(Form.INTAKE, 0, whole=False)], {}, Form.INTAKE),
        ([on(Form.FULL, 0)], {}, Form.INTAKE),
        ([on(Form.INTAKE, 0)], {}, None),
        ([INTAKE], {}, Form.SHORT),
        ([INTAKE, on(Form.SHORT, 0)], {}, None),
        ([INTAKE, on(Form.SHORT, 0, whole=False)], {}, Form.SHORT),
        ([INTAKE, on(Form.SHORT, 1)], {}, Form.SHORT),
        ([INTAKE, on(Form.SHORT, 0)], {"red_since": True}, Form.FULL),
        ([on(Form.INTAKE, 7), on(Form.SHORT, 0)], {}, Form.FULL),
        ([on(Form.INTAKE, 6), on(Form.SHORT, 0)], {}, None),
        ([on(Form.INTAKE, 40), on(Form.FULL, 0)], {}, None),
        ([INTAKE], {"today": None}, Form.FULL),
        ([INTAKE, Asked(Form.FULL, None, True)], {"today": None}, Form.SHORT),
        ([INTAKE, Asked(Form.FULL, None, True)], {}, Form.FULL),
        ([on(Form.INTAKE, -5)], {}, Form.FULL),
    ],
)
def test_the_form_that_is_due(asked, more, expected):
    assert due(asked, **more) is expected


def test_more_than_a_week_away_asks_in_full():
    rare = Limits({"flags_full_days": 14})
    asked = [on(Form.INTAKE, 9), on(Form.SHORT, 0)]
    assert due(asked, last_session=DAY - timedelta(days=8), limits=rare) is Form.FULL
    assert due(asked, last_session=DAY - timedelta(days=7), limits=rare) is None


@given(st.lists(st.tuples(st.sampled_from(Form), st.integers(0, 20), st.booleans()), max_size=6), st.booleans())
def test_an_answer_less_never_asks_for_less(answers, red):
    order = [None, Form.SHORT, Form.FULL, Form.INTAKE]
    asked = [on(form, ago, whole=whole) for form, ago, whole in sorted(answers, key=lambda one: -one[1])]
    whole = due(asked, red_since=red)
    for k in range(len(asked)):
        assert order.index(due(asked[:k] + asked[k + 1 :], red_since=red)) >= order.index(whole)


# ---- words ---------------------------------------------------------------------------------------------------


def test_a_locked_screen_makes_sense_with_and_without_numbers():
    for severity in Severity:
        shown = locked_words(severity, "020 7946 0018", "112")
        assert any("112" in line for line in shown.lines)
        assert any("020 7946 0018" in line for line in shown.lines)
        bare = locked_words(severity, "", "")
        assert not any("{" in line or "  " in line for line in (bare.title, *bare.lines))
        assert any(
            "Call your emergency number" in line or "call your emergency number" in line for line in bare.lines
        )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('severity = "emergency"', 'severity = "soon"', "[question.saddle_numb] severity is 'soon'; expected one of"),
        ('when = "recent"', 'when = "once"', "[question.saddle_numb] when is 'once'; expected one of recent"),
        (
            'forms = ["full"]',
            'forms = ["daily"]',
            "[question.saddle_numb] forms has 'daily'; expected full or intake",
        ),
        ('forms = ["full"]', "forms = []", "[question.saddle_numb] forms is []; expected a list"),
        ("or around your bottom?", "or around your bottom.", "expected a question"),
        ('"saddle_numb", "wiping', '"sadle_numb", "wiping', "[short.short_saddle] stands_for has 'sadle_numb'"),
        ("{emergency_number} if", "{number} if", "names 'number'; expected clinic_number or emergency_number"),
        ("[locked.emergency]", "[locked.urgent]", "[locked] expected exactly emergency, see_clinician"),
        ("[question.saddle_numb]", "[query.saddle_numb]", "expected tables locked, question, short, when"),
        ('about = "Cauda equina: sensation of the saddle"\n', "", "expected a table with exactly the keys"),
        ("\n[when]\n", "\n[when\n", "not valid TOML"),
        ("Is it numb between", "Is it your bad numb between", "without 'bad'"),
    ],
)
def test_a_malformed_file_is_refused_with_file_key_and_value(old, new, complaint):
    assert old in TEXT
    with pytest.raises(ContentError, match=r"^mine\.toml: ") as caught:
        parse_flags(TEXT.replace(old, new, 1), "mine.toml")
    assert complaint in str(caught.value)
