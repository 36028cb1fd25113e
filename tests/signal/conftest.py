"""Virtual patients and recordings for the counter's tests."""

import os
import random
from pathlib import Path

import numpy as np
import pytest

from drivers.patient import Pace, VirtualPatient
from drivers.samples import ImuSample, LoadSample
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for

SHARED = Path(os.environ.get("STEADYRIG_SHARED", Path(__file__).parents[3] / "shared"))


class Noise:
    """What a real chip adds: offsets drawn once, and noise on every value."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._offset = [self._random.gauss(0, 0.1) for _ in range(3)]
        self._bias = [self._random.gauss(0, 0.005) for _ in range(3)]

    def accel(self, values):
        return tuple(v + o + self._random.gauss(0, 0.06) for v, o in zip(values, self._offset, strict=True))

    def gyro(self, values):
        return tuple(v + b + self._random.gauss(0, 0.005) for v, b in zip(values, self._bias, strict=True))

    def force(self, value):
        return value + self._random.gauss(0, 0.3)


def _sampled(patient, exercise, until_s, rate_hz=100, noise_seed=None, with_gyro=True):
    """Return what the sensor of this exercise delivers from 0 to ``until_s``."""
    noise = None if noise_seed is None else Noise(noise_seed)
    samples = []
    for i in range(int(until_s * rate_hz)):
        t_s = i / rate_hz
        if exercise.startswith("band"):
            force = patient.force_n(t_s)
            samples.append(LoadSample("band", t_s, noise.force(force) if noise else force))
            continue
        true = patient.imu("thigh", t_s)
        accel = noise.accel(true.accel_m_s2) if noise else true.accel_m_s2
        gyro = noise.gyro(true.gyro_rad_s) if noise else true.gyro_rad_s
        samples.append(ImuSample("thigh", t_s, accel, gyro if with_gyro else None))
    return samples


def _performed(exercise, pace, seed, until_s=25.0, fidget_s=0.0, **how):
    """Return the true repetitions of a set and the samples taken of it."""
    patient = VirtualPatient(seed)
    patient.prepare(exercise, 0.0)
    start_s = 2.0 + fidget_s
    if fidget_s:
        patient.fidget(0.8, fidget_s)
    patient.begin(exercise, start_s, Pace(*pace))
    patient.finish(until_s)
    samples = _sampled(patient, exercise, until_s + sum(pace) * 1.3 + 2.0, **how)
    return patient.truth(), samples


def _finished(samples, exercise):
    """Return the RepFinished events of these samples."""
    pipeline = Pipeline(exercise_for(exercise))
    return [e for sample in samples for e in pipeline.feed(sample) if isinstance(e, RepFinished)]


@pytest.fixture(scope="session")
def sampled():
    """Return the function that samples a virtual patient."""
    return _sampled


@pytest.fixture(scope="session")
def performed():
    """Return the function that has a virtual patient perform a set and samples it."""
    return _performed


@pytest.fixture(scope="session")
def finished():
    """Return the function that counts samples."""
    return _finished


@pytest.fixture(scope="session")
def recording():
    """Return a function that gives the samples of a shared recording."""

    def load(name):
        path = SHARED / "data" / "reps" / name
        if not path.is_file():
            pytest.skip(f"no shared recordings at {SHARED}")
        with np.load(path, allow_pickle=False) as arrays:
            t, accel, gyro = (arrays[key].astype(float).tolist() for key in ("t", "accel", "gyro"))
        turns = gyro if gyro and gyro[0] else [None] * len(t)
        return [
            ImuSample("recording", when, tuple(a), tuple(g) if g else None)
            for when, a, g in zip(t, accel, turns, strict=True)
        ]

    return load


def _begun_elsewhere(before, exercise, pace, seed, still_s=0.0, **how):
    """Return the true repetitions and the samples of a patient who arms in ``before`` and only then changes posture.

    ``still_s`` is added to the time spent still after the change of posture.
    """
    patient = VirtualPatient(seed)
    patient.prepare(before, 0.0)
    patient.imu("thigh", 0.0)
    patient.prepare(exercise, 2.0)
    patient.begin(exercise, 5.0 + still_s, Pace(*pace))
    patient.finish(28.0 + still_s)
    samples = _sampled(patient, exercise, 30.0 + still_s + sum(pace) * 1.3, noise_seed=seed, **how)
    return patient.truth(), samples


@pytest.fixture(scope="session")
def begun_elsewhere():
    """Return the function that arms a virtual patient in another posture than the set begins in."""
    return _begun_elsewhere


@pytest.fixture(scope="session")
def marked_ends():
    """Return a function that gives the marked ends (n,) of the repetitions of a shared recording, in seconds."""

    def load(name):
        with np.load(SHARED / "data" / "reps" / name, allow_pickle=False) as arrays:
            return arrays["rep_end"].astype(float)

    return load


def _turned(samples, seed):
    """The same motion from a sensor mounted another way round; a force has no way round."""
    if isinstance(samples[0], LoadSample):
        return samples
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    if np.linalg.det(matrix) < 0:
        matrix[:, 0] *= -1

    def turn(vector):
        return None if vector is None else tuple((matrix @ vector).tolist())

    return [ImuSample(s.sensor, s.t_s, turn(s.accel_m_s2), turn(s.gyro_rad_s)) for s in samples]


@pytest.fixture(scope="session")
def turned():
    """Return the function that mounts a sensor another way round."""
    return _turned
