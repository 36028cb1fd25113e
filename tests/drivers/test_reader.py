"""The reader's thread: its pace, its patience with absent sensors, and that nothing stops it."""

import threading
import time

import pytest

from drivers.base import Health, SensorAbsent, SensorState
from drivers.clock import SimulatedClock, SystemClock
from drivers.reader import LAST_RETRY_S, Reader
from drivers.samples import LoadSample


class Ticker:
    """A complete small source: one sample per read, its value the number of the read."""

    bus = "test"

    def __init__(self, name, period_s=0.01, absent_until_s=0.0):
        self.name = name
        self.period_s = period_s
        self.absent_until_s = absent_until_s
        self.clock = None
        self.opened_s = []
        self.closes = 0
        self.reads = 0
        self.raises = None

    def open(self):
        self.opened_s.append(self.clock.now())
        if self.clock.now() < self.absent_until_s:
            raise SensorAbsent(f"{self.name}: nobody there")

    def read(self, now_s):
        self.reads += 1
        if self.raises:
            error, self.raises = self.raises, None
            raise error
        return [LoadSample(self.name, now_s, float(self.reads))]

    def health(self, now_s):
        return Health(self.name, SensorState.LIVE, 0.0, 1 / self.period_s)

    def close(self):
        self.closes += 1


class Station:
    """A reader on a simulated clock that the test turns."""

    def __init__(self, *sources, sink=None):
        self.clock = SimulatedClock()
        self.samples = []
        for source in sources:
            source.clock = self.clock
        self.reader = Reader("test", sources, self.clock, sink or self.samples.append)
        self.reader.start()

    def run_until(self, t_s):
        while self.clock.now() < t_s:
            self.clock.advance(t_s, patience_s=5.0)
        # A step forward by nothing returns once the reader is done with this moment.
        self.clock.advance(t_s, patience_s=5.0)

    def values(self, name):
        return [sample.force_n for sample in self.samples if sample.sensor == name]

    def stop(self):
        self.clock.close()
        return self.reader.stop()


@pytest.fixture
def station():
    made = []

    def make(*sources, **kwargs):
        made.append(Station(*sources, **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_every_source_is_read_at_its_own_pace(station):
    fast, slow = Ticker("fast", 0.01), Ticker("slow", 0.1)
    running = station(fast, slow)
    running.run_until(10.0)
    assert len(running.values("fast")) in (999, 1000)
    assert len(running.values("slow")) in (99, 100)


def test_an_absent_source_is_tried_again_with_growing_pauses_and_holds_up_nobody(station):
    here, away = Ticker("here"), Ticker("away", absent_until_s=20.0)
    running = station(here, away)
    running.run_until(10.0)
    assert len(running.values("here")) in (999, 1000)
    assert running.values("away") == []
    assert running.reader.health()["away"].state is SensorState.ABSENT
    assert running.reader.health()["here"].state is SensorState.LIVE
    assert running.reader.problems() == {"away": "away: nobody there"}
    pauses = [b - a for a, b in zip(away.opened_s, away.opened_s[1:], strict=False)]
    assert pauses[:3] == pytest.approx([0.25, 0.5, 1.0])
    assert pauses[3:] == pytest.approx([LAST_RETRY_S] * len(pauses[3:]))
    running.run_until(24.0)
    assert len(running.values("away")) > 200
    assert running.reader.problems() == {}


def test_a_source_that_is_lost_is_closed_and_opened_again(station):
    source = Ticker("one")
    running = station(source)
    running.run_until(1.0)
    source.raises = SensorAbsent("one: gone")
    running.run_until(1.1)
    assert running.reader.problems() == {"one": "one: gone"}
    running.run_until(2.0)
    assert source.closes == 1
    assert len(source.opened_s) == 2
    assert running.reader.problems() == {}


def test_an_unexpected_error_is_counted_and_the_thread_lives_on(station):
    broken, well = Ticker("broken"), Ticker("well")
    running = station(broken, well)
    running.run_until(1.0)
    broken.raises = ZeroDivisionError("a bug")
    running.run_until(3.0)
    assert running.reader.health()["broken"].errors == {"unexpected": 1}
    assert len(running.values("well")) in (299, 300)
    assert len(running.values("broken")) > 250


def test_a_sink_that_fails_is_not_the_sensors_fault(station):
    def sink(_sample):
        raise RuntimeError("queue is gone")

    source = Ticker("one")
    running = station(source, sink=sink)
    running.run_until(1.0)
    assert len(source.opened_s) == 1
    assert running.reader.health()["one"].errors["sink"] >= 90


def test_health_of_a_thread_that_hangs_turns_stale():
    release = threading.Event()

    class Hanging(Ticker):
        def read(self, now_s):
            if self.reads >= 3:
                release.wait(20.0)
            return super().read(now_s)

    clock, source = SystemClock(), Hanging("one")
    source.clock = clock
    reader = Reader("test", [source], clock, lambda _sample: None)
    reader.start()
    time.sleep(0.15)
    assert reader.health()["one"].state is SensorState.LIVE
    time.sleep(0.8)
    assert reader.health()["one"].state is SensorState.STALE
    release.set()
    assert reader.stop()


def test_stopping_is_quick_closes_the_sources_and_may_be_repeated():
    clock, source = SystemClock(), Ticker("one", period_s=60.0)
    source.clock = clock
    reader = Reader("test", [source], clock, lambda _sample: None)
    assert reader.health()["one"].state is SensorState.ABSENT
    reader.start()
    reader.start()
    time.sleep(0.05)
    began_s = time.monotonic()
    assert reader.stop()
    assert reader.stop()
    assert time.monotonic() - began_s < 1.0
    assert source.closes == 1
    assert reader.health()["one"].state is SensorState.ABSENT


def test_what_a_dismissed_reader_still_comes_back_with_reaches_nobody():
    reading, release = threading.Event(), threading.Event()

    class Slow(Ticker):
        def read(self, now_s):
            reading.set()
            release.wait(20.0)
            return super().read(now_s)

    clock, source, samples = SystemClock(), Slow("one"), []
    source.clock = clock
    reader = Reader("test", [source], clock, samples.append)
    reader.start()
    assert reading.wait(5.0)
    reader.dismiss()
    release.set()
    assert reader.stop()
    assert (source.reads, samples) == (1, [])


def test_a_source_that_is_to_be_left_alone_is_opened_when_its_time_has_come():
    clock, source = SimulatedClock(), Ticker("one")
    source.clock = clock
    reader = Reader("test", [source], clock, lambda _sample: None, {"one": 5.0})
    reader.start()
    try:
        while clock.now() < 4.9:
            clock.advance(4.9)
        assert reader.problems() == {"one": "one: left alone for a while"}
        while clock.now() < 5.5:
            clock.advance(5.5)
        assert source.opened_s[0] == pytest.approx(5.0, abs=0.3)
    finally:
        clock.close()
        reader.stop()


def test_stopped_before_it_started_there_is_nothing_to_do():
    assert Reader("test", [Ticker("one")], SystemClock(), lambda _sample: None).stop()


def test_a_reader_that_ended_no_longer_holds_the_clock(station):
    running = station(Ticker("one"))
    running.run_until(1.0)
    running.reader._stopping.set()
    running.run_until(2.0)
    assert running.clock.advance(5.0, patience_s=1.0) == 5.0
