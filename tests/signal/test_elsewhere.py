"""Who settles anew while a movement seems under way is counted from there; who pauses in one is not."""

import numpy as np
import pytest

from drivers.samples import ImuSample
from edge.signal.elsewhere import Elsewhere
from edge.signal.events import PartialRep, RepFinished
from edge.signal.load import Pull
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import recorded_exercise
from edge.signal.turning import Turn

RATE_HZ = 50.0


def leg(*way_deg, each_s=2.0, with_gyro=True):
    """Return samples of a leg that rests at each angle for a second and takes the other half to the next one."""
    draw = np.random.default_rng(1)
    t_s = np.arange(0.0, each_s * len(way_deg), 1.0 / RATE_HZ)
    angle = np.full(len(t_s), float(way_deg[0]))
    for i in range(1, len(way_deg)):
        x = np.clip((t_s - each_s * i) / (each_s / 2), 0.0, 1.0)
        angle += (way_deg[i] - way_deg[i - 1]) * x**3 * (10 - 15 * x + 6 * x * x)
    angle = np.radians(angle)
    rate = np.gradient(angle, t_s)
    none, shape = np.zeros(len(t_s)), (len(t_s), 3)
    accel = np.stack([9.81 * np.sin(angle), none, 9.81 * np.cos(angle)], axis=1) + draw.normal(0, 0.02, shape)
    gyro = np.stack([none, -rate, none], axis=1) + draw.normal(0, 0.003, shape)
    return [
        ImuSample("leg", t, tuple(felt), tuple(turned) if with_gyro else None)
        for t, felt, turned in zip(t_s.tolist(), accel.tolist(), gyro.tolist(), strict=True)
    ]


def said(samples, movement="therapy"):
    pipeline = Pipeline(recorded_exercise("leg_raise", movement))
    return [event for sample in samples for event in pipeline.feed(sample)]


def counted(samples):
    return [event.rep for event in said(samples) if isinstance(event, RepFinished)]


@pytest.mark.parametrize("with_gyro", [True, False], ids=["with gyro", "without"])
def test_a_leg_that_was_laid_down_higher_is_counted_from_there(with_gyro):
    raised = [34.0, 16.0] * 6
    found = counted(leg(0.0, 0.0, 16.0, *raised, 16.0, with_gyro=with_gyro))
    assert len(found) == 6
    assert found[0].range_value == pytest.approx(18.0, abs=2.0)


def test_the_first_is_reported_as_soon_as_the_leg_lies_still_again():
    samples = leg(0.0, 0.0, 16.0, 34.0, 16.0, 16.0)
    first = next(event for event in said(samples) if isinstance(event, RepFinished))
    assert first.rep.end_s == pytest.approx(9.0, abs=0.2)
    assert first.t_s - first.rep.end_s < 0.8


def test_a_wobble_in_a_hold_is_none():
    found = counted(leg(0.0, 0.0, 30.0, 40.0, 30.0, 40.0, 30.0, 0.0, 0.0))
    assert len(found) == 1
    assert found[0].range_value == pytest.approx(40.0, abs=2.0)


def test_a_stop_on_either_way_is_none():
    assert len(counted(leg(0.0, 0.0, 20.0, 35.0, 20.0, 0.0, 20.0, 35.0, 20.0, 0.0, 0.0))) == 2


def test_a_small_movement_from_a_new_rest_is_none():
    events = said(leg(0.0, 0.0, 40.0, 0.0, 40.0, 0.0, 4.0, 11.0, 4.0, 4.0))
    assert sum(isinstance(event, RepFinished) for event in events) == 2
    assert not any(isinstance(event, PartialRep) and event.fraction > 0.4 for event in events)


def test_only_the_newest_standstills_are_kept():
    class Wandering:
        speed = weight = 0.0

        def __init__(self):
            self.posture = (0.0,)

        @property
        def reach(self):
            return self.posture[0]

        def reach_from(self, posture):
            return abs(self.posture[0] - posture[0])

    elsewhere, shift = Elsewhere(1.0), Wandering()
    for i in range(50):
        shift.posture = (10.0 + 2.0 * i,)
        assert elsewhere.update(float(i), 1.0, shift) is None
    assert len(elsewhere._kept) <= 4


def test_a_turn_and_a_pull_tell_how_far_a_posture_is():
    turn = Turn()
    start = turn.posture
    turn.update(ImuSample("leg", 0.0, None, (0.0, 0.0, 0.0)))
    for i in range(1, 11):
        turn.update(ImuSample("leg", i / 10, None, (1.0, 0.0, 0.0)))
    assert turn.reach_from(start) == pytest.approx(np.degrees(1.0), abs=0.5)
    assert turn.reach_from(turn.posture) == pytest.approx(0.0, abs=1e-3)
    pull = Pull()
    assert pull.reach_from((12.0,)) == 12.0
