"""The one interface every source of samples satisfies, and the errors a driver raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from drivers.samples import Sample


class DriverError(Exception):
    """Root of every error a driver raises on purpose."""


class SensorAbsent(DriverError, OSError):  # noqa: N818 - reads as what happened
    """No sensor answers where one is configured."""


class ConfigError(DriverError, ValueError):
    """A configuration file names something that cannot be; the message says which file, key and value."""


class SensorState(StrEnum):
    """How far a source can be believed right now."""

    STARTING = "starting"
    LIVE = "live"
    STALE = "stale"
    """No sample for longer than the limit (0.35 s): lost until proven otherwise."""
    FROZEN = "frozen"
    """Samples come, but the value has not changed at all for 1.85 s: no real sensor is that quiet."""
    ABSENT = "absent"
    """It never answered, or stopped answering and is being retried."""


@dataclass(frozen=True, slots=True)
class Health:
    """One look at a source: its state, the age of its newest sample, its rate, and errors by kind.

    ``yield_fraction`` is the share of the expected samples that came and were good, over the last 5 s at most.
    ``accuracy`` is the chip's own verdict, 0 (unreliable) to 3 (high). ``limits`` says in words what this source
    cannot do at present, such as "band snap detection is off". ``expired`` says that its calibration has run out.
    What a chip does not tell is None.
    """

    sensor: str
    state: SensorState
    age_s: float
    rate_hz: float
    errors: dict[str, int] = field(default_factory=dict)
    resets: int = 0
    yield_fraction: float | None = None
    accuracy: int | None = None
    temperature_c: float | None = None
    limits: tuple[str, ...] = ()
    expired: bool = False


class Source(Protocol):
    """Anything that yields samples: a chip, a recording, or a stand-in in a test.

    One thread owns a source from :meth:`open` to :meth:`close`. ``name`` is the sensor's name in
    ``station.toml``; sources with the same ``bus`` share a reader thread; ``period_s`` is how often
    :meth:`read` wants to be called.
    """

    name: str
    bus: str
    period_s: float

    def open(self) -> None:
        """Make the sensor ready. Raises SensorAbsent when nothing answers; may then be called again."""

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the samples since the last call, oldest first; an empty list when there are none.

        Bounded in time; a broken packet is counted, not raised. Raises SensorAbsent when the sensor is gone.
        """

    def health(self, now_s: float) -> Health:
        """Return how the source is doing at monotonic time ``now_s``."""

    def close(self) -> None:
        """Let go of the hardware; calling it twice does no harm."""
