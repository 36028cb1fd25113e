"""Time, passed in: the real clock for the station, a turned one for the demo and the tests.

Every thread that waits does it through a :class:`Clock`, so the same code runs live, twenty times faster,
or one step at a time.
"""

from __future__ import annotations

import secrets
import threading
import time
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Linux names each run of the computer: its monotonic clock goes on while programs come and go."""


def boot_id() -> str:
    """Return the name of this run of the computer; where the kernel tells none, one for this program alone."""
    try:
        return BOOT_ID.read_text("ascii").strip().replace("-", "")
    except OSError:
        return secrets.token_hex(16)


class Clock(Protocol):
    """Monotonic seconds for measuring, wall seconds for dates, and a way to wait."""

    def now(self) -> float:
        """Return monotonic seconds; never steps back."""

    def wall(self) -> float:
        """Return seconds since 1970 UTC, as far as they are known; may step."""

    def sleep_until(self, t_s: float) -> None:
        """Return once :meth:`now` has reached ``t_s``, or earlier when the clock is closed."""


class SystemClock:
    """The computer's own clocks."""

    def now(self) -> float:
        """Return ``time.monotonic()``."""
        return time.monotonic()

    def wall(self) -> float:
        """Return ``time.time()``."""
        return time.time()

    def sleep_until(self, t_s: float) -> None:
        """Sleep for what is left until ``t_s``."""
        left_s = t_s - time.monotonic()
        if left_s > 0:
            time.sleep(left_s)


class SimulatedClock:
    """A clock that moves only when every thread taking part in it is waiting.

    Threads take part between :meth:`join` and :meth:`leave`. One other thread turns the clock with
    :meth:`advance`. However slow the machine, no thread ever misses a moment: simulated time waits for it.
    """

    def __init__(self, start_s: float = 0.0, wall_at_start: float = 0.0) -> None:
        self._now_s = start_s
        self._wall_offset_s = wall_at_start - start_s
        self._members = 0
        self._wakes: dict[int, float] = {}
        self._closed = False
        self._changed = threading.Condition()

    def now(self) -> float:
        """Return simulated monotonic seconds."""
        return self._now_s

    def wall(self) -> float:
        """Return simulated seconds since 1970 UTC."""
        return self._now_s + self._wall_offset_s

    def skip_wall(self, seconds: float) -> None:
        """Set the wall clock ahead, as after a night's sleep; monotonic time does not notice."""
        self._wall_offset_s += seconds

    def join(self) -> None:
        """Add a member: from now on the clock waits for one more thread.

        Called by whoever starts the thread, before it starts, so that no moment slips in between.
        """
        with self._changed:
            self._members += 1

    def leave(self) -> None:
        """Take a member away; called once by a thread that ends."""
        with self._changed:
            self._members -= 1
            self._changed.notify_all()

    def sleep_until(self, t_s: float) -> None:
        """Wait, as a member, until the clock has reached ``t_s``."""
        me = threading.get_ident()
        with self._changed:
            if self._closed or t_s <= self._now_s:
                return
            self._wakes[me] = t_s
            self._changed.notify_all()
            while me in self._wakes and not self._closed:
                self._changed.wait()

    def advance(self, limit_s: float = float("inf"), patience_s: float = 30.0) -> float:
        """Move to the next moment anybody waits for, not past ``limit_s``; return the new time.

        Raises TimeoutError when a member is still busy after ``patience_s`` real seconds: it hangs.
        """
        with self._changed:
            if not self._changed.wait_for(self._all_waiting, patience_s):
                raise TimeoutError(
                    f"{self._members - len(self._wakes)} of {self._members} threads still busy after "
                    f"{patience_s:g} s at simulated time {self._now_s:.3f} s"
                )
            if self._closed:
                return self._now_s
            next_s = min([limit_s, *self._wakes.values()])
            if next_s == float("inf"):  # nobody takes part (yet, or any more): there is no next moment
                self._changed.wait(0.05)
                return self._now_s
            self._now_s = max(self._now_s, next_s)
            due = [thread for thread, t_s in self._wakes.items() if t_s <= self._now_s]
            for thread in due:
                del self._wakes[thread]
            self._changed.notify_all()
            return self._now_s

    def close(self) -> None:
        """Let every waiting thread go, now and from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _all_waiting(self) -> bool:
        return self._closed or len(self._wakes) >= self._members


class LoneClock:
    """Simulated time for one thread alone: waiting for a moment is being there at once.

    From ``until_s`` on it stands still; ``ended`` is set then, and waiting returns at once as with a closed clock.
    """

    def __init__(self, start_s: float = 0.0, until_s: float = float("inf")) -> None:
        self._now_s = start_s
        self.until_s = until_s
        self.ended = threading.Event()

    def now(self) -> float:
        """Return simulated monotonic seconds."""
        return self._now_s

    def wall(self) -> float:
        """Return the same: this clock knows no date."""
        return self._now_s

    def sleep_until(self, t_s: float) -> None:
        """Move to ``t_s``, but not past the end."""
        self._now_s = max(self._now_s, min(t_s, self.until_s))
        if self._now_s >= self.until_s:
            self.ended.set()


class Pacer:
    """A thread that turns a :class:`SimulatedClock` at ``speed`` times real time, or as fast as it can.

    Where the machine cannot keep up, simulated time runs slower; nothing is skipped.
    """

    def __init__(self, clock: SimulatedClock, speed: float) -> None:
        self._clock = clock
        self._speed = speed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pacer", daemon=True)
        self.error: Exception | None = None

    def start(self) -> None:
        """Begin to turn the clock."""
        self._thread.start()

    def stop(self) -> None:
        """Stop turning, free every waiting thread, and wait for the pacer to end."""
        self._stop.set()
        self._clock.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def _run(self) -> None:
        start_real_s, start_s = time.monotonic(), self._clock.now()
        try:
            while not self._stop.is_set():
                now_s = self._clock.advance()
                ahead_s = (now_s - start_s) / self._speed - (time.monotonic() - start_real_s)
                if ahead_s > 0.002:
                    self._stop.wait(ahead_s)
                elif ahead_s < -0.5:  # far behind: do not race to catch up afterwards
                    start_real_s, start_s = time.monotonic(), now_s
        except TimeoutError as exc:
            self.error = exc
            self._clock.close()
