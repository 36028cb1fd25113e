"""The simulated cohort: paired, repeatable, honest about what it is, and the coach better where it says so."""

import json
import os

import pytest
from typer.testing import CliRunner

from edge.__main__ import app
from edge.coach.bodies import KINDS, draw_body
from edge.coach.cohort import CAUTION, ROWS, TERMS, interval, run_arm, run_cohort
from edge.coach.dose import band_kg, ceiling_kg

PATIENTS = 200 if os.environ.get("STEADYRIG_LONG") else 30
SEED = 1


@pytest.fixture(scope="module")
def report():
    print(f"seed {SEED}, {PATIENTS} patients")
    return run_cohort(PATIENTS, SEED)


def test_the_coach_beats_a_fixed_plan_on_sessions_within_tolerance_and_on_load(report):
    gain = report.groups["all"]["coach_minus_fixed"]
    assert gain["tolerated"]["low"] > 0.05
    assert gain["progress_pct"]["mean"] > 0


def test_it_beats_the_calendar_on_tolerance_and_says_that_it_loses_on_load(report):
    gain = report.groups["all"]["coach_minus_calendar"]
    assert gain["tolerated"]["low"] > 0.05
    assert gain["progress_pct"]["high"] < 0
    assert "coach less calendar" in report.as_text()


def test_people_who_do_worse_with_more_load_are_given_less(report):
    worse = report.groups["worse"]
    assert worse["coach"]["progress_pct"] < report.groups["steady"]["coach"]["progress_pct"]
    assert worse["coach"]["tolerated"] > worse["fixed"]["tolerated"]
    assert set(report.groups) == {"all", *KINDS}


def test_shadow_changes_nothing_bit_for_bit_and_every_change_is_reproduced(report):
    assert report.shadow_same
    assert report.reproduced


def test_in_shadow_decisions_are_made_all_the_same():
    body = draw_body(SEED, 0, ROWS)
    assert run_arm(body, "shadow").decisions
    assert run_arm(body, "shadow").sessions == run_arm(body, "fixed").sessions


def test_every_plan_meets_the_same_patient_on_the_same_days():
    one, other = draw_body(SEED, 3, ROWS), draw_body(SEED, 3, ROWS)
    assert (one.kind, one.cap_kg, one.pain) == (other.kind, other.cap_kg, other.pain)
    assert all((one.draws[name] == other.draws[name]).all() for name in one.draws)
    assert run_arm(one, "coach") == run_arm(other, "coach")


def test_no_simulated_load_is_ever_above_the_ceiling():
    for number in range(8):
        lived = run_arm(draw_body(SEED, number, ROWS), "coach")
        for row in ROWS:
            loads = [one.load_kg[row.name] for one in lived.sessions]
            assert max(loads) <= min(ceiling_kg(row, TERMS.limits), band_kg(row, TERMS.limits))


def test_an_interval_holds_the_mean_and_narrows_with_more_patients():
    few, many = interval([0.0, 1.0] * 10, 1), interval([0.0, 1.0] * 1000, 1)
    assert few.low < 0.5 < few.high
    assert many.high - many.low < few.high - few.low


def test_the_command_says_plainly_that_it_is_a_simulation():
    run = CliRunner().invoke(app, ["coach", "cohort", "--patients", "4", "--seed", "2", "--json"])
    said = json.loads(run.stdout)
    assert said["what"] == CAUTION
    assert "simulation with assumptions of ours" in said["what"]
    assert said["shadow_changes_nothing"]
    assert CAUTION in CliRunner().invoke(app, ["coach", "cohort", "--patients", "3"]).stdout
