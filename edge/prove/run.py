"""The command's part of the fault table: which rows, how far it is, and the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version

from edge.prove import chosen, prove
from edge.prove.report import Report

TELL_EVERY_S = 2.0


def run_prove(names: str, seed: int, trials: int | None, tell: Callable[[str], None]) -> Report:
    """Run the rows that ``names`` chooses and return the report; ``tell`` hears every other second how far it is.

    Raises SettingsError for a name there is not.
    """
    rows = chosen(names)
    return Report(version("steadyrig"), date.today(), seed, list(prove(rows, seed, trials, _seldom(tell))))


def _seldom(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Return ``tell`` for whoever has something to say at every trial, and may not be heard so often."""
    told_s = time.monotonic()

    def say(words: str) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= TELL_EVERY_S:
            told_s = time.monotonic()
            tell(words)

    return say
