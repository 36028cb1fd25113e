"""A thousand stations come back at once after an outage: how long a connection, a record and a page take.

The same as ``steadyrig simulate --stations 1000 --reconnect``, as figures beside those of the other benchmarks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from edge.bench.figure import Figure, Note, Result
from edge.simulate.report import GOAL_CONNECTED_S, GOAL_INGEST_S, GOAL_PAGES_S, Report
from edge.simulate.run import Options, say, simulate
from sync.broker import available

STATIONS = 1000


def figures() -> Iterator[Result]:
    """Yield what a thousand stations at once ask of the clinic's side on this machine."""
    if not available():
        yield Note("Mosquitto is not installed: no stations came back (sudo apt-get install mosquitto)")
        return
    yield from told(simulate(Options(stations=STATIONS, reconnect=True), threading.Event(), say))


def told(report: Report) -> Iterator[Figure]:
    """Yield the figures of a storm. Raises RuntimeError for one that was not finished."""
    if report.reconnect is None or not report.finished:
        raise RuntimeError(f"the storm was not finished: {report.why}")
    name, pages, found = f"{report.stations} stations back", report.pages, report.found
    first, quiet = "the first time", "before and after"
    last_s, before_s = report.reconnect.longest, report.connect.longest
    yield Figure(f"{name}, all connected", last_s, "s", GOAL_CONNECTED_S, first, before_s)
    yield Figure(f"{name}, sent to committed, 99 %", report.ingest.p99, "s", GOAL_INGEST_S)
    yield Figure(f"{name}, page, 95 %", pages.opened.p95, "s", GOAL_PAGES_S, quiet, pages.otherwise.p95)
    yield Figure(f"{name}, pages with an error", pages.errors, "pages", 0.0)
    yield Figure(f"{name}, lost", found.lost, "rows", 0.0)
    yield Figure(f"{name}, twice, altered or set aside", found.twice + found.altered + found.quarantined, "rows", 0.0)
