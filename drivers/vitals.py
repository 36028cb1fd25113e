"""What a source knows about its own well-being, kept in one place so that every driver judges alike."""

from __future__ import annotations

from collections import Counter, deque

from drivers.base import Health, SensorState

STALE_AFTER_S = 0.4
FROZEN_AFTER_S = 1.9
"""So a silence is known within 0.5 s of the last sample and a freeze within 2 s, with what it takes to look."""
YIELD_OVER_S = 5.0


class Vitals:
    """Counts what a source sees; turns it into a :class:`Health` on request.

    Owned by the thread that owns the source. ``expected_hz`` is the rate that was asked for, where there is one.
    A source that knows how often its chip speaks sets ``stale_after_s`` and ``frozen_after_s`` itself.
    """

    def __init__(
        self,
        sensor: str,
        expected_hz: float | None = None,
        *,
        frozen_after_s: float = FROZEN_AFTER_S,
    ) -> None:
        self.sensor = sensor
        self.expected_hz = expected_hz
        self.stale_after_s = STALE_AFTER_S
        self.frozen_after_s = frozen_after_s
        self.accuracy: int | None = None
        self.temperature_c: float | None = None
        self.limits: tuple[str, ...] = ()
        self.resets = 0
        self.errors: Counter[str] = Counter()
        self.sample_s: float | None = None
        """Time of the newest sample since the source was last opened, or None."""
        self._opened_s: float | None = None
        self._changed_s = 0.0
        self._value: object = None
        self._recent_s: deque[float] = deque(maxlen=50)
        window = 1 if expected_hz is None else round(expected_hz * YIELD_OVER_S)
        self._window_s: deque[float] = deque(maxlen=2 * window)

    def opened(self, now_s: float) -> None:
        """Begin anew: the sensor answers, but has not delivered yet."""
        self._opened_s = now_s
        self.sample_s = None
        self._recent_s.clear()
        self._window_s.clear()

    def closed(self) -> None:
        """Report the sensor as absent until it is opened again."""
        self._opened_s = None

    def saw(self, t_s: float, value: object) -> None:
        """Take note of a good sample; ``value`` only serves to notice that it never changes."""
        if value != self._value or self.sample_s is None:
            self._value = value
            self._changed_s = t_s
        self.sample_s = t_s
        self._recent_s.append(t_s)
        self._window_s.append(t_s)

    def silent_s(self, now_s: float) -> float:
        """Seconds since the newest sample, or since opening when there is none."""
        since_s = self.sample_s if self.sample_s is not None else self._opened_s
        return 0.0 if since_s is None else max(0.0, now_s - since_s)

    def health(self, now_s: float) -> Health:
        """Return the state of the source at ``now_s``."""
        return Health(
            sensor=self.sensor,
            state=self._state(now_s),
            age_s=self.silent_s(now_s),
            rate_hz=self._rate_hz(now_s),
            errors=dict(self.errors),
            resets=self.resets,
            yield_fraction=self._yield_fraction(now_s),
            accuracy=self.accuracy,
            temperature_c=self.temperature_c,
            limits=self.limits,
        )

    def _state(self, now_s: float) -> SensorState:
        if self._opened_s is None:
            return SensorState.ABSENT
        if self.sample_s is None:
            return SensorState.STARTING
        if self.silent_s(now_s) > self.stale_after_s:
            return SensorState.STALE
        if self.sample_s - self._changed_s >= self.frozen_after_s:
            return SensorState.FROZEN
        return SensorState.LIVE

    def _rate_hz(self, now_s: float) -> float:
        if len(self._recent_s) < 2 or self.silent_s(now_s) > STALE_AFTER_S:
            return 0.0
        span_s = self._recent_s[-1] - self._recent_s[0]
        return (len(self._recent_s) - 1) / span_s if span_s > 0 else 0.0

    def _yield_fraction(self, now_s: float) -> float | None:
        """Return good samples over those due since opening, in the last 5 s; None while too few were due."""
        if self._opened_s is None or self.expected_hz is None:
            return None
        while self._window_s and self._window_s[0] <= now_s - YIELD_OVER_S:
            self._window_s.popleft()
        due = min(YIELD_OVER_S, now_s - self._opened_s) * self.expected_hz
        return min(1.0, len(self._window_s) / due) if due >= 1 else None
