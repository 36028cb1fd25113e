"""The new sensor of docs/hardware.md is a sensor: its page is run, and it keeps the contract that all keep."""

import re
import struct
import sys
import tomllib
import types
from pathlib import Path

import pytest
import test_contract
from hil_stand import PROMISES, Promise, Stand

from drivers import factory
from drivers.base import SensorAbsent, SensorState
from drivers.clock import SimulatedClock
from drivers.emulation.i2c import EmulatedI2C
from drivers.factory import parse_sensors
from drivers.samples import STANDARD_GRAVITY_M_S2, ImuSample

PAGE = Path(__file__).parents[2] / "docs" / "hardware.md"


class EmulatedLis3dh:
    """The few registers that the page's driver knows, a hundred measurements a second, always level."""

    address = 0x18

    def __init__(self, clock):
        self._clock = clock
        self._registers = {0x0F: 0x33}
        self._pointer = 0
        self._fetched = 0

    def write(self, data):
        if data:
            self._pointer = data[0]
        if len(data) == 2:
            self._registers[data[0]] = data[1]

    def read(self, count):
        measured = int(self._clock.now() * 100)
        if self._pointer == 0x27:
            return bytes([0x08 if self._on() and measured > self._fetched else 0])
        if self._pointer == 0xA8:
            self._fetched = measured
            return struct.pack("<3h", measured % 2 << 4, 0, 250 << 4)[:count]
        return bytes([self._registers[self._pointer]])

    def _on(self):
        return (self._registers.get(0x20), self._registers.get(0x23)) == (0x57, 0xA8)


class Board:
    """The hardware: one bus with the new chip on it."""

    def __init__(self, clock):
        self.bus = EmulatedI2C(EmulatedLis3dh(clock))

    def i2c(self, _number):
        return self.bus

    def renew(self, _bus):
        pass


def block(mark):
    """Return the code of the page that follows a sentence with ``mark`` in it."""
    found = re.search(re.escape(mark) + r".*?```\w+\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found, f"no code after {mark!r} in {PAGE.name}"
    return found.group(1)


@pytest.fixture
def chip(monkeypatch):
    """The page's module, imported, and its one line in the factory."""
    module = types.ModuleType("drivers.lis3dh")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(block("`drivers/lis3dh.py`"), "drivers/lis3dh.py", "exec"), module.__dict__)
    line = re.fullmatch(r'"(\w+)": lis3dh\.CHIP,', block("`CHIPS`").strip())
    monkeypatch.setitem(factory.CHIPS, line.group(1), module.CHIP)
    return module


@pytest.fixture
def stand(chip, monkeypatch):
    tables = tomllib.loads(block("`station.toml` may name it"))["sensors"]
    (config,) = parse_sensors(tables, "the page")
    monkeypatch.setitem(PROMISES, "lis3dh", Promise(ImuSample, first_s=0.1, rate_tolerance=0.05, rate_hz=100.0))
    clock, hand = SimulatedClock(1000.0), types.SimpleNamespace(lay_down=lambda _name: None)
    made = Stand(config, Board(clock), clock, hand, must_answer=True)
    yield made
    made.shut()


@pytest.mark.parametrize(
    "promise",
    [
        test_contract.test_it_opens_and_speaks_within_its_limit,
        test_contract.test_it_keeps_its_rate,
        test_contract.test_times_rise_and_are_near_now,
        test_contract.test_at_rest_nothing_is_wrong_with_a_sample,
        test_contract.test_its_health_is_live,
        test_contract.test_closed_twice_it_is_absent_and_opens_again,
    ],
    ids=lambda promise: promise.__name__,
)
def test_it_keeps_the_contract(stand, promise):
    promise(stand)


def test_it_feels_gravity(stand):
    for sample in stand.settled():
        assert sample.accel_m_s2[2] == pytest.approx(STANDARD_GRAVITY_M_S2, abs=0.05)
        assert sample.gyro_rad_s is None


def test_absent_or_another_chip_it_is_refused_in_words(stand):
    source = stand.build()
    with pytest.raises(SensorAbsent, match="read before it was opened"):
        source.read(0.0)
    bus = stand._hardware.bus
    bus._chips[0x18]._registers[0x0F] = 0x44
    with pytest.raises(SensorAbsent, match="what answers at 0x18 on i2c-1 is no LIS3DH"):
        source.open()
    bus.detach(0x18)
    with pytest.raises(SensorAbsent, match="no LIS3DH at 0x18 on i2c-1"):
        source.open()
    assert source.health(stand.clock.now()).state is SensorState.ABSENT
