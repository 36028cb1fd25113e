"""How much of an I2C bus's time its sensors take, reckoned before anything is plugged in.

A bus carries one bit after the other, nine for every byte: eight and the acknowledgement. Start, stop and stretching
of the clock are not counted, and the address byte of every transfer is. ``station.toml`` may say how fast a bus is::

    [buses.i2c-1]
    baudrate_hz = 400000       # the default; it has to be set in the Pi's boot settings too
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drivers.base import ConfigError
from drivers.config import ChipKind, SensorConfig, Traffic, is_numbered_bus, is_whole, missing, refuse

BITS_PER_BYTE = 9
USUAL_BAUDRATE_HZ = 400_000
FULL = 0.8
"""The share of a bus that may be planned with. The rest is for restarts, repeated requests and the stretching of the
clock, of which nobody knows how much there is; our choice."""
NAU7802_LOOKS = 2
"""How often per conversion a converter without an interrupt line is asked whether it is ready."""

_ADDRESS = 1
_REGISTER = 1
_HEADER = 4
PACKET_BYTES = _HEADER + 5
"""Header and base time of a motion sensor's packet; its reports come on top."""
EMPTY_LOOK_BYTES = _ADDRESS + _HEADER
"""A look that finds no packet."""


def busy(traffic: Traffic, baudrate_hz: int) -> float:
    """Return the share of a bus's time that transfers take, 1.0 for all of it."""
    return traffic.per_s * traffic.byte_count * BITS_PER_BYTE / baudrate_hz


def packets(what: str, per_s: float, byte_count: int) -> Traffic:
    """Return the traffic of a motion sensor's packets of so many bytes, read as Adafruit's library does.

    It reads the header to see whether there is a packet, the header once more, and header and cargo together.
    """
    return Traffic(what, per_s, 2 * (_ADDRESS + _HEADER) + _ADDRESS + byte_count)


def register_reads(what: str, per_s: float, byte_count: int) -> Traffic:
    """Return the traffic of reading so many bytes of a register: its number is written first."""
    return Traffic(what, per_s, _ADDRESS + _REGISTER + _ADDRESS + byte_count)


def nau7802(sample_rate_hz: float) -> tuple[Traffic, ...]:
    """Return the traffic of an NAU7802: looks at its ready bit, and three bytes per conversion."""
    return (
        register_reads("looks for a conversion", NAU7802_LOOKS * sample_rate_hz, 1),
        register_reads("conversions", sample_rate_hz, 3),
    )


@dataclass(frozen=True, slots=True)
class Budget:
    """One I2C bus, its speed, and what each of its sensors asks of it."""

    bus: str
    baudrate_hz: int
    sensors: Mapping[str, tuple[Traffic, ...]]

    @property
    def busy(self) -> float:
        """The share of its time that the bus is busy; more than 1.0 is impossible."""
        return sum(self.of(name) for name in self.sensors)

    @property
    def fits(self) -> bool:
        """Whether it may be planned like this."""
        return self.busy <= FULL

    def of(self, sensor: str) -> float:
        """Return the share of one sensor."""
        return sum(busy(one, self.baudrate_hz) for one in self.sensors[sensor])

    def lines(self) -> Iterable[str]:
        """Yield the reckoning, a line for each kind of transfer."""
        yield f"{self.bus} at {self.baudrate_hz // 1000} kHz: {self.busy:.0%} busy, {FULL:.0%} may be planned"
        for name, traffic in self.sensors.items():
            for one in traffic:
                yield (
                    f"  {name:10} {one.per_s:6.0f}/s x {one.byte_count:4} bytes x {BITS_PER_BYTE} bits "
                    f"= {busy(one, self.baudrate_hz):6.1%}  {one.what}"
                )

    def sums(self) -> str:
        """Return the reckoning in one line, per sensor."""
        return " + ".join(
            f"{name} {sum(one.per_s * one.byte_count for one in traffic):.0f} bytes/s"
            for name, traffic in self.sensors.items()
        )


def budgets(
    configs: Iterable[SensorConfig], chips: Mapping[str, ChipKind], baudrates_hz: Mapping[str, int]
) -> list[Budget]:
    """Return the budget of every I2C bus that has sensors, each with what its kind of chip asks of a bus."""
    by_bus: dict[str, dict[str, tuple[Traffic, ...]]] = {}
    for config in configs:
        if _is_i2c(config.bus):
            by_bus.setdefault(config.bus, {})[config.name] = chips[config.chip].traffic(config)
    return [Budget(bus, baudrates_hz.get(bus, USUAL_BAUDRATE_HZ), sensors) for bus, sensors in by_bus.items()]


def refuse_full(budget: Budget, source_name: str) -> None:
    """Raise ConfigError, with the arithmetic, for a bus that cannot carry its sensors."""
    if budget.fits:
        return
    way_out = "ask for fewer reports or a lower rate, or put a sensor on another bus"
    if budget.baudrate_hz < USUAL_BAUDRATE_HZ:
        faster = f"set buses.{budget.bus}.baudrate_hz to {USUAL_BAUDRATE_HZ} here and in the Pi's boot settings"
        way_out = f"{faster}, {way_out}"
    raise ConfigError(
        f"{source_name}: bus {budget.bus} would be {budget.busy:.0%} busy: ({budget.sums()}) x {BITS_PER_BYTE} bits "
        f"/ {budget.baudrate_hz} bits/s, expected at most {FULL:.0%}: {way_out}."
    )


def parse_buses(tables: object, source_name: str) -> dict[str, int]:
    """Return the speed in bits per second of every bus in the ``[buses]`` table, which may be missing.

    Raises ConfigError for the first thing that cannot be.
    """
    if tables is None:
        return {}
    if not isinstance(tables, Mapping):
        raise refuse(f"{source_name}: buses", tables, "a table for each bus, such as [buses.i2c-1]")
    return {str(bus): _parse_bus(bus, table, f"{source_name}: buses.{bus}") for bus, table in tables.items()}


def _parse_bus(bus: object, table: object, where: str) -> int:
    if not _is_i2c(bus):
        raise ConfigError(f'{where} is not an I2C bus, expected a name such as "i2c-1".')
    if not isinstance(table, Mapping):
        raise refuse(where, table, "a table with baudrate_hz")
    for key in table:
        if key != "baudrate_hz":
            raise ConfigError(f"{where}.{key} is not a key of a bus, expected baudrate_hz.")
    if "baudrate_hz" not in table:
        raise missing(f"{where}.baudrate_hz", "bits per second")
    value = table["baudrate_hz"]
    if not (is_whole(value) and 10_000 <= value <= USUAL_BAUDRATE_HZ):
        raise refuse(f"{where}.baudrate_hz", value, f"a whole number from 10000 to {USUAL_BAUDRATE_HZ}")
    return int(value)


_is_i2c = is_numbered_bus("i2c-")
