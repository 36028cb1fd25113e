"""A BNO085 motion sensor that answers on I2C byte by byte, fed by a motion given as a function of time."""

from __future__ import annotations

import errno
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.clock import Clock
from drivers.emulation import sh2
from drivers.emulation.faults import NO_FAULTS, FaultScript, Kind
from drivers.emulation.imu_errors import ImuErrors
from drivers.emulation.pins import QuietFactory, QuietPin
from drivers.emulation.wire import Wire
from drivers.samples import STANDARD_GRAVITY_M_S2, Quaternion, Vector

QUEUE_TICKS = 64
"""Instants the chip keeps for a host that does not read; beyond that the oldest are lost."""
TICKS_PER_CARGO = 8
BOOT_S = 0.094
"""From power or reset to the first answer (data sheet, section 6.5.3: 90 ms and 4 ms); nothing is acknowledged."""
INTERRUPT_AGAIN_US = 10_000
"""An interrupt nobody answers is withdrawn and given again about this often (BNO080/085 data sheet, H_INTN)."""

_SHORTEST_INTERVAL_US = 2500
_HIGH_ACCURACY = 3
_POWER, _RESET_PIN, _COMMANDED = 1, 3, 4  # causes of a reset, as the product id names them


class ImuTruth(Protocol):
    """What really happens at the sensor, in its own axes."""

    @property
    def accel_m_s2(self) -> Vector:
        """Acceleration including gravity."""

    @property
    def gyro_rad_s(self) -> Vector:
        """Turn rate."""

    @property
    def quaternion_wxyz(self) -> Quaternion:
        """Orientation, unit length."""


Motion = Callable[[float], ImuTruth]


@dataclass(slots=True)
class _Feature:
    interval_us: int
    batch_us: int
    next_us: int
    sequence: int = 0


class EmulatedBno085:
    """The chip as seen from the bus: resets, feature commands, timed reports, a bounded queue.

    It measures at its own instants, computed from ``clock`` when the host reads. Base times refer to the falling
    edge of the interrupt line, which is given on ``int_pin`` if there is one. ``noise`` scales the errors; 0 gives
    the truth within one fixed-point step. It needs ``boot_s`` after every reset. ``faults`` of the sensor ``name``
    are acted out; ``block`` is how a hanging transfer waits (see :class:`Wire`). Attributes for tests to look at
    or to set: ``dropped`` reports lost because nobody read, ``accuracy`` by report, ``calibrating`` (accelerometer,
    gyroscope, magnetometer), ``saves`` of the calibration and the ``save_status`` it answers.
    """

    def __init__(
        self,
        motion: Motion,
        clock: Clock,
        address: int = 0x4A,
        seed: int = 0,
        noise: float = 1.0,
        *,
        name: str = "imu",
        faults: FaultScript = NO_FAULTS,
        boot_s: float = 0.0,
        queue_ticks: int = QUEUE_TICKS,
        block: Callable[[float], None] | None = None,
        pins: QuietFactory | None = None,
        int_pin: int | None = None,
        reset_pin: int | None = None,
    ) -> None:
        self.address = address
        self.dropped = 0
        self.accuracy: dict[int, int] = {}
        self.saves = 0
        self.save_status = 0
        self.hard_resets = 0
        self.held = False
        self._name = name
        self._motion = motion
        self._clock = clock
        self._faults = faults
        self._kinds = frozenset(kind for kind in Kind if faults.of(name, kind))
        seeds = "".join(str(fault.seed) for fault in faults.of(name, Kind.BAD_VALUE))
        self._bad = random.Random(f"{name}:bad value:{seeds}")
        self._wire = Wire(name, faults, clock, block)
        self._errors = ImuErrors(random.Random(seed), noise)
        self._boot_for_s = boot_s
        self._queue_ticks = queue_ticks
        self._interrupt: Any = None
        self._outgoing: bytes | None = None
        if pins is not None and int_pin is not None:
            self._interrupt = pins.pin(int_pin, pin_class=_InterruptPin)
        if pins is not None and reset_pin is not None:
            pins.pin(reset_pin, pin_class=_ResetPin, chip=self)
        self._power_up(clock.now() - boot_s, _POWER)  # it had power before anybody looked

    def reset(self) -> None:
        """Restart as after a watchdog or a brown-out: features are off, the start-up packets wait."""
        self._power_up(self._clock.now(), _POWER)

    def hold(self, low: bool) -> None:
        """Take the level of the reset line; letting it go restarts the chip."""
        if self.held and not low:
            self.hard_resets += 1
            self._power_up(self._clock.now(), _RESET_PIN)
        self.held = low

    def tap(self) -> None:
        """Feel a tap, an event that has a report of its own."""
        self._reply(sh2.INPUT, sh2.BASE.pack(sh2.BASE_TIME, 0) + bytes([sh2.TAP, 0, _HIGH_ACCURACY, 0, 1]))

    @property
    def interrupt_s(self) -> float | None:
        """Return when the interrupt of the packet that waits was given last; None when nothing waits."""
        return None if self._outgoing is None else self._boot_s + self._interrupt_us * 1e-6

    def write(self, data: bytes) -> None:
        """Take one host packet; empty writes are the host's way to look for the chip."""
        self._begin_transfer()
        if len(data) <= sh2.HEADER.size:
            return
        channel, payload = data[2], data[sh2.HEADER.size :]
        if channel == sh2.EXECUTABLE and payload[0] == 1:
            self._power_up(self._clock.now(), _COMMANDED)
        elif channel == sh2.CONTROL:
            self._control(payload)

    def read(self, count: int) -> bytes:
        """Return ``count`` bytes: zeros when nothing waits, else the packet; its rest is continued later."""
        self._begin_transfer()
        if self._has(Kind.SILENCE, self._clock.now()):
            return bytes(count)
        if self._outgoing is None:
            self._make_ready(self._next_packet())
        packet = self._outgoing
        if packet is None:
            return bytes(count)
        if count > sh2.HEADER.size:
            self._outgoing = self._rest_of(packet, count)
            self._take_interrupt_back()
        return self._wire.carry(packet[:count] if count <= len(packet) else packet.ljust(count, b"\0"))

    def _begin_transfer(self) -> None:
        self._wire.reach()
        restart_s = self._wire.restart_s()
        if restart_s is not None:
            self._power_up(restart_s, _POWER)
        if self.held or self._clock.now() < self._boot_s + self._boot_for_s:
            raise OSError(errno.EREMOTEIO, f"{self._name} is starting and does not acknowledge")

    def _has(self, kind: Kind, t_s: float) -> bool:
        return kind in self._kinds and self._faults.active(self._name, kind, t_s) is not None

    def _power_up(self, at_s: float, cause: int) -> None:
        self._boot_s = at_s
        self._cause = cause
        self._features: dict[int, _Feature] = {}
        self._last: dict[int, list[int]] = {}
        self.calibrating = (True, False, True)
        self._next_us = 0
        self._batch_us = 0
        self._read_us = 0
        self._interrupt_us = 0
        self._ticks: deque[tuple[int, bytes]] = deque()
        self._sequences = [0] * 6
        self._responses = 0
        self._outgoing = None
        self._replies: deque[tuple[int, int, bytes]] = deque()
        booted = bytes([0, 1])  # status, subsystem
        self._reply(sh2.COMMAND, sh2.advertisement())
        self._reply(sh2.CONTROL, sh2.command_response(0, sh2.INITIALISED, 0, booted))
        self._reply(sh2.EXECUTABLE, b"\x01")

    def _reply(self, channel: int, payload: bytes) -> None:
        self._replies.append((self._now_us(), channel, payload))

    def _control(self, payload: bytes) -> None:
        command = payload[0]
        if command == 0xF9:
            for answer in sh2.product_ids(self._cause):
                self._reply(sh2.CONTROL, answer)
        elif command == 0xFD and len(payload) >= 17:
            interval_us, batch_us = (int.from_bytes(payload[at : at + 4], "little") for at in (5, 9))
            self._set_feature(payload[1], interval_us, batch_us)
            self._reply(sh2.CONTROL, self._feature_response(payload[1]))
        elif command == 0xFE and len(payload) >= 2:
            self._reply(sh2.CONTROL, self._feature_response(payload[1]))
        elif command == 0xF2 and len(payload) >= 12:
            self._command(payload[1], payload[2], payload[3:12])
        elif command == 0xF0 and len(payload) >= 2:
            self._reply(sh2.INPUT, sh2.BASE.pack(sh2.BASE_TIME, 0) + bytes([sh2.FLUSHED, payload[1]]))

    def _command(self, sequence: int, command: int, parameters: bytes) -> None:
        values = b"\0"
        if command == sh2.SAVE_CALIBRATION:
            self.saves += self.save_status == 0
            values = bytes([self.save_status])
        elif command == sh2.CALIBRATE and parameters[3] == 0:
            self.calibrating = bool(parameters[0]), bool(parameters[1]), bool(parameters[2])
        elif command == sh2.CALIBRATE:
            values = bytes([0, *self.calibrating])
        self._responses = (self._responses + 1) & 0xFF
        self._reply(sh2.CONTROL, sh2.command_response(self._responses, command, sequence, values))

    def _set_feature(self, feature: int, interval_us: int, batch_us: int) -> None:
        if feature not in sh2.MEASURED or interval_us == 0:
            self._features.pop(feature, None)
        else:
            interval_us = max(interval_us, _SHORTEST_INTERVAL_US)
            # One fusion loop drives all outputs, so equal intervals share their instants.
            next_us = (self._now_us() // interval_us + 1) * interval_us
            self._features[feature] = _Feature(interval_us, batch_us, next_us)
        self._next_us = min((item.next_us for item in self._features.values()), default=0)
        self._batch_us = max((item.batch_us for item in self._features.values()), default=0)

    def _feature_response(self, feature: int) -> bytes:
        active = self._features.get(feature)
        return sh2.feature_response(feature, active.interval_us if active else 0, active.batch_us if active else 0)

    def _now_us(self) -> int:
        return round((self._clock.now() - self._boot_s) * 1e6)

    def _next_packet(self) -> bytes | None:
        now_us = self._now_us()
        if self._replies:
            since_us, channel, payload = self._replies.popleft()
            return self._packet(channel, payload, since_us, now_us)
        if self._features:
            self._measure_until(now_us)
        if self._ticks and now_us - self._ticks[0][0] >= self._batch_us:
            since_us = self._ticks[0][0] + self._batch_us
            interrupt_us = self._interrupted(since_us, now_us)
            return self._packet(sh2.INPUT, self._cargo(interrupt_us), since_us, now_us)
        if self._has(Kind.ENDLESS, self._clock.now()):
            return self._packet(sh2.INPUT, sh2.BASE.pack(sh2.BASE_TIME, 0), now_us, now_us)
        return None

    def _interrupted(self, since_us: int, now_us: int) -> int:
        """Return when the interrupt of a packet that waits since ``since_us`` was given last."""
        first_us = max(since_us, self._read_us)
        return first_us + max(0, now_us - first_us) // INTERRUPT_AGAIN_US * INTERRUPT_AGAIN_US

    def _packet(self, channel: int, payload: bytes, since_us: int, now_us: int) -> bytes:
        self._interrupt_us = self._interrupted(since_us, now_us)
        return sh2.HEADER.pack(len(payload) + sh2.HEADER.size, channel, self._count_packet(channel)) + payload

    def _count_packet(self, channel: int) -> int:
        sequence = self._sequences[channel]
        self._sequences[channel] = (sequence + 1) & 0xFF
        return sequence

    def _rest_of(self, packet: bytes, count: int) -> bytes | None:
        rest = packet[count:]
        if not rest:
            return None
        length, channel = (len(rest) + sh2.HEADER.size) | sh2.CONTINUED, packet[2]
        return sh2.HEADER.pack(length, channel, self._count_packet(channel)) + rest

    def _make_ready(self, packet: bytes | None) -> None:
        self._outgoing = packet
        if packet is None:
            return
        if Kind.BIT_ERRORS in self._kinds:
            self._wire.begin_packet(len(packet) + 2 * sh2.HEADER.size)  # the host looks at the header twice before
        if self._interrupt is not None:
            self._interrupt.fall(self._boot_s + self._interrupt_us * 1e-6)

    def _take_interrupt_back(self) -> None:
        self._read_us = self._now_us()
        if self._interrupt is not None:
            self._interrupt.rise()

    def _cargo(self, interrupt_us: int) -> bytes:
        base_us, body = self._ticks.popleft()
        parts = [sh2.BASE.pack(sh2.BASE_TIME, (interrupt_us - base_us) // sh2.TICK_US), body]
        for _ in range(min(len(self._ticks), TICKS_PER_CARGO)):
            t_us, body = self._ticks.popleft()
            delay = (t_us - base_us) // sh2.TICK_US
            if delay > sh2.LONGEST_DELAY:
                parts.append(sh2.BASE.pack(sh2.REBASE, delay))
                base_us, delay = base_us + delay * sh2.TICK_US, 0
            parts.append(sh2.delayed(body, delay))
        return b"".join(parts)

    def _measure_until(self, now_us: int) -> None:
        if now_us < self._next_us:
            return
        self._forget_unread(now_us)
        while self._next_us <= now_us:
            self._measure(self._next_us)
            self._next_us = min([item.next_us for item in self._features.values()])

    def _forget_unread(self, now_us: int) -> None:
        """Skip what would be overwritten anyway, without asking for the motion at those instants."""
        for item in self._features.values():
            lost = (now_us - item.next_us) // item.interval_us + 1 - self._queue_ticks
            if lost > 0:
                item.next_us += lost * item.interval_us
                item.sequence = (item.sequence + lost) & 0xFF
                self.dropped += lost
        self._next_us = min([item.next_us for item in self._features.values()])

    def _measure(self, t_us: int) -> None:
        t_s = self._boot_s + t_us * 1e-6
        due = [(feature, item) for feature, item in self._features.items() if item.next_us == t_us]
        for _, item in due:
            item.next_us = t_us + self._until_next_us(item, t_s)
        if self._has(Kind.SILENCE, t_s):
            return
        truth = self._motion(t_s)
        self._errors.draw()
        body = b""
        for feature, item in due:
            body += self._report(feature, item.sequence, truth, t_us * 1e-6, t_s)
            item.sequence = (item.sequence + 1) & 0xFF
        if len(self._ticks) >= self._queue_ticks:
            self.dropped += sh2.count_reports(self._ticks.popleft()[1])
        self._ticks.append((t_us, body))

    def _until_next_us(self, item: _Feature, t_s: float) -> int:
        drop = self._faults.active(self._name, Kind.RATE_DROP, t_s) if Kind.RATE_DROP in self._kinds else None
        return round(item.interval_us / drop.size) if drop else item.interval_us

    def _report(self, feature: int, sequence: int, truth: ImuTruth, up_s: float, t_s: float) -> bytes:
        values = self._values(feature, truth, up_s)
        accuracy = self.accuracy.get(feature, _HIGH_ACCURACY)
        if self._kinds:
            if self._has(Kind.FREEZE, t_s):
                values = self._last.get(feature, values)
            self._last[feature] = values
            bad = self._faults.active(self._name, Kind.BAD_VALUE, t_s)
            if bad and self._bad.random() < bad.size:
                accuracy = 0
                values = self._bad.choice((values, [-32768] * len(values), [32767] * len(values)))
                if len(values) == 4:
                    values = self._bad.choice((values, [0] * 4, [part // 2 for part in values]))
        return sh2.report(feature, sequence, accuracy, values)

    def _values(self, feature: int, truth: ImuTruth, up_s: float) -> list[int]:
        match feature:
            case sh2.ACCELEROMETER:
                return sh2.fixed(self._errors.accel(truth.accel_m_s2), 256.0)
            case sh2.GYROSCOPE | sh2.UNCALIBRATED_GYRO:
                return sh2.fixed(self._errors.gyro(truth.gyro_rad_s), 512.0)
            case sh2.LINEAR:
                x, y, z = self._errors.accel(truth.accel_m_s2)
                down_x, down_y, down_z = _weight(truth.quaternion_wxyz)
                return sh2.fixed((x - down_x, y - down_y, z - down_z), 256.0)
            case sh2.GRAVITY:
                return sh2.fixed(_weight(truth.quaternion_wxyz), 256.0)
            case sh2.MAGNETOMETER | sh2.UNCALIBRATED_MAGNETOMETER:
                return [0, 0, 0]  # no field is emulated
        w, x, y, z = self._errors.orientation(truth.quaternion_wxyz, up_s)
        return sh2.fixed((x, y, z, w), 16384.0)


class _InterruptPin(QuietPin):
    """The interrupt line: its edges carry the moment at which the chip gave them, however late that is asked for."""

    def fall(self, t_s: float) -> None:
        """Go low at ``t_s``."""
        if self._change_state(False) and self._when_changed is not None:
            self._last_change = t_s
            self._call_when_changed()

    def rise(self) -> None:
        """Go high again."""
        self._change_state(True)


class _ResetPin(QuietPin):
    """The reset line, active low."""

    def __init__(self, factory: Any, info: Any, chip: EmulatedBno085) -> None:
        super().__init__(factory, info)
        self._chip = chip

    def _set_state(self, value: bool) -> None:
        super()._set_state(value)
        self._chip.hold(not value)


def _weight(turn: Quaternion) -> Vector:
    """Return gravity's part of the acceleration, upward at rest, in the sensor's axes."""
    w, x, y, z = turn
    g = STANDARD_GRAVITY_M_S2
    return 2 * g * (x * z - w * y), 2 * g * (y * z + w * x), g * (w * w - x * x - y * y + z * z)
