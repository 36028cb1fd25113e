"""Charts: what is drawn where, and that nothing stored gets out of its place."""

from __future__ import annotations

import doctest
import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.panel import charts
from sync.panel.charts import RepMark, Shade, Stretch, axis, reduce_stretch, trace_chart, trace_numbers

RAMP = Stretch(0.0, 0.1, [i / 10 for i in range(101)])


def test_the_examples_hold():
    assert doctest.testmod(charts).failed == 0


@given(low=st.floats(-1e6, 1e6), span=st.floats(0, 1e6), ticks=st.integers(2, 10))
def test_a_scale_holds_its_values_on_few_round_numbers(low, span, ticks):
    made = axis(low, low + span, ticks)
    slack = 1e-6 * max(1.0, abs(low), span)
    assert made.low <= low + slack
    assert low + span <= made.high + slack
    assert 2 <= len(made.ticks) <= ticks + 2


def test_reducing_keeps_every_peak():
    spiky = Stretch(0.0, 0.001, [100.0 if i == 4321 else math.sin(i / 50) for i in range(10_000)])
    points = reduce_stretch(spiky, 0.0, 10.0 / 360)
    assert len(points) <= 2 * 361
    assert max(v for _, v in points) == 100.0
    assert points == sorted(points)


def test_a_chart_is_well_formed_and_says_what_it_shows():
    mark = RepMark(1, 2.0, 4.0, (Shade("eccentric", 2.0, 3.0), Shade("concentric", 3.0, 4.0)))
    root = ElementTree.fromstring(trace_chart("Angle of set 1", "°", [RAMP], [mark]))
    assert root.get("aria-label") == "Angle of set 1"
    assert root.get("role") == "img"
    shades = [(rect.get("class"), rect.get("x"), rect.get("width")) for rect in root.iter("rect")]
    assert shades == [("shade eccentric", "20.00%", "10.00%"), ("shade concentric", "30.00%", "10.00%")]
    assert [t.text for t in root.iter("text") if t.get("class") == "rep"] == ["1"]


def test_a_rising_line_rises():
    path = re.search(r'd="([^"]*)"', trace_chart("x", "°", [RAMP], []))[1]
    assert path.startswith("M0 160l")
    numbers = [int(n) for n in path.split("l")[1].split()]
    assert (sum(numbers[::2]), sum(numbers[1::2])) == (1000, -160)


def test_the_planned_load_lies_on_its_values():
    chart = trace_chart("x", "kg", [RAMP], [], (5.0, 10.0))
    assert re.findall(r'class="target"[^>]*y1="(\d+)"', chart) == ["102", "22"]


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, -math.inf]])
def test_nothing_to_draw_draws_nothing(values):
    assert trace_chart("x", "y", [Stretch(0.0, 0.1, values)], []) == ""
    assert trace_numbers([Stretch(0.0, 0.1, values)]) == []


def test_a_hole_is_not_bridged():
    two = [Stretch(0.0, 0.1, [1.0, 2.0]), Stretch(5.0, 0.1, [2.0, 1.0])]
    assert re.search(r'd="([^"]*)"', trace_chart("x", "y", two, []))[1].count("M") == 2
    assert [(n.start_s, n.end_s) for n in trace_numbers(two)] == [(0, 1), (5, 6)]


def test_numbers_are_few_and_hold_the_extremes():
    rows = trace_numbers([Stretch(0.0, 0.05, [float(i) for i in range(3600)])])
    assert len(rows) <= 40
    assert (rows[0].lowest, rows[-1].highest) == (0.0, 3599.0)


def test_labels_are_inert():
    chart = trace_chart('"><script>alert(1)</script>', "</text><b>", [RAMP], [])
    assert "<script" not in chart
    assert "<b>" not in chart
    ElementTree.fromstring(chart)


@given(
    start_s=st.floats(-10, 1e5), step_s=st.floats(1e-4, 1), values=st.lists(st.floats(width=32), max_size=50),
    end_s=st.floats(0, 1e5),
)  # fmt: skip
def test_no_signal_breaks_a_chart(start_s, step_s, values, end_s):
    mark = RepMark(1, 0.0, end_s, (Shade("rep", 0.0, end_s),))
    made = trace_chart("x", "y", [Stretch(start_s, step_s, values)], [mark])
    assert not made or ElementTree.fromstring(made) is not None
    assert "nan" not in made
    assert "inf" not in made
