"""The rule table: readable, checked at load, and the only place where actions and sentences stand."""

from __future__ import annotations

import inspect
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from edge.library import ContentError
from edge.prescription.limits import Limits, thresholds
from edge.records import Form, Happened, Incident, Locked, Moment, Severity, SymptomsTold
from edge.safety import band, bell, flags, force, sets, standing, symptoms
from edge.safety.table import ORDER, Action, found, parse_table, table, verdict

ROOT = Path(__file__).parents[2]
TEXT = files("edge.content").joinpath("safety.toml").read_text("utf-8")


def test_every_row_names_code_that_exists_and_says_what_it_does_in_words():
    for rule in table().rules.values():
        assert (ROOT / rule.code).exists(), rule.key
        assert len(rule.situation) < 90, rule.key


def test_every_row_is_decided_in_the_code_it_names():
    for rule in table().rules.values():
        if rule.code in ("edge/coach", "edge/care"):
            continue  # rows that others apply
        code = "".join(inspect.getsource(module) for module in (band, sets, standing, symptoms))
        code += (ROOT / "edge/safety/situation.py").read_text() + (ROOT / "edge/safety/table.py").read_text()
        assert f'"{rule.key}"' in code, rule.key


def test_the_order_is_stop_hold_regress_continue():
    assert [str(action) for action in ORDER] == ["stop", "hold", "regress", "continue"]
    assert verdict([found("over_force"), found("pain_more"), found("tempo_lost")]).action is Action.STOP
    assert verdict([found("over_force"), found("pain_more")]).action is Action.HOLD
    assert verdict([found("distal_noted"), found("over_force")]).action is Action.REGRESS
    assert verdict([]).action is Action.CONTINUE


def test_a_hold_does_not_take_a_regress_back():
    both = verdict([found("later_raised"), found("later_high")])
    assert (both.action, both.goes_down, both.may_go_up) == (Action.HOLD, True, False)


def test_without_any_reason_everything_is_said_to_be_within_its_limits():
    assert verdict([], []).keys == ("within_limits",)
    assert verdict([]).may_go_up


def test_a_verdict_tells_what_stops():
    told = verdict([found("tempo_lost")])
    assert told.stops("set")
    assert not told.stops("session", "training")
    assert told.screen == "Enough for this set. Rest."


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('action = "stop"', 'action = "wait"', "[rule.locked] action is 'wait'; expected one of stop, hold"),
        ('scope = "training"', 'scope = "house"', "[rule.locked] scope is 'house'"),
        ("ours = true", 'ours = "yes"', "[rule.locked] ours is 'yes'; expected true or false"),
        (
            "{flags_full_days}",
            "{no_such_limit}",
            "[rule.flags_due] condition names 'no_such_limit'; expected a limit",
        ),
        ("{flags_full_days}", "{flags", "[rule.flags_due] condition is"),
        ('screen = "Training is locked.', 'screen = "Bad back.', "expected it without 'bad'"),
        ('screen = "Training', 'screen = "a b c d e f g h i j k l m', "12 words at most"),
        ("looks_at =", "look_at =", "[rule.locked] expected a table with exactly the keys"),
        ("[band_check]", "[band_cheque]", "expected [rule.<name>] and [band_check]"),
        ("[rule.locked]", "[rule.locked", "not valid TOML"),
        ('situation = "A red', 'situation = "" # "A red', "[rule.locked] situation is ''; expected text"),
    ],
)
def test_a_malformed_table_is_refused_with_file_key_and_value(old, new, complaint):
    assert old in TEXT
    with pytest.raises(ContentError, match=r"^mine\.toml: ") as caught:
        parse_table(TEXT.replace(old, new, 1), "mine.toml")
    assert complaint in str(caught.value)


class Read(Limits):
    """Limits that remember which of them were looked at."""

    def __init__(self):
        super().__init__({"distal_action": 2})
        self.read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)


def test_the_conditions_name_the_limits_that_the_code_reads():
    """What a clinician reads in the table is what decides."""
    limits, today = Read(), date(2026, 11, 21)
    told = SymptomsTold("session-0001", Moment.START, 0.0, 3, 3, 1)
    symptoms.in_session(told, told, limits)
    for moment in (Moment.NEXT_DAY, Moment.SECOND_DAY):
        symptoms.later(told, told, SymptomsTold("session-0001", moment, 0.0, 3, 3, None, False, True), moment, limits)
    band.band(band.Band("red", today, 0, (5.0,)), today, limits)
    standing.plan(date(2026, 11, 1), today, limits)
    force.ForceWatch(8.0, limits)
    bell.BellWatch(limits)
    flags.form_due(
        today, [flags.Asked(Form.INTAKE, today, True)], limits, last_session=date(2026, 11, 1), red_since=False
    )
    written = {name for rule in table().rules.values() for name in rule.limits}
    by_others = {"load_step_pct", "load_step_kg", "weekly_volume_pct", "velocity_loss"}
    assert limits.read == written - by_others
    assert "velocity_loss" in inspect.getsource(sets)


def test_every_safety_limit_stands_in_the_table():
    written = {name for rule in table().rules.values() for name in rule.limits}
    assert {key for key, one in thresholds().items() if one.group in ("safety", "symptoms")} <= written


@pytest.mark.parametrize("what", list(Happened))
def test_every_kind_of_incident_has_its_rule(what):
    first, again = sets.incidents([Incident("session-0001", 1, n, what, 1.0, "N", 0.0) for n in (1, 2)])
    assert again.rule.action is Action.STOP
    assert first.rule.action is not Action.CONTINUE


def test_a_lock_comes_before_everything():
    lock = Locked("lock-0001", "patient-0001", Severity.EMERGENCY, (), 0.0)
    told = verdict([found("no_plan"), found("locked", lock=lock.lock_id), found("symptoms_unanswered")])
    assert told.keys[0] == "locked"
