"""The health of every sensor as text: a table for a terminal, lines for a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drivers.base import Health, SensorState
from drivers.samples import ImuSample, LoadSample, MuscleSample, Sample

HEAD = (
    f"{'sensor':10} {'state':8} {'rate':>9} {'yield':>6} {'age':>8} {'accuracy':>8} {'temp':>7} {'resets':>6}  value"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One sensor: its health, its newest sample, what is wrong in words, and the faults that are acted out."""

    health: Health
    sample: Sample | None = None
    problem: str = ""
    faults: tuple[str, ...] = ()


def table(rows: Iterable[Row], width: int) -> list[str]:
    """Return the table's lines, none wider than the terminal: figures of each sensor, then what to know of it."""
    lines = [HEAD]
    for row in rows:
        lines += [figures(row), *(f"    {remark}" for remark in remarks(row))]
    return [line[:width].rstrip() for line in lines]


def plain(row: Row) -> str:
    """Return everything about a sensor in one line."""
    return "  ".join([figures(row), *remarks(row)]).rstrip()


def figures(row: Row) -> str:
    """Return a sensor's numbers in columns; a dash stands for what it does not tell."""
    health = row.health
    share = "-" if health.yield_fraction is None else f"{health.yield_fraction:.1%}"
    accuracy = "-" if health.accuracy is None else f"{health.accuracy} of 3"
    warmth = "-" if health.temperature_c is None else f"{health.temperature_c:.1f} C"
    away = health.state is SensorState.ABSENT
    return (
        f"{health.sensor:10} {health.state:8} {health.rate_hz:6.1f} Hz {share:>6} "
        f"{'-' if away else age(health.age_s):>8} {accuracy:>8} {warmth:>7} {health.resets:6d}  "
        f"{'' if away else value(row.sample)}"
    ).rstrip()


def remarks(row: Row) -> Sequence[str]:
    """Return what else there is to say: faults acted out, the problem, errors by kind, and what is limited."""
    said = [f"acted out: {', '.join(row.faults)}"] if row.faults else []
    if row.problem:
        said.append(row.problem)
    if row.health.errors:
        said.append("errors: " + " ".join(f"{kind}={count}" for kind, count in sorted(row.health.errors.items())))
    return said + list(row.health.limits)


def age(seconds: float) -> str:
    """Return an age as short as it can be told."""
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.0f} s"


def value(sample: Sample | None) -> str:
    """Return a sample's value with its unit, and what is wrong with it."""
    if sample is None:
        return ""
    flags = f"  [{sample.quality.name}]" if sample.quality else ""
    match sample:
        case LoadSample():
            return f"{sample.force_n:10.2f} N{flags}"
        case MuscleSample():
            return f"{_activity(sample)}{flags}"
        case ImuSample(accel_m_s2=None):
            return f"no acceleration{flags}"
        case ImuSample(accel_m_s2=(x, y, z)):
            return f"{x:7.2f} {y:7.2f} {z:7.2f} m/s2{flags}"
    return ""


def _activity(sample: MuscleSample) -> str:
    """A percentage is of the person's own reference; without one a level means nothing."""
    if sample.activation is None:
        return "no reference"
    since = "at rest" if sample.onset_s is None else f"active for {sample.t_s - sample.onset_s:.1f} s"
    return f"{100 * sample.activation:10.0f} % of reference, {since}"


def rows_of(
    healths: Mapping[str, Health],
    newest: Mapping[str, Sample],
    problems: Mapping[str, str],
    faults: Mapping[str, tuple[str, ...]],
) -> list[Row]:
    """Return a row for every sensor, in the order given."""
    return [
        Row(health, newest.get(name), problems.get(name, ""), faults.get(name, ()))
        for name, health in healths.items()
    ]
