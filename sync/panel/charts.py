"""Charts as inline SVG made from plain data: no JavaScript, no style attribute, every text escaped.

The drawing stretches with the page while its lettering keeps its size: positions across are percentages, and only
the line itself lives in a stretched box.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

COLUMNS = 360
"""Columns a trace is reduced to: about as many as a line of its width can show."""
BOX = (1000, 160)
TOP = 22
HEIGHT = TOP + BOX[1] + 24


@dataclass(frozen=True, slots=True)
class Stretch:
    """A signal without a hole: ``values[i]`` at ``start_s + i * step_s``."""

    start_s: float
    step_s: float
    values: Sequence[float]

    @property
    def end_s(self) -> float:
        """Time of the last value."""
        return self.start_s + self.step_s * (len(self.values) - 1)


@dataclass(frozen=True, slots=True)
class Shade:
    """A span drawn behind the line; ``kind`` is a phase, or ``rep`` where the phases are not known."""

    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class RepMark:
    """A repetition above the line: its number and its shaded phases."""

    number: int
    start_s: float
    end_s: float
    shades: tuple[Shade, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight scale from ``low`` to ``high`` with a line at each tick."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Return where a value lies, 0 at the low end and 1 at the high end."""
        return (value - self.low) / (self.high - self.low)


def axis(low: float, high: float, most_ticks: int) -> Axis:
    """Return a scale that holds ``low`` and ``high`` and ends on round numbers.

    >>> axis(0, 9.3, 4)
    Axis(low=0, high=10, ticks=(0, 5, 10))
    """
    span = max(high - low, 1e-6)
    raw = span / most_ticks
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(_plain(i * step) for i in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks)


def _plain(value: float) -> float:
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def reduce_stretch(stretch: Stretch, start_s: float, column_s: float) -> list[tuple[float, float]]:
    """Return at most two points per column, its lowest and its highest value, in the order of time."""
    columns: dict[int, list[tuple[float, float]]] = {}
    for i, value in enumerate(stretch.values):
        if math.isfinite(value):
            t_s = stretch.start_s + i * stretch.step_s
            columns.setdefault(int((t_s - start_s) / column_s), []).append((t_s, value))
    points: list[tuple[float, float]] = []
    for held in columns.values():
        extremes = {min(held, key=lambda p: p[1]), max(held, key=lambda p: p[1])}
        points += sorted(extremes)
    return points


def trace_chart(
    label: str,
    unit: str,
    stretches: Sequence[Stretch],
    marks: Sequence[RepMark],
    target: tuple[float, float] | None = None,
) -> Markup:
    """Return one set's signal over time, its repetitions shaded by phase and numbered; a gap stays a gap."""
    finite = [value for stretch in stretches for value in stretch.values if math.isfinite(value)]
    if not finite:
        return Markup("")
    # The time axis ends where the set does, not at the next round number: no empty strip at the right.
    longest_s = max(1.0, *(s.end_s for s in stretches), *(mark.end_s for mark in marks))
    across = Axis(0, longest_s, tuple(t for t in axis(0, longest_s, 8).ticks if t <= longest_s))
    up = axis(min(0.0, *finite), max(1.0, *finite, *(target or ())), 4)
    parts = [
        *(_shade(shade, across) for mark in marks for shade in mark.shades),
        *(_rung(tick, up) for tick in up.ticks),
        *(_limit(value, up) for value in target or ()),
        _line(stretches, across, up),
        *(_number(mark, across) for mark in marks),
        *(_second(tick, across) for tick in across.ticks),
        Markup('<text class="unit" x="-8" y="14">{}</text>').format(unit),
    ]
    return Markup('<svg class="trace" role="img" aria-label="{}" height="{}">{}</svg>').format(
        label, HEIGHT, Markup("").join(parts)
    )


def _percent(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.2f}%"


def _shade(shade: Shade, across: Axis) -> Markup:
    left, right = across.share(shade.start_s), across.share(shade.end_s)
    return Markup('<rect class="{}" x="{}" width="{}" y="{}" height="{}"/>').format(
        f"shade {shade.kind}", _percent(left), _percent(right - left), TOP, BOX[1]
    )


def _rung(tick: float, up: Axis) -> Markup:
    y = TOP + round(BOX[1] * (1 - up.share(tick)))
    return Markup(
        '<line class="rung" x1="0" x2="100%" y1="{0}" y2="{0}"/><text class="scale" x="-8" y="{1}">{2}</text>'
    ).format(y, y + 4, f"{tick:g}".replace("-", "\N{MINUS SIGN}"))


def _limit(value: float, up: Axis) -> Markup:
    y = TOP + round(BOX[1] * (1 - up.share(value)))
    return Markup('<line class="target" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(y)


def _number(mark: RepMark, across: Axis) -> Markup:
    middle = across.share((mark.start_s + mark.end_s) / 2)
    return Markup('<text class="rep" x="{}" y="14">{}</text>').format(_percent(middle), mark.number)


def _second(tick: float, across: Axis) -> Markup:
    return Markup('<text class="second" x="{}" y="{}">{} s</text>').format(
        _percent(across.share(tick)), HEIGHT - 6, f"{tick:g}"
    )


def _line(stretches: Iterable[Stretch], across: Axis, up: Axis) -> Markup:
    column_s = (across.high - across.low) / COLUMNS
    drawn = "".join(_path(reduce_stretch(s, across.low, column_s), across, up) for s in stretches)
    return Markup(
        '<svg y="{}" width="100%" height="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        '<path class="line" d="{}"/></svg>'
    ).format(TOP, BOX[1], *BOX, drawn)


def _path(points: Sequence[tuple[float, float]], across: Axis, up: Axis) -> str:
    """Return the points as an SVG path of whole numbers, each relative to the last: half the weight."""
    at = [(round(BOX[0] * across.share(t)), round(BOX[1] * (1 - up.share(v)))) for t, v in points]
    if not at:
        return ""
    steps = [f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(at) if a != b]
    return f"M{at[0][0]} {at[0][1]}" + (f"l{' '.join(steps)}" if steps else "h1")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a trace did between two moments."""

    start_s: float
    end_s: float
    lowest: float
    highest: float


def trace_numbers(stretches: Sequence[Stretch], most_rows: int = 40) -> list[Numbers]:
    """Return a trace as rows of whole seconds, few enough to read; seconds without data have no row."""
    points = [
        (stretch.start_s + i * stretch.step_s, value)
        for stretch in stretches
        for i, value in enumerate(stretch.values)
        if math.isfinite(value)
    ]
    if not points:
        return []
    width_s = max(1, math.ceil((points[-1][0] + 1e-9) / most_rows))
    rows: dict[int, list[float]] = {}
    for t_s, value in points:
        rows.setdefault(int(t_s // width_s), []).append(value)
    return [Numbers(n * width_s, (n + 1) * width_s, min(v), max(v)) for n, v in sorted(rows.items())]


def interval(label: str, low: float, value: float, high: float) -> Markup:
    """Return a difference of shares with its interval, on a scale from -1 to 1 with a line at 0.

    What goes beyond ends at the edge. It has no lettering: the sentence beside it has the numbers.
    """
    scale = Axis(-1.0, 1.0, (0.0,))
    left, middle, right = (_percent(scale.share(end)) for end in (low, value, high))
    return Markup(
        '<svg class="interval" role="img" aria-label="{}" height="22">'
        '<line class="rung" x1="0" x2="100%" y1="11" y2="11"/>'
        '<line class="zero" x1="50%" x2="50%" y1="1" y2="21"/>'
        '<line class="reach" x1="{}" x2="{}" y1="11" y2="11"/>'
        '<circle class="dot" cx="{}" cy="11" r="5"/></svg>'
    ).format(label, left, right, middle)
