"""The benchmarks run and say what they measured; how fast a machine is, no test asserts."""

import json
import subprocess
import sys

import pytest


def bench(*args):
    return subprocess.run(
        [sys.executable, "-m", "edge", "bench", *args], capture_output=True, text=True, check=False, timeout=100
    )


@pytest.mark.parametrize(("name", "figures"), [("counter", 1), ("screen", 1), ("journal", 2)])
def test_a_benchmark_gives_its_figures(name, figures):
    found = json.loads(bench(name, "--json").stdout)
    assert len(found) == figures
    for figure in found:
        assert {"name", "value", "unit", "goal", "holds", "yardstick", "yardstick_value"} == set(figure)
        assert figure["value"] > 0
        assert figure["holds"] == (figure["value"] <= figure["goal"])


def test_an_unknown_benchmark_is_one_sentence():
    done = bench("moon")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "unknown benchmark 'moon'; there are: counter" in done.stderr
