"""How active a muscle is beside its person's own reference contraction, and since when.

The height of a surface signal depends on skin, fat and where the electrode sits, so a level means nothing by itself:
it is read as a share of a reference contraction, 0 at rest. Relative activation and its onset are all this gives,
never how much of a muscle is at work, and never a diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass

REST_SDS = 3.0
"""Above the rest by so many standard deviations it is activity (as for onsets; Hodges and Bui, Electroencephalogr
Clin Neurophysiol 1996, 101:511)."""
HELD_S = 0.05
"""For so long on end a muscle has to be above, and then below, to be told active, and then at rest: the middle one of
theirs (20, 50 and 100 samples at 1 kHz)."""
HOLE_S = 0.1
"""Readings further apart do not belong to one look: nobody knows what was between them. Our choice, twice HELD_S."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Heights of the envelope, in one unit: at rest (mean and standard deviation), and in the contraction."""

    rest: float
    rest_sd: float
    full: float

    @property
    def begins(self) -> float:
        """The height from which it is activity."""
        return self.rest + REST_SDS * self.rest_sd

    def share(self, level: float) -> float:
        """Return the relative activation: what a level has above the rest over what the reference has, never below 0.

        May be above 1: a reference need not be the most a person can do.
        """
        return max(0.0, (level - self.rest) / (self.full - self.rest))


class Onset:
    """Tells since when a muscle is active, one reading at a time.

    The board's own smoothing delays its envelope; by how much is not known, and not taken off.
    """

    def __init__(self, reference: Reference) -> None:
        self._begins = reference.begins
        self._rose_s: float | None = None
        self._fell_s: float | None = None
        self._active = False
        self._newest_s = float("-inf")

    def feed(self, t_s: float, level: float) -> float | None:
        """Take the next reading and return when the activity under way began, None at rest."""
        if t_s - self._newest_s > HOLE_S:
            self._rose_s, self._fell_s, self._active = None, None, False
        self._newest_s = t_s
        if level > self._begins:
            self._fell_s = None
            if self._rose_s is None:
                self._rose_s = t_s
            self._active = self._active or t_s - self._rose_s >= HELD_S
        else:
            self._fall(t_s)
        return self._rose_s if self._active else None

    def _fall(self, t_s: float) -> None:
        if self._fell_s is None:
            self._fell_s = t_s
        if not self._active or t_s - self._fell_s >= HELD_S:
            self._rose_s, self._active = None, False
