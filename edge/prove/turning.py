"""Two ways to let simulated time pass on the bench, chosen by how many threads read sensors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from drivers.clock import Clock, LoneClock, SimulatedClock
from drivers.watchdog import Watchdog

LOST_PATIENCE_S = 120.0
"""Real seconds without a look after which something hangs that should not."""

LookAt = Callable[[float], None]


class Turning(Protocol):
    """A clock and how it is turned."""

    @property
    def clock(self) -> Clock:
        """The clock of the whole rig."""

    def run(self, watchdog: Watchdog, seconds: float, every_s: float, look: LookAt) -> float:
        """Start the readers, ``look`` every so often, and stop them; return how long that took in real time."""


def turning(readers: int, start_s: float, wall_s: float) -> Turning:
    """Return the quicker way for one reader, the one that waits for all of them for several."""
    return Alone(start_s, wall_s) if readers == 1 else Together(start_s, wall_s)


class Together:
    """Every reader has a thread; one more turns the clock whenever all of them wait."""

    def __init__(self, start_s: float, wall_s: float) -> None:
        self.clock = SimulatedClock(start_s, wall_at_start=wall_s)
        self._stopped = threading.Event()

    def run(self, watchdog: Watchdog, seconds: float, every_s: float, look: LookAt) -> float:
        """Turn the clock in the caller's thread."""
        start_s = self.clock.now()
        watchdog.start()
        try:
            for step in range(1, round(seconds / every_s) + 1):
                t_s = start_s + step * every_s
                while self.clock.now() < t_s:
                    self.clock.advance(t_s)
                look(t_s)
            return self._stop(watchdog)
        finally:
            self.clock.close()
            watchdog.stop()

    def _stop(self, watchdog: Watchdog) -> float:
        """Ask every reader to end while time goes on."""
        going_on = threading.Thread(target=self._go_on, daemon=True)
        going_on.start()
        took_s = _stopped_in(watchdog)
        self._stopped.set()
        going_on.join()
        return took_s

    def _go_on(self) -> None:
        while not self._stopped.wait(0.001):
            self.clock.advance(self.clock.now() + 0.01)


class Alone:
    """The only reader turns the clock by waiting, and looks are called in its thread: no thread waits for another."""

    def __init__(self, start_s: float, wall_s: float) -> None:
        self.clock = _Stepping(start_s, wall_s)

    def run(self, watchdog: Watchdog, seconds: float, every_s: float, look: LookAt) -> float:
        """Let the reader's thread do everything, and wait for it."""
        self.clock.begin(seconds, every_s, look)
        watchdog.start()
        try:
            if not self.clock.ended.wait(LOST_PATIENCE_S + seconds):
                raise TimeoutError(f"the bench stands still at {self.clock.now():.2f} s of its own time")
        finally:
            took_s = _stopped_in(watchdog)
        if self.clock.error is not None:
            raise self.clock.error
        return took_s


class _Stepping(LoneClock):
    """A lone clock at which somebody looks in at equal steps."""

    def __init__(self, start_s: float, wall_s: float) -> None:
        super().__init__(start_s)
        self.error: Exception | None = None
        self._start_s = start_s
        self._wall_offset_s = wall_s - start_s

    def begin(self, seconds: float, every_s: float, look: LookAt) -> None:
        """From now on ``look`` is called every so often, for so long."""
        self._look, self._every_s, self._step = look, every_s, 1
        self.until_s = self._start_s + seconds

    def wall(self) -> float:
        """Return simulated seconds since 1970 UTC."""
        return self.now() + self._wall_offset_s

    def sleep_until(self, t_s: float) -> None:
        """Move on, and let somebody look at every step that is passed."""
        while (next_s := self._start_s + self._step * self._every_s) <= min(t_s, self.until_s + 1e-9):
            self._step += 1
            super().sleep_until(next_s)
            try:
                self._look(next_s)
            except Exception as exc:  # in the reader's thread, where nobody would hear of it
                self.error, self.until_s = exc, self.now()
        super().sleep_until(t_s)


def _stopped_in(watchdog: Watchdog) -> float:
    begun_s = time.perf_counter()
    watchdog.stop()
    return time.perf_counter() - begun_s
