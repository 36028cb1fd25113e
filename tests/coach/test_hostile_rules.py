"""A rule set that comes down may be hostile and well-formed: it still raises nothing beyond the clinician's word."""

import random
from dataclasses import replace
from importlib.resources import files

import pytest

from edge.coach.decide import decide
from edge.coach.dose import ceiling_kg, current, fits, raises
from edge.coach.levers import UP
from edge.coach.rule_file import parse_rules, shipped
from edge.library import ContentError

TEXT = files("edge.content").joinpath("coach.toml").read_text("utf-8")
SEED, MONTHS = 4, 25
GREEDY = """
[[rule]]
id = "greedy_{number}"
scope = "session"
when = ["{when}"]
do = "{do}"
levers = ["{lever}"]
limits = []
refer = false
patient = "More. {{change}}"
clinician = "{{change}}"
source = "nobody"
ours = true

"""
ALWAYS_TRUE = ("days_away >= 0", "good_days >= 0", "plan_version >= 1", "locked", "not locked")


def greedy(chance):
    """Return a rule file in which every rule gives more, as much and as soon as its form allows."""
    head = TEXT.partition("[[rule]]")[0]
    for size, most in (("reps_up", 5), ("jump_most_pct", 100)):
        head = head.replace(f"{size} = {'2' if size == 'reps_up' else '50'}", f"{size} = {most}")
    made = [
        GREEDY.format(
            number=number, when=chance.choice(ALWAYS_TRUE), do=chance.choice(("more", "ask")),
            lever=chance.choice(sorted(set(UP) - {"drop"})),
        )
        for number in range(12)
    ]  # fmt: skip
    return parse_rules(head + "".join(made), "hostile")


@pytest.mark.parametrize("seed", range(SEED, SEED + MONTHS))
def test_no_rule_set_passes_the_clinicians_ceiling_or_opens_the_gate(made, seed):
    chance = random.Random(seed)
    rules = greedy(chance)
    terms = replace(made.TERMS, limits=made.TERMS.limits)
    history = made.past()
    for slot in range(12):
        good = chance.random() < 0.7
        doses = {row.name: current(row, history.decisions, 1, terms.limits) for row in terms.rows}
        sets = [
            made.good_set(row, number + 1, doses[row.name].reps, doses[row.name].load_kg)
            for row in terms.rows
            for number in range(doses[row.name].sets)
        ]
        session = made.session(slot, sets, worst=(3, 1) if good else (8, 5), next_day=(2, 1) if good else None)
        history = replace(history, sessions=(*history.sessions, session))
        decisions = decide(history, terms, made.after(history), rules)
        for one in decisions:
            row = next(row for row in terms.rows if row.name == one.row)
            assert fits(row, one.after, ceiling_kg(row, terms.limits)), one
            if raises(one.before, one.after):
                assert good, "nothing goes up after a day that hurt or was not answered"
            assert one.rules_version == rules.version, "every decision names the rules it was made by"
        records = tuple(one.record(at=float(slot)) for one in decisions)
        history = replace(history, decisions=(*history.decisions, *records))


def test_rules_whose_time_is_over_keep_what_eases_and_holds():
    easing = shipped().easing()
    assert {rule.do for rule in easing.rules} == {"hold", "less"}
    assert [rule.id for rule in easing.rules] == [r.id for r in shipped().rules if r.do in ("hold", "less")]
    assert easing.version == f"{shipped().version} (over)"
    assert len(replace(shipped(), version="v" * 40).easing().version) == 40


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('scope = "session"', 'scope = ["session"]', "expected text"),
        ('do = "hold"', "do = 1", "expected text"),
        ("{days_away} days away (asks", "{days_away:>99999999} days away (asks", "with a form"),
        ("{days_away} days away (asks", "{days_away!r} days away (asks", "with a form"),
        ("Same dose today.", "Same\\u202e dose", "letters and signs"),
        ("Same dose today.", "S" * 200, "at most 160"),
        (f'version = "{shipped().version}"', 'version = "\\u0007"', "expected text of at most 40"),
    ],
)
def test_what_would_harm_a_screen_or_a_memory_is_no_rule_file(old, new, said):
    assert old in TEXT
    with pytest.raises(ContentError, match=said):
        parse_rules(TEXT.replace(old, new, 1), "hostile")


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, f"version = {'9' * 6000}", "\x00", "a = {b = {" * 900])
def test_what_breaks_a_reader_of_toml_is_refused_like_anything_else(text):
    with pytest.raises(ContentError, match="not valid TOML"):
        parse_rules(text, "hostile")
