"""The fault table: its rows are the measurement, and here their limits hold, in `make test-long` over all trials."""

import json
import math
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from drivers.emulation.faults import Fault, Kind
from edge.config import SettingsError
from edge.prove import ROWS, chosen, prove
from edge.prove.bench import SENSORS, START_S, Bench, invented, missed, paused
from edge.prove.report import Report
from edge.prove.row import Limit, NotRun, Row, Trials, Verdict, run_row

ROOT = Path(__file__).parents[2]
LONG = bool(os.environ.get("STEADYRIG_LONG"))
SEED = 7
REAL_TIME = {"F03", "F04"}
"""Rows whose limits are seconds of this machine: one that is busy spoils a try, a fault of ours spoils all three."""


@pytest.mark.long
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_keeps_its_limits(row):
    for _ in range(3 if row.id in REAL_TIME else 1):
        result = run_row(row, SEED, row.promised if LONG else row.least)
        if result.verdict is Verdict.PASS:
            break
    if result.verdict is Verdict.NOT_RUN:
        pytest.skip(result.reason)
    assert result.verdict is Verdict.PASS, Report("", date.today(), SEED, [result]).as_text()
    if LONG and row.id == "F01":
        assert result.figures["packets"] >= 100_000


PASS = {
    "F01": {"crashes": (None, 0), "good samples": (98, None), "repetitions off": (None, 0)},
    "F02": {
        "lost in a burst of 0.1 s": (None, 0),
        "from the last good sample to lost": (None, 500),
        "from the end of the burst to live": (None, 3),
    },
    "F03": {
        "longest wait of a frame": (None, 100),
        "longest gap of a sensor on the same bus": (None, 5),
        "stopping while it hangs": (None, 2),
    },
    "F04": {"longest read of either": (None, 20), "samples of the other sensor on the bus": (97, None)},
    "F05": {"silent to flagged": (None, 500), "frozen to flagged": (None, 2)},
    "F06": {"reset to streaming": (None, 2), "sets that went on unasked": (None, 0)},
    "F07": {
        "completed repetitions lost": (None, 0),
        "repetitions in doubt, of one set": (None, 1),
        "sets that went on unasked": (None, 0),
    },
    "F08": {"impossible values handed on": (None, 0), "numbers stored that are none": (None, 0)},
    "F09": {"mistakes not found": (None, 0)},
}
"""Least and most of each figure, as the table of faults has them; ms, s, % and numbers of things as the rows say."""


@pytest.mark.parametrize("fault", PASS)
def test_the_limits_of_a_motion_sensors_row_are_those_of_the_table(fault):
    (row,) = chosen(fault)
    limits = {limit.figure: (limit.least, limit.most) for limit in row.limits}
    assert {figure: limits.get(figure) for figure in PASS[fault]} == PASS[fault]
    assert limits["repetitions invented" if fault != "F01" else "repetitions off"] == (None, 0)


def test_a_restart_is_tried_a_thousand_times_in_the_long_run():
    assert chosen("F06")[0].promised >= 1000


def test_ids_are_in_order_and_every_kind_of_fault_is_tried():
    ids = [row.id for row in ROWS]
    assert ids == sorted(set(ids))
    assert {kind for row in ROWS for kind in row.kinds} == set(Kind)


class TestJudging:
    def row(self, run, *limits):
        return Row("F99", "Something is done", (), limits or (Limit("figure", "ms", most=5.0),), run, trials=2)

    @pytest.mark.parametrize(
        ("value", "verdict"),
        [(5.0, Verdict.PASS), (5.1, Verdict.FAIL), (math.inf, Verdict.FAIL), (math.nan, Verdict.FAIL)],
    )
    def test_a_figure_beyond_its_limit_or_none_at_all_is_a_fail(self, value, verdict):
        assert run_row(self.row(lambda _trials: {"figure": value}), SEED).verdict is verdict

    def test_least_is_a_limit_too_and_one_missed_limit_fails_the_row(self):
        limits = Limit("many", least=98.0), Limit("few", most=0.0), Limit("beside")
        row = self.row(lambda _trials: {"many": 97.0, "few": 0.0, "beside": 3.0}, *limits)
        assert [limit.holds(97.0) for limit in limits] == [False, False, True]
        assert run_row(row, SEED).verdict is Verdict.FAIL

    def test_a_row_that_breaks_has_failed_and_says_how(self):
        def breaks(_trials):
            raise KeyError("thigh")

        result = run_row(self.row(breaks), SEED)
        assert (result.verdict, result.reason) == (Verdict.FAIL, "KeyError: 'thigh'")

    def test_a_row_that_cannot_be_run_is_no_pass(self):
        def cannot(_trials):
            raise NotRun("nobody acts this out")

        result = run_row(self.row(cannot), SEED)
        report = Report("1.0", date(2026, 11, 21), SEED, [result])
        assert (result.verdict, report.passed) == (Verdict.NOT_RUN, False)
        assert "nobody acts this out" in report.as_text()

    def test_trials_are_the_same_for_the_same_seed_however_many_there_are(self):
        def drawn(count, seed=SEED, row="F06"):
            return [draw.random() for _, draw in Trials(row, seed, count)]

        assert drawn(2) == drawn(5)[:2]
        assert len({*drawn(3), *drawn(3, seed=8), *drawn(3, row="F07")}) == 9


class TestBench:
    def test_a_fault_that_no_emulator_acts_out_is_noticed(self):
        with pytest.raises(NotRun, match="glitch of thigh"):
            Bench(SEED, [Fault(Kind.GLITCH, "thigh", 0.0)]).run(0.2)

    def test_without_a_fault_everything_is_counted_and_nothing_else(self, trained):
        truth = trained.truth
        assert len(truth) == 3
        assert invented(truth, trained.reps) == missed(truth, trained.reps, START_S + 17.0) == 0
        assert paused(trained) == (0, 0)

    def test_a_report_counts_for_one_true_repetition_only(self, trained):
        truth, found = trained.truth, trained.reps
        assert invented(truth, [*found, found[0]]) == 1
        assert invented(truth[1:], found) == 1
        assert missed(truth, found[1:], math.inf) == 1


@pytest.fixture(scope="module")
def trained():
    """A set without a fault."""
    bench = Bench(SEED, tables={"thigh": SENSORS["thigh"]})
    bench.train(18.0)
    return bench


class TestReport:
    def report(self):
        row = Row("F99", "Something is done", (Kind.NACK,), (Limit("lost after", "ms", most=500.0),), lambda _t: {})
        results = [
            run_row(Row(**{**fields(row), "run": lambda _t, value=value: {"lost after": value}}), SEED, 3)
            for value in (400.0, math.inf)
        ]
        return Report("1.2.3", date(2026, 11, 21), SEED, results)

    def test_the_table_tells_what_was_done_measured_and_allowed(self):
        text = self.report().as_text()
        assert "Steadyrig 1.2.3: faults of sensors, tried on 2026-11-21 with seed 7" in text
        assert "F99  PASS     Something is done" in text
        assert "3 trials; the limits are meant for 1000" in text
        assert "400 ms   at most 500 ms\n" in text
        assert "never   at most 500 ms   MISSED" in text
        assert "2 rows: 1 passed, 1 failed, 0 not run." in text
        assert max(map(len, text.splitlines())) <= 110

    def test_the_json_says_the_same(self):
        report = json.loads(self.report().as_json())
        first, second = report["rows"]
        assert (report["version"], report["date"], report["seed"], report["passed"]) == (
            "1.2.3",
            "2026-11-21",
            7,
            False,
        )
        assert (first["verdict"], first["trials"], first["faults"]) == ("PASS", 3, ["nack"])
        assert first["figures"] == [
            {"figure": "lost after", "value": 400.0, "unit": "ms", "at_most": 500.0, "at_least": None, "holds": True}
        ]
        assert second["figures"][0]["value"] is None


def fields(row):
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


class TestCommand:
    def prove(self, *arguments):
        command = [sys.executable, "-m", "edge", "prove", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)

    def test_it_prints_the_table_and_keeps_it(self, tmp_path):
        out = tmp_path / "proof.txt"
        done = self.prove("--faults", "self_reset", "--runs", "1", "--out", out)
        assert (done.returncode, done.stderr) == (0, "")
        assert "1 rows: 1 passed, 0 failed, 0 not run." in done.stdout
        assert out.read_text() == done.stdout

    def test_a_name_there_is_not_is_refused(self):
        done = self.prove("--faults", "gremlins")
        assert (done.returncode, done.stdout) == (2, "")
        assert (
            "--faults is 'gremlins'; expected all, an id from F01 to F17, or one of bit_errors, nack" in done.stderr
        )


def test_no_variant_of_a_fault_is_left_out_however_few_trials_are_asked_for():
    seen = []
    row = Row("F99", "Something is done", (), (), lambda trials: seen.append(trials.count) or {}, least=3)
    assert [result.trials for result in prove([row, row], SEED, 1)] == [3, 3]
    assert seen == [3, 3]


def test_rows_are_chosen_by_kind_and_by_id():
    assert [row.id for row in chosen("unplug,F06")] == ["F06", "F07"]
    assert chosen("all") == ROWS
    for names in ("", ",", "all,none"):
        with pytest.raises(SettingsError):
            chosen(names)
