"""A station on the bench: emulated chips with faults, real drivers, the station's engine, and a patient who trains.

One :class:`Bench` is one trial. Time is simulated and as long as it needs to be; nothing here depends on how fast the
machine is. Every number a row reports is measured on such a trial.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from drivers.base import Health, SensorState
from drivers.calibration.rig import Calibrations
from drivers.emulation.faults import Fault, FaultScript, Kind
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_watchdog, parse_sensors
from drivers.patient import ImuTruth, Pace, TrueRep, VirtualPatient
from drivers.realism import REALISTIC
from drivers.samples import STANDARD_GRAVITY_M_S2, Sample, Vector
from drivers.worn import Worn
from edge.library import exercise
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.prove.row import NotRun
from edge.prove.turning import turning
from edge.records import Record, RepCounted
from edge.session import Action, Pressed, Screen
from edge.station import Station
from edge.tempo import parse_tempo

START_S = 1000.0
WALL_S = 1_800_000_000.0
"""A day in 2027: calibrations are dated."""
LOOK_S = 0.01
"""How often states are looked at: no figure is finer than this."""
MATCH_S = 1.0
"""A report further than this from the end of every true repetition is an invented one."""
PACE = Pace(out_s=1.5, hold_s=0.5, back_s=1.5, rest_s=1.0)
BEGIN_S, FIRST_S = 1.5, 3.5
"""The set begins once the chips have started; the first repetition follows a stillness in which it is armed."""
GO_ON_S = 1.0
"""So long after the sensor is back the patient says that the set goes on, where that is wanted."""
CELL_N = 100.0 * STANDARD_GRAVITY_M_S2
"""What the emulated cell is made for; percentages of the range refer to it."""

ASKED_BEFOREHAND = (Kind.SELF_RESET, Kind.DRIFT)
"""Kinds that have no "now": a restart has no length, and a zero that has moved stays where it is."""

Tables = Mapping[str, Mapping[str, Any]]

SENSORS: Tables = {
    "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
    "trunk": {"chip": "bno08x", "place": "trunk", "bus": "i2c-1", "address": 0x4B},
    "band": {
        "chip": "hx711", "place": "band", "bus": "spi-0", "sample_rate_hz": 80,
        "zero_count": 84_000, "newton_per_count": 0.0005,
    },
}  # fmt: skip
"""The rig on trial: two motion sensors on one bus, and a load cell."""


class Witness(FaultScript):
    """A fault script that remembers which faults an emulator has asked for, so that none counts that never came."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__(tuple(faults), START_S)
        object.__setattr__(self, "_met", set())

    def active(self, sensor: str, kind: Kind, now_s: float) -> Fault | None:
        """Return the fault that is on, and remember it."""
        fault = super().active(sensor, kind, now_s)
        if fault is not None:
            self._met.add(fault)
        return fault

    def of(self, sensor: str, kind: Kind) -> tuple[Fault, ...]:
        """Return every such fault; of some kinds that is all an emulator needs to know."""
        faults = super().of(sensor, kind)
        if kind in ASKED_BEFOREHAND:
            self._met.update(faults)
        return faults

    def unmet(self) -> list[Fault]:
        """Return the faults that no emulator has acted out."""
        return [fault for fault in self.faults if fault not in self._met]

    _met: set[Fault]


@dataclass(frozen=True, slots=True)
class Look:
    """The health of every sensor at one moment, the screen, and how long that kept it waiting, in real time."""

    t_s: float
    health: Mapping[str, Health]
    screen: Screen
    took_s: float


@dataclass(frozen=True, slots=True)
class Found:
    """A repetition that the station recorded: when it did, and when it says the repetition ended."""

    t_s: float
    end_s: float


class Bench:
    """One trial: ``faults`` befall the rig of ``tables`` while the patient of ``seed`` does ``exercise_key``.

    ``force`` in newtons at seconds of the script is on the load cells in place of the patient's pull;
    ``calibrations`` is what the station finds on its disk, ``poses`` the calibrated ones of the motion sensors.
    """

    begin_s = BEGIN_S
    """When the patient first presses to begin the set."""

    def __init__(
        self,
        seed: int,
        faults: Iterable[Fault] = (),
        exercise_key: str = "goblet_squat",
        tables: Tables = SENSORS,
        force: Callable[[float], float] | None = None,
        calibrations: Calibrations | None = None,
        poses: Mapping[str, Vector] | None = None,
    ) -> None:
        self.faults = Witness(faults)
        self.patient = VirtualPatient(seed, REALISTIC)
        self.exercise = exercise(exercise_key)
        self.samples: dict[str, list[Sample]] = {name: [] for name in tables}
        self.records: list[Record] = []
        self.reps: list[Found] = []
        self.looks: list[Look] = []
        self.asked = 0
        """How often the patient said that a paused set goes on."""
        self.stopping_s = 0.0
        self._new: deque[Sample] = deque()
        self._configs = parse_sensors(tables, "the rig on the bench")
        self._turning = turning(len({config.bus for config in self._configs}), START_S, WALL_S)
        self.clock = self._turning.clock
        places = {config.name: config.place for config in self._configs}
        self.station = Station(
            places, self._save, lambda _sound: None, self.clock.wall, lambda: "session-0001", worn=Worn(poses or {})
        )
        self.station.take_plan(_plan(exercise_key))
        self._force = force
        self.hardware = self._wired(seed)
        self.watchdog = build_watchdog(self._configs, self.hardware, self.clock, self._new.append, calibrations)
        self._usable_s = math.inf
        self._goes_on = False

    def _wired(self, seed: int) -> EmulatedHardware:
        def force(_place: str, t_s: float) -> float:
            return self.patient.force_n(t_s) if self._force is None else self._force(t_s - START_S)

        return EmulatedHardware(self._configs, self.motion, force, self.clock, seed=seed, faults=self.faults)

    def motion(self, place: str, t_s: float) -> ImuTruth:
        """Return what an ideal sensor worn at a place reads."""
        return self.patient.imu(place, t_s)

    def heard(self, sample: Sample) -> Sample | None:
        """Return what the station is given of a driver's sample."""
        return sample

    def train(self, seconds: float, reps: int = 3, peak_n: float = 100.0, *, goes_on: bool = False) -> None:
        """Let the patient do about ``reps`` repetitions, and everything run for ``seconds``.

        A patient who ``goes_on`` says so a second after a lost sensor is back.
        """
        self._goes_on = goes_on
        self.patient.prepare(self.exercise.key, START_S)
        self.patient.begin(self.exercise.key, START_S + FIRST_S, PACE, peak_n)
        self.patient.finish(START_S + FIRST_S + (reps - 0.5) * 4.5)
        self.run(seconds)

    def run(self, seconds: float, look_s: float = LOOK_S) -> None:
        """Start the readers, look every ``look_s`` for ``seconds``, and stop them."""
        self.stopping_s = self._turning.run(self.watchdog, seconds, look_s, self._look)
        self._check()

    @property
    def truth(self) -> tuple[TrueRep, ...]:
        """The repetitions really done, one included that was reported just before everything stopped."""
        self.patient.reps_performed(self.looks[-1].t_s + MATCH_S)
        return self.patient.truth()

    def _check(self) -> None:
        """Raise where a fault never befell anything: NotRun, or RuntimeError because its sensor was never read."""
        unmet = self.faults.unmet()
        names = ", ".join(sorted({f"{fault.kind} of {fault.sensor}" for fault in unmet}))
        mute = {fault.sensor for fault in unmet if not self.samples[fault.sensor]}
        if mute:
            problems = [self.watchdog.problems().get(name, name) for name in sorted(mute)]
            raise RuntimeError(f"never read: {', '.join(problems)}")
        if unmet:
            raise NotRun(f"no emulator acts this out yet: {names}")

    def _look(self, t_s: float) -> None:
        while self._new:
            sample = self.heard(self._new.popleft())
            if sample is None:
                continue
            self.samples[sample.sensor].append(sample)
            self.station.take_sample(sample)
        begun_s = time.perf_counter()
        self.watchdog.look()
        health = self.watchdog.health()
        self.station.step(t_s, health.values())
        self._press(t_s)
        took_s = time.perf_counter() - begun_s
        self.looks.append(Look(t_s, health, self.station.state.screen, took_s))

    def _press(self, t_s: float) -> None:
        """Press the main button as a patient does: to begin, and perhaps to go on."""
        state = self.station.state
        if state.screen is not Screen.LOST or not state.sensor_usable:
            self._usable_s = math.inf
        else:
            self._usable_s = min(self._usable_s, t_s)
        begins = state.screen is Screen.AGENDA or (state.screen is Screen.READY and t_s >= START_S + self.begin_s)
        goes_on = self._goes_on and t_s - self._usable_s >= GO_ON_S
        self.asked += goes_on
        if begins or goes_on:
            self.station.press(Pressed(t_s, Action.MAIN))

    def _save(self, records: Sequence[Record]) -> None:
        self.records += records
        state = self.station.state
        self.reps += [
            Found(state.now_s, state.set_start_s + record.end_s)
            for record in records
            if isinstance(record, RepCounted)
        ]


def _plan(exercise_key: str) -> Prescription:
    """Return a plan of one set that no trial comes to the end of."""
    line = one_dose(1, exercise_key, 1, 50, parse_tempo("normal"), None, 20.0)
    return Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", (line,))


def lost(bench: Bench, sensor: str, since_s: float) -> tuple[float, float]:
    """Return when a sensor first was not live from ``since_s`` on, and how long after its newest sample that was.

    Times on the bench's clock; infinite where it was live all the time.
    """
    for look in bench.looks:
        if look.t_s >= since_s and look.health[sensor].state is not SensorState.LIVE:
            newest_s = max((s.t_s for s in bench.samples[sensor] if s.t_s <= look.t_s), default=START_S)
            return look.t_s, look.t_s - newest_s
    return math.inf, math.inf


def back_s(bench: Bench, sensor: str, since_s: float) -> float:
    """Return how long after ``since_s`` a sensor was live and stayed so to the end; infinite where it was not."""
    live_s = math.inf
    for look in reversed(bench.looks):
        if look.t_s < since_s or look.health[sensor].state is not SensorState.LIVE:
            break
        live_s = look.t_s
    return live_s - since_s


def longest_gap_s(samples: Sequence[Sample], from_s: float, until_s: float) -> float:
    """Return the longest time without a sample between two moments on the bench's clock."""
    times = [from_s, *(sample.t_s for sample in samples if from_s < sample.t_s < until_s), until_s]
    return max(after - before for before, after in pairwise(times))


def crashes(bench: Bench) -> int:
    """Return how often a driver let something through that it did not mean to raise."""
    return sum(health.errors.get("unexpected", 0) for health in bench.looks[-1].health.values())


def paused(bench: Bench) -> tuple[int, int]:
    """Return how often a set was paused, and how often it went on."""
    pairs = [(a.screen, b.screen) for a, b in pairwise(bench.looks)]
    return pairs.count((Screen.SET, Screen.LOST)), pairs.count((Screen.LOST, Screen.SET))


def invented(truth: Sequence[TrueRep], found: Sequence[Found]) -> int:
    """Return how many reported repetitions belong to none that was done."""
    return len(found) - len(_matched(truth, found))


def missed(truth: Iterable[TrueRep], found: Sequence[Found], before_s: float) -> int:
    """Return how many repetitions that were over at ``before_s`` were not reported."""
    done = [rep for rep in truth if rep.end_s <= before_s]
    return len(done) - len(_matched(done, found))


def unverified(truth: Iterable[TrueRep], found: Sequence[Found], lost_s: float) -> int:
    """Return how many repetitions begun before the sensor was lost were not reported: done or not, who knows."""
    begun = [rep for rep in truth if rep.start_s < lost_s]
    return len(begun) - len(_matched(begun, found))


def _matched(truth: Sequence[TrueRep], found: Sequence[Found]) -> list[TrueRep]:
    """Return the true repetitions that were reported, each by a report of its own."""
    left = [rep.end_s for rep in found]
    matched = []
    for rep in truth:
        nearest = min(left, key=lambda end_s: abs(end_s - rep.end_s), default=math.inf)
        if abs(nearest - rep.end_s) <= MATCH_S:
            left.remove(nearest)
            matched.append(rep)
    return matched
