"""How active a muscle is beside a reference contraction of the same person, electrode and day.

The height of a surface signal depends on skin, fat and where the electrode sits, so a voltage means nothing by
itself; it is read as a share of a reference contraction. A strong one without pain will do: contractions below the
most one can do are as repeatable (Burden, J Electromyogr Kinesiol 2010, 20:1023). At rest only noise is left, and at
the end of the converter's range the signal is cut off: both are told apart from activity. Relative activation is all
this gives, never how much of a muscle is at work, and never a diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from drivers.muscle import Onset, Reference
from edge.analysis.robust import Floats

ENVELOPE_S = 0.1
"""Window of the root mean square, half of it before and half after: short beside a phase of a repetition, long beside
the slowest part of the signal, about 20 Hz. Our choice, within the 50 to 250 ms in common use."""
REST_MOST = 0.05
"""Share of the time that may be above that and is still rest: a heartbeat, a swallow. Our choice."""
CLEAR = 5.0
"""A reference stands at least so many times as high above the rest as activity begins: a fifth of it is then still
seen. Our choice."""
CUT_OFF = 0.01
"""Share of the converter's range at its ends within which a reading is cut off: amplifiers stop a little short."""
CUT_MOST = 0.01
"""Share of readings cut off from which a height is only "at least". Our choice."""
LEAST_S = 0.5
"""A rest and a contraction are at least so long, five windows; the reference is the best of such. Our choice."""
GONE_S = 0.05
"""A reading without another this near is alone: half a window. Our choice."""


class State(StrEnum):
    """What the channel says."""

    REST = "rest"
    """Nothing above the noise of the muscle at rest."""
    ACTIVE = "active"
    SATURATED = "saturated"
    """Cut off by the converter: read the level as "at least"."""
    SILENT = "silent"
    """Too few readings to say anything: no electrode, no board."""
    NO_REFERENCE = "no_reference"
    """There is no reference of this person's muscle that holds: nothing is said as a share."""


class EmgError(ValueError):
    """A rest or a contraction that makes no reference; the message says what to do again."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A converter that reads from 0 to ``full_scale``, any unit.

    ``raw`` says that it reads the bare signal about its middle; otherwise the board makes the envelope itself.
    """

    full_scale: float
    raw: bool

    def usable(self, t_s: Floats, readings: Floats) -> tuple[Floats, Floats]:
        """Return the readings that are numbers, both of shape (m,)."""
        good = np.isfinite(readings)
        return t_s[good], readings[good]

    def envelope(self, t_s: Floats, readings: Floats) -> Floats:
        """Return the height of the signal at each reading, shape (n,); both are finite, times rising.

        For a bare signal the root of the mean square about its median over ``ENVELOPE_S``. It looks both ways and is
        not late.
        """
        if not self.raw:
            return readings
        squares = (readings - np.median(readings)) ** 2
        total = np.concatenate([np.zeros(1), np.cumsum(squares)])
        first = np.searchsorted(t_s, t_s - ENVELOPE_S / 2)
        behind = np.searchsorted(t_s, t_s + ENVELOPE_S / 2, "right")
        height: Floats = np.sqrt(np.maximum(total[behind] - total[first], 0) / (behind - first))
        return height

    def above(self, height: Floats, rest: float) -> Floats:
        """Return what ``height``, shape (n,), has above the ``rest``, never below 0.

        Noise and muscle know nothing of one another, so in a bare signal their squares add. What a board does to its
        envelope is not known; there the plain difference is taken.
        """
        if self.raw:
            part: Floats = np.sqrt(np.maximum(height**2 - rest**2, 0))
            return part
        return np.maximum(height - rest, 0)

    def cut_off(self, readings: Floats) -> bool:
        """Return whether more than ``CUT_MOST`` of the readings lie at an end of the range.

        An envelope is at the lower end when the muscle rests; a bare signal is cut off at both.
        """
        cut = readings >= (1 - CUT_OFF) * self.full_scale
        if self.raw:
            cut |= readings <= CUT_OFF * self.full_scale
        return bool(np.mean(cut) > CUT_MOST)


@dataclass(frozen=True, slots=True)
class Activation:
    """``level`` is the mean and ``peak`` the highest activation as shares of the reference, 0 at rest.

    Both may be above 1: a reference need not be the most a person can do. ``active_share`` is the share of the time
    above the rest, ``onset_s`` the time at which the muscle first became active, None where it rested or was active
    already. All four are None for a silent channel and without a reference.
    """

    state: State
    level: float | None = None
    peak: float | None = None
    active_share: float | None = None
    onset_s: float | None = None


def reference_from(
    channel: Channel, rest_t_s: Floats, rest: Floats, contraction_t_s: Floats, contraction: Floats
) -> Reference:
    """Return the reference that a rest and a contraction give, readings as the converter gave them.

    All arrays have shape (n,), the two pairs each their own. Raises EmgError where one is too short or cut off, or
    where the contraction hardly differs from the rest.
    """
    rest_t_s, rest = channel.usable(rest_t_s, rest)
    contraction_t_s, contraction = channel.usable(contraction_t_s, contraction)
    for t_s, what in ((rest_t_s, "rest"), (contraction_t_s, "contraction")):
        if not _covers(t_s, LEAST_S):
            raise EmgError(f"the {what} is shorter than {LEAST_S:g} s; record it again and check the electrodes")
    for readings, what in ((rest, "rest"), (contraction, "contraction")):
        if channel.cut_off(readings):
            raise EmgError(f"the {what} is cut off by the converter; turn the gain down and record it again")
    quiet = channel.envelope(rest_t_s, rest)
    found = Reference(
        rest=float(quiet.mean()),
        # A converter's own step is noise too, where the rest shows none.
        rest_sd=max(float(quiet.std(ddof=1)), 0.001 * channel.full_scale),
        full=_best(contraction_t_s, channel.envelope(contraction_t_s, contraction)),
    )
    if found.full - found.rest < CLEAR * (found.begins - found.rest):
        raise EmgError("the contraction hardly differs from the rest; contract harder or check the electrodes")
    return found


def activation(channel: Channel, reference: Reference | None, t_s: Floats, readings: Floats) -> Activation:
    """Return the activation over some time, readings of shape (n,) as the converter gave them.

    A share is what the height has above the rest over what the reference has; without a reference there is none.
    """
    if reference is None:
        return Activation(State.NO_REFERENCE)
    t_s, readings = channel.usable(t_s, readings)
    if not _covers(t_s, ENVELOPE_S):
        return Activation(State.SILENT)
    height = channel.envelope(t_s, readings)
    full = float(channel.above(np.array([reference.full]), reference.rest)[0])
    shares = channel.above(height, reference.rest) / full
    active_share = float(np.mean(height > reference.begins))
    state = State.ACTIVE if active_share > REST_MOST else State.REST
    if channel.cut_off(readings):
        state = State.SATURATED
    return Activation(
        state, float(shares.mean()), float(shares.max()), active_share, _onset_s(reference, t_s, height)
    )


def _onset_s(reference: Reference, t_s: Floats, height: Floats) -> float | None:
    """Return the first time at which activity began after a reading at rest."""
    if height[0] > reference.begins:
        return None
    onset = Onset(reference)
    return next(
        (since_s for t, level in zip(t_s, height, strict=True) if (since_s := onset.feed(float(t), float(level)))),
        None,
    )


def _covers(t_s: Floats, lasting_s: float) -> bool:
    """Return whether there are readings over so long without a hole longer than ``GONE_S``."""
    return len(t_s) > 1 and t_s[-1] - t_s[0] >= lasting_s - GONE_S and float(np.diff(t_s).max()) <= GONE_S


def _best(t_s: Floats, height: Floats) -> float:
    """Return the highest mean over ``LEAST_S``."""
    total = np.concatenate([np.zeros(1), np.cumsum(height)])
    behind = np.searchsorted(t_s, t_s + LEAST_S, "right")
    whole = t_s + LEAST_S <= t_s[-1] + GONE_S
    return float(((total[behind] - total[:-1]) / (behind - np.arange(len(t_s))))[whole].max())
