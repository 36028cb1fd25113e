"""The steps of calibrating a load cell, each a pure judgement: a figure, or the reason why it is refused.

Weights are in kg as they stand on them; forces in newtons, by standard gravity. Where a converter's range has to be
known it is that of the HX711 and the NAU7802, whose full scale is half the bridge's supply divided by the gain.
"""

from __future__ import annotations

from drivers.calibration.still import STILL_SHARE, Refusal, Still, Why
from drivers.samples import STANDARD_GRAVITY_M_S2

LOADED_SHARE = 0.02
"""A tare further than this share of the rated load from the stored zero is one on a loaded cell."""
ZERO_PLAUSIBLE_SHARE = 0.25
"""Without a stored zero: an empty bridge is nearer to balance than this share of the converter's range. Cheap cells
are out of balance by 0.3 mV/V (8 %); a broken wire reads far more. Ours."""
LEAST_WEIGHT_SHARE = 0.05
"""The weight is at least this share of the rated load: an error of it grows twentyfold at full load. Ours."""
NOT_BACK_SHARE = 0.002
"""Of the rated load: creep and friction of the hook after the weight is off; cells promise 0.05 %. Ours."""
NOT_REPEATED_SHARE = 0.005
"""Of the weight: how well the same one hangs twice; cells promise 0.05 %, hooks are worse. Ours."""
NOT_LINEAR_SHARE = 0.01
"""Of the second weight: gym weights are marked to about 1 %. Ours."""
NOT_ADDITIVE_SHARE = 0.005
"""Of two weights together: no mark stands between the cell and its error here. Ours."""

LEAST_MV_V, MOST_MV_V = 0.4, 4.0
"""What cells give at their rated load: 1 to 3 mV/V by their data sheets, widened for a cell used below its rating."""
_COUNT_RANGE = 2**23
_FULL_SCALE_MV_V_AT_GAIN_1 = 500.0
_TYPICAL_MV_V = 1.0


def counts_per_mv_v(gain: float = 128.0) -> float:
    """Return how many counts a millivolt per volt of the bridge's supply makes: 2147484 at gain 128."""
    return _COUNT_RANGE * gain / _FULL_SCALE_MV_V_AT_GAIN_1


def rated_counts(capacity_kg: float, newton_per_count: float | None, gain: float = 128.0) -> float:
    """Return the counts that stand for the cell's rated load; of a 1 mV/V cell while it was never calibrated."""
    if newton_per_count is None:
        return counts_per_mv_v(gain) * _TYPICAL_MV_V
    return capacity_kg * STANDARD_GRAVITY_M_S2 / abs(newton_per_count)


def still_limit(capacity_kg: float, newton_per_count: float | None, gain: float = 128.0) -> float:
    """Return the standard deviation in counts up to which the cell counts as left alone."""
    return STILL_SHARE * rated_counts(capacity_kg, newton_per_count, gain)


def tare(
    zero: Still,
    capacity_kg: float,
    stored: tuple[float, float] | None,
    *,
    confirmed: bool = False,
) -> int | Refusal:
    """Return the count of the empty cell, or why it cannot be taken.

    ``stored`` is (zero count, newton per count) of the first calibration with weights, which a tare never moves: many
    small steps must not add up. Without one the bridge must be plausible and somebody must have ``confirmed`` that
    nothing hangs on it.
    """
    if stored is not None:
        stored_count, newton_per_count = stored
        found_kg = (zero.mean_count - stored_count) * newton_per_count / STANDARD_GRAVITY_M_S2
        limit_kg = LOADED_SHARE * capacity_kg
        return Refusal(Why.LOADED, found_kg, limit_kg) if abs(found_kg) > limit_kg else round(zero.mean_count)
    share = abs(zero.mean_count) / _COUNT_RANGE
    if share > ZERO_PLAUSIBLE_SHARE:
        return Refusal(Why.ZERO_FAR_OFF, 100 * share, 100 * ZERO_PLAUSIBLE_SHARE)
    return round(zero.mean_count) if confirmed else Refusal(Why.UNCONFIRMED)


def weight_fits(weight_kg: float, capacity_kg: float) -> Refusal | None:
    """Return why a weight is of no use for a cell, or None; to be asked before anybody hangs it."""
    if not weight_kg >= LEAST_WEIGHT_SHARE * capacity_kg:
        return Refusal(Why.TOO_LIGHT, weight_kg, LEAST_WEIGHT_SHARE * capacity_kg)
    return Refusal(Why.TOO_HEAVY, weight_kg, capacity_kg) if weight_kg > capacity_kg else None


def span(zero: Still, loaded: Still, weight_kg: float, capacity_kg: float, gain: float = 128.0) -> float | Refusal:
    """Return newton per count from the empty cell and a known weight; negative where the bridge is wired in reverse.

    The result must be that of some real cell at its rated load, which finds a weight that hangs beside the hook, and
    a number of kg that is far from what hangs.
    """
    if refused := weight_fits(weight_kg, capacity_kg):
        return refused
    change = loaded.mean_count - zero.mean_count
    rated_mv_v = abs(change) * capacity_kg / weight_kg / counts_per_mv_v(gain)
    if rated_mv_v < LEAST_MV_V:
        return Refusal(Why.NO_CHANGE, rated_mv_v, LEAST_MV_V)
    if rated_mv_v > MOST_MV_V:
        return Refusal(Why.TOO_SENSITIVE, rated_mv_v, MOST_MV_V)
    return weight_kg * STANDARD_GRAVITY_M_S2 / change


def returned(zero: Still, again: Still, newton_per_count: float, capacity_kg: float) -> float | Refusal:
    """Return by how many kg the zero moved while the weight hung, or the refusal when that is too much."""
    moved_kg = (again.mean_count - zero.mean_count) * newton_per_count / STANDARD_GRAVITY_M_S2
    limit_kg = NOT_BACK_SHARE * capacity_kg
    return Refusal(Why.NOT_BACK, moved_kg, limit_kg) if abs(moved_kg) > limit_kg else moved_kg


def repeated(zero: Still, first: Still, again: Still) -> float | Refusal:
    """Return by what share the same weight reads otherwise when it is hung a second time."""
    share = abs(again.mean_count - first.mean_count) / abs(first.mean_count - zero.mean_count)
    return _within(Why.NOT_REPEATED, share, NOT_REPEATED_SHARE)


def linear(zero: Still, other: Still, other_kg: float, newton_per_count: float) -> float | Refusal:
    """Return by what share a second known weight reads wrong on the line through zero and the first."""
    read_kg = (other.mean_count - zero.mean_count) * newton_per_count / STANDARD_GRAVITY_M_S2
    return _within(Why.NOT_LINEAR, abs(read_kg - other_kg) / other_kg, NOT_LINEAR_SHARE)


def additive(zero: Still, one: Still, other: Still, both: Still) -> float | Refusal:
    """Return by what share two weights together read otherwise than one by one; their kg need not be known.

    On a straight line the readings add up, whatever the weights are (checking a scale by halves).
    """
    together = both.mean_count - zero.mean_count
    apart = one.mean_count + other.mean_count - 2 * zero.mean_count
    share = abs(together - apart) / abs(together) if together else 1.0
    return _within(Why.NOT_LINEAR, share, NOT_ADDITIVE_SHARE)


def _within(why: Why, share: float, limit: float) -> float | Refusal:
    return share if share <= limit else Refusal(why, 100 * share, 100 * limit)
