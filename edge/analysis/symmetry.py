"""Left against right: how far the two sides differ, with bands, where there is enough to say so.

The index is (L - R) / (L + R): 0 where both do the same, 1 where only the left does anything. The bands are those of
a published training product (within 5 % usual, from 15 % on a finding); they have not been validated for sciatica or
for this station, so a clinician may move them, and a finding is a reason to look and no diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from edge.analysis.robust import median_error
from edge.analysis.usable import usable
from edge.model import Phase, Rep

EVEN = 0.05
FINDING = 0.15
"""Bands of the index as tensr publishes them for impulse; not validated. For other measures they are our choice."""
REPS_A_SIDE = 5
"""Fewer say nothing: the error of a median of five is still half their spread. Our choice."""


class Balance(StrEnum):
    """What an index means."""

    EVEN = "even"
    SLIGHT = "slight"
    """Between the bands: neither usual nor a finding."""
    FINDING = "finding"
    NOT_ENOUGH = "not_enough"
    """Nothing can be said; ``why`` tells the reason."""


@dataclass(frozen=True, slots=True)
class Symmetry:
    """``index`` above 0 where the left side has more; ``error`` is its standard error. Both None if not enough."""

    balance: Balance
    index: float | None = None
    error: float | None = None
    why: str = ""


MEASURES: Mapping[str, Callable[[Rep], float | None]] = {
    "range": lambda rep: rep.range_value,
    "peak_force_n": lambda rep: rep.peak_force_n if rep.measures.peak_force_n is None else rep.measures.peak_force_n,
    "mean_force_n": lambda rep: rep.measures.mean_force_n,
    "impulse_n_s": lambda rep: rep.measures.impulse_n_s,
    "peak_speed": lambda rep: rep.measures.peak_speed,
    "mean_speed": lambda rep: rep.measures.mean_speed,
    "hold_sway": lambda rep: rep.measures.hold_sway,
    "eccentric_s": lambda rep: rep.duration_of(Phase.ECCENTRIC),
    "bottom_s": lambda rep: rep.duration_of(Phase.BOTTOM),
    "concentric_s": lambda rep: rep.duration_of(Phase.CONCENTRIC),
    "top_s": lambda rep: rep.duration_of(Phase.TOP),
}
"""What is compared. Not the smoothness: it has no zero, so a share of it means nothing."""


def compare_sides(
    left: Sequence[Rep], right: Sequence[Rep], *, even: float = EVEN, finding: float = FINDING
) -> dict[str, Symmetry]:
    """Return the symmetry of each of ``MEASURES``; repetitions the counter is not sure of are left out.

    Raises ValueError where the two sides were measured in different units.
    """
    units = {rep.range_unit for rep in (*left, *right)}
    if len(units) > 1:
        raise ValueError(f"the sides were measured in {' and '.join(sorted(units))}: measure both in the same way")
    left, right = usable(left), usable(right)
    return {
        name: symmetry(_known(left, of), _known(right, of), even=even, finding=finding)
        for name, of in MEASURES.items()
    }


def symmetry(
    left: Sequence[float], right: Sequence[float], *, even: float = EVEN, finding: float = FINDING
) -> Symmetry:
    """Return the index of the medians of two sides, with the standard error that their spreads give it.

    Values are of one measure that has a zero, one per repetition. Not enough: fewer than ``REPS_A_SIDE`` on a side,
    nothing measured, or repetitions so unlike one another that the index cannot be placed between the bands.
    """
    if min(len(left), len(right)) < REPS_A_SIDE:
        return _not_enough(f"{len(left)} repetitions left and {len(right)} right; {REPS_A_SIDE} a side are needed")
    ours, theirs = np.array(left, dtype=float), np.array(right, dtype=float)
    l_mid, r_mid = float(np.median(ours)), float(np.median(theirs))
    if min(l_mid, r_mid) < 0 or l_mid + r_mid <= 0:
        return _not_enough("nothing was measured that could be compared")
    both = l_mid + r_mid
    index = (l_mid - r_mid) / both
    # The index changes by 2 R / (L + R)^2 with L and by 2 L / (L + R)^2 with R.
    error = 2 / both**2 * float(np.hypot(r_mid * median_error(ours), l_mid * median_error(theirs)))
    if 2 * error > finding - even:
        return _not_enough(
            f"the repetitions differ too much among themselves: the index may be off by {2 * error:.2f}"
        )
    size = abs(index)
    balance = Balance.EVEN if size <= even else Balance.FINDING if size >= finding else Balance.SLIGHT
    return Symmetry(balance, index, error)


def _known(reps: Sequence[Rep], of: Callable[[Rep], float | None]) -> list[float]:
    return [value for rep in reps if (value := of(rep)) is not None]


def _not_enough(why: str) -> Symmetry:
    return Symmetry(Balance.NOT_ENOUGH, why=why)
