"""Sets of a virtual patient as the station's own sensors would have delivered them, the true answer beside them."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.noise import Bno085Noise, Hx711Noise
from drivers.patient import Pace, TrueRep, VirtualPatient
from drivers.realism import REALISTIC, Realism
from drivers.samples import Sample
from edge.library import Exercise

LEAD_IN_S = 2.0
IMU_HZ, LOAD_HZ = 100.0, 80

# fmt: off
_SECONDS = (
    (1, 0, 1, 0.5), (1, 0, 1, 2), (1, 1, 1, 1), (1, 2, 1, 2), (1, 5, 1, 1),
    (1, 0, 2, 0.5), (1, 0, 3, 1), (1, 1, 3, 1), (1, 2, 5, 1), (2, 0, 2, 0.5),
    (2, 1, 2, 1), (2, 0, 4, 1), (2, 5, 2, 2), (3, 0, 1, 1), (3, 1, 1, 0.5),
    (3, 1, 3, 3), (4, 0, 2, 1), (4, 3, 4, 2), (5, 0, 5, 1), (5, 4, 5, 5),
)
# fmt: on
TEMPOS = tuple(Pace(*parts) for parts in _SECONDS)
"""Twenty tempos: seconds out, held, back and resting. Every length from 1 to 5 s occurs on both ways, every hold from
0 to 5 s, touch and go as well as long rests."""


def named(pace: Pace) -> str:
    """Return a tempo as it is spoken: out, hold, back, rest.

    >>> named(Pace(1.0, 0.0, 2.5, 1.0))
    '1-0-2.5-1'
    """
    return "-".join(f"{part:g}" for part in (pace.out_s, pace.hold_s, pace.back_s, pace.rest_s))


def sampled(patient: VirtualPatient, exercise: Exercise, until_s: float, seed: int) -> Iterator[Sample]:
    """Yield what the exercise's sensor delivers from 0 to ``until_s``; ``seed`` makes the chip."""
    if exercise.driver == "force":
        cell = Hx711Noise(seed, LOAD_HZ)
        for t_s in cell.times(until_s):
            yield cell.read("cell", t_s, patient.force_n(t_s))
    else:
        chip = Bno085Noise(seed, IMU_HZ)
        for t_s in chip.times(until_s):
            yield chip.read("imu", t_s, patient.imu(exercise.place, t_s))


def performed(
    exercise: Exercise, pace: Pace, reps: int, seed: int, realism: Realism | None = REALISTIC
) -> tuple[tuple[TrueRep, ...], list[Sample]]:
    """Return about ``reps`` true repetitions and the samples of them, from stillness to a stillness of 2 s."""
    patient = VirtualPatient(seed, realism)
    patient.prepare(exercise.key, 0.0)
    patient.begin(exercise.key, LEAD_IN_S, pace)
    each_s = pace.out_s + pace.hold_s + pace.back_s + pace.rest_s
    patient.finish(LEAD_IN_S + (reps - 0.5) * each_s)
    until_s = LEAD_IN_S + (reps + 0.5) * 1.1 * each_s + 2.0
    samples = list(sampled(patient, exercise, until_s, seed))
    return patient.truth(), samples
