"""The NAU7802 load cell converter on I2C as a source of samples, on top of cedargrove-nau7802.

The library sets the chip up. Conversions are fetched past it, in one transfer of three bytes, for three reasons: its
``read`` returns twice the count as a float; its three transfers of a byte each can mix two conversions; and every
register it touches goes through one buffer that all instances share, while two of these chips, which have only one
address, sit on two buses with a thread each. It also never sets the chip's cycle start bit, without which no
conversion is made (data sheet, power-on sequence).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cedargrove_nau7802 import NAU7802

from drivers.base import Health, SensorAbsent
from drivers.budget import nau7802 as traffic
from drivers.cadence import LOOKS_PER_CONVERSION
from drivers.clock import Clock
from drivers.config import ChipKind, Hardware, Key, SensorConfig, bus_number, is_numbered_bus, is_whole
from drivers.load_cell import CELL_KEYS, GIVE_UP_S, LoadCalibration, LoadCell, calibration_of, check_calibration
from drivers.samples import Sample

ADDRESS = 0x2A
"""The only one it has: two of them need two buses."""
RATES_HZ = (10, 20, 40, 80, 320)
GAINS = (1, 2, 4, 8, 16, 32, 64, 128)
REVISION = 0xF
READY_LOOKS = 20
"""Power-up takes 200 us (data sheet); a look takes at least 70 us."""
CALIBRATION_S = 1.5
"""The amplifier's own calibration takes some conversions, 0.4 s at 10 a second; longer than this it never ends."""
SET_UP_PATIENCE_S = 0.5

_POWER, _CONTROL, _RESULT = 0x00, 0x02, 0x12
_RUNNING = 0b0001_0110  # digital and analog power, cycle start
_READY = 0b0010_0000
_CALIBRATING, _CALIBRATION_FAILED = 0b0000_0100, 0b0000_1000

_LIBRARY = threading.Lock()
"""The library's registers share one buffer: one chip is set up at a time."""


class _Chip(NAU7802):  # type: ignore[misc]  # the library publishes no types
    """The library's chip without its sleeps (1.6 s in all, which the other sensors of the bus would wait)."""

    def reset(self) -> bool:
        """Set all registers to their defaults and switch the digital part on; tell whether it came up."""
        self._pu_reg_reset = True
        self._pu_reg_reset = False
        self._pu_digital = True
        return any(self._pu_ready for _ in range(READY_LOOKS))

    def enable(self, power: bool = True) -> bool:
        """Switch the amplifier on or off."""
        self._pu_analog = power
        return power

    def set_up(self, rate_hz: int, gain: int, channel: int) -> None:
        """Choose rate, gain and channel, and let the amplifier calibrate its own offset with its inputs shorted."""
        self.gain = gain
        self.poll_rate = rate_hz
        self._c2_chan_select = channel == 2
        self._c2_cal_mode = 0
        self._c2_cal_start = True

    def start(self) -> None:
        """Let conversions begin."""
        self._pu_cycle_start = True

    def look(self, register: int, count: int = 1) -> int:
        """Return the value of one or more registers, read in one transfer, the most significant first."""
        found = bytearray(count)
        with self.i2c_device as device:
            device.write_then_readinto(bytes([register]), found)
        return int.from_bytes(found, "big")

    def count(self) -> int:
        """Return the newest conversion."""
        word = self.look(_RESULT, 3)
        return word - 0x1000000 if word & 0x800000 else word


class Nau7802:
    """An NAU7802 that yields one :class:`LoadSample` per conversion; ``open_bus`` returns the I2C bus.

    It is looked at ``LOOKS_PER_CONVERSION`` times per conversion, and a sample is dated between two looks. Without a
    calibration the "force" is the bare count, flagged UNCALIBRATED.
    """

    def __init__(
        self,
        name: str,
        bus: str,
        open_bus: Callable[[], Any],
        *,
        clock: Clock,
        sample_rate_hz: int = 80,
        gain: int = 128,
        channel: int = 1,
        calibration: LoadCalibration | None = None,
    ) -> None:
        self.name = name
        self.bus = bus
        self.period_s = 1.0 / (LOOKS_PER_CONVERSION * sample_rate_hz)
        self._open_bus = open_bus
        self._clock = clock
        self._settings = (sample_rate_hz, gain, channel)
        self._chip: _Chip | None = None
        self._calibrating_since_s: float | None = None
        self._cell = LoadCell(name, sample_rate_hz, calibration)

    def open(self) -> None:
        """Set the chip up; conversions follow. Raises SensorAbsent when it does not answer, or is none."""
        self._chip = None
        try:
            self._set_up(self._open_bus())
        except (OSError, ValueError, RuntimeError) as exc:
            raise SensorAbsent(
                f"{self.name}: no load cell converter at 0x{ADDRESS:02X} on {self.bus} ({exc})"
            ) from exc
        self._cell.opened(self._clock.now())

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the samples that are known by now. Raises SensorAbsent when no conversion came for 2 s."""
        chip, cell = self._chip, self._cell
        if chip is None:
            raise SensorAbsent(f"{self.name}: read before it was opened")
        try:
            if self._calibrating_since_s is not None:
                self._await_calibration(chip, self._calibrating_since_s)
                return []
            return self._look(chip)
        except SensorAbsent:
            raise
        except OSError as exc:
            cell.vitals.errors["bus"] += 1
            self._give_up(now_s, f"the bus fails ({exc})")
        return []

    def health(self, now_s: float) -> Health:
        """Return how the converter is doing at ``now_s``."""
        return self._cell.health(now_s)

    def close(self) -> None:
        """Forget the chip; it goes on converting."""
        self._chip = None
        self._cell.vitals.closed()

    def _set_up(self, bus: Any) -> None:
        with _alone():
            chip = _Chip(bus, ADDRESS, active_channels=self._settings[2])
            # Right after power-up it may not know its own number yet; whoever opens tries again.
            if chip.chip_revision != REVISION:
                raise SensorAbsent(f"it says revision {chip.chip_revision}, expected {REVISION}")
            chip.set_up(*self._settings)
        self._chip = chip
        self._calibrating_since_s = self._clock.now()

    def _await_calibration(self, chip: _Chip, since_s: float) -> None:
        control = chip.look(_CONTROL)
        if control & _CALIBRATING:
            if self._clock.now() - since_s > CALIBRATION_S:
                raise SensorAbsent(f"{self.name}: the calibration of its amplifier never ends")
            return
        if control & _CALIBRATION_FAILED:
            raise SensorAbsent(f"{self.name}: its amplifier cannot be calibrated; check the cell's wires")
        with _alone():
            chip.start()
        self._calibrating_since_s = None
        self._cell.begin()

    def _look(self, chip: _Chip) -> Sequence[Sample]:
        t_s = self._clock.now()
        power = chip.look(_POWER)
        if power & _RUNNING != _RUNNING:
            if chip.look(_POWER) & _RUNNING != _RUNNING:  # twice: no bit that was lost on the bus
                self._note_restart(chip)
            return []
        if not power & _READY:
            self._cell.idle(t_s)
            self._give_up(t_s, "the chip answers but does not convert")
            return []
        return self._cell.found(t_s, chip.count())

    def _note_restart(self, chip: _Chip) -> None:
        """The chip lost its settings: its power was away for a moment."""
        self._cell.vitals.resets += 1
        try:
            self._set_up(chip.i2c_device.i2c)
        except (ValueError, RuntimeError) as exc:
            raise SensorAbsent(f"{self.name}: it restarted and cannot be set up again ({exc})") from exc

    def _give_up(self, now_s: float, problem: str) -> None:
        if self._cell.silent_s(now_s) > GIVE_UP_S:
            raise SensorAbsent(f"{self.name}: {problem}")


@contextmanager
def _alone() -> Iterator[None]:
    """Keep others out of the library; a bus that hangs in it must not keep them out for ever."""
    if not _LIBRARY.acquire(timeout=SET_UP_PATIENCE_S):
        raise SensorAbsent("another converter's set-up has not come back")
    try:
        yield
    finally:
        _LIBRARY.release()


def _build(config: SensorConfig, hardware: Hardware, clock: Clock) -> Nau7802:
    number = bus_number(config.bus)
    return Nau7802(
        config.name,
        config.bus,
        lambda: hardware.i2c(number),
        clock=clock,
        sample_rate_hz=config.whole("sample_rate_hz"),
        gain=config.whole("gain"),
        channel=config.whole("channel"),
        calibration=calibration_of(config),
    )


def _one_of(values: tuple[int, ...], default: int) -> Key:
    shown = f"{', '.join(map(str, values[:-1]))} or {values[-1]}"
    return Key(shown, lambda value: is_whole(value) and value in values, default=default)


CHIP = ChipKind(
    buses=Key('an I2C bus such as "i2c-1"', is_numbered_bus("i2c-")),
    keys={
        "sample_rate_hz": _one_of(RATES_HZ, 80),
        "gain": _one_of(GAINS, 128),
        "channel": _one_of((1, 2), 1),
        **CELL_KEYS,
    },
    build=_build,
    claims=lambda config: frozenset({(config.bus, ADDRESS)}),
    check=check_calibration,
    calibrates="load",
    traffic=lambda config: traffic(config.whole("sample_rate_hz")),
)
