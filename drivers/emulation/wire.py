"""What can go wrong with the transfers of any emulated chip on an I2C bus: bytes, not meanings."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable

from drivers.clock import Clock
from drivers.emulation.faults import Fault, FaultScript, Kind

LONGEST_BLOCK_S = 3600.0
"""A hang without an end still wakes up this often, because no clock can wait for ever."""


class Wire:
    """The cable and clock line of one chip, acting out the faults that any chip can have.

    ``block`` is how a hanging transfer waits for a time in seconds on the clock: usually the clock's own
    ``sleep_until``, in the thread that asked for the transfer. It is called until that time has come, so a test
    that wants a thread to be stuck for good passes one that never returns.
    """

    def __init__(
        self, name: str, faults: FaultScript, clock: Clock, block: Callable[[float], None] | None = None
    ) -> None:
        self._name = name
        self._faults = faults
        self._clock = clock
        self._block = block or clock.sleep_until
        self._randoms: dict[Fault, random.Random] = {}
        self._flip_in: int | None = None
        self._restarts = sorted(
            [faults.begin_s + fault.start_s for fault in faults.of(name, Kind.SELF_RESET)]
            + [faults.begin_s + fault.start_s + fault.duration_s for fault in faults.of(name, Kind.UNPLUG)]
        )

    def reach(self) -> None:
        """Begin a transfer. Raises OSError 121 where nobody acknowledges it; blocks while the clock line is held."""
        self._wait_while_held()
        now_s = self._clock.now()
        nack = self._faults.active(self._name, Kind.NACK, now_s)
        if self._faults.active(self._name, Kind.UNPLUG, now_s) or (nack and self._random(nack).random() < nack.size):
            raise OSError(errno.EREMOTEIO, f"{self._name} does not acknowledge")

    def restart_s(self) -> float | None:
        """Return when the chip last restarted by itself or got its power back, once; None if it did not since."""
        due = [t_s for t_s in self._restarts if t_s <= self._clock.now()]
        self._restarts = self._restarts[len(due) :]
        return due[-1] if due else None

    def begin_packet(self, length: int) -> None:
        """Decide whether a bit of the next ``length`` bytes will flip, and which."""
        fault = self._faults.active(self._name, Kind.BIT_ERRORS, self._clock.now())
        self._flip_in = None
        if fault is not None and self._random(fault).random() < fault.size:
            self._flip_in = self._random(fault).randrange(8 * length)

    def carry(self, data: bytes) -> bytes:
        """Return the bytes as they arrive at the host."""
        if self._flip_in is None:
            return data
        at, bit = divmod(self._flip_in, 8)
        if at >= len(data):
            self._flip_in -= 8 * len(data)
            return data
        self._flip_in = None
        return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]

    def _random(self, fault: Fault) -> random.Random:
        """Return the fault's own random numbers, so that others beside it change nothing."""
        if fault not in self._randoms:
            self._randoms[fault] = random.Random(f"{self._name}:{fault}")
        return self._randoms[fault]

    def _wait_while_held(self) -> None:
        hang = self._faults.active(self._name, Kind.HANG, self._clock.now())
        if hang is None:
            return
        until_s = self._faults.begin_s + hang.start_s + hang.duration_s
        while (now_s := self._clock.now()) < until_s:
            self._block(min(until_s, now_s + LONGEST_BLOCK_S))
            if self._clock.now() <= now_s:  # the clock was closed: nobody waits any more
                raise OSError(errno.ETIMEDOUT, f"{self._name} holds the clock line")
