"""Steps are no repetitions, and a quick small repetition is no step."""

import numpy as np
import pytest

from drivers.samples import ImuSample
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for
from edge.signal.stride import struck

SIZE_DEG, EACH_S, FIRST_S, COUNT = 35.0, 1.2, 2.0, 6


def swinging(*, strike_m_s2):
    """A thigh that bends six times by 35 degrees in 1.2 s each; a foot may strike at every far end. At 100 Hz."""
    samples = []
    angle = [0.0] * 1200
    for i in range(1200):
        part = (i / 100 - FIRST_S) / EACH_S
        angle[i] = np.radians(SIZE_DEG) * (1 - np.cos(2 * np.pi * part)) / 2 if 0 < part < COUNT else 0.0
    rate = np.gradient(angle, 0.01)
    for i in range(1200):
        since_s = (i / 100 - FIRST_S - EACH_S / 2) % EACH_S if FIRST_S < i / 100 < FIRST_S + COUNT * EACH_S else 1.0
        size = 9.81 + strike_m_s2 * np.exp(-since_s / 0.02)
        accel = (size * np.sin(angle[i]), 0.0, size * np.cos(angle[i]))
        samples.append(ImuSample("thigh", i / 100, accel, (0.0, -rate[i], 0.0)))
    return samples


def counted(samples):
    pipeline = Pipeline(exercise_for("goblet_squat"))
    return sum(isinstance(event, RepFinished) for sample in samples for event in pipeline.feed(sample))


def test_strides_are_not_counted():
    assert counted(swinging(strike_m_s2=5.0)) == 0


def test_quick_small_bends_with_both_feet_on_the_ground_are():
    assert counted(swinging(strike_m_s2=0.0)) == COUNT


def after_steps(then_deg, kept_s):
    """Two strides, then a posture taken up at once and kept, out of which a thigh turns by 45 degrees, and back."""
    strides = [sample for sample in swinging(strike_m_s2=5.0) if sample.t_s < FIRST_S + 2 * EACH_S]
    draw = np.random.default_rng(3)
    t_s = np.arange(0.0, kept_s + 12.0, 0.01)
    angle = np.zeros(len(t_s))
    for at_s, size in [(0.1, then_deg), (kept_s + 1.1, 45.0), (kept_s + 3.1, -45.0)]:
        x = np.clip(t_s - at_s, 0.0, 1.0)
        angle += np.radians(size) * x**3 * (10 - 15 * x + 6 * x * x)
    rate, none = np.gradient(angle, 0.01), np.zeros(len(t_s))
    accel = np.stack([9.81 * np.sin(angle), none, 9.81 * np.cos(angle)], axis=1) + draw.normal(0, 0.02, (len(t_s), 3))
    gyro = np.stack([none, -rate, none], axis=1) + draw.normal(0, 0.002, (len(t_s), 3))
    begin_s = strides[-1].t_s + 0.01
    return strides + [
        ImuSample("thigh", begin_s + t, tuple(felt), tuple(turned))
        for t, felt, turned in zip(t_s.tolist(), accel.tolist(), gyro.tolist(), strict=True)
    ]


def test_a_bend_at_once_after_steps_is_no_start_posture():
    """A bell is gripped on the floor for some seconds; coming up from it is no squat."""
    assert counted(after_steps(-45.0, kept_s=3.0)) == 0


def test_the_posture_from_before_the_steps_is():
    assert counted(after_steps(0.0, kept_s=3.0)) == 1


def test_another_posture_kept_for_long_after_steps_is_too():
    assert counted(after_steps(-45.0, kept_s=14.0)) == 1


@pytest.mark.parametrize(("at_s", "found"), [(1.0, True), (3.0, False)])
def test_a_strike_is_looked_for_between_the_two_times(at_s, found):
    t_s = np.arange(0.0, 4.0, 0.01)
    weight = 9.81 + 4.0 * np.exp(-(((t_s - at_s) / 0.02) ** 2))
    assert struck(t_s, weight, 0.5, 2.0) is found


def test_too_few_samples_tell_of_no_strike():
    assert not struck(np.array([0.0, 0.1]), np.array([9.8, 20.0]), 0.0, 0.1)
