"""The pass table, as people file it and as programs read it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from edge.prove.row import Limit, Result, Verdict

MARGIN = 14 * " "
MEANING = (
    "Real drivers on emulated chips: bytes on the bus, edges on the pins, a simulated clock and a virtual patient.",
    "No real chip took part; `pytest --hil` tries the drivers on those of a station.",
)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is known about one run of the fault table."""

    version: str
    on: date
    seed: int
    results: Sequence[Result]

    @property
    def passed(self) -> bool:
        """Whether every row that was asked for passed."""
        return all(result.verdict is Verdict.PASS for result in self.results)

    def as_json(self) -> str:
        """Return one JSON object."""
        return json.dumps(
            {
                "version": self.version,
                "date": self.on.isoformat(),
                "seed": self.seed,
                "passed": self.passed,
                "rows": [result.as_dict() for result in self.results],
            },
            indent=1,
        )

    def as_text(self) -> str:
        """Return the table."""
        lines = [line for result in self.results for line in _lines(result)]
        return "\n".join([*self._head(), *lines, self.summary()])

    def summary(self) -> str:
        """Return one sentence."""
        counted = Counter(result.verdict for result in self.results)
        parts = [
            f"{counted[verdict]} {words}"
            for verdict, words in ((Verdict.PASS, "passed"), (Verdict.FAIL, "failed"), (Verdict.NOT_RUN, "not run"))
        ]
        return f"{len(self.results)} rows: {', '.join(parts)}."

    def _head(self) -> list[str]:
        return [
            f"Steadyrig {self.version}: faults of sensors, tried on {self.on.isoformat()} with seed {self.seed}",
            *MEANING,
            "",
        ]


def _lines(result: Result) -> Iterator[str]:
    row = result.row
    yield f"{row.id}  {result.verdict:8} {row.title}"
    if result.trials:
        yield f"{MARGIN}{result.trials} trials; the limits are meant for {row.promised}"
    if result.reason:
        yield f"{MARGIN}{result.reason}"
    for limit in row.limits:
        if limit.figure in result.figures:
            yield _figure(limit, result.figures[limit.figure])
    yield ""


def _figure(limit: Limit, value: float) -> str:
    shown = f"{value:.4g} {limit.unit}".rstrip() if math.isfinite(value) else "never"
    missed = "" if limit.holds(value) else "   MISSED"
    return f"{MARGIN}{limit.figure:46} {shown:>14}   {limit.words}{missed}".rstrip()
