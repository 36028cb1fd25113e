"""Whether a band may be pulled today: looked at, passed, and within its life."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from edge.prescription.limits import Limits
from edge.safety.table import Finding, found


@dataclass(frozen=True, slots=True)
class Look:
    """The patient looked a band over on ``day``, None for a look of this session where no clock can be trusted."""

    day: date | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A band's life: since when it is used, how often it was stretched, the highest force of each session in N.

    ``since`` is None where nobody knows how old it is. ``looks`` are its checks, oldest first. ``incident_since`` is
    True where it snapped or was pulled too hard after the newest of them.
    """

    name: str
    since: date | None
    stretches: int
    peaks_n: Sequence[float] = ()
    looks: Sequence[Look] = ()
    incident_since: bool = False


def band(one: Band, today: date | None, limits: Limits) -> tuple[Finding, ...]:
    """Return the rules that fire for a band.

    ``today`` is None where no clock can be trusted: then it has to be looked at, and its age is not judged.
    """
    return (*_looked_at(one, today), *_life(one, today, limits))


def _looked_at(one: Band, today: date | None) -> Iterable[Finding]:
    newest = one.looks[-1] if one.looks else None
    if newest is not None and not newest.passed:
        yield found("band_put_aside", band=one.name)
    if newest is None or newest.day != today or one.incident_since:
        yield found("band_check_due", band=one.name)


def _life(one: Band, today: date | None, limits: Limits) -> Iterable[Finding]:
    if one.since is None:
        yield found("band_retired", band=one.name, days=None)
    elif today is not None and (age := (today - one.since).days) >= limits["band_age_days"]:
        yield found("band_retired", band=one.name, days=age)
    if one.stretches >= limits["band_cycles"]:
        yield found("band_retired", band=one.name, stretches=one.stretches)
    peak = max(one.peaks_n, default=0.0)
    if peak > limits["rig_limit_n"]:
        yield found("band_retired", band=one.name, peak_n=peak)
