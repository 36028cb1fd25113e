"""An outcome measure over time: dots on a line of days, with what may be chance around the first one.

The band is the error of measurement around the first result; the dashed lines are the change that matters. Both are
drawn from the rules of ``edge.care.outcomes`` and only where somebody published them. The shape of a dot says who
gave the number: a disc the sensor, a square the patient, a diamond the clinician.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from markupsafe import Markup

from edge.care.measures import Measure
from edge.model import Origin
from sync.panel.charts import HEIGHT, TOP, Axis, axis

TALL = 160
SHAPES = {
    Origin.SENSED: "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z",
    Origin.SELF_REPORTED: "M-6-6h12v12h-12z",
    Origin.CLINICIAN_ENTERED: "M0-8 8 0 0 8-8 0z",
}
"""A disc, a square, a diamond: paths around their own middle."""

Point = tuple[date, float, Origin]
Span = tuple[date, date]


def outcome_chart(one: Measure, points: Sequence[Point], span: Span) -> Markup:
    """Return the results of one measure, the oldest first; nothing for fewer than two, or what is never compared.

    ``span`` are the first and the last day of every chart of the page: they share one axis of time.
    """
    if len(points) < 2 or one.better == "none":
        return Markup("")
    first = points[0][1]
    band = (first - one.error, first + one.error) if one.error else None
    # Below the error the error decides: a line inside the band would promise what cannot be told from chance.
    matters = one.important if one.important > one.error else 0.0
    values = [value for _, value, _ in points]
    ends = (*values, *(band or ()), first - matters, first + matters)
    up = axis(one.low, one.high, 5) if one.kind == "rating" else _inside(axis(min(ends), max(ends), 4), one)
    across = _days(span)
    parts = [
        *((_band(band, up),) if band else ()),
        *(_rung(tick, up) for tick in up.ticks),
        *(_line(value, up) for value in ((first - matters, first + matters) if matters else ()) if _on(value, up)),
        _path(points, across, up),
        *(_dot(point, across, up) for point in points),
        *(_day(day, across) for day in _labelled(span)),
        Markup('<text class="unit" x="-8" y="14">{}</text>').format(one.unit),
    ]
    told = f"{one.label} in {one.unit}, {len(points)} results. The numbers are in the table below."
    return Markup('<svg class="trace outcome" role="img" aria-label="{}" height="{}">{}</svg>').format(
        told, HEIGHT, Markup("").join(parts)
    )


def _inside(up: Axis, one: Measure) -> Axis:
    """A scale shows nothing that cannot be: no stands below 0."""
    ticks = tuple(tick for tick in up.ticks if one.low <= tick <= one.high)
    if len(ticks) < 2:
        return up
    return Axis(max(up.low, one.low), min(up.high, one.high), ticks)


def _on(value: float, up: Axis) -> bool:
    return up.low <= value <= up.high


def _days(span: Span) -> Axis:
    first, last = (day.toordinal() for day in span)
    room = max((last - first) * 0.06, 1.0)
    return Axis(first - room, last + room, ())


def _labelled(span: Span) -> list[date]:
    """The first and the last day, and the middle of them where there is room."""
    first, last = span
    middle = first + timedelta(days=(last - first).days // 2)
    return list(dict.fromkeys((first, middle, last))) if (last - first).days > 2 else [first]


def _x(day: date, across: Axis) -> str:
    return f"{100 * across.share(day.toordinal()):.2f}%"


def _y(value: float, up: Axis) -> int:
    return TOP + round(TALL * (1 - min(max(up.share(value), 0.0), 1.0)))


def _band(band: tuple[float, float], up: Axis) -> Markup:
    top, bottom = _y(band[1], up), _y(band[0], up)
    return Markup('<rect class="chance" x="0" width="100%" y="{}" height="{}"/>').format(top, bottom - top)


def _rung(tick: float, up: Axis) -> Markup:
    y = _y(tick, up)
    return Markup(
        '<line class="rung" x1="0" x2="100%" y1="{0}" y2="{0}"/><text class="scale" x="-8" y="{1}">{2}</text>'
    ).format(y, y + 4, f"{tick:g}")


def _line(value: float, up: Axis) -> Markup:
    y = _y(value, up)
    return Markup('<line class="target" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(y)


def _path(points: Sequence[Point], across: Axis, up: Axis) -> Markup:
    return Markup("").join(
        Markup('<line class="between" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            _x(a[0], across), _y(a[1], up), _x(b[0], across), _y(b[1], up)
        )
        for a, b in pairwise(points)
    )


def _dot(point: Point, across: Axis, up: Axis) -> Markup:
    day, value, origin = point
    return Markup('<svg x="{}" y="{}" overflow="visible"><path class="dot" d="{}"/></svg>').format(
        _x(day, across), _y(value, up), SHAPES[origin]
    )


def _day(day: date, across: Axis) -> Markup:
    return Markup('<text class="second" x="{}" y="{}">{}</text>').format(
        _x(day, across), HEIGHT - 6, f"{day.day} {day:%b %Y}"
    )
