"""An I2C bus made of emulated chips, with the calls the Adafruit libraries use."""

from __future__ import annotations

import errno
import threading
from typing import Protocol

from drivers.clock import Clock

BITS_PER_BYTE = 9
"""Eight of data and the acknowledgement."""


class I2cChip(Protocol):
    """A chip at one address that takes and gives bytes; OSError stands for a missing acknowledgement."""

    address: int

    def write(self, data: bytes) -> None:
        """Take one write transfer, address byte excluded."""

    def read(self, count: int) -> bytes:
        """Return exactly ``count`` bytes, as one read transfer would."""


class EmulatedI2C:
    """Several chips on one bus; an address without a chip is not acknowledged (OSError 121).

    With a ``clock`` every transfer takes the time its bits need at ``baudrate_hz``; without one it takes none.
    """

    def __init__(self, *chips: I2cChip, clock: Clock | None = None, baudrate_hz: int = 400_000) -> None:
        self._chips = {chip.address: chip for chip in chips}
        self._lock = threading.Lock()
        self._clock = clock
        self._byte_s = BITS_PER_BYTE / baudrate_hz
        self.busy_s = 0.0
        """How long the bus was busy so far, at its own speed."""

    def attach(self, chip: I2cChip) -> None:
        """Plug a chip in."""
        self._chips[chip.address] = chip

    def detach(self, address: int) -> None:
        """Pull the chip at an address out; its transfers fail from now on."""
        self._chips.pop(address, None)

    def try_lock(self) -> bool:
        """Take the bus if nobody holds it; tell whether that worked."""
        return self._lock.acquire(blocking=False)

    def unlock(self) -> None:
        """Give the bus back."""
        self._lock.release()

    def writeto(self, address: int, buffer: bytes | bytearray, *, start: int = 0, end: int | None = None) -> None:
        """Send ``buffer[start:end]`` in one transfer."""
        data = bytes(buffer[start:end])
        self._pass_time(len(data))
        self._chip(address).write(data)

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        """Fill ``buffer[start:end]`` from one transfer."""
        stop = len(buffer) if end is None else end
        data = self._chip(address).read(stop - start)
        self._pass_time(len(data))
        buffer[start:stop] = data

    def writeto_then_readfrom(
        self,
        address: int,
        out: bytes | bytearray,
        into: bytearray,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        """Send one span and fill the other without letting go of the bus between."""
        # As long as the caller holds the lock, two transfers are as good as one with a repeated start.
        self.writeto(address, out, start=out_start, end=out_end)
        self.readfrom_into(address, into, start=in_start, end=in_end)

    def _pass_time(self, count: int) -> None:
        """The address byte goes first; start and stop are not counted."""
        took_s = (count + 1) * self._byte_s
        self.busy_s += took_s
        if self._clock is not None:
            self._clock.sleep_until(self._clock.now() + took_s)

    def _chip(self, address: int) -> I2cChip:
        chip = self._chips.get(address)
        if chip is None:
            raise OSError(errno.EREMOTEIO, f"no chip acknowledges address 0x{address:02X}")
        return chip
