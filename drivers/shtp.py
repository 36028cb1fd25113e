"""The motion sensor's packets, read from bytes: pure functions, all or nothing.

Nothing in the protocol carries a checksum, so whatever cannot be separated cleanly is refused as a whole.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

ACCELEROMETER = 0x01
GYROSCOPE = 0x02
GAME_ROTATION_VECTOR = 0x08
FEATURE_RESPONSE = 0xFC

CHANNEL_EXECUTABLE = 1
CHANNEL_CONTROL = 2
CHANNEL_INPUT = 3

TICK_S = 1e-4
"""Base times and delays count in steps of 100 microseconds."""

_BASE_TIME = 0xFB
_REBASE = 0xFA
_BASE_LENGTH = 5
_HEAD_LENGTH = 4
_INT32 = Struct("<i")
_VALUES = {ACCELEROMETER: Struct("<3h"), GYROSCOPE: Struct("<3h"), GAME_ROTATION_VECTOR: Struct("<4h")}
_LENGTHS = {
    0x01: 10, 0x02: 10, 0x03: 10, 0x04: 10, 0x05: 14, 0x06: 10, 0x07: 16, 0x08: 12, 0x09: 14, 0x0F: 16,
    0x10: 5, 0x11: 12, 0x13: 6, 0x14: 16, 0x15: 16, 0x16: 16, 0x19: 6, 0x1E: 16, 0x28: 14, 0x29: 12, 0xEF: 2,
}  # fmt: skip


class CargoError(ValueError):
    """A cargo that cannot be taken apart: an unknown report, or bytes missing."""


class Report(NamedTuple):
    """One reading as the chip sent it: ``values`` in its fixed-point steps, ``t_s`` on the host's clock."""

    report_id: int
    sequence: int
    accuracy: int
    t_s: float
    values: tuple[int, ...]


def parse_input(cargo: bytes | bytearray, host_s: float) -> list[Report]:
    """Return the wanted reports of an input cargo, oldest first, with the time of each measurement.

    ``host_s`` is the moment the packet was noticed. Raises CargoError when any part cannot be read.
    """
    if len(cargo) < _BASE_LENGTH or cargo[0] != _BASE_TIME:
        raise CargoError(f"an input cargo of {len(cargo)} bytes does not begin with its base time")
    base_s = host_s - _INT32.unpack_from(cargo, 1)[0] * TICK_S
    reports = []
    at, end = _BASE_LENGTH, len(cargo)
    while at < end:
        report_id = cargo[at]
        if report_id == _REBASE and at + _BASE_LENGTH <= end:
            base_s += _INT32.unpack_from(cargo, at + 1)[0] * TICK_S
            at += _BASE_LENGTH
            continue
        length = _LENGTHS.get(report_id)
        if length is None or at + length > end:
            raise CargoError(f"report 0x{report_id:02X} at byte {at} of {end} cannot be read")
        layout = _VALUES.get(report_id)
        if layout is not None:
            status = cargo[at + 2]
            delay_s = ((status >> 2) << 8 | cargo[at + 3]) * TICK_S
            values = layout.unpack_from(cargo, at + _HEAD_LENGTH)
            reports.append(Report(report_id, cargo[at + 1], status & 3, base_s + delay_s, values))
        at += length
    return reports
