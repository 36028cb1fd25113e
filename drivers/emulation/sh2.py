"""What a BNO085 puts on the bus, as bytes: packets, answers, reports. Pure functions and layouts.

Sources: SHTP reference manual (headers, advertisement), SH-2 reference manual (reports and commands), both of
CEVA/Hillcrest, as far as the open drivers of the vendor and of Adafruit show them.
"""

from __future__ import annotations

import math
from struct import Struct, pack

COMMAND, EXECUTABLE, CONTROL, INPUT = 0, 1, 2, 3
CONTINUED = 0x8000
HEADER = Struct("<HBB")
BASE = Struct("<Bi")
BASE_TIME, REBASE = 0xFB, 0xFA
TICK_US = 100
LONGEST_DELAY = 0x3FFF
"""A report's delay has 14 bits; what is later needs a new base."""

ACCELEROMETER, GYROSCOPE, MAGNETOMETER, LINEAR, ROTATION, GRAVITY = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UNCALIBRATED_GYRO, GAME_ROTATION, GEOMAGNETIC, UNCALIBRATED_MAGNETOMETER = 0x07, 0x08, 0x09, 0x0F
TAP, STABILISED_ROTATION, STABILISED_GAME_ROTATION, FLUSHED = 0x10, 0x28, 0x29, 0xEF
LENGTHS = {
    ACCELEROMETER: 10, GYROSCOPE: 10, MAGNETOMETER: 10, LINEAR: 10, ROTATION: 14, GRAVITY: 10, UNCALIBRATED_GYRO: 16,
    GAME_ROTATION: 12, GEOMAGNETIC: 14, UNCALIBRATED_MAGNETOMETER: 16, TAP: 5, STABILISED_ROTATION: 14,
    STABILISED_GAME_ROTATION: 12, FLUSHED: 2,
}  # fmt: skip
MEASURED = frozenset(LENGTHS) - {TAP, FLUSHED}
"""What comes at an interval of its own; the others are events."""

SAVE_CALIBRATION, CALIBRATE, INITIALISED = 0x06, 0x07, 0x84

_ROTATION_ACCURACY_Q12 = round(math.radians(3.5) * 4096)
_VECTOR = Struct("<4B3h")
_QUATERNION = Struct("<4B4h")
_QUATERNION_ACCURACY = Struct("<4B5h")
_BIASED = Struct("<4B6h")


def advertisement() -> bytes:
    """Return what the chip says about itself after a reset: tag, length, value, over and over."""
    applications = (
        (0, b"SHTP\0", ((0, b"command\0"),)),
        (1, b"executable\0", ((1, b"device\0"),)),
        (2, b"sensorhub\0", ((2, b"control\0"), (3, b"inputNormal\0"), (4, b"inputWake\0"), (5, b"inputGyroRv\0"))),
    )
    said = b"\0"
    for number, name, channels in applications:
        said += _tag(1, pack("<I", number)) + _tag(8, name)
        said += b"".join(_tag(size, pack("<H", 256 if size in (2, 4) else 1024)) for size in (2, 3, 4, 5))
        said += b"".join(_tag(6, bytes([channel])) + _tag(9, title) for channel, title in channels)
    return said + _tag(0x80, b"1.0.0\0") + bytes(272 - len(said) - 8)


def _tag(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value


def product_ids(cause: int) -> list[bytes]:
    """Return the answers to a product id request, one for each part of the software; ``cause`` is of the reset."""
    parts = ((3, 2, 10003608, 319, 7), (1, 2, 10003171, 36, 0), (4, 4, 10003606, 230, 1), (1, 5, 10004135, 9, 0))
    return [
        pack("<4BIIHH", 0xF8, cause, major, minor, part, build, patch, 0)
        for major, minor, part, build, patch in parts
    ]


def feature_response(feature: int, interval_us: int, batch_us: int) -> bytes:
    """Return what the chip agreed to: an interval of 0 is a refusal."""
    return pack("<BBBHIII", 0xFC, feature, 0, 0, interval_us, batch_us, 0)


def command_response(sequence: int, command: int, command_sequence: int, values: bytes) -> bytes:
    """Return an answer to a command request; the first of ``values`` is usually the status, 0 for done."""
    return bytes([0xF1, sequence, command, command_sequence, 0]) + values.ljust(11, b"\0")


def report(feature: int, sequence: int, accuracy: int, values: list[int]) -> bytes:
    """Return a report without delay; ``values`` are its fixed-point steps."""
    head = (feature, sequence, accuracy, 0)
    match LENGTHS[feature]:
        case 10:
            return _VECTOR.pack(*head, *values)
        case 12:
            return _QUATERNION.pack(*head, *values)
        case 14:
            return _QUATERNION_ACCURACY.pack(*head, *values, _ROTATION_ACCURACY_Q12)
        case _:
            return _BIASED.pack(*head, *values, 0, 0, 0)


def delayed(body: bytes, delay: int) -> bytes:
    """Return the same reports, marked as ``delay`` x 100 us later than the base before them."""
    out = bytearray(body)
    at = 0
    while at < len(out):
        out[at + 2] = out[at + 2] & 3 | (delay >> 8) << 2
        out[at + 3] = delay & 0xFF
        at += LENGTHS[out[at]]
    return bytes(out)


def count_reports(body: bytes) -> int:
    """Return how many reports follow one another in ``body``."""
    count = at = 0
    while at < len(body):
        at += LENGTHS[body[at]]
        count += 1
    return count


def fixed(values: tuple[float, ...], steps_per_unit: float) -> list[int]:
    """Return values as 16-bit steps, held at the ends of their range."""
    return [max(-32768, min(32767, round(value * steps_per_unit))) for value in values]
