"""Phase boundaries of a finished movement, dated back to where motion really began or stopped.

A level on the way is crossed late: a true 3-1-1 movement read at 10 % of its range comes out as 2.6-1.8-0.8. The
speed of a reaching movement is close to that of a minimum-jerk path, 30 x^2 (1 - x)^2 of its mean speed (Flash and
Hogan, J Neurosci 1985). Where it crosses a fifth of its peak tells both the path's length and its ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.signal.filters import centred_mean

Floats = NDArray[np.float64]

LEVEL = 0.2
"""Share of the peak speed: well above sway, low enough to lie close to the ends."""
PAD = 0.1726
"""30 x^2 (1-x)^2 passes 0.2 of its peak (0.375) at x = 0.1283; 0.1283 / (1 - 2 * 0.1283) of the middle part."""
STEEP, STEEP_PAD = 0.45, 1.508
"""The same path passes 0.5 of its peak at x = 0.2285: 0.1283 / (0.2285 - 0.1283). A limb that is set down stops
sooner than such a path would, and the steepness of the last part tells; it is noisier, so up to half the pad."""
EARLY, LATE, EARLY_PAD = 0.1, 0.4, 0.78
"""The same from the near end alone, x = 0.0866 and 0.1977: 0.0866 / (0.1977 - 0.0866). A band's force rises more than
in proportion to its stretch, so its speed leans to the far end and the path as a whole tells little of its start."""
SMOOTHING_S, SKEWED_SMOOTHING_S = 0.08, 0.12
"""Of a turn rate as measured, and of a slope, which is noisier."""


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Where the way out began and ended, and where the way back began and ended, in seconds."""

    start_s: float
    out_end_s: float
    hold_end_s: float
    end_s: float


def date(t_s: Floats, shift: Floats, speed: Floats | None) -> Boundaries:
    """Return the boundaries of one movement out and back.

    ``t_s``, ``shift`` and ``speed`` have shape (n,); ``speed`` is not negative, or None to take the slope of
    ``shift``. The arrays begin in the start posture and end close to it.
    """
    skewed = speed is None
    if speed is None:
        pace = centred_mean(t_s, np.abs(np.gradient(shift, t_s)), SKEWED_SMOOTHING_S)
    else:
        pace = centred_mean(t_s, speed, SMOOTHING_S)
    # Who overshoots settles lower: the level of the pause counts, not its peak.
    beyond = shift >= 0.5 * float(shift.max())
    far = float(np.percentile(shift[int(np.argmax(beyond)) : len(shift) - int(np.argmax(beyond[::-1]))], 75))
    arrived = int(np.argmax(shift >= 0.9 * far))
    left = len(shift) - 1 - int(np.argmax(shift[::-1] >= 0.9 * far))
    start_s, out_end_s = _way(t_s, shift / far, pace, arrived, skewed=skewed)
    # The way back is a way out with time turned round.
    end_s, hold_end_s = _way(-t_s[::-1], shift[::-1] / far, pace[::-1], len(shift) - 1 - left, skewed=skewed)
    end_s, hold_end_s = -end_s, -hold_end_s
    if hold_end_s < out_end_s:
        # Both estimates reach past a turn without a pause: it lies between them.
        out_end_s = hold_end_s = (out_end_s + hold_end_s) / 2
    start_s = min(start_s, out_end_s - 0.01)
    return Boundaries(start_s, out_end_s, hold_end_s, max(end_s, hold_end_s + 0.01))


def _way(t_s: Floats, height: Floats, pace: Floats, arrived: int, *, skewed: bool) -> tuple[float, float]:
    """Return the start and end of the movement that first reaches 0.9 at index ``arrived``."""
    low = _last(height[: arrived + 1] < 0.25)
    high = max(_last(height[: arrived + 1] < 0.75), low)
    top = float(pace[low : arrived + 1].max())
    begin = _crossing(t_s, pace, LEVEL * top, low, -1)
    stop = _crossing(t_s, pace, LEVEL * top, high, +1)
    most_s = PAD * (stop - begin)
    far_pad_s = min(most_s, STEEP_PAD * (stop - _crossing(t_s, pace, STEEP * top, high, +1)))
    if skewed:
        early = _crossing(t_s, pace, EARLY * top, low, -1)
        return early - EARLY_PAD * (_crossing(t_s, pace, LATE * top, low, -1) - early), stop + far_pad_s
    near_pad_s = min(most_s, STEEP_PAD * (_crossing(t_s, pace, STEEP * top, low, -1) - begin))
    return begin - near_pad_s, stop + far_pad_s


def _last(where: NDArray[np.bool_]) -> int:
    """Return the last index that holds, 0 where none does."""
    found = np.flatnonzero(where)
    return int(found[-1]) if len(found) else 0


def _crossing(t_s: Floats, pace: Floats, level: float, index: int, step: int) -> float:
    """Return the time at which the pace falls below a level, walking from ``index`` in steps of +1 or -1."""
    while 0 <= index + step < len(pace) and pace[index] < level:
        index -= step
        if not 0 <= index < len(pace):
            return float(t_s[0] if step < 0 else t_s[-1])
    while 0 <= index + step < len(pace):
        here, there = pace[index], pace[index + step]
        if there < level:
            share = (here - level) / (here - there)
            return float(t_s[index] + share * (t_s[index + step] - t_s[index]))
        index += step
    return float(t_s[index])
