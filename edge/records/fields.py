"""What the fields of records may hold: written once, for the station that writes and the bridge that reads."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

ID_SHAPE = "[a-z0-9-]{8,40}"
"""What an id is made of, for patterns that hold one in their middle."""
ID_PATTERN = f"^{ID_SHAPE}$(?!\n)"
Id = Annotated[str, Meta(pattern=ID_PATTERN)]
"""Pseudonymous ids of stations, patients and sessions; the pattern keeps topics free of wildcards."""
Name = Annotated[str, Meta(pattern="^[a-z0-9_]{1,40}$(?!\n)")]
RowName = Annotated[str, Meta(pattern="^[a-z0-9_]{0,40}$(?!\n)")]
"""A line of a plan; empty in records of before lines had names."""
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
Day = Annotated[str, Meta(pattern=f"^{_DATE}$(?!\n)")]
MaybeDay = Annotated[str, Meta(pattern=f"^({_DATE})?$(?!\n)")]
Load = Annotated[float, Meta(ge=0, le=500)]
Count = Annotated[int, Meta(ge=0, le=1000)]
Number = Annotated[int, Meta(ge=1, le=1000)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
WallSeconds = Annotated[float, Meta(ge=0, le=4_102_444_800)]
"""Seconds since 1970 UTC, up to the year 2100."""
Force = Annotated[float, Meta(ge=-5000, le=5000)]
Measured = Annotated[float, Meta(ge=-1e6, le=1e6)]
Share = Annotated[float, Meta(ge=0, le=1)]
Text = Annotated[str, Meta(max_length=200)]
MOST_DOUBTS = 8
Doubts = Annotated[tuple[Name, ...], Meta(max_length=MOST_DOUBTS)]
MOST_TRACE_VALUES = 4000
TraceValues = Annotated[tuple[float, ...], Meta(min_length=1, max_length=MOST_TRACE_VALUES)]
Score = Annotated[int, Meta(ge=0, le=10)]
"""0 to 10 as the patient said it; None is "not answered", never 0."""
Change = Annotated[int, Meta(ge=-1, le=1)]
"""-1 less or better, 0 the same, 1 more or worse."""
Names = Annotated[tuple[Name, ...], Meta(max_length=40)]
Value = Annotated[float, Meta(ge=-1e6, le=1e6)]


def check_day(day: str) -> None:
    """Refuse a day that no calendar has; "" is none at all. Raises ValueError.

    >>> check_day("2026-02-31")
    Traceback (most recent call last):
    ...
    ValueError: day is '2026-02-31', expected one of the calendar
    """
    try:
        date.fromisoformat(day or "2000-01-01")
    except ValueError:
        raise ValueError(f"day is {day!r}, expected one of the calendar") from None
