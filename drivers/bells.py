"""What is known of the rig's bells: which were taken off the dock, or why nobody can say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Unseen(StrEnum):
    """Why it is not known which bells stand on the dock."""

    BLIND = "blind"
    """The dock's cell is silent, uncalibrated, or has not been at rest yet."""
    UNSURE = "unsure"
    """More than one bell would fit the weight."""
    STRANGE = "strange"
    """None of the rig's bells fits the weight."""


@dataclass(frozen=True, slots=True)
class Bells:
    """The bells of a rig in kg, lightest first, as far as its dock saw them move.

    ``taken`` were seen to leave the dock and are not back, oldest first. While ``unseen`` says why nobody knows what
    stands there, ``taken`` may be out of date.
    """

    rig: tuple[float, ...]
    taken: tuple[float, ...] = ()
    unseen: Unseen | None = Unseen.BLIND

    @property
    def in_hand(self) -> float | None:
        """The bell that was taken. None where none was, or more than one, or where nobody knows."""
        return self.taken[0] if len(self.taken) == 1 and self.unseen is None else None

    def left(self, kg: float) -> Bells:
        """Return what is known after a bell was seen to leave."""
        return replace(self, taken=(*(one for one in self.taken if one != kg), kg), unseen=None)

    def came(self, kg: float) -> Bells:
        """Return what is known after a bell was seen on the dock."""
        return replace(self, taken=tuple(one for one in self.taken if one != kg), unseen=None)
