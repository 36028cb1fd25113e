"""The stand on which one source is tried, alike for real chips on the real clock and emulated ones."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from hil_hand import EmulatorsHand, Plugs, World

from drivers.base import DriverError
from drivers.calibration.rig import bare
from drivers.clock import SimulatedClock, SystemClock
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import CHIPS, build_sources, load_sensors, parse_sensors
from drivers.reader import Reader
from drivers.samples import ImuSample, LoadSample, MuscleSample, Sample

MODEL = Path("/proc/device-tree/model")
LOOK_S = 0.01
"""How often the state of a source is looked at while it comes and goes."""

EMULATED = {
    "thigh": {"chip": "bno08x", "bus": "i2c-1", "address": 0x4A},
    "trunk": {"chip": "bno08x", "bus": "i2c-1", "address": 0x4B},
    "band": {"chip": "hx711", "bus": "spi-0", "zero_count": 84_000, "newton_per_count": 0.0005},
    "slow": {"chip": "hx711", "bus": "gpio", "clock_pin": 5, "data_pin": 6, "sample_rate_hz": 10},
    "dock": {"chip": "nau7802", "bus": "i2c-1", "capacity_kg": 50},
    "calf": {"chip": "emg", "bus": "spi-0", "channel": 0},
}
"""One emulated sensor of every kind at least, each called as its place and on a rig of its own."""


@dataclass(frozen=True)
class Promise:
    """What a kind of chip promises: the samples it gives, ``first_s``, the longest from opening to the first of them,
    and ``rate_hz``, None where the file says it."""

    kind: type
    first_s: float
    rate_tolerance: float
    rate_hz: float | None = None


PROMISES = {
    # The chip may be busy starting for a second; its reports then come within a few periods.
    "bno08x": Promise(ImuSample, first_s=2.0, rate_tolerance=0.05, rate_hz=100.0),
    # Its own oscillator sets the rate and the data sheet gives no tolerance; boards named 10 a second made nearly 12.
    "hx711": Promise(LoadSample, first_s=1.0, rate_tolerance=0.2),
    # It calibrates its amplifier first. Another oscillator of its own, and no figure either.
    "nau7802": Promise(LoadSample, first_s=2.0, rate_tolerance=0.1),
    # It converts when it is asked: the rate is that of asking.
    "emg": Promise(MuscleSample, first_s=0.5, rate_tolerance=0.05),
}


@dataclass(frozen=True)
class Heard:
    """A sample, and when it was read."""

    at_s: float
    sample: Sample


@dataclass(frozen=True)
class Look:
    """The state of a source at one moment, and the time of its newest sample by then (None: none yet)."""

    at_s: float
    state: object
    newest_s: float | None


class Stand:
    """One sensor, its driver, and a hand to move it."""

    def __init__(self, config, hardware, clock, hand, *, must_answer):
        self.config = config
        self.name = config.name
        self.promise = PROMISES[config.chip]
        self.clock = clock
        self.hand = hand
        self._hardware = hardware
        self._must_answer = must_answer
        self._source = None

    @property
    def rate_hz(self):
        """Samples a second that the chip is asked for."""
        return self.promise.rate_hz or self.config.number("sample_rate_hz")

    def bare(self):
        """Return a stand of the same sensor without a calibration: its samples are bare counts."""
        return Stand(bare(self.config), self._hardware, self.clock, self.hand, must_answer=self._must_answer)

    def build(self):
        """Return a new source, not opened."""
        (source,) = build_sources([self.config], self._hardware, self.clock)
        return source

    def open(self):
        """Return the source, opened; a chip of a real rig that does not answer skips the test."""
        self._source = self._source or self.build()
        try:
            self._source.open()
        except DriverError as exc:
            if self._must_answer:
                raise
            pytest.skip(str(exc))
        return self._source

    @property
    def open_source(self):
        """The source that was opened last."""
        return self._source

    def shut(self):
        if self._source is not None:
            self._source.close()

    def wait_until(self, t_s):
        if isinstance(self.clock, SimulatedClock):
            while self.clock.now() < t_s:
                self.clock.advance(t_s)
        else:
            self.clock.sleep_until(t_s)

    def read_for(self, seconds, enough=lambda _heard: False):
        """Read the opened source at its own pace and return what was heard, until ``enough`` at the latest."""
        heard, due_s = [], self.clock.now()
        until_s = due_s + seconds
        while due_s < until_s and not enough(heard):
            due_s += self._source.period_s
            self.wait_until(due_s)
            now_s = self.clock.now()
            heard += [Heard(self.clock.now(), sample) for sample in self._source.read(now_s)]
        return heard

    def settled(self, seconds=2.0):
        """Open the source, pass over what it says at first, and return ``seconds`` of samples at rest."""
        self.hand.lay_down(self.name)
        self.open()
        self.read_for(self.promise.first_s)
        return [heard.sample for heard in self.read_for(seconds)]

    def more(self, seconds=2.0):
        """Return the samples of the next seconds, the first half second of a change left out."""
        self.read_for(0.5)
        return [heard.sample for heard in self.read_for(seconds)]

    def reader(self):
        """Return a running reader of this source and the list its samples go to."""
        self.open()
        self.shut()
        samples = []
        source = self.build()
        reader = Reader(source.bus, [source], self.clock, samples.append)
        reader.start()
        return reader, samples

    def watch(self, reader, samples, until, seconds):
        """Look at the reader's source again and again until ``until(look)``; return that look.

        Fails when it has not come after ``seconds``.
        """
        begun_s = self.clock.now()
        while True:
            state = reader.health()[self.name].state
            look = Look(self.clock.now(), state, samples[-1].t_s if samples else None)
            if until(look):
                return look
            assert look.at_s - begun_s < seconds, f"{self.name} is still {state} after {seconds:g} s"
            self.wait_until(look.at_s + LOOK_S)

    def stop(self, reader):
        if isinstance(self.clock, SimulatedClock):
            self.clock.close()
        assert reader.stop()


def emulated_configs():
    """Return the emulated sensors; some could not be on one rig together."""
    tables = {name: {**table, "place": name} for name, table in EMULATED.items()}
    return [config for name in tables for config in parse_sensors({name: tables[name]}, "the emulated rig")]


def emulated_stand(config):
    """Return a stand with nothing but an emulated chip, which is there."""
    clock, world = SimulatedClock(1000.0), World()
    hardware = EmulatedHardware([config], world.motion, world.force, clock, seed=5, faults=Plugs(world))
    return Stand(config, hardware, clock, EmulatorsHand(world, hardware), must_answer=True)


def real_stand(config, hardware, person):
    return Stand(config, hardware, SystemClock(), person, must_answer=False)


def no_pi():
    """Return why this machine has no chips, or an empty string on a Raspberry Pi."""
    try:
        model = MODEL.read_text(errors="replace").strip("\0\n ")
    except OSError:
        return "this machine is no Raspberry Pi (it has no /proc/device-tree/model)"
    return "" if "Raspberry Pi" in model else f"this machine is no Raspberry Pi but a {model}"


def cases(path, kind):
    """Return a test parameter for every configured sensor that gives samples of ``kind``.

    A kind of chip that the file does not name is a skipped one.
    """
    configs = emulated_configs() if path is None else load_sensors(path)
    there = {config.chip for config in configs}
    wanted = [chip for chip in sorted(PROMISES) if issubclass(PROMISES[chip].kind, kind)]
    found = [pytest.param(config, id=config.name) for config in configs if config.chip in wanted]
    for chip in sorted(set(CHIPS) - set(PROMISES)):
        reason = f"what a {chip} promises is not said: add a line to PROMISES in {__file__}"
        found.append(pytest.param(None, id=f"no-promise-{chip}", marks=pytest.mark.skip(reason=reason)))
    for chip in wanted:
        if chip not in there:
            assert path is not None, f"the emulated rig has no {chip}: add one to EMULATED in {__file__}"
            reason = f"{path} names no {chip}"
            found.append(pytest.param(None, id=f"no-{chip}", marks=pytest.mark.skip(reason=reason)))
    return found
