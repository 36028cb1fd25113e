"""Notices a reader whose thread does not come back, and puts another in its place.

A transfer on a bus may block for ever, and a thread cannot be ended from outside. It is left behind as it is: what
it holds on lease is withdrawn, so that whenever it wakes it can neither touch the bus nor hand a sample on, and ends.
The bus is opened anew with fresh handles, sources and a fresh thread. The sensor in which it hung waits longer each
time, so that the others of its bus are read meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from drivers.base import Health, SensorAbsent, SensorState, Source
from drivers.clock import Clock
from drivers.config import Hardware
from drivers.reader import Reader, Sink

HANG_AFTER_S = 2.0
"""A thread that has not come back for so long hangs: the slowest honest call of a source takes a tenth of that."""
FIRST_PAUSE_S = 1.0
LAST_PAUSE_S = 30.0
"""The sensor in which a bus hung is left alone for 1 s; where others share the bus, twice as long each time up to
this: each try costs them ``HANG_AFTER_S``."""
MOST_LEFT_BEHIND = 8
"""Threads of one bus that may hang at the same time. Beyond them a reader that hangs is left to come back by itself,
which it does when the bus does, and replaced only every ``LAST_RESORT_S``."""
LAST_RESORT_S = 600.0
STOP_PATIENCE_S = 1.0


class Lease:
    """The right to use a bus. It is withdrawn once and never given back."""

    def __init__(self) -> None:
        self.withdrawn = False

    def check(self) -> None:
        """Raise SensorAbsent once the lease was withdrawn."""
        if self.withdrawn:
            raise SensorAbsent("the bus was given to another reader, because this one hung")


MakeSources = Callable[[Lease], Sequence[Source]]


class LeasedBus:
    """An I2C bus for as long as the lease lasts, with the five calls the Adafruit libraries use.

    It has a lock of its own: the bus's may be held by a thread that was left behind.
    """

    def __init__(self, bus: Any, lease: Lease) -> None:
        self._bus = bus
        self._lease = lease
        self._lock = threading.Lock()

    def try_lock(self) -> bool:
        """Take the bus if nobody of this lease holds it; tell whether that worked."""
        return self._lock.acquire(blocking=False)

    def unlock(self) -> None:
        """Give the bus back."""
        self._lock.release()

    def writeto(self, address: int, buffer: Any, **span: Any) -> None:
        """Send in one transfer. Raises SensorAbsent without a lease, also if it ended meanwhile."""
        self._lease.check()
        self._bus.writeto(address, buffer, **span)
        self._lease.check()

    def readfrom_into(self, address: int, buffer: Any, **span: Any) -> None:
        """Fill from one transfer. Raises SensorAbsent without a lease, also if it ended meanwhile."""
        self._lease.check()
        self._bus.readfrom_into(address, buffer, **span)
        self._lease.check()

    def writeto_then_readfrom(self, address: int, out: Any, into: Any, **span: Any) -> None:
        """Send, then fill without letting go of the bus. Raises SensorAbsent as the others do."""
        self._lease.check()
        self._bus.writeto_then_readfrom(address, out, into, **span)
        self._lease.check()


class LeasedHardware:
    """The station's hardware for as long as a lease lasts."""

    def __init__(self, hardware: Hardware, lease: Lease) -> None:
        self._hardware = hardware
        self._lease = lease
        self._buses: dict[int, LeasedBus] = {}

    def i2c(self, bus_number: int) -> LeasedBus:
        """Return the bus; the sensors of one lease share it. Raises SensorAbsent without a lease."""
        self._lease.check()
        if bus_number not in self._buses:
            self._buses[bus_number] = LeasedBus(self._hardware.i2c(bus_number), self._lease)
        return self._buses[bus_number]

    @property
    def pin_factory(self) -> Any:
        """Return gpiozero's pins. Raises SensorAbsent without a lease."""
        self._lease.check()
        return self._hardware.pin_factory

    def perf(self) -> float:
        """Return seconds of a fine clock."""
        return self._hardware.perf()

    def renew(self, bus: str) -> None:
        """Forget the handle of a bus that hangs."""
        self._hardware.renew(bus)


class Watchdog:
    """Reads every bus, and keeps doing so whatever a bus does.

    ``makers`` builds the sources of a bus, as often as needed; ``renew`` is told a bus whose handles are to be
    forgotten. Somebody has to :meth:`look` a few times a second; it never waits.
    """

    def __init__(
        self,
        makers: Mapping[str, MakeSources],
        clock: Clock,
        sink: Sink,
        renew: Callable[[str], None] = lambda _bus: None,
    ) -> None:
        self._clock = clock
        self._sink = sink
        self._renew = renew
        self._lines = [_Line(bus, make, *self._reader(bus, make, {})) for bus, make in makers.items()]

    def start(self) -> None:
        """Start to read every bus."""
        for line in self._lines:
            line.reader.start()

    def look(self) -> None:
        """Replace every reader that hangs, and one that ended unasked."""
        now_s = self._clock.now()
        for line in self._lines:
            name, busy_s = line.reader.busy_with(now_s)
            if busy_s >= (HANG_AFTER_S if line.has_room() else LAST_RESORT_S):
                line.blame(name, busy_s)
                self._replace(line, now_s)
            elif line.reader.failed:
                self._replace(line, now_s)
            line.forgive()

    def stop(self) -> bool:
        """End every reader, all at once; return whether they ended within 1 s. Twice does no harm."""
        for line in self._lines:
            line.reader.dismiss()
        give_up_s = time.monotonic() + STOP_PATIENCE_S
        ended = [line.reader.stop(max(0.0, give_up_s - time.monotonic())) for line in self._lines]
        for line in self._lines:
            line.lease.withdrawn = True
        return all(ended)

    def health(self) -> dict[str, Health]:
        """Return the health of every source, by name, with what happened before its reader was replaced."""
        return {name: seen for line in self._lines for name, seen in line.health().items()}

    def problems(self) -> dict[str, str]:
        """Return why each source that is not open could not be opened or was lost, in words."""
        return {
            name: line.hung.get(name, why) for line in self._lines for name, why in line.reader.problems().items()
        }

    def _replace(self, line: _Line, now_s: float) -> None:
        line.leave_behind()
        self._renew(line.bus)
        pauses = {name: now_s + line.pauses_s[name] for name in line.hung}
        line.lease, line.reader = self._reader(line.bus, line.make, pauses)
        line.reader.start()

    def _reader(self, bus: str, make: MakeSources, pauses: Mapping[str, float]) -> tuple[Lease, Reader]:
        lease = Lease()
        return lease, Reader(bus, make(lease), self._clock, self._sink, pauses)


@dataclass(slots=True)
class _Line:
    """One bus: its reader of today, and what is known of the ones before."""

    bus: str
    make: MakeSources
    lease: Lease
    reader: Reader
    hung: dict[str, str] = field(default_factory=dict)
    """The sensors in which the bus hung and that have not been live since, each with what happened in words."""
    pauses_s: dict[str, float] = field(default_factory=dict)
    _errors: dict[str, Counter[str]] = field(default_factory=dict)
    _resets: Counter[str] = field(default_factory=Counter)
    _left_behind: list[Reader] = field(default_factory=list)

    def has_room(self) -> bool:
        """Tell whether one more thread may be left behind."""
        self._left_behind = [reader for reader in self._left_behind if reader.running]
        return len(self._left_behind) < MOST_LEFT_BEHIND

    def blame(self, name: str, busy_s: float) -> None:
        """Remember in which sensor the bus hung."""
        shared, again = len(self.reader.health()) > 1, name in self.hung
        self.pauses_s[name] = min(2 * self.pauses_s[name], LAST_PAUSE_S) if shared and again else FIRST_PAUSE_S
        self.hung[name] = f"{name}: {self.bus} did not come back for {busy_s:.1f} s and was opened anew"
        self._errors.setdefault(name, Counter())["hang"] += 1

    def forgive(self) -> None:
        """Forget about the sensors that are live again."""
        for name, health in self.reader.health().items() if self.hung else ():
            if health.state is SensorState.LIVE:
                self.hung.pop(name, None)

    def leave_behind(self) -> None:
        """Withdraw everything from the reader of today, and keep its counts."""
        self.lease.withdrawn = True
        self.reader.dismiss()
        for name, health in self.reader.health().items():
            self._errors.setdefault(name, Counter()).update(health.errors)
            self._resets[name] += health.resets
        self._left_behind.append(self.reader)

    def health(self) -> dict[str, Health]:
        """Return the health of every source, with the counts of its earlier readers."""
        return {name: self._with_past(health) for name, health in self.reader.health().items()}

    def _with_past(self, health: Health) -> Health:
        past = self._errors.get(health.sensor)
        if past is None:
            return health
        errors = dict(past + Counter(health.errors))
        return replace(health, errors=errors, resets=health.resets + self._resets[health.sensor])
