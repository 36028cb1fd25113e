"""``steadyrig bench``: the numbers that matter, each beside a yardstick measured in the same run.

Machines are noisy: read a figure as a ratio to its yardstick, and compare runs on one machine only. One file per
benchmark; each is imported only when it is asked for, so that a station needs nothing of what they use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from edge.bench.figure import Result
from edge.config import SettingsError

BENCHES = ("counter", "drivers", "timing", "recordings", "screen", "journal", "offline", "sync", "storm")
RECORDINGS = Path("../shared/data/reps")
"""Where recordings lie when nothing else is said; they are no part of this project."""


def run(
    names: Sequence[str], folder: Path = RECORDINGS, by: str = "source", *, unknown: bool = False
) -> Iterator[Result]:
    """Yield the figures of the named benchmarks, or of all. Raises SettingsError for a name there is not.

    ``folder``, ``by`` and ``unknown`` are those of :func:`edge.bench.recordings.figures`.
    """
    for name in names or BENCHES:
        if name not in BENCHES:
            raise SettingsError(f"unknown benchmark {name!r}; there are: {', '.join(BENCHES)}")
    for name in names or BENCHES:
        figures = import_module(f"edge.bench.{name}").figures
        yield from figures(folder, by, unknown=unknown) if name == "recordings" else figures()
