"""The rule file: every rule says where it comes from, a broken one is refused, and no rule file opens the gate."""

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.coach import gate
from edge.coach.decide import decide
from edge.coach.dose import Dose, first_dose, raises
from edge.coach.levers import DOWN, UP
from edge.coach.look import Past, look, look_at_set
from edge.coach.rule_file import FACTS, SET_FACTS, parse_rules, shipped
from edge.library import ContentError

TEXT = files("edge.content").joinpath("coach.toml").read_text("utf-8")
UNKIND = ("damage", "wear", "weak", "failed", "bad", "missed", "streak", "push through", "wrong")


def test_the_shipped_rules_say_where_they_come_from_and_which_are_ours():
    for rule in shipped().rules:
        assert rule.source
        if rule.source.startswith("Our"):
            assert rule.ours, rule.id
    assert shipped().version in TEXT


def test_safety_comes_first():
    do = [rule.do for rule in shipped().rules if rule.scope == "session"]
    assert do.index("less") < do.index("more")
    assert not {"less", "hold"} & set(do[do.index("more") :]), "nothing that eases or holds comes after a step up"
    assert shipped().rules[0].id == "locked"


def test_levers_come_in_the_orders_the_sources_name():
    by_id = {rule.id: rule.levers for rule in shipped().rules}
    assert by_id["spike"][:4] == ("range", "exercise", "load", "volume")
    assert by_id["too_hard"][:5] == ("reps", "volume", "tempo", "range", "load")


def test_the_names_a_rule_may_use_are_those_that_are_looked_at(made):
    history = made.past(made.session(3), made.session(4))
    rules, row = shipped(), made.SQUAT
    seen = look(Past.of(history, made.after(history)), row, first_dose(row), made.TERMS, rules)
    assert set(seen) == FACTS | set(rules.limits)
    of_set = look_at_set(row, [made.good_set()], first_dose(row), made.TERMS, rules, first_week=False, guess=None)
    assert set(of_set) == SET_FACTS | set(rules.limits)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('version = "2026-11-2"', "version = 3"), "coach.toml: version is 3; expected text"),
        (
            ("reps_back = 2", 'reps_back = "two"'),
            r"\[ladder\] reps_back is 'two'; expected a whole number from 1 to 10",
        ),
        (("reps_up = 2", "reps_up = 9"), r"\[ladder\] reps_up is 9; expected a whole number from 1 to 5"),
        (
            ("range_shares = [1.0, 0.75, 0.5]", "range_shares = [0.5, 1.0]"),
            r"range_shares is \[0.5, 1.0\]; expected sh",
        ),
        (('when = ["locked"]', 'when = ["lokced"]'), r"rule 1 \('locked'\): when has 'lokced'; expected NAME"),
        (('when = ["locked"]', "when = []"), "when is .*; expected at least one condition"),
        (('when = ["zone == red"]', 'when = ["zone = red"]'), "when has 'zone = red'"),
        (('do = "less"', 'do = "lower"'), "do is 'lower'; expected one of hold, less, more, ask"),
        (('levers = ["reps"]', 'levers = ["speed"]'), r"levers is \['speed'\]; expected for more: some of exercise"),
        (('levers = ["jump"]', "levers = []"), "levers is .*; expected for ask"),
        (
            ('limits = ["missed_days_ask"]', 'limits = ["days_missed"]'),
            "limits has 'days_missed'; expected keys of lim",
        ),
        (("{days_away} days away (asks", "{days_gone} days away (asks"), "names {days_gone}; expected an input"),
        (('scope = "set"', 'scope = "sets"'), "scope is 'sets'; expected one of session, set"),
        (("refer = false", 'refer = "no"'), "refer is 'no'; expected true or false"),
        (('id = "amber"', 'id = "red"'), "id is 'red' twice"),
        (("refer = false\n", ""), "expected exactly id, scope"),
        (("[words.reps]", "[words.rep]"), r"\[words\] has .*expected exactly"),
    ],
)
def test_a_broken_rule_file_is_refused_with_file_key_value_and_what_was_expected(change, named):
    assert change[0] in TEXT
    with pytest.raises(ContentError, match=named) as refused:
        parse_rules(TEXT.replace(*change, 1), "coach.toml")
    assert str(refused.value).startswith("coach.toml")


def test_advice_for_the_next_set_can_only_hold_or_ease():
    text = TEXT.replace('do = "less"\nlevers = ["range", "load", "volume"]', 'do = "more"\nlevers = ["load"]')
    with pytest.raises(ContentError, match="do is 'more'; expected one of hold, less"):
        parse_rules(text, "mine.toml")


RECKLESS = """
[[rule]]
id = "reckless"
scope = "session"
when = ["worst >= 0"]
do = "more"
levers = ["LEVER"]
limits = []
refer = false
patient = "{change}"
clinician = "{change}"
source = "nobody"
ours = true
"""


@pytest.mark.parametrize("lever", ["load", "reps", "volume", "jump", "beyond"])
def test_no_rule_file_opens_the_gate(made, lever):
    """A rule that raises at once, put before all others, still waits for the gate and stays within the line."""
    head, first, rest = TEXT.partition("[[rule]]")
    rules = parse_rules(head + RECKLESS.replace("LEVER", lever).lstrip() + first + rest, "mine.toml")
    for history in (
        made.past(made.session(4)),
        made.past(made.session(3), made.session(4, next_day=None)),
        made.past(made.session(3), made.session(4, worst=(7, 1))),
    ):
        for one in decide(history, made.TERMS, made.after(history), rules):
            assert not raises(one.before, one.after), one


DOSES = st.builds(
    Dose,
    exercise=st.sampled_from(["goblet_squat", "chair_squat"]),
    sets=st.integers(1, 4),
    reps=st.integers(1, 12),
    load_kg=st.floats(1, 16),
    range_share=st.sampled_from([1.0, 0.75, 0.5]),
    tempo=st.sampled_from(["3.1.0", "slow and controlled"]),
)


@given(before=DOSES, name=st.sampled_from(sorted(DOWN)))
def test_a_lever_down_never_raises_any_number(made, before, name):
    history = made.past(made.session(3), made.session(4))
    seen = look(Past.of(history, made.after(history)), made.SQUAT, before, made.TERMS, shipped())
    after = DOWN[name](before, seen, shipped().ladder)
    assert after is None or (after != before and not raises(before, after))


@given(before=DOSES, name=st.sampled_from(sorted(UP)))
def test_a_lever_up_moves_one_thing_and_load_no_further_than_a_step(made, before, name):
    history = made.past(made.session(3), made.session(4))
    seen = look(Past.of(history, made.after(history)), made.SQUAT, before, made.TERMS, shipped())
    after = UP[name](before, seen, shipped().ladder)
    if after is None:
        return
    moved = {key for key, value in after.written().items() if value != before.written()[key]}
    assert len(moved) == 1 or moved == {"load_kg", "reps"}
    if name in ("load", "load_back", "beyond"):
        assert after.load_kg <= before.load_kg * 1.1 + 1e-9


@given(
    spoil=st.sampled_from(
        ["locked", "plan_good", "clock_good", "zone", "spike", "distal", "rose", "pending", "good_days"]
    ),
    value=st.sampled_from([None, "", "red", -1]),
)
def test_the_gate_opens_only_for_what_is_known_to_be_good(made, spoil, value):
    history = made.past(made.session(3), made.session(4))
    seen = look(Past.of(history, made.after(history)), made.SQUAT, first_dose(made.SQUAT), made.TERMS, shipped())
    assert gate.closed(seen) == ""
    assert gate.closed(seen | {spoil: value})


def test_patients_read_short_kind_sentences_with_numbers(made):
    histories = [
        made.past(made.session(3), made.session(4)),
        made.past(made.session(3), made.session(4, worst=(8, 1))),
        made.past(made.session(3), made.session(4, worst=None)),
        made.past(made.session(3, made.good_sets(rpe=10)), made.session(4, made.good_sets(rpe=10))),
    ]
    seen = []
    for history in histories:
        for days in (2, 9, 20):
            seen += decide(history, made.TERMS, made.after(history, days))
    assert len({one.rule for one in seen}) >= 6
    for one in seen:
        check_words(one.patient)
        assert len(one.clinician) <= 200
    for rule in shipped().rules:
        check_words(rule.patient.replace("{change}", "a change of about so many words"))
    for words in shipped().words.values():
        check_words(words["patient"])


def check_words(text):
    assert len(text.split()) <= 12, text
    assert not any(re.search(rf"\b{word}\b", text.lower()) for word in UNKIND), text
