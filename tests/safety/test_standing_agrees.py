"""What is due and what the rule table says of plan and clock are one truth."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.history.facts import History
from edge.prescription.due import due
from edge.prescription.limits import Limits
from edge.prescription.lines import Notice
from edge.prescription.plan import Prescription
from edge.prescription.position import Now
from edge.prescription.row import one_dose
from edge.safety import standing
from edge.safety.table import Action, verdict
from edge.tempo import parse_tempo

TODAY = date(2026, 9, 21)
ROW = one_dose(1, "goblet_squat", 2, 8, parse_tempo("2.1.0"), (8.0, 8.0), 60.0)
GENTLE = replace(ROW, name="gentle", exercise="cat_cow", load_kg=None)
PLAN = Prescription(1, "patient-0001", "station-0001", "Ana", "2026-09-01T08:00:00Z", (ROW,))


@given(st.one_of(st.none(), st.integers(-40, 40)), st.booleans(), st.booleans(), st.sampled_from((7, 14, 20)))
def test_what_may_be_trained_is_what_the_rule_table_says(days_left, has_floor, trusted, grace):
    last_day = None if days_left is None else TODAY + timedelta(days=days_left)
    plan = replace(
        PLAN, valid_until=last_day, floor=(GENTLE,) if has_floor else (), limits=Limits({"grace_days": grace})
    )
    now = due(plan, History(), Now(1.79e9, TODAY, trusted))
    found = standing.plan(last_day, TODAY if trusted else None, plan.limits, has_floor=has_floor)
    said = verdict(found)
    assert (said.action is Action.STOP) == (not now.routine.lines)
    assert ("plan_expired" in said.keys) == (
        Notice.PLAN_OVER in now.routine.notices or Notice.PLAN_OVER_GENTLE in now.routine.notices
    )
    assert now.routine.gentle == ("plan_expired" in said.keys)
    assert ("clock_distrust" in said.keys) == (Notice.CLOCK in now.routine.notices)
    heaviest_kg = max((line.load_kg[1] for line in now.routine.lines if line.load_kg), default=0.0)
    assert heaviest_kg <= (0.0 if "plan_expired" in said.keys else 8.0)
