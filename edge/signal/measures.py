"""How a finished repetition was done: speed, smoothness, steadiness and force.

Speed and smoothness are those of the two ways, out and back; a hold between them is left out, so that nobody who
pauses as asked is called jerky. Speeds are first put on an even grid as the distance covered in each cell over its
length: exact for uneven steps, and the same at 50 and at 200 samples a second.
"""

from __future__ import annotations

import math

import numpy as np

from edge.model import Measures
from edge.signal.phases import Floats

CELL_S = 0.02
"""Fine enough for 10 Hz, the most that is looked at; its averaging takes 6 % off at 10 Hz and 0.3 % at 2 Hz."""
PEAK_OVER_S = 0.1
"""A peak speed is the distance covered in this time: a single noisy slope is no speed. Our choice; 1 % below the
peak of a minimum-jerk path of one second, 0.1 % below that of three."""
TOP_HZ = 10.0
FADED = 0.05
PADDING = 4
"""Highest frequency, share of the spectrum's start that ends it, and octaves of zero padding of the spectral arc
length: the values of Balasubramanian, Melendez-Calderon, Roby-Brami and Burdet, J NeuroEng Rehabil 2015, 12:112."""
SHORTEST_WAY_S = 0.2
"""Fewer than ten cells have no spectrum worth the name. Our choice."""
FINE_S = 0.15
"""Two samples lost at 20 Hz. Across more, a peak or a jerk can hide: only the distance is still known."""
HOLE_S = 0.5
"""Nothing is known across a longer gap; it is where the counter goes blind too."""
SETTLING_S = 0.15
"""Left out at both ends of a hold, for what its boundaries may be off (120 ms at worst in 19 of 20). Our choice."""
SHORTEST_HOLD_S = 0.5
"""A shorter look says nothing of a sway, which is slower than 2 Hz for the most part. Our choice."""


def measure(
    t_s: Floats,
    shift: Floats,
    speed: Floats | None,
    force_t_s: Floats | None,
    force_n: Floats | None,
    edges: tuple[float, float, float, float],
) -> Measures:
    """Return the measures of one repetition; what cannot be known from these samples is None.

    ``t_s``, ``shift`` and ``speed`` have shape (n,): seconds rising, the distance from the start posture in the
    repetition's unit, and the speed in unit/s, never negative, or None to take the slope of ``shift``. ``force_t_s``
    and ``force_n`` have shape (m,), or are None where no force is sensed. ``edges`` are the start, the end of the way
    out, the end of the hold and the end, in seconds. A value that is no number counts as a missing sample.

    ``mean_speed`` is the distance of both ways over their time and ``peak_speed`` the fastest ``PEAK_OVER_S`` of
    either; from a slope the distance is the net one, with a speed it is all that was covered, tremble included.
    ``smoothness`` is the plain mean of the spectral arc lengths of the two ways. ``hold_sway`` is the standard
    deviation about a straight line, so a slow sinking or a sensor's drift is no sway. ``impulse_n_s`` is the integral
    of the force by the trapezoid rule, and ``mean_force_n`` that over the time.
    """
    start_s, out_end_s, hold_end_s, end_s = edges
    ways = ((start_s, out_end_s, 1.0), (hold_end_s, end_s, -1.0))
    if speed is None:
        t_way_s, path = _usable(t_s, shift)
        paths = [(t_way_s, sign * path, a, b) for a, b, sign in ways]
    else:
        t_way_s, pace = _usable(t_s, speed)
        paths = [(t_way_s, _integral(t_way_s, pace), a, b) for a, b, _ in ways]
    fine = [_cells(*way) if _gap_s(way[0], *way[2:]) <= FINE_S else None for way in paths]
    force = None
    if force_t_s is not None and force_n is not None:
        force = _force(*_usable(force_t_s, force_n), start_s, end_s)
    peak_n, mean_n, impulse_n_s = force or (None, None, None)
    return Measures(
        peak_speed=_peak(fine),
        mean_speed=_mean(paths),
        smoothness=_smoothness(fine),
        hold_sway=_sway(*_usable(t_s, shift), out_end_s, hold_end_s),
        peak_force_n=peak_n,
        mean_force_n=mean_n,
        impulse_n_s=impulse_n_s,
    )


def spectral_arc_length(speed: Floats, step_s: float) -> float | None:
    """Return the length of the speed's spectrum as a curve, below 0; a longer one means more parts, less smooth.

    ``speed`` has shape (n,), every ``step_s`` seconds. With V the magnitude of its spectrum, scaled to 1 at the
    start, and w_c the last frequency up to ``TOP_HZ`` at which V is ``FADED`` or more, it is minus the integral from
    0 to w_c of sqrt((1 / w_c)^2 + (dV / dw)^2) dw (Balasubramanian et al. 2015). Neither size nor duration matters;
    a minimum-jerk movement has -1.41. None for a movement that goes nowhere.
    """
    spectrum = np.abs(np.fft.rfft(speed, 2 ** (math.ceil(math.log2(len(speed))) + PADDING)))
    if not spectrum[0] > 1e-9 * float(np.abs(speed).sum()):
        return None
    padded = 2 * (len(spectrum) - 1)
    height = spectrum[: int(TOP_HZ * padded * step_s) + 1] / spectrum[0]
    last = int(np.flatnonzero(height >= FADED)[-1])
    if last == 0:
        return None
    return -float(np.hypot(1 / last, np.diff(height[: last + 1])).sum())


def _usable(t_s: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return the samples that are numbers."""
    good = np.isfinite(t_s) & np.isfinite(values)
    return t_s[good], values[good]


def _integral(t_s: Floats, values: Floats) -> Floats:
    """Return the integral up to each time, by the trapezoid rule."""
    steps = np.diff(t_s) * (values[1:] + values[:-1]) / 2
    return np.concatenate([np.zeros(1), np.cumsum(steps)]) if len(values) else values


def _gap_s(t_s: Floats, from_s: float, to_s: float) -> float:
    """Return the longest time without a sample between two times, infinity where there is none at all."""
    inside = t_s[(t_s >= from_s) & (t_s <= to_s)]
    return float(np.diff(inside, prepend=from_s, append=to_s).max()) if len(inside) else math.inf


def _cells(t_s: Floats, path: Floats, from_s: float, to_s: float) -> Floats:
    """Return the mean slope of ``path`` in each whole cell between two times."""
    grid_s = from_s + CELL_S * np.arange(int((to_s - from_s) / CELL_S + 1e-6) + 1)
    slopes: Floats = np.diff(np.interp(grid_s, t_s, path)) / CELL_S
    return slopes


def _peak(ways: list[Floats | None]) -> float | None:
    known = [way for way in ways if way is not None and len(way)]
    if len(known) < len(ways):
        return None
    return max(float(_running_mean(way, round(PEAK_OVER_S / CELL_S)).max()) for way in known)


def _running_mean(values: Floats, over: int) -> Floats:
    over = min(over, len(values))
    return np.convolve(values, np.full(over, 1 / over), "valid")


def _mean(paths: list[tuple[Floats, Floats, float, float]]) -> float | None:
    moving_s = sum(b - a for _, _, a, b in paths)
    if moving_s <= 0 or any(_gap_s(t_s, a, b) > HOLE_S for t_s, _, a, b in paths if b > a):
        return None
    return sum(float(np.diff(np.interp((a, b), t_s, path))[0]) for t_s, path, a, b in paths if b > a) / moving_s


def _smoothness(ways: list[Floats | None]) -> float | None:
    lengths = [
        spectral_arc_length(way, CELL_S) if way is not None and len(way) * CELL_S >= SHORTEST_WAY_S else None
        for way in ways
    ]
    known = [length for length in lengths if length is not None]
    return sum(known) / len(known) if len(known) == len(ways) else None


def _sway(t_s: Floats, shift: Floats, from_s: float, to_s: float) -> float | None:
    from_s, to_s = from_s + SETTLING_S, to_s - SETTLING_S
    if to_s - from_s < SHORTEST_HOLD_S or _gap_s(t_s, from_s, to_s) > FINE_S:
        return None
    held = _cells(t_s, _integral(t_s, shift), from_s, to_s)
    at = np.arange(len(held)) - (len(held) - 1) / 2
    return float((held - at * (at @ held) / (at @ at)).std())


def _force(
    t_s: Floats, force_n: Floats, from_s: float, to_s: float
) -> tuple[float | None, float | None, float | None]:
    """Return the peak and the mean in newtons and the impulse in newton seconds."""
    if to_s <= from_s or _gap_s(t_s, from_s, to_s) > HOLE_S:
        return None, None, None
    inside = (t_s > from_s) & (t_s < to_s)
    times_s = np.concatenate([[from_s], t_s[inside], [to_s]])
    pulls = np.concatenate([np.interp([from_s], t_s, force_n), force_n[inside], np.interp([to_s], t_s, force_n)])
    impulse_n_s = float(_integral(times_s, pulls)[-1])
    return float(pulls.max()), impulse_n_s / (to_s - from_s), impulse_n_s
