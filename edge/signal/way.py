"""Which way repetitions go: the axis about which those counted so far have turned."""

from __future__ import annotations

from drivers.samples import Vector
from edge.signal.vectors import dot

SAME_WAY = 0.5
"""Cosine between the direction of a movement and that of the ones before it."""


class Way:
    """``axis`` is None until a repetition has shown it, or a trial."""

    def __init__(self, axis: Vector | None) -> None:
        self.axis = axis
        self._odd: Vector | None = None

    def forget(self) -> None:
        """Know nothing of the way any more."""
        self.axis = self._odd = None

    def is_same(self, direction: Vector, newest: Vector) -> bool:
        """Tell whether a movement went the way of those counted, and follow ``newest``, its own axis, if it did.

        Two odd ones in a row that agree make a new way.
        """
        if self.axis is None or not any(direction):
            same = True
        else:
            odd, self._odd = self._odd, direction
            same = _agree(direction, self.axis) or (odd is not None and _agree(direction, odd))
        if same:
            self.axis, self._odd = newest, None
        return same


def _agree(a: Vector, b: Vector) -> bool:
    return dot(a, b) >= SAME_WAY
