"""How a person differs from a minimum-jerk machine, in numbers, and how that is drawn for one repetition.

Published figures stand beside the number; where none is named it is our choice, made to be no smaller than what
recordings of strapped sensors show.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from drivers.motion import Ring, Shape, Step

SETTING_OFF_S = (1.0, 2.0)
"""Time taken by getting up to speed and by stopping, together. Slow movements are no stretched fast ones: they are
strung together from submovements of ordinary length (Milner, Neuroscience 1992; Vallbo and Wessberg, J Physiol 1993).
A way shorter than this is a single bell."""
SETTLING_S = 0.45
"""A correction after arriving: about the time of a corrective submovement (Milner, Neuroscience 1992)."""
UNSTEADY_HZ = (0.2, 1.5)
"""Most of the power of a held force lies below 2 Hz, and falls with the frequency (Slifkin and Newell, J Exp Psychol
Hum Percept Perform 1999)."""
WANDER_S = 0.9
"""Every so often a limb held up is put right a little."""
CONTACT = 0.06
"""Share of the way back that is left when the seat is touched."""


@dataclass(frozen=True, slots=True)
class Realism:
    """What makes a body a body.

    ``earliest_peak`` and ``latest_peak`` bound the share of a short way at which it is fastest; ``hesitation`` is the
    greatest share of speed lost where a slow way falters; ``off_target`` the greatest over- or undershoot of a way
    that took a second and ``wander`` the greatest change of place while holding, in shares of the travel.
    ``tremor_hz`` and ``tremor_rad`` (root mean square) are those of the limb, ``unsteady`` and ``force_tremor`` the
    coefficients of variation of a pull in ``UNSTEADY_HZ`` and in the band of the tremor. ``wobble_rad`` is the turn
    of a strapped sensor on soft tissue after a landing that took one second.
    """

    earliest_peak: float = 0.35
    latest_peak: float = 0.60
    hesitation: float = 0.5
    off_target: float = 0.03
    wander: float = 0.012
    tremor_hz: tuple[float, float] = (8.0, 12.0)
    tremor_rad: float = 1.5e-4
    unsteady: float = 0.01
    force_tremor: float = 5e-4
    wobble_rad: float = math.radians(0.3)


REALISTIC = Realism()
"""A healthy older person. Physiological tremor at 8 to 12 Hz of some 0.15 m/s^2 at a lever of 0.25 m (Elble 1986 and
others measured 0.05 to 0.3 m/s^2 at the hand). A band is a spring of some 170 N/m, so that its force tells how still
the hand is: 1 % of 100 N are 6 mm, and the tremor's 0.05 % are 0.3 mm. Muscles hold a force to 1 to 2 % (Enoka et
al., J Biomech 2003)."""
TREMULOUS = replace(REALISTIC, tremor_hz=(5.0, 8.0), tremor_rad=2.0e-3, unsteady=0.02, force_tremor=5e-3)
"""A pronounced tremor that can be seen, at 5 to 8 Hz (essential tremor has 4 to 12 Hz; Deuschl et al., Mov Disord
1998): 0.11 degrees, 5 deg/s and 0.8 m/s^2 in the root mean square at the thigh, 3 mm and 5 m/s^2 at the hand."""


def tremor_bands(hz: tuple[float, float], rms: float) -> list[tuple[float, float, float]]:
    """Return three narrow bands for :func:`drivers.motion.waves`: they beat, so that a tremor comes and goes.

    Three sines of 0.9 times the size (the mean drawn there) have together the root mean square ``rms``.
    """
    low, high = hz
    third = (high - low) / 3
    size = rms / (0.9 * math.sqrt(1.5))
    return [(low + i * third, low + (i + 1) * third, size) for i in range(3)]


def shape_of(draw: random.Random, realism: Realism, length_s: float) -> Shape:
    """Return how the speed runs on one way of this length."""
    peak = draw.uniform(realism.earliest_peak, realism.latest_peak)
    ramps = min(1.0, draw.uniform(*SETTING_OFF_S) / length_s)
    dip, falters = draw.uniform(0.0, realism.hesitation), draw.randint(1, 3)
    rise, fall = peak * ramps, (1.0 - peak) * ramps
    # One falter a second at most: faster ones would be jerks.
    falters = min(falters, int((1.0 - ramps) * length_s))
    return Shape(rise, fall, dip, falters) if falters else Shape(rise, fall)


def corrections(draw: random.Random, realism: Realism, way_s: float, start_s: float, end_s: float) -> list[Step]:
    """Return the changes of place in a pause, in shares of the travel: arriving off target, then wandering.

    The scatter of where a way ends grows with its speed (Schmidt et al., Psychol Rev 1979): the way took ``way_s``.
    A pause too short for a correction has none; the last one is over before the pause is.
    """
    found = []
    size = draw.uniform(-1.0, 1.0) * realism.off_target * min(1.0, 1.0 / way_s)
    length_s = SETTLING_S * draw.uniform(0.7, 1.3)
    while start_s + length_s < end_s:
        found.append(Step(start_s, start_s + length_s, size))
        start_s += length_s
        size, length_s = draw.uniform(-1.0, 1.0) * realism.wander, WANDER_S * draw.uniform(0.7, 1.3)
    return found


def contact(draw: random.Random, realism: Realism, start_s: float, end_s: float) -> Ring:
    """Return how a strapped sensor wobbles after a way that ends on a seat: the faster, the more.

    The soft tissue of a thigh rings at 8 to 14 Hz and is quiet after a tenth of a second or two (Boyer and Nigg,
    J Biomech 2007, and others for running).
    """
    length_s = end_s - start_s
    size = realism.wobble_rad * draw.uniform(0.5, 1.5) * min(2.0, 1.0 / length_s)
    rate_rad_s, fade_s = math.tau * draw.uniform(8.0, 14.0), draw.uniform(0.05, 0.1)
    return Ring(end_s - CONTACT * length_s, draw.choice((-1.0, 1.0)) * size, rate_rad_s, fade_s)
