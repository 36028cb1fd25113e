"""Each of the sixteen hazards has a control that exists and tests that exist."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HAZARDS = tomllib.loads((ROOT / "tests" / "hazards.toml").read_text("utf-8"))
KEYS = {"name", "cause", "harm", "severity", "controls", "tests", "left"}


@cache
def names_in(path):
    """Return the names of the tests of a file, those of its classes among them."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_"}


def lacking(hazard):
    """Return what a hazard lacks, in words."""
    if set(hazard) != KEYS:
        return [f"expected the keys {sorted(KEYS)}"]
    problems = [f"{key} is empty" for key in sorted(KEYS) if not hazard[key]]
    if hazard["severity"] not in ("slight", "serious", "grave"):
        problems.append(f"severity {hazard['severity']!r}")
    for control in hazard["controls"]:
        path, _, what = control.partition(": ")
        if not (ROOT / path).exists() or not what:
            problems.append(f"control {control!r}")
    for name in hazard["tests"]:
        path, _, test = name.partition("::")
        if not (ROOT / path).is_file() or test not in names_in(path):
            problems.append(f"test {name!r}")
    return problems


def test_there_are_sixteen():
    assert list(HAZARDS) == [f"HZ-{number:02}" for number in range(1, 17)]


@pytest.mark.parametrize("hazard", HAZARDS)
def test_every_hazard_has_controls_and_tests_that_exist(hazard):
    assert lacking(HAZARDS[hazard]) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tests": []}, "tests is empty"),
        ({"controls": []}, "controls is empty"),
        ({"tests": ["tests/safety/test_hazards.py::test_that_nobody_wrote"]}, "test 'tests/safety/test_haz"),
        ({"tests": ["tests/safety/test_nothing.py::test_x"]}, "test 'tests/safety/test_nothing"),
        ({"controls": ["edge/safety/nothing.py: does it"]}, "control 'edge/safety/nothing"),
        ({"controls": ["edge/safety/table.py"]}, "control 'edge/safety/table"),
        ({"severity": "high"}, "severity 'high'"),
        ({"left": ""}, "left is empty"),
    ],
)
def test_a_hazard_that_lacks_something_is_noticed(changes, problem):
    (said,) = lacking(HAZARDS["HZ-05"] | changes)
    assert said.startswith(problem)
