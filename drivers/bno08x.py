"""The BNO08x motion sensor as a source of samples, on top of Adafruit's library.

The library keeps only the newest value of each report, without its time, and stops for ever when the chip
restarts. Its packet handling is replaced here; its transport is used as it is. Bringing the chip up never
waits: a reset is sent, and what the chip says next is answered in :meth:`Bno08x.read`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from adafruit_bno08x import PacketError
from adafruit_bno08x.i2c import BNO08X_I2C

from drivers.base import Health, SensorAbsent
from drivers.clock import Clock
from drivers.config import ChipKind, Hardware, Key, SensorConfig, bus_number, is_numbered_bus, is_whole
from drivers.samples import ImuSample, Quality, Quaternion, Sample, Vector
from drivers.shtp import (
    ACCELEROMETER,
    CHANNEL_CONTROL,
    CHANNEL_EXECUTABLE,
    CHANNEL_INPUT,
    FEATURE_RESPONSE,
    GAME_ROTATION_VECTOR,
    GYROSCOPE,
    CargoError,
    Report,
    parse_input,
)
from drivers.vitals import Vitals

RATE_HZ = 100.0
FEATURES = (ACCELEROMETER, GYROSCOPE, GAME_ROTATION_VECTOR)

RIDE_THROUGH_S = 0.5
"""A bus that fails for longer has lost its sensor; after as long a silence the reports are asked for anew."""
START_UP_S = 1.0
"""After its reset the chip may leave the bus unanswered for this long (Adafruit's library waits 0.5 s)."""
GIVE_UP_S = 2.0
"""A chip that answers but sends nothing for this long is opened again, from its reset on."""

MAX_PACKETS_PER_READ = 32
MAX_READ_S = 0.02
MAX_PACKET_BYTES = 1024
MAX_AGE_S = 5.0
"""An older measurement has a corrupted time: the chip's own queue is far shorter."""

# Fixed-point steps and the ends of the range: +-8 g and +-2000 deg/s (data sheet); the int16 reaches further.
_ACCEL_STEP_M_S2 = 2.0**-8
_GYRO_STEP_RAD_S = 2.0**-9
_QUATERNION_STEP = 2.0**-14
_ACCEL_END_M_S2 = 78.4
_ACCEL_ABSURD_M_S2 = 90.0
_GYRO_ABSURD_RAD_S = 38.0
_NORM_TOLERANCE = 0.05

T = TypeVar("T")

_RESET_COMPLETE = 1
_NOT_CONNECTED_LENGTH = 0x7FFF
_HIGHEST_CHANNEL = 5


class _Chip(BNO08X_I2C):  # type: ignore[misc]  # the library publishes no types
    """The library's transport with packets timed, parsed in order, bounded, and never printed."""

    def __init__(self, i2c_bus: Any, address: int, clock: Clock, vitals: Vitals) -> None:
        self._clock = clock
        self._vitals = vitals
        self._host_s = 0.0
        self.reports: list[Report] = []
        self.restarted = False
        self.confirmed: set[int] = set()
        super().__init__(i2c_bus, address=address)

    def initialize(self) -> None:
        """Ask the chip to restart; its answer is handled when it comes."""
        self._send_packet(CHANNEL_EXECUTABLE, bytearray([1]))

    def request(self, features: Sequence[int], interval_us: int) -> None:
        """Ask for reports; each feature the chip agrees to appears in ``confirmed``."""
        for feature in features:
            self._send_packet(CHANNEL_CONTROL, self._get_feature_enable_report(feature, interval_us))

    def drain(self) -> None:
        """Read what waits, within a bound of packets and of time, so that the bus's other sensors get their turn."""
        until_s = self._clock.now() + MAX_READ_S
        for _ in range(MAX_PACKETS_PER_READ):
            if not self._data_ready:
                return
            try:
                self._handle_packet(self._read_packet())
            except (CargoError, PacketError, IndexError, struct.error):
                self._vitals.errors["packet"] += 1
            if self._clock.now() > until_s:
                return

    @property
    def _data_ready(self) -> bool:
        header = self._read_header()
        self._host_s = self._clock.now()
        if header.packet_byte_count == _NOT_CONNECTED_LENGTH or header.channel_number > _HIGHEST_CHANNEL:
            self._vitals.errors["header"] += 1
            return False
        return bool(header.data_length > 0)

    def _read(self, requested_read_length: int) -> None:
        # A corrupted length must not occupy the bus for a second; the chip continues the rest.
        super()._read(min(requested_read_length, MAX_PACKET_BYTES))

    def _handle_packet(self, packet: Any) -> None:
        if self._data_buffer[1] & 0x80:
            raise CargoError("the rest of an earlier packet came alone")
        channel, cargo = packet.header.channel_number, packet.data
        if len(cargo) < packet.header.data_length:
            raise CargoError("the packet is longer than what was read")
        if channel == CHANNEL_INPUT:
            self.reports += parse_input(cargo, self._host_s)
        elif channel == CHANNEL_EXECUTABLE and cargo[0] == _RESET_COMPLETE:
            self.restarted = True
            self.reports.clear()  # the few measured just before belong to another heading
        elif channel == CHANNEL_CONTROL and cargo[0] == FEATURE_RESPONSE and len(cargo) >= 2:
            self.confirmed.add(cargo[1])


class Bno08x:
    """A BNO08x that yields one :class:`ImuSample` per accelerometer report.

    ``open_bus`` returns the I2C bus. Turn rate and orientation of the same instant are joined to the
    acceleration, or None where they are missing for more than 1.5 periods. A measurement is timed by the chip
    (in steps of 0.1 ms) back from the moment the host noticed the packet; without the interrupt line that
    moment can be up to ``period_s`` late.
    """

    def __init__(
        self,
        name: str,
        bus: str,
        open_bus: Callable[[], Any],
        *,
        address: int,
        clock: Clock,
        rate_hz: float = RATE_HZ,
    ) -> None:
        self.name = name
        self.bus = bus
        self.period_s = 1.0 / rate_hz
        self._open_bus = open_bus
        self._address = address
        self._clock = clock
        self._chip: _Chip | None = None
        self._vitals = Vitals(name)
        self._join = _Join(name, self.period_s, self._vitals)
        self._requested_s = 0.0
        self._expect_restart = True
        self._ran_before = False

    def open(self) -> None:
        """Restart the chip; its samples follow within some reads. Raises SensorAbsent when nothing answers."""
        self._chip = None
        try:
            self._chip = _Chip(self._open_bus(), self._address, self._clock, self._vitals)
        except (OSError, ValueError) as exc:
            at = f"0x{self._address:02X} on {self.bus}"
            raise SensorAbsent(f"{self.name}: no motion sensor at {at} ({exc})") from exc
        now_s = self._clock.now()
        self._requested_s = now_s
        self._vitals.opened(now_s)
        self._join.restart(Quality.RESET_BEFORE if self._ran_before else Quality.GOOD)
        self._expect_restart = True

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the new samples, oldest first. Raises SensorAbsent when bus or chip stay silent."""
        chip = self._chip
        if chip is None:
            raise SensorAbsent(f"{self.name}: read before it was opened")
        try:
            chip.drain()
            self._keep_features(chip, now_s)
        except OSError as exc:
            self._vitals.errors["bus"] += 1
            patience_s = START_UP_S if self._expect_restart else RIDE_THROUGH_S
            if self._vitals.silent_s(now_s) > patience_s:
                raise SensorAbsent(f"{self.name}: the bus fails ({exc})") from exc
        reports, chip.reports = chip.reports, []
        samples = self._join.take(reports, now_s)
        if samples:
            self._ran_before, self._expect_restart = True, False
        elif self._vitals.silent_s(now_s) > GIVE_UP_S:
            raise SensorAbsent(f"{self.name}: the chip answers but sends no reports")
        return samples

    def health(self, now_s: float) -> Health:
        """Return how the sensor is doing at ``now_s``."""
        return self._vitals.health(now_s)

    def close(self) -> None:
        """Forget the chip; it goes on measuring until its next restart."""
        self._chip = None
        self._vitals.closed()

    def _keep_features(self, chip: _Chip, now_s: float) -> None:
        """Ask for the reports after every restart, and again whenever none come."""
        if chip.restarted:
            chip.restarted = False
            self._note_restart()
        elif min(self._vitals.silent_s(now_s), now_s - self._requested_s) < RIDE_THROUGH_S:
            return
        self._requested_s = now_s
        chip.request(FEATURES, round(self.period_s * 1e6))

    def _note_restart(self) -> None:
        if self._expect_restart:
            self._expect_restart = False
            return
        self._vitals.resets += 1
        self._join.restart(Quality.RESET_BEFORE)


@dataclass(frozen=True, slots=True)
class _Part(Generic[T]):
    """The newest believable turn rate or orientation."""

    t_s: float
    accuracy: int
    value: T


class _Join:
    """Turns reports into samples: order, gaps, plausibility, and the joining of one instant's three reports."""

    def __init__(self, name: str, period_s: float, vitals: Vitals) -> None:
        self._name = name
        self._period_s = period_s
        self._vitals = vitals
        self.restart(Quality.GOOD)

    def restart(self, flag: Quality) -> None:
        """Forget what belongs to the time before; ``flag`` goes on the next sample."""
        self._flag = flag
        self._sequences: dict[int, int] = {}
        self._accel: Report | None = None
        self._gyro: _Part[Vector] | None = None
        self._turn: _Part[Quaternion] | None = None
        self._samples: list[Sample] = []

    def take(self, reports: list[Report], now_s: float) -> list[Sample]:
        """Return the samples that ``reports`` complete."""
        for report in reports:
            if self._believable(report, now_s):
                self._place(report)
        waiting = self._accel
        if waiting and (self._has_company(waiting) or now_s - waiting.t_s > 1.5 * self._period_s):
            self._finish(waiting)
        samples, self._samples = self._samples, []
        return samples

    def _believable(self, report: Report, now_s: float) -> bool:
        """Check time and sequence; both can be corrupted like any other byte."""
        if not now_s - MAX_AGE_S <= report.t_s <= now_s + self._period_s:
            self._vitals.errors["time"] += 1
            return False
        before = self._sequences.get(report.report_id)
        self._sequences[report.report_id] = report.sequence
        if before is None:
            return True
        step = (report.sequence - before) & 0xFF
        if step > 1:
            self._vitals.errors["missed"] += step - 1
            if report.report_id == ACCELEROMETER:
                self._flag |= Quality.GAP_BEFORE
        return True

    def _place(self, report: Report) -> None:
        if report.report_id == ACCELEROMETER:
            if self._accel:
                self._finish(self._accel)
            self._accel = report
        elif report.report_id == GYROSCOPE:
            gyro = _vector(report.values, _GYRO_STEP_RAD_S, _GYRO_ABSURD_RAD_S)
            self._gyro = _Part(report.t_s, report.accuracy, gyro) if gyro else self._without(self._gyro)
        else:
            turn = _unit_quaternion(report.values)
            self._turn = _Part(report.t_s, report.accuracy, turn) if turn else self._without(self._turn)

    def _without(self, kept: _Part[T] | None) -> _Part[T] | None:
        self._vitals.errors["implausible"] += 1
        return kept

    def _has_company(self, accel: Report) -> bool:
        since_s = accel.t_s - self._period_s / 2
        return bool(self._gyro and self._turn and self._gyro.t_s >= since_s and self._turn.t_s >= since_s)

    def _finish(self, accel: Report) -> None:
        """Turn a waiting acceleration into a sample with whatever belongs to its instant."""
        self._accel = None
        value = _vector(accel.values, _ACCEL_STEP_M_S2, _ACCEL_ABSURD_M_S2)
        if value is None or self._is_old(accel.t_s):
            self._vitals.errors["implausible" if value is None else "order"] += 1
            self._flag |= Quality.GAP_BEFORE
            return
        gyro, turn = self._near(self._gyro, accel.t_s), self._near(self._turn, accel.t_s)
        turn_rate, quaternion = gyro.value if gyro else None, turn.value if turn else None
        quality = self._flag
        if 0 in (accel.accuracy, gyro and gyro.accuracy, turn and turn.accuracy):
            quality |= Quality.LOW_ACCURACY
        if max(map(abs, value)) >= _ACCEL_END_M_S2:
            quality |= Quality.SATURATED
        self._flag = Quality.GOOD
        self._vitals.saw(accel.t_s, (value, turn_rate))
        self._samples.append(ImuSample(self._name, accel.t_s, value, turn_rate, quaternion, quality))

    def _is_old(self, t_s: float) -> bool:
        return self._vitals.sample_s is not None and t_s <= self._vitals.sample_s

    def _near(self, part: _Part[T] | None, t_s: float) -> _Part[T] | None:
        return part if part and abs(part.t_s - t_s) <= 1.5 * self._period_s else None


def _vector(raw: tuple[int, ...], step: float, absurd: float) -> Vector | None:
    x, y, z = raw[0] * step, raw[1] * step, raw[2] * step
    if -absurd <= x <= absurd and -absurd <= y <= absurd and -absurd <= z <= absurd:
        return x, y, z
    return None


def _unit_quaternion(raw: tuple[int, ...]) -> Quaternion | None:
    x, y, z, w = (part * _QUATERNION_STEP for part in raw)
    norm = (w * w + x * x + y * y + z * z) ** 0.5
    return (w, x, y, z) if abs(norm - 1.0) <= _NORM_TOLERANCE else None


def _build(config: SensorConfig, hardware: Hardware, clock: Clock) -> Bno08x:
    number = bus_number(config.bus)
    return Bno08x(config.name, config.bus, lambda: hardware.i2c(number), address=config.whole("address"), clock=clock)


CHIP = ChipKind(
    buses=Key('an I2C bus such as "i2c-1"', is_numbered_bus("i2c-")),
    keys={"address": Key("0x4A or 0x4B", lambda value: is_whole(value) and value in (0x4A, 0x4B))},
    build=_build,
    claims=lambda config: frozenset({(config.bus, config.whole("address"))}),
    calibrates="pose",
)
