"""The BNO08x motion sensor as a source of samples, on top of Adafruit's library.

The library keeps only the newest value of each report, without its time, and stops for ever when the chip
restarts. Its packet handling is replaced (``drivers/sensor_hub.py``); its transport is used as it is. Bringing the
chip up never waits: a reset is sent, and what the chip says next is answered in :meth:`Bno08x.read`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gpiozero import GPIOZeroError

from drivers.base import Health, SensorAbsent, SensorState
from drivers.budget import EMPTY_LOOK_BYTES, PACKET_BYTES, packets
from drivers.chip_calibration import ChipCalibration
from drivers.clock import Clock
from drivers.config import ChipKind, Hardware, Key, SensorConfig, Traffic, bus_number, is_numbered_bus, is_whole
from drivers.joining import Join
from drivers.lines import InterruptLine, ResetLine
from drivers.samples import Quality, Sample
from drivers.sensor_hub import SensorHub
from drivers.shtp import ACCELEROMETER, GAME_ROTATION_VECTOR, GYROSCOPE, LINEAR_ACCELERATION, report_length
from drivers.vitals import Vitals

RATE_HZ = 100.0
REPORTS = {
    "accel": ACCELEROMETER,
    "gyro": GYROSCOPE,
    "game_rotation": GAME_ROTATION_VECTOR,
    "linear": LINEAR_ACCELERATION,
}
"""The words of the setting ``reports``."""
USUAL_REPORTS = "accel gyro game_rotation"

RIDE_THROUGH_S = 0.5
"""A bus that fails for as long has lost its sensor; a report missing for as long is asked for anew."""
START_UP_S = 1.0
"""After its reset the chip may leave the bus unanswered for this long (Adafruit's library waits 0.5 s)."""
SLOW = 0.9
"""Below this share of the rate asked for, health says what that costs. The chip's own clock may be some % off."""
GIVE_UP_S = 2.0
"""A chip that answers but sends nothing for this long is opened again, from its reset on."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The GPIO numbers of the optional lines, and who hands out pins."""

    pin_factory: Callable[[], Any] | None = None
    int_pin: int | None = None
    reset_pin: int | None = None


class Bno08x:
    """A BNO08x that yields one :class:`ImuSample` per accelerometer report.

    ``open_bus`` returns the I2C bus. The other reports of the same instant are joined to the acceleration, or None
    where they are missing for more than 1.5 periods. A measurement is timed by the chip (in steps of 0.1 ms) back
    from the fall of the interrupt line; without that line, from the moment the host noticed the packet, which can be
    up to ``period_s`` later. The reset line is pulsed whenever the chip was lost or not found, so that it has started
    by the next try.
    """

    def __init__(
        self,
        name: str,
        bus: str,
        open_bus: Callable[[], Any],
        *,
        address: int,
        clock: Clock,
        rate_hz: float = RATE_HZ,
        reports: str = USUAL_REPORTS,
        dynamic_calibration: bool = True,
        lines: Lines | None = None,
    ) -> None:
        self.name = name
        self.bus = bus
        self.period_s = 1.0 / rate_hz
        self._rate_hz = rate_hz
        self._open_bus = open_bus
        self._address = address
        self._clock = clock
        self._features = tuple(REPORTS[word] for word in reports.split())
        self._lines = lines or Lines()
        self._interrupt: InterruptLine | None = None
        self._reset: ResetLine | None = None
        self._hub: SensorHub | None = None
        self._vitals = Vitals(name, rate_hz)
        self._join = Join(name, self.period_s, self._features, self._vitals)
        self._calibration = ChipCalibration(name, self._vitals.errors, dynamic=dynamic_calibration)
        self._requested_s = 0.0
        self._starting = True
        self._ran_before = False

    def open(self) -> None:
        """Restart the chip; its samples follow within some reads. Raises SensorAbsent when nothing answers."""
        self.close()
        self._take_lines()
        try:
            bus = self._open_bus()
            self._hub = SensorHub(bus, self._address, self._clock, self._vitals.errors, self._interrupt)
        except (OSError, ValueError) as exc:
            at = f"0x{self._address:02X} on {self.bus}"
            raise self._lost(f"no motion sensor at {at} ({exc})") from exc
        now_s = self._clock.now()
        self._requested_s = now_s
        self._vitals.opened(now_s)
        self._join.restart(Quality.RESET_BEFORE if self._ran_before else Quality.GOOD)
        self._calibration.restart()
        self._starting = True

    def read(self, now_s: float) -> Sequence[Sample]:
        """Return the new samples, oldest first. Raises SensorAbsent when bus or chip stay silent."""
        hub = self._hub
        if hub is None:
            raise SensorAbsent(f"{self.name}: read before it was opened")
        try:
            hub.drain()
            now_s = self._clock.now()  # a transfer may have been held up
            self._keep_going(hub, now_s)
        except OSError as exc:
            self._ride_through(exc, self._clock.now())
        reports, hub.reports = hub.reports, []
        samples = self._join.take(reports, now_s)
        if samples:
            self._ran_before, self._starting = True, False
            for sample in samples:
                self._calibration.saw(sample)
            self._calibration.keep(self._vitals.accuracy, now_s)
        elif self._vitals.silent_s(now_s) > GIVE_UP_S:
            raise self._lost("the chip answers but sends no reports")
        return samples

    def health(self, now_s: float) -> Health:
        """Return how the sensor is doing at ``now_s``; its accuracy is the worst of its reports'."""
        health = self._vitals.health(now_s)
        if health.state is not SensorState.LIVE or not 0.0 < health.rate_hz < SLOW * self._rate_hz:
            return health
        rates = f"{health.rate_hz:.0f} of {self._rate_hz:.0f} samples a second"
        slow = f"{rates}: phases are exact to {1e3 / health.rate_hz:.0f} ms"
        return replace(health, limits=(*health.limits, slow))

    def close(self) -> None:
        """Forget the chip and give the pins back; it goes on measuring until its next restart."""
        self._hub = None
        self._vitals.closed()
        for line in (self._interrupt, self._reset):
            if line is not None:
                line.close()
        self._interrupt = self._reset = None

    def save_calibration(self) -> None:
        """Have the chip keep its calibration over power cycles, while :meth:`read` goes on being called.

        The driver asks by itself, once a day, when a sensor with dynamic calibration was laid down after use.

        Any thread may ask; :attr:`calibration_saved` tells the outcome. Raises DriverError where the accuracy is
        not the best or the sensor moves.
        """
        self._calibration.save(self._vitals.accuracy, self._clock.now())

    @property
    def calibration_saved(self) -> bool | None:
        """Whether the chip kept its calibration when last asked; None while it has not answered."""
        return self._calibration.saved

    def _take_lines(self) -> None:
        """A line that cannot be had is told and done without: times get worse, nothing stops."""
        lines, self._vitals.limits = self._lines, ()
        try:
            if lines.pin_factory and lines.reset_pin is not None:
                self._reset = ResetLine(lines.pin_factory(), lines.reset_pin)
            if lines.pin_factory and lines.int_pin is not None:
                self._interrupt = InterruptLine(lines.pin_factory(), lines.int_pin, self._clock)
        except (GPIOZeroError, OSError) as exc:
            self._vitals.limits = (f"its interrupt and reset lines cannot be used ({exc})",)

    def _keep_going(self, hub: SensorHub, now_s: float) -> None:
        """Ask for the reports after every restart, and again for those that stay away."""
        if hub.restarted:
            hub.restarted = False
            self._note_restart()
            missing = self._features
        elif now_s - self._requested_s < RIDE_THROUGH_S:
            missing = ()
        else:
            since_s = now_s - RIDE_THROUGH_S
            missing = tuple(one for one in self._features if hub.heard_s.get(one, float("-inf")) <= since_s)
        if missing:
            self._requested_s = now_s
            hub.request(missing, round(self.period_s * 1e6))
        if not self._starting:
            self._calibration.step(hub, now_s)

    def _note_restart(self) -> None:
        """Mark the discontinuity; of the three notices of one restart only the first counts."""
        if self._starting:
            return
        self._starting = True
        self._vitals.resets += 1
        self._join.restart(Quality.RESET_BEFORE)
        self._calibration.restart()

    def _ride_through(self, exc: OSError, now_s: float) -> None:
        silent_s = self._vitals.silent_s(now_s)
        if self._starting and silent_s <= START_UP_S:
            return  # it boots
        self._vitals.errors["bus"] += 1
        if silent_s + 2 * self.period_s > RIDE_THROUGH_S:  # whoever looks once per read knows it in time
            raise self._lost(f"the bus fails ({exc})") from exc

    def _lost(self, why: str) -> SensorAbsent:
        if self._reset is not None:
            self._reset.pulse()
        return SensorAbsent(f"{self.name}: {why}")


def _build(config: SensorConfig, hardware: Hardware, clock: Clock) -> Bno08x:
    number = bus_number(config.bus)
    return Bno08x(
        config.name,
        config.bus,
        lambda: hardware.i2c(number),
        address=config.whole("address"),
        clock=clock,
        rate_hz=config.number("rate_hz"),
        reports=str(config.settings["reports"]),
        dynamic_calibration=bool(config.settings["dynamic_calibration"]),
        lines=Lines(
            lambda: hardware.pin_factory, config.optional_whole("int_pin"), config.optional_whole("reset_pin")
        ),
    )


def _claims(config: SensorConfig) -> frozenset[Hashable]:
    pins = (config.optional_whole("int_pin"), config.optional_whole("reset_pin"))
    return frozenset({(config.bus, config.whole("address")), *(pin for pin in pins if pin is not None)})


def _traffic(config: SensorConfig) -> tuple[Traffic, ...]:
    """Every report in a packet of its own: the chip joins those of one instant, but promises it nowhere."""
    rate_hz = config.number("rate_hz")
    reports = str(config.settings["reports"]).split()
    return (
        *(packets(word, rate_hz, PACKET_BYTES + report_length(REPORTS[word])) for word in reports),
        Traffic("looks for a packet", rate_hz, EMPTY_LOOK_BYTES),
    )


def _are_reports(value: object) -> bool:
    words = value.split() if isinstance(value, str) else []
    return "accel" in words and len(set(words)) == len(words) and all(word in REPORTS for word in words)


_PIN = Key("a GPIO number from 0 to 27", lambda value: is_whole(value) and value in range(28), optional=True)

CHIP = ChipKind(
    buses=Key('an I2C bus such as "i2c-1"', is_numbered_bus("i2c-")),
    keys={
        "address": Key("0x4A or 0x4B", lambda value: is_whole(value) and value in (0x4A, 0x4B)),
        "reports": Key(f'"accel" and any of the other words in "{" ".join(REPORTS)}"', _are_reports, USUAL_REPORTS),
        "rate_hz": Key(
            "a whole number from 10 to 400", lambda value: is_whole(value) and value in range(10, 401), RATE_HZ
        ),
        "dynamic_calibration": Key("true or false", lambda value: isinstance(value, bool), default=True),
        "int_pin": _PIN,
        "reset_pin": _PIN,
    },
    build=_build,
    claims=_claims,
    traffic=_traffic,
    calibrates="pose",
)
