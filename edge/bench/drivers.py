"""What one report of a motion sensor costs to read, beside the library that everybody uses; what a hung bus costs.

Both read the same bytes from one tape, so that neither the bus nor an emulated chip is in the figure. The library
keeps the newest value of each report; the driver makes samples of them, with time, order, plausibility and quality.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

from adafruit_bno08x.i2c import BNO08X_I2C

from drivers.bno08x import REPORTS, Bno08x
from drivers.clock import LoneClock
from drivers.emulation.bno085 import EmulatedBno085
from drivers.emulation.i2c import EmulatedI2C
from drivers.patient import Pace, VirtualPatient
from edge.bench import hang
from edge.bench.figure import Figure

SECONDS = 20
RATE_HZ = 100
BATCH = 8
"""Instants the chip puts into one packet for a host that comes late."""
GOAL_US = 20.0
"""Two sensors with three reports each at 100 Hz then take an eightieth of a core here, and an eighth of one of a Pi's
four if that needs ten times as long. Our choice."""
BEST_OF = 3
LIBRARY = "adafruit_bno08x"
_ADDRESS = 0x4A


class _Tape:
    """A chip that plays packets back; reading only a header leaves the packet where it is."""

    address = _ADDRESS

    def __init__(self, chip: EmulatedBno085) -> None:
        self._chip: EmulatedBno085 | None = chip
        self.packets: deque[bytes] = deque()

    def play(self) -> None:
        """From now on nothing comes from the chip."""
        self._chip = None

    def write(self, data: bytes) -> None:
        if self._chip:
            self._chip.write(data)

    def read(self, count: int) -> bytes:
        if self._chip:
            return self._chip.read(count)
        if not self.packets:
            return bytes(count)
        packet = self.packets.popleft() if count > 4 else self.packets[0]
        return packet[:count].ljust(count, b"\0")


def _chip(clock: LoneClock) -> EmulatedBno085:
    patient = VirtualPatient(seed=1)
    patient.begin("goblet_squat", 1.0, Pace(1.5, 0.5, 1.5, 1.0))
    return EmulatedBno085(lambda t_s: patient.imu("thigh", t_s), clock, _ADDRESS, seed=1)


def _started(source: Bno08x, chips: LoneClock, hosts: LoneClock) -> None:
    """Let half a second pass for both sides, so that the reports come."""
    source.open()
    for _ in range(50):
        chips.sleep_until(chips.now() + 1.0 / RATE_HZ)
        hosts.sleep_until(chips.now())
        source.read(hosts.now())


def _recorded(chip: EmulatedBno085, clock: LoneClock, instants: int) -> list[tuple[float, bytes]]:
    """Return packets of so many instants each, with the times at which the chip had them ready."""
    found = []
    for _ in range(SECONDS * RATE_HZ // instants):
        clock.sleep_until(clock.now() + instants / RATE_HZ)
        length = int.from_bytes(chip.read(4)[:2], "little")
        found.append((clock.now(), chip.read(length)))
    return found


def _ours_us(instants: int) -> float:
    return min(_ours_once_us(instants) for _ in range(BEST_OF))


def _ours_once_us(instants: int) -> float:
    # Two clocks that show the same times: the chip's runs ahead while the tape is recorded, the host's follows.
    chips, hosts = LoneClock(), LoneClock()
    chip = _chip(chips)
    tape = _Tape(chip)
    bus = EmulatedI2C(tape)
    source = Bno08x("thigh", "i2c-1", lambda: bus, address=_ADDRESS, clock=hosts)
    _started(source, chips, hosts)
    packets = _recorded(chip, chips, instants)
    tape.play()

    def read() -> None:
        for t_s, packet in packets:
            hosts.sleep_until(t_s)
            tape.packets.append(packet)
            source.read(t_s)

    return _per_report_us(_process_s(read))


def _library_us(instants: int) -> float:
    return min(_library_once_us(instants) for _ in range(BEST_OF))


def _library_once_us(instants: int) -> float:
    chips = LoneClock()
    chip = _chip(chips)
    tape = _Tape(chip)
    library = BNO08X_I2C(EmulatedI2C(tape))
    for feature in (REPORTS["accel"], REPORTS["gyro"], REPORTS["game_rotation"]):
        library.enable_feature(feature, 1_000_000 // RATE_HZ)
    packets = _recorded(chip, chips, instants)
    tape.play()

    def read() -> None:
        for _, packet in packets:
            tape.packets.append(packet)
            _ = library.acceleration  # reads all that waits

    return _per_report_us(_process_s(read))


def _per_report_us(took_s: float) -> float:
    return 1e6 * took_s / (SECONDS * RATE_HZ * 3)


def _process_s(work: Callable[[], None]) -> float:
    start_s = time.process_time()
    work()
    return time.process_time() - start_s


def figures() -> Iterator[Figure]:
    """Yield the cost of a report for packets as they come, and for batches after a pause; then what a hang costs."""
    for name, instants in (("as they come", 1), (f"{BATCH} instants in a packet", BATCH)):
        yield Figure(
            f"motion sensor, per report, {name}", _ours_us(instants), "us", GOAL_US, LIBRARY, _library_us(instants)
        )
    yield from hang.figures()
