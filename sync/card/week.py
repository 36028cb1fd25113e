"""A week that was ticked on a card, as it is typed in: checked, and turned into self-reported activities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from edge.records import Logged
from sync.card.codes import Week, card_code, read_code, return_code
from sync.typed import CodeError

WHAT = "paper_session"
DAYS = 7


@dataclass(frozen=True, slots=True)
class Known:
    """A plan version a patient ever had: when it was written, and how many boxes a day its cards have at most."""

    version: int
    written: date
    slots: int


@dataclass(frozen=True, slots=True)
class TypedWeek:
    """A week as it may be stored: the version of its card and the ticks from Monday to Sunday."""

    week: Week
    version: int
    ticks: tuple[int, ...]

    @property
    def prefix(self) -> str:
        """What the ids of its entries begin with."""
        return f"paper-{return_code(self.week).replace('-', '').lower()}-"

    def entries(self, at: float, by: str) -> tuple[Logged, ...]:
        """Return one self-reported activity for each tick, told ``at`` and typed in ``by`` somebody."""
        return tuple(
            Logged(
                f"{self.prefix}{number + 1}-{tick + 1}",
                WHAT,
                (self.week.monday + timedelta(days=number)).isoformat(),
                None,
                at,
                f"card {self.week.card}, plan {self.version}, typed in by {by}"[:200],
            )
            for number, ticks in enumerate(self.ticks)
            for tick in range(ticks)
        )


def find_card(typed: str, patient_id: str, versions: Iterable[Known]) -> tuple[Week, Known]:
    """Return the week a typed code stands for, and the plan version of its card.

    Raises CodeError for a code typed wrong, and for a card that is not this patient's.
    """
    week = read_code(typed)
    for known in versions:
        if card_code(patient_id, known.version) == week.card:
            return week, known
    raise CodeError("This card is not of this patient. Look whose card it is.")


def check_ticks(week: Week, known: Known, ticks: Sequence[int], total: int, today: date) -> TypedWeek:
    """Return the week as it may be stored. Raises CodeError with the one thing that does not fit.

    The total is counted over the whole row, so that one wrong number is noticed.
    """
    if len(ticks) != DAYS or not all(0 <= ticked <= known.slots for ticked in ticks):
        raise CodeError(f"Write the ticks of each day, from 0 to {known.slots}.")
    if sum(ticks) != total:
        raise CodeError(f"The days add up to {sum(ticks)}, the row to {total}. Count again.")
    ahead = [n for n, ticked in enumerate(ticks) if ticked and week.monday + timedelta(days=n) > today]
    if ahead:
        raise CodeError(f"{week.monday + timedelta(days=ahead[0]):%A} has not come yet.")
    if week.monday + timedelta(days=DAYS) <= known.written:
        raise CodeError(f"This week was over before plan {known.version} was written.")
    return TypedWeek(week, known.version, tuple(ticks))
