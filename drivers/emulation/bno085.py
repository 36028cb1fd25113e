"""A BNO085 motion sensor that answers on I2C byte by byte, fed by a motion given as a function of time."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Protocol

from drivers.clock import Clock
from drivers.samples import Quaternion, Vector

QUEUE_TICKS = 64
"""Instants the chip keeps for a host that does not read; beyond that the oldest are lost."""
TICKS_PER_CARGO = 8

# White noise and remaining offset of one reading at 100 Hz. The data sheet (BNO08X, section 6.7) promises an
# accuracy of 0.3 m/s2, 3.1 deg/s and a game heading that drifts 0.5 deg/min; it gives no noise figures, so these
# are those of the Bosch parts inside: 150 ug and 0.014 deg/s per root hertz over 50 Hz.
ACCEL_NOISE_M_S2 = 0.0104
GYRO_NOISE_RAD_S = 0.0017
ACCEL_OFFSET_M_S2 = 0.05
GYRO_OFFSET_RAD_S = 0.003
ORIENTATION_NOISE_RAD = 0.0009
HEADING_DRIFT_RAD_S = math.radians(0.5) / 60.0

_ACCELEROMETER, _GYROSCOPE, _ROTATION_VECTOR, _GAME_ROTATION_VECTOR = 0x01, 0x02, 0x05, 0x08
_LENGTHS = {_ACCELEROMETER: 10, _GYROSCOPE: 10, _ROTATION_VECTOR: 14, _GAME_ROTATION_VECTOR: 12}
_SHORTEST_INTERVAL_US = 2500
_TICK_US = 100
_CONTINUED = 0x8000
_HEADER = Struct("<HBB")
_BASE = Struct("<Bi")
_VECTOR = Struct("<4B3h")
_QUATERNION = Struct("<4B4h")
_QUATERNION_ACCURACY = Struct("<4B5h")
_ROTATION_ACCURACY_Q12 = round(math.radians(3.5) * 4096)
_HIGH_ACCURACY = 3
_NOISE_ROWS = 4099  # a prime, so that the pattern does not fall in step with anything


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
    next_us: int
    sequence: int = 0


class EmulatedBno085:
    """The chip as seen from the bus: resets, feature commands, timed reports, a bounded queue.

    It measures at its own instants, computed from ``clock`` when the host reads. Base times refer to the
    moment the host first sees the packet's header. ``noise`` scales the errors; 0 gives the truth within one
    fixed-point step. It boots at once. ``dropped`` counts reports lost because nobody read.
    """

    def __init__(self, motion: Motion, clock: Clock, address: int = 0x4A, seed: int = 0, noise: float = 1.0) -> None:
        self.address = address
        self.dropped = 0
        self._motion = motion
        self._clock = clock
        self._errors = _Errors(random.Random(seed), noise)
        self._outgoing: bytes | None = None
        self._power_up()

    def reset(self) -> None:
        """Restart as after a watchdog or a brown-out: features are off, the start-up packets wait."""
        self._power_up()

    def write(self, data: bytes) -> None:
        """Take one host packet; empty writes are the host's way to look for the chip."""
        if len(data) <= _HEADER.size:
            return
        channel, payload = data[2], data[_HEADER.size :]
        if channel == 1 and payload[0] == 1:
            self._power_up()
        elif channel == 2:
            self._control(payload)

    def read(self, count: int) -> bytes:
        """Return ``count`` bytes: zeros when nothing waits, else the packet; its rest is continued later."""
        if self._outgoing is None:
            self._outgoing = self._next_packet()
        packet = self._outgoing
        if packet is None:
            return bytes(count)
        if count > _HEADER.size:
            self._outgoing = self._rest_of(packet, count)
        return packet[:count] if count <= len(packet) else packet.ljust(count, b"\0")

    def _power_up(self) -> None:
        self._boot_s = self._clock.now()
        self._features: dict[int, _Feature] = {}
        self._next_us = 0
        self._ticks: deque[tuple[int, bytes]] = deque()
        self._sequences = [0] * 6
        self._outgoing = None
        self._replies = deque(
            [
                (0, bytes(272)),  # the advertisement; its content is of no use here
                (2, bytes([0xF1, 0, 0x84, 0, 0, 0, 1]) + bytes(9)),
                (1, b"\x01"),
            ]
        )

    def _control(self, payload: bytes) -> None:
        command = payload[0]
        if command == 0xF9:
            self._replies.append((2, bytes([0xF8, 1, 3, 2, *b"\x30\x98\x98\x00", *b"\x3f\x01\x00\x00", 7, 0, 0, 0])))
        elif command == 0xFD and len(payload) >= 17:
            self._set_feature(payload[1], int.from_bytes(payload[5:9], "little"))
            self._replies.append((2, self._feature_response(payload[1])))
        elif command == 0xFE and len(payload) >= 2:
            self._replies.append((2, self._feature_response(payload[1])))
        elif command == 0xF2 and len(payload) >= 3:
            self._replies.append((2, bytes([0xF1, 0, payload[2], payload[1]]) + bytes(12)))

    def _set_feature(self, feature: int, interval_us: int) -> None:
        if feature not in _LENGTHS or interval_us == 0:
            self._features.pop(feature, None)
        else:
            interval_us = max(interval_us, _SHORTEST_INTERVAL_US)
            # One fusion loop drives all outputs, so equal intervals share their instants.
            next_us = (self._now_us() // interval_us + 1) * interval_us
            self._features[feature] = _Feature(interval_us, next_us)
        self._next_us = min((item.next_us for item in self._features.values()), default=0)

    def _feature_response(self, feature: int) -> bytes:
        active = self._features.get(feature)
        interval_us = active.interval_us if active else 0
        return bytes([0xFC, feature, 0, 0, 0]) + interval_us.to_bytes(4, "little") + bytes(8)

    def _now_us(self) -> int:
        return round((self._clock.now() - self._boot_s) * 1e6)

    def _next_packet(self) -> bytes | None:
        if self._replies:
            return self._packet(*self._replies.popleft())
        if self._features:
            now_us = self._now_us()
            self._measure_until(now_us)
            if self._ticks:
                return self._packet(3, self._cargo(now_us))
        return None

    def _packet(self, channel: int, payload: bytes) -> bytes:
        sequence = self._sequences[channel]
        self._sequences[channel] = (sequence + 1) & 0xFF
        return _HEADER.pack(len(payload) + _HEADER.size, channel, sequence) + payload

    def _rest_of(self, packet: bytes, count: int) -> bytes | None:
        rest = packet[count:]
        if not rest:
            return None
        sequence = self._sequences[packet[2]]
        self._sequences[packet[2]] = (sequence + 1) & 0xFF
        return _HEADER.pack((len(rest) + _HEADER.size) | _CONTINUED, packet[2], sequence) + rest

    def _cargo(self, now_us: int) -> bytes:
        base_us, body = self._ticks.popleft()
        parts = [_BASE.pack(0xFB, (now_us - base_us) // _TICK_US), body]
        while self._ticks and len(parts) <= TICKS_PER_CARGO:
            t_us, body = self._ticks.popleft()
            parts.append(_delayed(body, (t_us - base_us) // _TICK_US))
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
            lost = (now_us - item.next_us) // item.interval_us + 1 - QUEUE_TICKS
            if lost > 0:
                item.next_us += lost * item.interval_us
                item.sequence = (item.sequence + lost) & 0xFF
                self.dropped += lost
        self._next_us = min([item.next_us for item in self._features.values()])

    def _measure(self, t_us: int) -> None:
        t_s = self._boot_s + t_us * 1e-6
        truth = self._motion(t_s)
        self._errors.draw()
        body = b""
        for feature, item in self._features.items():
            if item.next_us == t_us:
                body += self._report(feature, item.sequence, truth, t_us * 1e-6)
                item.next_us = t_us + item.interval_us
                item.sequence = (item.sequence + 1) & 0xFF
        if len(self._ticks) >= QUEUE_TICKS:
            self.dropped += _count_reports(self._ticks.popleft()[1])
        self._ticks.append((t_us, body))

    def _report(self, feature: int, sequence: int, truth: ImuTruth, up_s: float) -> bytes:
        head = (feature, sequence, _HIGH_ACCURACY, 0)
        if feature == _ACCELEROMETER:
            return _VECTOR.pack(*head, *_fixed(self._errors.accel(truth.accel_m_s2), 256.0))
        if feature == _GYROSCOPE:
            return _VECTOR.pack(*head, *_fixed(self._errors.gyro(truth.gyro_rad_s), 512.0))
        w, x, y, z = self._errors.orientation(truth.quaternion_wxyz, up_s)
        parts = _fixed((x, y, z, w), 16384.0)
        if feature == _GAME_ROTATION_VECTOR:
            return _QUATERNION.pack(*head, *parts)
        return _QUATERNION_ACCURACY.pack(*head, *parts, _ROTATION_ACCURACY_Q12)


class _Errors:
    """The sensor's own errors: offsets fixed at start, a long table of noise, a heading that drifts."""

    def __init__(self, rng: random.Random, scale: float) -> None:
        sigmas = [ACCEL_NOISE_M_S2] * 3 + [GYRO_NOISE_RAD_S] * 3 + [ORIENTATION_NOISE_RAD / 2] * 3
        offsets = [ACCEL_OFFSET_M_S2] * 3 + [GYRO_OFFSET_RAD_S] * 3
        offset = [rng.gauss(0.0, sigma * scale) for sigma in offsets] + [0.0] * 3
        self._rows = [
            tuple(mean + rng.gauss(0.0, sigma * scale) for mean, sigma in zip(offset, sigmas, strict=True))
            for _ in range(_NOISE_ROWS)
        ]
        self._half_drift_rad_s = rng.gauss(0.0, HEADING_DRIFT_RAD_S * scale) / 2
        self._index = 0
        self._row = self._rows[0]

    def draw(self) -> None:
        """Move on to the errors of the next instant."""
        self._index = (self._index + 1) % _NOISE_ROWS
        self._row = self._rows[self._index]

    def accel(self, value: Vector) -> Vector:
        row = self._row
        return value[0] + row[0], value[1] + row[1], value[2] + row[2]

    def gyro(self, value: Vector) -> Vector:
        row = self._row
        return value[0] + row[3], value[1] + row[4], value[2] + row[5]

    def orientation(self, value: Quaternion, up_s: float) -> Quaternion:
        """Turn ``value`` by a small random rotation and by the drift about the vertical since start."""
        w, x, y, z = value
        _, _, _, _, _, _, b, c, d = self._row
        half_rad = self._half_drift_rad_s * up_s
        a, d = math.cos(half_rad), d + math.sin(half_rad)
        return (
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        )


def _fixed(values: tuple[float, ...], steps_per_unit: float) -> list[int]:
    return [max(-32768, min(32767, round(value * steps_per_unit))) for value in values]


def _delayed(body: bytes, delay: int) -> bytes:
    """The same reports, marked as ``delay`` x 100 us later than the cargo's base."""
    out = bytearray(body)
    at = 0
    while at < len(out):
        out[at + 2] = out[at + 2] & 3 | (delay >> 8) << 2
        out[at + 3] = delay & 0xFF
        at += _LENGTHS[out[at]]
    return bytes(out)


def _count_reports(body: bytes) -> int:
    count = at = 0
    while at < len(body):
        at += _LENGTHS[body[at]]
        count += 1
    return count
