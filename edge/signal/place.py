"""Where a sensor is, for what counts by that alone: as a vector, and how far two such vectors lie apart."""

from __future__ import annotations

import math
from typing import Protocol

from drivers.samples import ImuSample, LoadSample, Sample, Vector
from edge.signal.filters import Smoother
from edge.signal.orientation import Gravity, angle_deg, unit, usable_accel


class Place(Protocol):
    """Where the sensor is, as a vector, and how far two such vectors lie apart in ``unit``."""

    unit: str

    def takes(self, sample: Sample) -> bool: ...
    def reset(self) -> None: ...
    def at(self, sample: Sample) -> Vector: ...
    def apart(self, a: Vector, b: Vector) -> float: ...
    def between(self, a: Vector, b: Vector, share: float) -> Vector: ...


class Inclination:
    """The direction of gravity in the sensor's axes: degrees of tilt, whatever the mounting and the way."""

    unit = "deg"

    def __init__(self) -> None:
        self._gravity = Gravity()

    def takes(self, sample: Sample) -> bool:
        """Return whether the sample is an acceleration that can be used."""
        return usable_accel(sample) is not None

    def reset(self) -> None:
        """Gravity is looked for anew."""
        self._gravity = Gravity()

    def at(self, sample: Sample) -> Vector:
        """Return the direction of gravity, length 1."""
        accel = usable_accel(sample)
        if not isinstance(sample, ImuSample) or accel is None:
            return self._gravity.direction or (0.0, 0.0, 1.0)
        return self._gravity.update(sample, accel)

    def apart(self, a: Vector, b: Vector) -> float:
        """Return the angle between two directions in degrees."""
        return angle_deg(a, b)

    def between(self, a: Vector, b: Vector, share: float) -> Vector:
        """Return the direction that lies this share of the way from ``a`` to ``b``."""
        return unit((a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2])))


class Tension:
    """The pull on a band in newtons, as a vector along one axis."""

    unit = "N"
    _SMOOTH_S = 0.05

    def __init__(self) -> None:
        self._smooth = Smoother(self._SMOOTH_S)

    def takes(self, sample: Sample) -> bool:
        """Return whether the sample is a force that can be used."""
        return isinstance(sample, LoadSample) and math.isfinite(sample.force_n)

    def reset(self) -> None:
        """Nothing before the next sample matters any more."""
        self._smooth = Smoother(self._SMOOTH_S)

    def at(self, sample: Sample) -> Vector:
        """Return the force."""
        return (self._smooth.update(sample.t_s, sample.force_n if isinstance(sample, LoadSample) else 0.0), 0.0, 0.0)

    def apart(self, a: Vector, b: Vector) -> float:
        """Return the difference in newtons."""
        return abs(a[0] - b[0])

    def between(self, a: Vector, b: Vector, share: float) -> Vector:
        """Return the force that lies this share of the way from ``a`` to ``b``."""
        return (a[0] + share * (b[0] - a[0]), 0.0, 0.0)
