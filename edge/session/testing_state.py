"""Where the outcome tests of a visit stand: which are left, what the present one has come to, and what was told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.care.how_to import HowTo, how_to
from edge.records import Tested
from edge.signal.chair import ChairTest


class Without(StrEnum):
    """Why a test has no number."""

    BLIND = "blind"
    """The sensor could not see all of it."""
    ARMS = "arms"
    """The arms had to help where the test knows no score for that."""
    TOO_LONG = "too_long"
    NOT_TOLD = "not_told"
    """Nobody sensed it, and the patient does not know."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Testing:
    """The outcome tests of one visit.

    ``due`` are the measures left, the present one first; the own activities stand in it one by one, as ``own`` names
    them. ``number`` counts the tests that were begun. ``chair`` is a chair test that a sensor counts, ``still_s``
    since when its person sits still; ``go_s`` when the test begins or began. ``walks_s`` are the walks of a course so
    far, ``told`` a number entered by hand, ``chosen`` an answer that is not final, ``ratings`` the final ones that
    are not written down yet. ``result`` is what came of the present test, ``without`` why nothing did.
    ``before`` are the results of earlier visits, ``done`` those of this one.
    """

    due: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    number: int = 0
    practice: bool = False
    chair: ChairTest | None = None
    still_s: float | None = None
    go_s: float | None = None
    walks_s: tuple[float, ...] = ()
    told: int | None = None
    chosen: int | None = None
    ratings: tuple[tuple[str, int], ...] = ()
    result: Tested | None = None
    without: Without | None = None
    before: tuple[Tested, ...] = ()
    done: tuple[Tested, ...] = ()

    @property
    def what(self) -> str:
        """The present measure; empty where none is left."""
        return self.due[0] if self.due else ""

    @property
    def how(self) -> HowTo:
        """How the present test is done; KeyError for a rating."""
        return how_to()[self.what]

    @property
    def results(self) -> tuple[Tested, ...]:
        """Every result that is known, the oldest first."""
        return (*self.before, *self.done)
