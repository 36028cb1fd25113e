"""Follows the zero of a load cell as it drifts, only while the cell is provably empty and still.

Drift is slow; a load comes and goes at once. So as long as every still moment differs from the one before it by no
more than drift can, an empty cell is still empty, and its zero may follow. Anything quicker is a load. It is gone
again when the reading is back where it was, give or take what drift can have done meanwhile, and nearer to that than
to the load. A load that stays, however small and however long, is never taken for the zero.

What can be mistaken is a load smaller than drift since the zero was last seen, hung on unsteadily: one of 0.12 % of
the range after two minutes of pulling, of 0.25 % at most.
"""

from __future__ import annotations

from dataclasses import dataclass

BLOCK_S = 2.0
"""Looked at as one moment: long beside tremor, short beside drift."""
FASTEST_DRIFT_PER_S = 0.006 / 600
"""Share of the range: 0.6 % in ten minutes, a fifth more than boards were seen to drift (F14)."""
STILL_SHARE = 0.0002
"""Largest spread of a still moment: some seven times an HX711's noise at 80 conversions a second."""
ALIKE_SHARE = 0.0001
"""How near two still moments of an empty cell are besides drift: under half a newton of a 200 kg cell."""
BACK_SHARE = 0.0025
"""The most the zero may be from where it was when the load is gone: four minutes of the fastest drift."""
START_SHARE = 0.0005
"""How near the calibrated zero an empty cell is when nothing has been seen yet: 2 N of a 200 kg cell. A band that
hangs slack on it may weigh more, and stays a load."""
FAR_SHARE = 0.02
"""Farther from the calibrated zero it is no drift but another cell, a bent one, or a load: taring is the way out.
The same share beyond which a tare is refused (F15)."""
UNSURE_SHARE = 0.01
"""A false load that matters (F14); drift of ``EXPECTED_DRIFT_PER_S`` reaches it in twenty minutes."""
EXPECTED_DRIFT_PER_S = 0.005 / 600


class ZeroTracker:
    """Holds how far the zero is from the calibrated one, ``offset``, in counts; ``count_range`` is the full scale.

    ``drifted`` says that the zero may be wrong by more than 1 % of the range: it was not seen for too long, or is
    too far from where it was calibrated.
    """

    def __init__(self, zero_count: float, count_range: float) -> None:
        self._zero = zero_count
        self._range = count_range
        self.offset = 0.0
        self.restart()

    def restart(self) -> None:
        """The converter was away: what hangs on the cell, and since when, is unknown."""
        self._begun_s: float | None = None
        self._moment: _Moment | None = None
        self._seen_s: float | None = None
        self._load: float | None = None

    def drifted(self, now_s: float) -> bool:
        """Tell whether the zero may be further off than matters."""
        if abs(self.offset) >= FAR_SHARE * self._range:
            return True
        if self._begun_s is None:
            return False
        unseen_s = now_s - (self._begun_s if self._seen_s is None else self._seen_s)
        return unseen_s * EXPECTED_DRIFT_PER_S > UNSURE_SHARE

    def take(self, t_s: float, count: float) -> None:
        """Take the next conversion."""
        if self._begun_s is None:
            self._begun_s = t_s
        moment = self._moment
        if moment is None or t_s - moment.since_s >= BLOCK_S:
            if moment is not None and moment.high - moment.low <= STILL_SHARE * self._range:
                self._look(t_s, moment.total / moment.n)
            self._moment = _Moment(t_s, count, 1, count, count)
            return
        moment.total += count
        moment.n += 1
        moment.low, moment.high = min(moment.low, count), max(moment.high, count)

    def _look(self, t_s: float, count: float) -> None:
        """Judge the mean of a still moment: where the zero was, the zero follows; otherwise it is a load."""
        off = count - self._zero - self.offset
        like_zero = abs(off) <= self._reach(t_s) * self._range
        if like_zero and (self._load is None or abs(off) <= abs(count - self._load)):
            self._seen_s, self._load = t_s, None
            far = FAR_SHARE * self._range
            self.offset = min(max(self.offset + off, -far), far)
        else:
            self._load = count

    def _reach(self, t_s: float) -> float:
        """Return how far an empty cell may be from its last zero, as a share of the range."""
        if self._seen_s is None:
            return START_SHARE
        return min(ALIKE_SHARE + FASTEST_DRIFT_PER_S * (t_s - self._seen_s), BACK_SHARE)


@dataclass(slots=True)
class _Moment:
    """Conversions of some seconds, looked at as one."""

    since_s: float
    total: float
    n: int
    low: float
    high: float
