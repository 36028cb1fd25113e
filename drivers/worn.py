"""Is every motion sensor where it belongs, and the right way round? Asked while somebody gets ready for a set.

Only a sensor at rest is judged, and only against its own calibrated pose; without one nothing is said of it. What was
found stays until the sensor is seen lying right: that is proof in any posture, while a pose that is off is none for
somebody who sits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from drivers.identity import STILL_S, Finding, Signature, Twins, alike, lies_right, misworn, still
from drivers.samples import ImuSample, Quality, Sample, Vector

WINDOW_S = 1.2
"""How much of the past is looked at: what :func:`drivers.identity.still` needs, and a little."""
LOOK_EVERY_S = 0.25
HOLE_S = 0.2
"""Samples further apart do not belong to one look: nobody knows what was between them."""
TWINS_FOR_S = 1.0
"""Two sensors are one so long after they last said the same."""


class Worn:
    """What is known of how the sensors are worn. ``poses`` maps a sensor to its calibrated up, in its own axes."""

    def __init__(self, poses: Mapping[str, Vector]) -> None:
        self._stored = {name: Signature(up) for name, up in poses.items()}
        self._recent: dict[str, deque[ImuSample]] = {name: deque() for name in poses}
        self._twins = Twins()
        self._twin: tuple[float, Finding] | None = None
        self._misworn: tuple[Finding, ...] = ()
        self._next_s = float("-inf")
        self.alike = alike(self._stored)
        """Pairs that no still pose tells apart."""

    def feed(self, sample: Sample) -> None:
        """Take the next sample of any sensor."""
        if not isinstance(sample, ImuSample):
            return
        twin = self._twins.feed(sample)
        if twin is not None:
            self._twin = sample.t_s, twin
        recent = self._recent.get(sample.sensor)
        if recent is None:
            return
        if sample.quality & (Quality.GAP_BEFORE | Quality.RESET_BEFORE):
            recent.clear()
        if recent and not 0.0 < sample.t_s - recent[-1].t_s < HOLE_S:
            recent.clear()
        recent.append(sample)
        while sample.t_s - recent[0].t_s > WINDOW_S:
            recent.popleft()

    def look(self, now_s: float, *, standing: bool) -> tuple[Finding, ...]:
        """Return what is wrong, as far as it is known at ``now_s``; empty when nothing is.

        ``standing`` tells whether that is what the person is asked to do: only then can a pose be found wrong.
        """
        if now_s >= self._next_s:
            self._next_s = now_s + LOOK_EVERY_S
            self._judge(now_s, standing)
        if self._twin is not None and now_s - self._twin[0] <= TWINS_FOR_S:
            return self._twin[1], *self._misworn
        return self._misworn

    def forget(self) -> None:
        """Forget what was found, not what was seen: the next look is a new beginning."""
        self._misworn = ()
        self._next_s = float("-inf")

    def _judge(self, now_s: float, standing: bool) -> None:
        seen = self._at_rest(now_s)
        right = {name for name, signature in seen.items() if lies_right(self._stored[name], signature)}
        new = misworn(self._stored, seen) if standing else ()
        settled = right.union(*(finding.sensors for finding in new))
        self._misworn = *new, *(old for old in self._misworn if settled.isdisjoint(old.sensors))

    def _at_rest(self, now_s: float) -> dict[str, Signature]:
        """Return how the sensors lie that are at rest now."""
        seen = {}
        for name, recent in self._recent.items():
            if recent and now_s - recent[-1].t_s < STILL_S and (signature := still(recent)):
                seen[name] = signature
        return seen
