"""What a simulation measured: a table for people, one object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edge.simulate.check import Found
from edge.simulate.reader import View

GOAL_CONNECTED_S, GOAL_INGEST_S, GOAL_PAGES_S = 60.0, 5.0, 0.5
"""F46: all stations back within a minute, 99 of 100 records committed within five seconds of being sent, and 95 of
100 pages of the panel there within half a second."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a number of durations is spread, in seconds."""

    count: int
    p50: float
    p95: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Return the spread of these durations; of none it is all 0."""
        if not seconds:
            return cls(0, 0.0, 0.0, 0.0, 0.0)
        p50, p95, p99 = (round(float(np.percentile(seconds, share)), 3) for share in (50, 95, 99))
        return cls(len(seconds), p50, p95, p99, round(max(seconds), 3))

    def as_text(self) -> str:
        """Return one line for people."""
        return f"half {self.p50:.3g} s, 95 % {self.p95:.3g} s, 99 % {self.p99:.3g} s, longest {self.longest:.3g} s"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one kind of process used: processor time in seconds, and memory in MB at the end, of all of them."""

    cpu_s: float
    memory_mb: float

    def as_text(self) -> str:
        """Return one line for people."""
        return f"{self.cpu_s:.1f} s of processor, {self.memory_mb:.0f} MB"


@dataclass(frozen=True, slots=True)
class Pages:
    """The panel's pages: ``opened`` while records came, ``otherwise`` before and after, ``by_page`` all of them."""

    opened: Spread
    otherwise: Spread
    by_page: dict[str, Spread]
    errors: int
    problem: str
    """What the first error was."""

    @classmethod
    def of(cls, views: Sequence[View], began_s: float, ended_s: float) -> Pages:
        """Return what is to be said of these views, where records came between two moments (monotonic)."""
        came = [view for view in views if not view.problem]
        problems = [f"{view.page}: {view.problem}" for view in views if view.problem]
        during = {view for view in came if view.at_s < ended_s and view.at_s + view.took_s > began_s}
        return cls(
            opened=Spread.of([view.took_s for view in during]),
            otherwise=Spread.of([view.took_s for view in came if view not in during]),
            by_page={
                page: Spread.of([view.took_s for view in came if view.page == page])
                for page in dict.fromkeys(view.page for view in came)
            },
            errors=len(problems),
            problem=next(iter(problems), ""),
        )

    def as_text(self) -> str:
        """Return one line for people."""
        return f"{self.opened.count} opened, {self.errors} with an error{f' ({self.problem})' if self.errors else ''}"


@dataclass(frozen=True, slots=True)
class Report:
    """One simulation. ``sent`` counts every sending of a record; the times are of the stations' side."""

    stations: int
    bridges: int
    database: str
    encrypted: bool
    seed: int
    online: int
    connect: Spread
    reconnect: Spread | None
    plans: Spread | None
    ingest: Spread
    ingest_s: float
    sent: int
    found: Found
    pages: Pages
    database_mb: float
    costs: dict[str, Cost]
    finished: bool
    why: str = ""

    @property
    def rate(self) -> float:
        """Records that the clinic took per second."""
        return self.ingest.count / self.ingest_s if self.ingest_s else 0.0

    @property
    def right(self) -> bool:
        """Whether all of it was done, every record is in the database once, and every page came."""
        return self.finished and self.found.right and not self.pages.errors

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        goals = {"connected_s": GOAL_CONNECTED_S, "ingest_p99_s": GOAL_INGEST_S, "pages_p95_s": GOAL_PAGES_S}
        return asdict(self) | {"rate": round(self.rate, 1), "right": self.right, "goals": goals}

    def as_text(self) -> str:
        """Return the table for people."""
        found = self.found
        link = "TLS" if self.encrypted else "plain"
        back = self.reconnect or self.connect
        lines = [
            (
                "stations",
                f"{self.stations}, {self.online} connected ({link}); {self.bridges} bridges, {self.database}",
            ),
            ("connected", self.connect.as_text()),
            *([("connected again", self.reconnect.as_text())] if self.reconnect else []),
            ("", _held("all connected", back.longest, GOAL_CONNECTED_S)),
            *([("plans taken", self.plans.as_text())] if self.plans else []),
            ("records", f"{found.written} written, {self.sent} sent, {found.stored} stored"),
            ("rate", f"{self.rate:.0f} records/s over {self.ingest_s:.1f} s"),
            ("sent to committed", self.ingest.as_text()),
            ("", _held("99 %", self.ingest.p99, GOAL_INGEST_S)),
            ("pages", self.pages.as_text()),
            ("asked to read", self.pages.opened.as_text()),
            ("", _held("95 %", self.pages.opened.p95, GOAL_PAGES_S)),
            ("at other times", self.pages.otherwise.as_text()),
            (
                "database",
                f"{self.database_mb:.1f} MB, {1024 * self.database_mb / max(found.stored, 1):.2f} kB a record",
            ),
            *((name, cost.as_text()) for name, cost in self.costs.items()),
            ("lost", str(found.lost)),
            ("stored twice", str(found.twice)),
            ("altered", str(found.altered)),
            ("set aside", str(found.quarantined)),
        ]
        table = "\n".join(f"{name:18} {said}" for name, said in lines)
        return table if self.finished else f"{table}\nNot finished: {self.why}"


def _held(what: str, seconds: float, goal_s: float) -> str:
    return f"goal: {what} within {goal_s:g} s {'holds' if seconds <= goal_s else 'MISSED'}"
