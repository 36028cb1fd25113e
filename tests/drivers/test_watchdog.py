"""A bus that never comes back: its reader is left behind and replaced, and whatever wakes later does no harm."""

import threading
import time

import pytest

from drivers.base import Health, SensorAbsent, SensorState
from drivers.clock import SimulatedClock, SystemClock
from drivers.emulation.bno085 import EmulatedBno085
from drivers.emulation.i2c import EmulatedI2C
from drivers.factory import build_watchdog, parse_sensors
from drivers.samples import LoadSample
from drivers.watchdog import HANG_AFTER_S, MOST_LEFT_BEHIND, Lease, LeasedBus, LeasedHardware, Watchdog

SENSORS = parse_sensors(
    {
        "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
        "shank": {"chip": "bno08x", "place": "shank", "bus": "i2c-3", "address": 0x4A},
    },
    "the test's rig",
)


class HangingBus(EmulatedI2C):
    """A bus on which the next transfer can be made to block, in the very thread that asked for it."""

    def __init__(self, *chips):
        super().__init__(*chips)
        self.hang = threading.Event()
        self.release = threading.Event()
        self.blocked = 0
        self.left_behind = None
        self.intrusions = 0

    def readfrom_into(self, address, buffer, *, start=0, end=None):
        me = threading.get_ident()
        self.intrusions += me == self.left_behind
        if self.hang.is_set():
            self.blocked += 1
            self.release.wait()
            self.left_behind = me
        super().readfrom_into(address, buffer, start=start, end=end)


class Rig:
    """Two motion sensors on two buses, on the real clock; the first bus can hang."""

    pin_factory = None

    def __init__(self, truth):
        self.clock = SystemClock()
        chips = [EmulatedBno085(lambda t_s: truth((0.0, 0.01 * t_s % 1, 9.8)), self.clock, seed=n) for n in (1, 2)]
        self.buses = {1: HangingBus(chips[0]), 3: HangingBus(chips[1])}
        self.samples, self.renewed = [], []
        self.watchdog = build_watchdog(SENSORS, self, self.clock, self.samples.append)

    def i2c(self, number):
        return self.buses[number]

    def renew(self, bus):
        """A fresh handle works although the old one still blocks, as a second file on /dev/i2c-1 may."""
        self.renewed.append(bus)
        self.buses[1].hang.clear()

    def wait_for(self, condition, seconds):
        began_s = time.monotonic()
        while not condition() and time.monotonic() - began_s < seconds:
            self.watchdog.look()
            time.sleep(0.02)
        return time.monotonic() - began_s

    def state(self, name):
        return self.watchdog.health()[name].state

    def times(self, name):
        return [sample.t_s for sample in list(self.samples) if sample.sensor == name]


@pytest.fixture
def rig(truth):
    made = Rig(truth)
    made.watchdog.start()
    yield made
    made.buses[1].release.set()
    made.watchdog.stop()


def test_a_bus_that_hangs_for_ever_is_read_again_within_five_seconds(rig):
    rig.wait_for(lambda: rig.state("thigh") is rig.state("shank") is SensorState.LIVE, 3.0)
    # Readers that other tests left behind on purpose may still be there.
    readers = [thread.name for thread in threading.enumerate()].count("reader i2c-1")
    bus = rig.buses[1]
    bus.hang.set()
    rig.wait_for(lambda: bus.blocked, 1.0)
    hung_s = time.monotonic()
    rig.wait_for(lambda: rig.state("thigh") is not SensorState.LIVE, 1.0)
    assert rig.state("thigh") is SensorState.STALE
    rig.wait_for(lambda: rig.renewed and rig.state("thigh") is SensorState.LIVE, 5.0)
    assert rig.renewed == ["i2c-1"]
    assert rig.state("thigh") is SensorState.LIVE
    assert time.monotonic() - hung_s <= 5.0
    assert rig.watchdog.health()["thigh"].errors["hang"] == 1
    gaps = [b - a for a, b in zip(rig.times("shank"), rig.times("shank")[1:], strict=False)]
    assert max(gaps) < 1.5, "the other bus has nothing to do with it"

    # The thread that was left behind wakes: it may end its one transfer and nothing else.
    before = len(rig.times("thigh"))
    bus.release.set()
    rig.wait_for(lambda: len(rig.times("thigh")) > before + 20, 2.0)
    assert bus.left_behind is not None
    assert bus.intrusions == 0
    times = rig.times("thigh")
    assert times == sorted(times)
    assert [thread.name for thread in threading.enumerate()].count("reader i2c-1") <= readers


def test_a_station_stops_within_two_seconds_although_a_bus_hangs(rig):
    rig.wait_for(lambda: rig.state("thigh") is SensorState.LIVE, 3.0)
    rig.buses[1].hang.set()
    rig.wait_for(lambda: rig.buses[1].blocked, 1.0)
    began_s = time.monotonic()
    assert not rig.watchdog.stop()
    assert time.monotonic() - began_s <= 2.0
    count = len(rig.samples)
    rig.buses[1].release.set()
    time.sleep(0.1)
    assert len(rig.samples) == count


class Sleeper:
    """A small source that can be told to sleep on the clock in the middle of a read."""

    bus = "test"
    period_s = 0.1

    def __init__(self, name, clock, nap_s=0.0):
        self.name, self.clock, self.nap_s = name, clock, nap_s
        self.state = SensorState.STARTING

    def open(self):
        """Nothing to do."""

    def read(self, now_s):
        self.clock.sleep_until(now_s + self.nap_s)
        self.state = SensorState.LIVE
        return [LoadSample(self.name, now_s, now_s)]

    def health(self, now_s):
        return Health(self.name, self.state, 0.0, 10.0, {"packet": 1}, resets=2)

    def close(self):
        """Nothing to do."""


class Bench:
    """A watchdog over one bus of sleepers, on a clock that the test turns."""

    def __init__(self, *names, broken=()):
        self.clock = SimulatedClock()
        self.samples, self.made = [], []
        self.broken = set(broken)
        self.names = names
        self.watchdog = Watchdog({"test": self.make}, self.clock, self.samples.append)
        self.watchdog.start()

    def make(self, _lease):
        sources = [Sleeper(n, self.clock, 1e6 if n in self.broken else 0.0) for n in self.names]
        self.made.append(sources)
        return sources

    def run_until(self, t_s):
        while self.clock.now() < t_s:
            self.clock.advance(min(t_s, self.clock.now() + 0.1), patience_s=5.0)
            self.watchdog.look()

    def times(self, name):
        return [sample.t_s for sample in self.samples if sample.sensor == name]


@pytest.fixture
def bench():
    made = []

    def make(*names, **more):
        made.append(Bench(*names, **more))
        return made[-1]

    yield make
    for one in made:
        one.clock.close()
        one.watchdog.stop()


def test_a_reader_that_comes_back_in_time_is_left_alone(bench):
    one = bench("slow")
    one.made[0][0].nap_s = HANG_AFTER_S - 0.3
    one.run_until(30.0)
    assert len(one.made) == 1
    assert "hang" not in one.watchdog.health()["slow"].errors


def test_the_sensor_in_which_the_bus_hangs_waits_longer_each_time_and_the_others_are_read(bench):
    one = bench("bad", "good", broken={"bad"})
    one.run_until(100.0)
    assert 6 <= one.watchdog.health()["bad"].errors["hang"] < MOST_LEFT_BEHIND
    assert len(one.times("good")) > 0.8 * 1000
    assert one.times("bad") == []
    assert "did not come back for 2." in one.watchdog.problems()["bad"]
    assert one.watchdog.problems().keys() == {"bad"}


def test_a_sensor_that_lives_again_has_a_clean_slate(bench):
    one = bench("bad", "good", broken={"bad"})
    one.run_until(20.0)
    one.broken.clear()
    one.run_until(100.0)
    assert one.watchdog.problems() == {}
    assert one.watchdog.health()["bad"].state is SensorState.LIVE
    assert one.times("bad")[-1] > 99.0


def test_no_more_threads_are_left_behind_than_the_limit_but_for_a_last_resort(bench):
    one = bench("bad", broken={"bad"})
    one.run_until(500.0)
    assert len(one.made) == MOST_LEFT_BEHIND + 1
    assert one.watchdog.health()["bad"].errors["hang"] == MOST_LEFT_BEHIND
    one.broken.clear()
    one.run_until(700.0)
    assert len(one.made) == MOST_LEFT_BEHIND + 2
    assert one.times("bad")[-1] > 699.0


def test_counts_outlive_the_reader_they_were_made_by(bench):
    one = bench("bad", "good", broken={"bad"})
    one.run_until(2.5)
    one.run_until(3.0)
    health = one.watchdog.health()["good"]
    assert (health.errors["packet"], health.resets) == (2, 4)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_reader_whose_thread_died_is_replaced(bench):
    class Fatal(Sleeper):
        def read(self, now_s):
            raise SystemExit

    one = bench("one")
    one.run_until(1.0)
    one.made[0][0].__class__ = Fatal
    one.clock.advance(1.2)
    reader = next(thread for thread in threading.enumerate() if thread.name == "reader test")
    reader.join(5.0)
    one.run_until(3.0)
    assert len(one.made) == 2
    assert one.times("one")[-1] > 2.5


@pytest.mark.parametrize("call", ["writeto", "readfrom_into", "writeto_then_readfrom"])
def test_without_its_lease_a_bus_refuses_every_transfer_before_and_after(call):
    class Slow:
        """Withdraws the lease in the middle of a transfer."""

        calls = 0

        def __getattr__(self, _name):
            return self.transfer

        def transfer(self, *_args):
            self.calls += 1
            lease.withdrawn = True

    lease, slow = Lease(), Slow()
    bus = LeasedBus(slow, lease)
    assert bus.try_lock()
    assert not bus.try_lock()
    bus.unlock()
    arguments = (0x4A, b"", bytearray(1))[: 3 if call == "writeto_then_readfrom" else 2]
    for _ in range(2):
        with pytest.raises(SensorAbsent, match="given to another reader"):
            getattr(bus, call)(*arguments)
    assert slow.calls == 1


def test_without_its_lease_there_is_no_hardware():
    lease = Lease()
    hardware = LeasedHardware(None, lease)
    lease.withdrawn = True
    with pytest.raises(SensorAbsent, match="given to another reader"):
        hardware.i2c(1)
    with pytest.raises(SensorAbsent, match="given to another reader"):
        _ = hardware.pin_factory
