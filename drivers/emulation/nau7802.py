"""An NAU7802 load cell converter that answers on I2C register by register, fed by a force as a function of time.

Registers and bits are those of the data sheet (Nuvoton, NAU7802, register map and power-on sequence).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from drivers.clock import Clock
from drivers.config import SensorConfig, bus_number
from drivers.emulation.bridge import COUNT_MAX, COUNT_MIN, Bridge, Force, Pace
from drivers.emulation.faults import NO_FAULTS, FaultScript, Kind
from drivers.emulation.wire import Wire
from drivers.emulation.wiring import Wiring
from drivers.guard import USUAL_NEWTON_PER_COUNT

ADDRESS = 0x2A
POWER, CONTROL_1, CONTROL_2, RESULT, REVISION_ID = 0x00, 0x01, 0x02, 0x12, 0x1F
RESET, DIGITAL, ANALOG, UP, START, READY = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
CALIBRATE, CALIBRATION_ERROR, CHANNEL_2 = 0x04, 0x08, 0x80
RATES_HZ = {0: 10, 1: 20, 2: 40, 3: 80, 7: 320}
REVISION = 0x0F

NOISE_COUNTS = 40.0
"""At gain 128 and 80 conversions a second, with the root of the rate; some 60 nV. Our choice, near an HX711's."""
SETTLING_CONVERSIONS = 4
CALIBRATION_CONVERSIONS = 4
OFFSET_COUNTS = 3000
"""What the amplifier adds until it has calibrated itself; our choice."""
TRANSFERS_TO_POWER_UP = 3
"""Transfers for which a chip that has just been switched on is not up yet: 200 us, at 70 us each."""


class EmulatedNau7802:
    """The chip as seen from the bus: registers that count up while they are read, conversions by ``clock``.

    After power-up its registers are at their defaults, and nothing is converted until the host has started it. A
    conversion that is not fetched is replaced by the next. The cell is on ``channel``, and there
    ``count = zero_count + force / newton_per_count`` at gain ``gain``. Acts out what a :class:`Wire` and a
    :class:`Bridge` can have, SILENCE, STUCK, RATE_DROP, and a calibration that fails (``calibration_fails``).
    """

    def __init__(
        self,
        force: Force,
        clock: Clock,
        *,
        newton_per_count: float = USUAL_NEWTON_PER_COUNT,
        zero_count: int = 0,
        gain: int = 128,
        channel: int = 1,
        seed: int = 0,
        noise: float = 1.0,
        name: str = "cell",
        faults: FaultScript = NO_FAULTS,
        block: Callable[[float], None] | None = None,
    ) -> None:
        self.address = ADDRESS
        self.calibration_fails = False
        self._clock = clock
        self._name = name
        self._faults = faults
        self._gain = gain
        self._channel = channel
        self._wire = Wire(name, faults, clock, block)
        self._bridge = Bridge(
            force,
            newton_per_count=newton_per_count,
            zero_count=zero_count,
            sigma=NOISE_COUNTS * noise,
            seed=seed,
            name=name,
            faults=faults,
        )
        self._phase = random.Random(seed).random()
        self.power_up()

    def power_up(self) -> None:
        """Begin as after the power came: the digital part is off and has not heard of anything."""
        self._registers = bytearray(32)
        self._pointer = 0
        self._up_in = TRANSFERS_TO_POWER_UP
        self._calibrated = False
        self._calibrating_until_s = 0.0
        self._restart_conversions()

    def write(self, data: bytes) -> None:
        """Take a register number and what is to be written from there on; nothing is a look for the chip."""
        self._reach()
        if not data:
            return
        self._pointer = data[0] & 0x1F
        for value in data[1:]:
            self._write(self._pointer, value)
            self._pointer = (self._pointer + 1) & 0x1F

    def read(self, count: int) -> bytes:
        """Return ``count`` registers from the one written last."""
        self._reach()
        self._work()
        found = bytes(self._registers[(self._pointer + step) & 0x1F] for step in range(count))
        if RESULT in range(self._pointer, self._pointer + count):
            self._registers[POWER] &= ~READY
        self._pointer = (self._pointer + count) & 0x1F
        self._wire.begin_packet(count)
        return self._wire.carry(found)

    def _reach(self) -> None:
        self._wire.reach()
        if self._wire.restart_s() is not None:
            self.power_up()
        if self._registers[POWER] & DIGITAL and self._up_in:
            self._up_in -= 1

    def _write(self, register: int, value: int) -> None:
        before = self._registers[register]
        if register == POWER:
            if value & RESET:
                self._registers = bytearray(32)
                self._calibrated = False
            value = value & ~(UP | READY) | (0 if value & RESET else before & (UP | READY))
        elif register == CONTROL_2:
            value = value & ~CALIBRATION_ERROR | before & CALIBRATION_ERROR
            if value & CALIBRATE and not before & CALIBRATE:
                self._calibrating_until_s = self._clock.now() + CALIBRATION_CONVERSIONS / self._rate_of(value)
        elif register >= RESULT and register not in (0x15, 0x1B, 0x1C):
            return  # read only
        self._registers[register] = value
        if value != before and register in (POWER, CONTROL_1, CONTROL_2):
            self._restart_conversions()

    def _restart_conversions(self) -> None:
        self._pace = Pace(self._rate_hz, self._name, self._faults)
        self._pace.restart(self._clock.now() + self._phase / self._rate_hz)

    def _work(self) -> None:
        """Bring the registers up to now."""
        registers, now_s = self._registers, self._clock.now()
        if not registers[POWER] & DIGITAL or self._up_in:
            return
        registers[POWER] |= UP
        registers[REVISION_ID] = REVISION
        if registers[CONTROL_2] & CALIBRATE and now_s >= self._calibrating_until_s:
            registers[CONTROL_2] &= ~(CALIBRATE | CALIBRATION_ERROR)
            registers[CONTROL_2] |= CALIBRATION_ERROR if self.calibration_fails else 0
            self._calibrated = True
        if registers[POWER] & (ANALOG | START) == ANALOG | START and self._pace.done_by(now_s):
            self._convert(now_s)

    def _convert(self, now_s: float) -> None:
        if any(self._faults.active(self._name, kind, now_s) for kind in (Kind.SILENCE, Kind.STUCK)):
            return
        offset = 0 if self._calibrated else OFFSET_COUNTS
        word = max(COUNT_MIN, min(COUNT_MAX, self._bridge.word(self._pace.done_s, self._share()) + offset))
        self._registers[RESULT : RESULT + 3] = (word & 0xFFFFFF).to_bytes(3, "big")
        self._registers[POWER] |= READY

    def _share(self) -> float:
        """Return what is left of the cell's signal: on the other channel none, at another gain more or less of it."""
        if bool(self._registers[CONTROL_2] & CHANNEL_2) is not (self._channel == 2):
            return 0.0
        settled = min(1.0, self._pace.done / (SETTLING_CONVERSIONS + 1))
        return settled * (1 << (self._registers[CONTROL_1] & 7)) / self._gain

    @property
    def _rate_hz(self) -> int:
        return self._rate_of(self._registers[CONTROL_2])

    @staticmethod
    def _rate_of(control_2: int) -> int:
        return RATES_HZ.get(control_2 >> 4 & 7, 320)


def wire(config: SensorConfig, to: Wiring) -> EmulatedNau7802:
    """Connect an emulated chip where the configuration says that one is."""
    chip = EmulatedNau7802(
        to.force,
        to.clock,
        newton_per_count=float(config.settings.get("newton_per_count", USUAL_NEWTON_PER_COUNT)),
        zero_count=int(config.settings.get("zero_count", 0)),
        gain=config.whole("gain"),
        channel=config.whole("channel"),
        seed=to.seed,
        noise=to.noise,
        name=config.name,
        faults=to.faults,
    )
    to.i2c(bus_number(config.bus)).attach(chip)
    return chip
