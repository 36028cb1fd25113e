"""F09: motion sensors that are swapped, upside down, at a wrong place, or one chip under two names.

A trial is a person who was calibrated standing and comes on another day, when the straps sit some degrees off. One
mistake is there when the get-ready screen comes, and is put right a while later. And somebody comes who made none,
and who may sit there as well as stand. Rigs whose two sensors lie too much alike for a still pose to tell are set
aside for the mistakes, and counted; of those `python -m drivers` says that it cannot tell.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from enum import StrEnum

from drivers.emulation.faults import Fault, Kind
from drivers.identity import Finding, Mixup
from drivers.patient import ImuTruth, VirtualPatient
from drivers.reading import refitted
from drivers.realism import REALISTIC
from drivers.samples import ImuSample, Quaternion, Sample, Vector
from drivers.worn import Worn
from edge.prove.bench import PACE, SENSORS, START_S, Bench, invented, missed
from edge.prove.row import Figures, Limit, Row, Trials
from edge.session import Screen

PAIR = {name: SENSORS[name] for name in ("thigh", "trunk")}
LIMB = ("goblet_squat", "kettlebell_deadlift")
"""Exercises that begin standing and are counted at the thigh."""
STRAP_DEG, MOST_STRAP_DEG = 8.0, 20.0
"""How far a strap sits off on another day: standard deviation, and never more than. Our choice."""
PUT_DOWN_DEG = 60.0
"""A sensor on a table lies at least so far off how it is worn; one worn upright and put down flat is 90 off."""
PRESS_S, FIRST_S, TRIAL_S = 2.5, 9.0, 22.0
"""When the patient first presses to begin, when the first of three repetitions begins, and the end."""
PUT_RIGHT_S = (4.0, 6.0)
UP_AGAIN_S = 8.0
"""Who sits on the get-ready screen does so for this long."""


class Wrong(StrEnum):
    """What somebody does wrong."""

    SWAPPED = "swapped"
    UPSIDE_DOWN = "upside down"
    ELSEWHERE = "elsewhere"
    """The thigh sensor is worn on the back, and that one lies on a table."""
    TWINS = "twins"
    """The samples of one chip arrive under two names."""
    NOTHING = "nothing"


TOLD_AS = {
    Wrong.SWAPPED: {Mixup.SWAPPED},
    Wrong.UPSIDE_DOWN: {Mixup.TURNED},
    # The one on the table may happen to lie as the thigh's should: then it is a swap, and as well told so.
    Wrong.ELSEWHERE: {Mixup.TURNED, Mixup.SWAPPED},
    Wrong.TWINS: {Mixup.TWINS},
}


class _Dressed(Bench):
    """A patient who wears a thigh and a back sensor; ``wrong`` is how, until it is put right."""

    begin_s = PRESS_S

    def __init__(self, draw: random.Random, seed: int, wrong: Wrong, *, sits: bool = False) -> None:
        poses = _poses(seed)
        self.told: list[tuple[float, Screen, Finding | None]] = []
        self.right_s = draw.uniform(*PUT_RIGHT_S)
        self._wrong, self._sits, self._newest_thigh = wrong, sits, None
        self._straps = {place: _turn(_direction(draw), _strap_deg(draw)) for place in PAIR}
        self._over = _turn(_level(draw, poses["thigh"]), 180.0)
        self._on_table = _put_down(draw, poses["trunk"])
        self._upright = VirtualPatient(seed, REALISTIC)
        self._upright.prepare("goblet_squat", START_S)
        faults = _swap(self.right_s) if wrong is Wrong.SWAPPED else ()
        super().__init__(seed, faults, draw.choice(LIMB), PAIR, poses=poses)
        if sits:
            self.begin_s = UP_AGAIN_S

    def come(self) -> None:
        """Let the patient get ready, and train; who sits only does that."""
        if self._sits:
            self.patient.prepare("sit_to_stand", START_S)
            self.patient.sit(START_S + 1.0, UP_AGAIN_S)
            self.run(UP_AGAIN_S)
            return
        self.patient.prepare(self.exercise.key, START_S)
        self.patient.begin(self.exercise.key, START_S + FIRST_S, PACE)
        self.patient.finish(START_S + FIRST_S + 2.5 * 4.5)
        self.run(TRIAL_S)

    def motion(self, place: str, t_s: float) -> ImuTruth:
        """Return what a sensor reads that is worn as this patient does."""
        wrong = self._wrong if t_s - START_S < self.right_s else Wrong.NOTHING
        if wrong is Wrong.ELSEWHERE and place == "trunk":
            return self._on_table
        if wrong is Wrong.ELSEWHERE:
            place = "trunk"
        # Who sits keeps the back upright.
        body = self._upright if self._sits and place == "trunk" else self.patient
        truth = refitted(body.imu(place, t_s), self._straps[place])
        return refitted(truth, self._over) if wrong is Wrong.UPSIDE_DOWN and place == "thigh" else truth

    def heard(self, sample: Sample) -> Sample:
        """Return a driver's sample, or the thigh's newest under the other name."""
        if not isinstance(sample, ImuSample) or self._wrong is not Wrong.TWINS:
            return sample
        if sample.sensor == "thigh":
            self._newest_thigh = sample
        elif self._newest_thigh is not None and sample.t_s - START_S < self.right_s:
            return replace(self._newest_thigh, sensor="trunk", t_s=sample.t_s)
        return sample

    def _look(self, t_s: float) -> None:
        super()._look(t_s)
        state = self.station.state
        mixup = state.mixup if state.screen is Screen.READY else None
        self.told.append((t_s - START_S, state.screen, mixup))

    _newest_thigh: ImuSample | None

    def found(self) -> bool:
        """Tell whether the set was blocked from the first press until all was put right."""
        during = [mixup for t_s, _, mixup in self.told if PRESS_S <= t_s <= self.right_s]
        return all(during)

    def names(self) -> set[Mixup]:
        """Return everything that was said to be wrong."""
        return {mixup.mixup for _, _, mixup in self.told if mixup}

    def free_s(self) -> float:
        """Return how long after all was put right the set could begin; infinite where it never could."""
        return min((t_s for t_s, screen, _ in self.told if screen is Screen.SET), default=math.inf) - self.right_s

    def blocked(self) -> bool:
        """Tell whether anything was said to be wrong, or the set did not begin at the first press."""
        began = self._sits or any(screen is Screen.SET for t_s, screen, _ in self.told if t_s <= PRESS_S + 0.1)
        return bool(self.names()) or not began


def _worn(trials: Trials) -> Figures:
    unseen = misnamed = blocked = false = forgotten = alike = rigs = 0
    slow_s = 0.0
    for number, draw in trials:
        seed, wrong = draw.randrange(2**32), list(TOLD_AS)[number % len(TOLD_AS)]
        right = _Dressed(draw, seed, Wrong.NOTHING, sits=number % 3 == 2)
        right.come()
        blocked += right.blocked()
        rigs += 1
        while Worn(_poses(seed)).alike:
            seed, alike, rigs = draw.randrange(2**32), alike + 1, rigs + 1
        bench = _Dressed(draw, seed, wrong)
        bench.come()
        unseen += not bench.found()
        misnamed += not bench.names() <= TOLD_AS[wrong]
        slow_s = max(slow_s, bench.free_s())
        for one in (bench, right):
            false += invented(one.truth, one.reps)
        forgotten += missed(bench.truth, bench.reps, START_S + TRIAL_S - 1.0)
    return {
        "mistakes not found": unseen,
        "mistakes told as something else": misnamed,
        "right-worn sensors blocked": blocked,
        "from put right to the set": slow_s,
        "completed repetitions lost": forgotten,
        "repetitions invented": false,
        "rigs set aside, their sensors lie alike": 100.0 * alike / rigs,
    }


def _swap(until_s: float) -> tuple[Fault, Fault]:
    return (
        Fault(Kind.SWAP, "thigh", 0.0, until_s, other="trunk"),
        Fault(Kind.SWAP, "trunk", 0.0, until_s, other="thigh"),
    )


def _poses(seed: int) -> dict[str, Vector]:
    """Return the calibrated poses of somebody who stands."""
    patient = VirtualPatient(seed, REALISTIC)
    patient.prepare("goblet_squat", START_S)
    return {place: _unit(patient.imu(place, START_S).accel_m_s2) for place in PAIR}


def _strap_deg(draw: random.Random) -> float:
    return max(-MOST_STRAP_DEG, min(draw.gauss(0.0, STRAP_DEG), MOST_STRAP_DEG))


def _put_down(draw: random.Random, worn: Vector) -> ImuTruth:
    """Return what a sensor reads that lies somewhere, at rest, otherwise than it is worn."""
    up = _direction(draw)
    while _dot(up, worn) > math.cos(math.radians(PUT_DOWN_DEG)):
        up = _direction(draw)
    x, y, z = (9.81 * part for part in up)
    return ImuTruth((x, y, z), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))


def _level(draw: random.Random, up: Vector) -> Vector:
    """Return a horizontal direction."""
    any_way = _direction(draw)
    along = _dot(any_way, up)
    return _unit((any_way[0] - along * up[0], any_way[1] - along * up[1], any_way[2] - along * up[2]))


def _direction(draw: random.Random) -> Vector:
    return _unit((draw.gauss(0.0, 1.0), draw.gauss(0.0, 1.0), draw.gauss(0.0, 1.0)))


def _turn(axis: Vector, angle_deg: float) -> Quaternion:
    half = math.radians(angle_deg) / 2.0
    return (math.cos(half), *(math.sin(half) * part for part in axis))  # type: ignore[return-value]


def _dot(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _unit(vector: Vector) -> Vector:
    size = math.hypot(*vector)
    return vector[0] / size, vector[1] / size, vector[2] / size


ROWS = (
    Row(
        "F09",
        "Motion sensors are swapped, upside down, at another's place, or one chip under two names",
        (Kind.SWAP,),
        (
            Limit("mistakes not found", most=0),
            Limit("mistakes told as something else", most=0),
            Limit("right-worn sensors blocked", most=0),
            Limit("from put right to the set", "s", most=3),
            Limit("completed repetitions lost", most=0),
            Limit("repetitions invented", most=0),
            Limit("rigs set aside, their sensors lie alike", "%"),
        ),
        _worn,
        least=4,
        trials=8,
        promised=200,
    ),
)
