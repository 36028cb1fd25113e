"""How far a sensor was carried up or down by one movement between two still postures.

An accelerometer feels more than its weight while it gains speed upwards and less while it loses it again. Between
two standstills the mean of that excess is zero and its moment about the middle of the movement is the height gained,
whichever way the sensor is strapped on. Sideways acceleration adds to both halves alike and so hardly to the moment.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.signal.filters import median_of_three

Floats = NDArray[np.float64]

ENDS = 0.1
"""Share of the way left out at either end, where sway hides when the movement began or stopped."""
PAD = 0.8
"""A minimum-jerk path takes a quarter of its length outside either end, half of what lies between; a little more is
needed where the tilt is known late, without a gyroscope."""
STILL_S = 0.2
"""Stretch at either end whose mean tells what the sensor reads at rest in that posture."""

DOUBT_M_S2 = 0.3
"""What a chip's own offset may add while it is turned: the calibrated accelerometer of a BNO080 is within this. It
grows with the square of the time, a height does not."""
MOST_M = 1.0
"""No joint lifts a sensor further; such a figure is made up of offsets."""


def rise_m(t_s: Floats, shift: Floats, weight: Floats) -> float:
    """Return the height gained in metres on the way from small to large ``shift``; negative for a way down.

    It is 0 where the sensor's offsets could have made it up, as on a slow way.

    All arrays have shape (n,); ``weight`` is the size of the acceleration in m/s^2, gravity included.

    >>> t = np.linspace(-1.0, 2.0, 301)
    >>> x = np.clip(t, 0.0, 1.0)
    >>> path = x**3 * (10 - 15 * x + 6 * x * x)
    >>> change = 60 * x - 180 * x**2 + 120 * x**3
    >>> round(rise_m(t, path, 9.81 + 0.2 * change), 2), round(rise_m(t, path, 9.81 - 0.2 * change), 2)
    (0.2, -0.2)
    """
    weight = median_of_three(weight)
    far = float(shift.max())
    arrived = int(np.argmax(shift >= (1.0 - ENDS) * far))
    low = np.flatnonzero(shift[: arrived + 1] <= ENDS * far)
    left = int(low[-1]) if len(low) else 0
    pad_s = PAD * float(t_s[arrived] - t_s[left])
    begin, end = np.searchsorted(t_s, (t_s[left] - pad_s, t_s[arrived] + pad_s))
    when = t_s[begin:end]
    if len(when) < 3:
        return 0.0
    first, last = (float(weight[np.abs(t_s - edge_s) <= STILL_S / 2].mean()) for edge_s in (when[0], when[-1]))
    excess = weight[begin:end] - np.interp(when, (when[0], when[-1]), (first, last))
    height_m = -float(np.trapezoid((excess - excess.mean()) * (when - when.mean()), when))
    # A drift of e over a time T has the moment e T^2 / 12.
    length_s = 2 * float(t_s[arrived] - t_s[left])
    return height_m if DOUBT_M_S2 * length_s * length_s / 12 < abs(height_m) <= MOST_M else 0.0
