"""The demo's report: each number that disagrees is named once, and nothing else."""

from dataclasses import replace

import pytest

from edge.demo.report import Report

GOOD = Report(
    reps_performed=11, reps_shown=2, reps_counted=9, reps_on_panel=9, sets=2, sessions=1, sessions_wanted=1,
    plan_version_sent=2, plan_version_in_use=2, plan_version_receipt=2, transport="mosquitto",
    lost=0, duplicated=0, attended=False, interrupted=False, simulated_s=60.0, took_s=3.0,
)  # fmt: skip


def test_all_is_well():
    assert GOOD.problems() == []
    assert "11 repetitions performed, 2 of them on trial, 9 counted, 9 on the panel" in GOOD.as_text()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reps_performed": 12}, ["12 repetitions performed, 2 on trial, but 9 counted"]),
        ({"reps_on_panel": 8}, ["9 repetitions counted but 8 on the panel"]),
        ({"sessions": 0}, ["0 of 1 sessions reached their end"]),
        ({"plan_version_in_use": 1, "plan_version_receipt": 1}, ["plan version 2 sent but 1 in use"]),
        ({"plan_version_receipt": 1}, ["plan version 2 in use but the panel shows 1"]),
        ({"lost": 3}, ["3 records lost on the way to the panel"]),
        ({"duplicated": 1}, ["1 repetitions shown twice"]),
        ({"interrupted": True, "sessions": 0}, ["0 of 1 sessions were over when the demo stopped or gave up"]),
    ],
)
def test_what_disagrees_is_named(changes, said):
    assert replace(GOOD, **changes).problems() == said


def test_who_watches_decides_when_to_end_but_may_lose_nothing():
    left_early = replace(GOOD, attended=True, sessions=0, plan_version_sent=2, plan_version_in_use=1)
    assert left_early.problems() == []
    assert replace(left_early, lost=1).problems() == ["1 records lost on the way to the panel"]


def test_nothing_performed_is_no_success():
    none = replace(GOOD, reps_performed=0, reps_shown=0, reps_counted=0, reps_on_panel=0)
    assert none.problems() == ["no repetition was performed"]
