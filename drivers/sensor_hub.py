"""One BNO08x on its bus: Adafruit's transport, with packets timed, taken apart in order, bounded, never printed."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable
from typing import Any

from adafruit_bno08x import PacketError
from adafruit_bno08x.i2c import BNO08X_I2C

from drivers.clock import Clock
from drivers.lines import InterruptLine
from drivers.shtp import (
    CHANNEL_COMMAND,
    CHANNEL_CONTROL,
    CHANNEL_EXECUTABLE,
    CHANNEL_INPUT,
    INITIALISED,
    TICK_S,
    Answer,
    CargoError,
    Report,
    command_request,
    parse_answer,
    parse_input,
)

MAX_PACKETS_PER_READ = 32
MAX_READ_S = 0.008
MAX_PACKET_BYTES = 512
"""No packet is begun after 8 ms, and the longest takes 12 ms at 400 kHz: a read is over within 20 ms. The chip's own
longest packet, its advertisement, has 276 bytes."""

_RESET_COMPLETE = 1
_NOT_CONNECTED_LENGTH = 0x7FFF
_HIGHEST_CHANNEL = 5
_HEADER_BYTES = 4


class SensorHub(BNO08X_I2C):  # type: ignore[misc]  # the library publishes no types
    """A chip that was just told to restart; :meth:`drain` hears what it says, into the attributes.

    ``reports`` are the measurements since they were last taken away, ``heard_s`` the time of the newest of each kind,
    ``restarted`` whether the chip said that it started, ``answers`` the newest to each command. Raises OSError or
    ValueError where nobody acknowledges.
    """

    def __init__(
        self, i2c_bus: Any, address: int, clock: Clock, errors: Counter[str], interrupt: InterruptLine | None = None
    ) -> None:
        self._clock = clock
        self._errors = errors
        self._interrupt = interrupt
        self._host_s = 0.0
        self._packet_s = float("-inf")
        self._asked = 0
        self._commands = 0
        self.reports: list[Report] = []
        self.heard_s: dict[int, float] = {}
        self.answers: dict[int, Answer] = {}
        self.restarted = False
        super().__init__(i2c_bus, address=address)

    def initialize(self) -> None:
        """Ask the chip to restart; its answer is handled when it comes."""
        self._send_packet(CHANNEL_EXECUTABLE, bytearray([1]))

    def request(self, features: Iterable[int], interval_us: int) -> None:
        """Ask for reports."""
        for feature in features:
            self._send_packet(CHANNEL_CONTROL, self._get_feature_enable_report(feature, interval_us))

    def command(self, command: int, *parameters: int) -> int:
        """Ask the chip to do something and return the number its answer will carry."""
        self._commands = (self._commands + 1) & 0xFF
        self._send_packet(CHANNEL_CONTROL, command_request(self._commands, command, *parameters))
        return self._commands

    def drain(self) -> None:
        """Read what waits, within a bound of packets and of time, so that the bus's other sensors get their turn."""
        until_s = self._clock.now() + MAX_READ_S
        for _ in range(MAX_PACKETS_PER_READ):
            if not self._data_ready:
                return
            try:
                self._handle_packet(self._read_packet())
            except (CargoError, PacketError, IndexError, struct.error):
                self._errors["packet"] += 1
            if self._clock.now() > until_s:
                return

    @property
    def _data_ready(self) -> bool:
        begun_s = self._clock.now()
        header = self._read_header()
        if header.packet_byte_count == _NOT_CONNECTED_LENGTH or header.channel_number > _HIGHEST_CHANNEL:
            self._errors["header"] += 1
            return False
        if header.data_length == 0:
            return False
        self._host_s = self._noticed_s(begun_s)
        return True

    def _noticed_s(self, begun_s: float) -> float:
        """Return when the packet was announced: at the interrupt since the last packet, or else just now."""
        fell_s = self._interrupt.fell_s(self._packet_s, begun_s + TICK_S) if self._interrupt else None
        return self._clock.now() if fell_s is None else fell_s

    def _read(self, requested_read_length: int) -> None:
        # A corrupted length must not occupy the bus for a second; the chip continues the rest.
        self._asked = min(requested_read_length + _HEADER_BYTES, MAX_PACKET_BYTES)
        self._packet_s = self._clock.now()
        super()._read(self._asked - _HEADER_BYTES)

    def _handle_packet(self, packet: Any) -> None:
        if self._data_buffer[1] & 0x80:
            raise CargoError("the rest of an earlier packet came alone")
        channel, cargo = packet.header.channel_number, packet.data
        if packet.header.packet_byte_count > self._asked or not cargo:
            raise CargoError("the packet is longer than what was read")  # the buffer's end is an older packet
        if channel == CHANNEL_INPUT:
            self._take(parse_input(cargo, self._host_s))
        elif channel == CHANNEL_EXECUTABLE and cargo == bytes([_RESET_COMPLETE]):
            self._restart()
        elif channel == CHANNEL_COMMAND and cargo[0] == 0:
            self._restart()  # it says what it can do once, when it starts
        elif channel == CHANNEL_CONTROL:
            answer = parse_answer(cargo)
            if answer and answer.command == INITIALISED:
                self._restart()
            elif answer:
                self.answers[answer.command] = answer

    def _take(self, reports: list[Report]) -> None:
        self.reports += reports
        for report in reports:
            self.heard_s[report.report_id] = self._host_s

    def _restart(self) -> None:
        """Any one of the three notices will do, because each may be corrupted."""
        self.restarted = True
        self.reports.clear()  # the few measured just before belong to another heading
        self.heard_s.clear()
