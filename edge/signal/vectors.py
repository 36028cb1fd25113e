"""Arithmetic of vectors as plain triples of floats, many times faster than small arrays."""

from __future__ import annotations

import math

from drivers.samples import Vector


def unit(v: Vector) -> Vector:
    """Return ``v`` at length 1; a vector of no length becomes (0, 0, 1)."""
    size = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    return (v[0] / size, v[1] / size, v[2] / size) if size else (0.0, 0.0, 1.0)


def angle_deg(a: Vector, b: Vector) -> float:
    """Return the angle between two unit vectors in degrees, exact near 0 where an arc cosine is not."""
    x = a[1] * b[2] - a[2] * b[1]
    y = a[2] * b[0] - a[0] * b[2]
    z = a[0] * b[1] - a[1] * b[0]
    return math.degrees(math.atan2(math.sqrt(x * x + y * y + z * z), a[0] * b[0] + a[1] * b[1] + a[2] * b[2]))


def size_of(v: Vector) -> float:
    """Return the length of a vector."""
    return math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])


def dot(a: Vector, b: Vector) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Return the vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
