"""What a benchmark says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Result(Protocol):
    """One line of a benchmark's answer."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""

    def as_text(self) -> str:
        """Return one line for people."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    ``goal`` is the most it may be, with ``at_least`` the least, None for a figure that only stands beside others;
    the yardstick is something everybody knows the cost of.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    yardstick: str = ""
    yardstick_value: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the goal is met, if there is one."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "goal": self.goal,
            "holds": self.holds,
            "yardstick": self.yardstick,
            "yardstick_value": None if self.yardstick_value is None else round(self.yardstick_value, 3),
        }

    def as_text(self) -> str:
        """Return one line for people."""
        beside = f"   {self.yardstick}: {self.yardstick_value:.3g} {self.unit}" if self.yardstick_value else ""
        met = "" if self.goal is None else f"goal {self.goal:g} {'holds' if self.holds else 'MISSED'}"
        return f"{self.name:44} {self.value:9.3g} {self.unit:5} {met:16}{beside}".rstrip()


@dataclass(frozen=True, slots=True)
class Note:
    """Why there is no number."""

    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"note": self.text}

    def as_text(self) -> str:
        """Return the sentence."""
        return self.text


def timed(work: Callable[[], object]) -> float:
    """Return how long the work takes, in seconds."""
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s
