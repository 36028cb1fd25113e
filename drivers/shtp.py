"""The motion sensor's packets, read from bytes: pure functions, all or nothing.

Nothing in the protocol carries a checksum, so whatever cannot be separated cleanly is refused as a whole.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

ACCELEROMETER = 0x01
GYROSCOPE = 0x02
LINEAR_ACCELERATION = 0x04
GAME_ROTATION_VECTOR = 0x08
COMMAND_REQUEST, COMMAND_RESPONSE = 0xF2, 0xF1
SAVE_CALIBRATION, CALIBRATE, INITIALISED = 0x06, 0x07, 0x84

CHANNEL_COMMAND = 0
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
_VECTOR, _QUATERNION = Struct("<3h"), Struct("<4h")
_VALUES = {
    ACCELEROMETER: _VECTOR, GYROSCOPE: _VECTOR, LINEAR_ACCELERATION: _VECTOR, GAME_ROTATION_VECTOR: _QUATERNION,
}  # fmt: skip
_COMMAND_LENGTH = 12
_RESPONSE_STATUS = 5
_LENGTHS = {
    0x01: 10, 0x02: 10, 0x03: 10, 0x04: 10, 0x05: 14, 0x06: 10, 0x07: 16, 0x08: 12, 0x09: 14, 0x0F: 16,
    0x10: 5, 0x11: 12, 0x13: 6, 0x14: 16, 0x15: 16, 0x16: 16, 0x19: 6, 0x1E: 16, 0x28: 14, 0x29: 12, 0xEF: 2,
}  # fmt: skip


def report_length(report_id: int) -> int:
    """Return the bytes of an input report. Raises KeyError for one nobody knows."""
    return _LENGTHS[report_id]


def command_request(sequence: int, command: int, *parameters: int) -> bytearray:
    """Return the bytes that ask the chip to do something."""
    return bytearray([COMMAND_REQUEST, sequence & 0xFF, command, *parameters]).ljust(_COMMAND_LENGTH, b"\0")


class Answer(NamedTuple):
    """What the chip said to a command: ``sequence`` is that of the request, ``status`` 0 when it was done."""

    command: int
    sequence: int
    status: int


def parse_answer(cargo: bytes | bytearray) -> Answer | None:
    """Return the command response in a control cargo, or None where it is something else."""
    if len(cargo) <= _RESPONSE_STATUS or cargo[0] != COMMAND_RESPONSE:
        return None
    return Answer(cargo[2], cargo[3], cargo[_RESPONSE_STATUS])


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
