"""One thread per bus: it opens the sources there, reads each at its own pace, and hands every sample on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from drivers.base import DriverError, Health, SensorAbsent, SensorState, Source
from drivers.clock import Clock, SimulatedClock
from drivers.samples import Sample
from drivers.vitals import STALE_AFTER_S

Sink = Callable[[Sample], None]

FIRST_RETRY_S = 0.25
LAST_RETRY_S = 1.5
"""An absent sensor is tried again after 0.25 s, then twice as long each time up to this: plugged in, it is live
within 3 s, its start-up included."""

_HEALTH_EVERY_S = 0.025
"""A converter at 80 a second is lost within 0.1 s, so its state cannot be looked at as seldom as that."""
_LONGEST_SLEEP_S = 0.25  # so that stop() is noticed in time
_CLOSED_CLOCK_PAUSE_S = 0.01
_STOP_PATIENCE_S = 2.0


class Reader:
    """Reads the sources of one bus in a thread of its own and pushes each sample to ``sink``.

    Nothing a source or the sink raises ends the thread: it is counted, and the source is opened again after a
    pause. ``sink`` runs in the reader's thread and must be quick. A simulated clock must be turned, or closed,
    for :meth:`stop` to succeed. ``pauses`` says until when, on the clock, a source is left alone.
    """

    def __init__(
        self,
        bus: str,
        sources: Iterable[Source],
        clock: Clock,
        sink: Sink,
        pauses: Mapping[str, float] | None = None,
    ) -> None:
        self.bus = bus
        self._clock = clock
        self._sink = sink
        self._slots = [_Slot(source, self._hand_on) for source in sources]
        for slot in self._slots:
            if pauses and slot.source.name in pauses:
                slot.due_s, slot.problem = pauses[slot.source.name], f"{slot.source.name}: left alone for a while"
        self._busy: tuple[str, float] | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread. A reader runs once; starting it again does nothing."""
        if self._thread is not None:
            return
        if isinstance(self._clock, SimulatedClock):
            self._clock.join()
        self._thread = threading.Thread(target=self._run, name=f"reader {self.bus}", daemon=True)
        self._thread.start()

    def dismiss(self) -> None:
        """Ask the thread to end, without waiting. From now on nothing reaches the sink, whenever the thread wakes."""
        self._stopping.set()

    def stop(self, patience_s: float = _STOP_PATIENCE_S) -> bool:
        """End the thread and close the sources; return whether it ended in time. Twice does no harm."""
        self.dismiss()
        if self._thread is not None:
            self._thread.join(patience_s)
        return not self.running

    @property
    def running(self) -> bool:
        """Whether there is a thread that has not ended, be it that it hangs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """Whether the thread ended without being asked to."""
        return self._thread is not None and not self._thread.is_alive() and not self._stopping.is_set()

    def busy_with(self, now_s: float) -> tuple[str, float]:
        """Return the source the thread has not come back from, and for how many seconds; ("", 0.0) for none."""
        busy = self._busy
        return (busy[0], now_s - busy[1]) if busy else ("", 0.0)

    def health(self) -> dict[str, Health]:
        """Return the health of every source, by name; of a thread that hangs, the sources are stale."""
        now_s = self._clock.now()
        return {slot.source.name: slot.seen_from(now_s) for slot in self._slots}

    def problems(self) -> dict[str, str]:
        """Return why each source that is not open could not be opened or was lost, in words."""
        return {slot.source.name: slot.problem for slot in self._slots if slot.problem}

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                now_s = self._clock.now()
                for slot in self._slots:
                    if now_s >= slot.due_s:
                        self._busy = slot.source.name, self._clock.now()
                        slot.step(now_s)
                        self._busy = None
                self._wait_until(min(slot.due_s for slot in self._slots))
        finally:
            for slot in self._slots:
                slot.shut()
            if isinstance(self._clock, SimulatedClock):
                self._clock.leave()

    def _hand_on(self, sample: Sample) -> None:
        if not self._stopping.is_set():
            self._sink(sample)

    def _wait_until(self, due_s: float) -> None:
        wake_s = min(due_s, self._clock.now() + _LONGEST_SLEEP_S)
        self._clock.sleep_until(wake_s)
        if self._clock.now() < wake_s:  # the clock was closed: wait for stop() without burning the processor
            self._stopping.wait(_CLOSED_CLOCK_PAUSE_S)


@dataclass(slots=True)
class _Slot:
    """One source, and when to turn to it next."""

    source: Source
    sink: Sink
    due_s: float = float("-inf")
    problem: str = ""
    _open: bool = False
    _retry_s: float = FIRST_RETRY_S
    _errors: Counter[str] = field(default_factory=Counter)
    _health: tuple[float, Health] | None = None

    def step(self, now_s: float) -> None:
        """Read the source, or try to open it."""
        try:
            if self._open:
                self._deliver(self.source.read(now_s))
            else:
                self.source.open()
                self._open, self.problem = True, ""
        except SensorAbsent as exc:
            self._lose(str(exc), now_s)
        except DriverError as exc:
            self._errors["driver"] += 1
            self._lose(str(exc), now_s)
        except Exception as exc:  # the thread outlives whatever a driver does
            self._errors["unexpected"] += 1
            self._lose(f"{self.source.name}: {type(exc).__name__}: {exc}", now_s)
        else:
            self._plan(now_s)
        self._note_health(now_s)

    def shut(self) -> None:
        """Close the source, whatever it says."""
        self._open = False
        try:
            self.source.close()
        except Exception:
            self._errors["close"] += 1
        self._health = None

    def seen_from(self, now_s: float) -> Health:
        """Return the last look at the source, aged to ``now_s``."""
        if self._health is None:
            return Health(self.source.name, SensorState.ABSENT, 0.0, 0.0, dict(self._errors))
        taken_s, health = self._health
        late_s = max(0.0, now_s - taken_s)
        health = replace(health, age_s=health.age_s + late_s)
        if late_s <= STALE_AFTER_S + self.source.period_s or health.state is SensorState.ABSENT:
            return health
        return replace(health, state=SensorState.STALE, rate_hz=0.0)

    def _deliver(self, samples: Sequence[Sample]) -> None:
        for sample in samples:
            self._retry_s = FIRST_RETRY_S
            try:
                self.sink(sample)
            except Exception:  # not the source's fault: it stays open
                self._errors["sink"] += 1

    def _plan(self, now_s: float) -> None:
        self.due_s += self.source.period_s
        if not now_s < self.due_s:  # first time, or late: no bursts to catch up
            self.due_s = now_s + self.source.period_s

    def _lose(self, problem: str, now_s: float) -> None:
        self.shut()
        self.problem = problem
        self.due_s = now_s + self._retry_s
        self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)

    def _note_health(self, now_s: float) -> None:
        if self._open and self._health and now_s - self._health[0] < _HEALTH_EVERY_S:
            return
        health = self.source.health(now_s)
        state = health.state if self._open else SensorState.ABSENT
        self._health = (now_s, replace(health, state=state, errors={**health.errors, **self._errors}))
