"""A sensor at the wrist feels the weight being picked up as well, and more of it than of the exercise."""

import math
import random

import pytest

from drivers.samples import ImuSample
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_at

WRIST = exercise_at("something", "wrist (watch)")
LIFTS = 10
FIRST_S = 8.0
EACH_S = 2.0


def lifted(*, handling, lifts=LIFTS):
    """A wrist that turns by 80 degrees to take a weight at 4 s, and then lifts it by 25 degrees, at 50 Hz."""
    draw, samples = random.Random(3), []
    for i in range(int((FIRST_S + LIFTS * EACH_S + 4.0) * 50)):
        t_s = i / 50
        grip = math.radians(80.0) * min(max(t_s - 4.0, 0.0), 1.0) if handling else 0.0
        part = (t_s - FIRST_S) / EACH_S
        lift = math.radians(25.0) * (1 - math.cos(math.tau * part)) / 2 if 0 < part < lifts else 0.0
        true = (math.sin(lift), math.cos(lift) * math.sin(grip), math.cos(lift) * math.cos(grip))
        samples.append(ImuSample("wrist", t_s, tuple(9.81 * v + draw.gauss(0, 0.1) for v in true)))
    return samples


def known(samples):
    pipeline = Pipeline(WRIST)
    return [e for sample in samples for e in pipeline.feed(sample) if isinstance(e, RepFinished)]


@pytest.mark.parametrize("handling", [False, True])
def test_taking_the_weight_neither_counts_nor_hides_the_lifts(handling):
    counted = known(lifted(handling=handling))
    assert abs(len(counted) - LIFTS) <= 1
    assert counted[0].rep.start_s > FIRST_S - 1.5


def test_lifts_are_known_by_the_fifth_whatever_came_before():
    assert known(lifted(handling=True))[0].t_s < FIRST_S + 5 * EACH_S


def test_taking_the_weight_alone_is_no_lift():
    assert known(lifted(handling=True, lifts=0)) == []
