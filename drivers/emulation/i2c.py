"""An I2C bus made of emulated chips, with the four calls the Adafruit libraries use."""

from __future__ import annotations

import errno
import threading
from typing import Protocol


class I2cChip(Protocol):
    """A chip at one address that takes and gives bytes."""

    address: int

    def write(self, data: bytes) -> None:
        """Take one write transfer, address byte excluded."""

    def read(self, count: int) -> bytes:
        """Return exactly ``count`` bytes, as one read transfer would."""


class EmulatedI2C:
    """Several chips on one bus; an address without a chip is not acknowledged (OSError 121)."""

    def __init__(self, *chips: I2cChip) -> None:
        self._chips = {chip.address: chip for chip in chips}
        self._lock = threading.Lock()

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
        self._chip(address).write(bytes(buffer[start:end]))

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        """Fill ``buffer[start:end]`` from one transfer."""
        stop = len(buffer) if end is None else end
        buffer[start:stop] = self._chip(address).read(stop - start)

    def _chip(self, address: int) -> I2cChip:
        chip = self._chips.get(address)
        if chip is None:
            raise OSError(errno.EREMOTEIO, f"no chip acknowledges address 0x{address:02X}")
        return chip
