"""Two sensors and one repetition: the second one bears witness and gives the force, and never counts."""

import math
import random
from dataclasses import replace

import pytest

from drivers.samples import ImuSample, LoadSample
from edge.model import Activity
from edge.signal.events import Reason, RepFinished
from edge.signal.fusion import FORCES, LOOKS, Forces, Support
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for
from edge.signal.trust import CONFIDENCE

PACE = (1.0, 0.5, 1.0, 1.0)
SWING_S = 2.0


@pytest.fixture(scope="module")
def rows(performed):
    """A set of band rows: the truth, and what the cell says."""
    return performed("band_row", PACE, seed=4, noise_seed=4, until_s=26.0)


def arm(truth, until_s, moves, sensor="wrist", size_deg=40.0):
    """A wrist that turns by ``size_deg`` and back in each repetition for which ``moves`` holds, at 50 Hz."""
    draw, samples = random.Random(5), []
    for i in range(int(until_s * 50)):
        t_s, angle = i / 50, 0.0
        for number, rep in enumerate(truth):
            if moves(number) and rep.start_s < t_s < rep.end_s:
                angle = math.sin(math.pi * (t_s - rep.start_s) / (rep.end_s - rep.start_s)) * math.radians(size_deg)
        accel = (9.81 * math.sin(angle), 0.0, 9.81 * math.cos(angle))
        samples.append(ImuSample(sensor, t_s, tuple(a + draw.gauss(0, 0.06) for a in accel)))
    return samples


def together(driver, support, exercise="band_row"):
    """The pipeline and the finished repetitions of two streams, mixed by time."""
    pipeline, finished = Pipeline(exercise_for(exercise)), []
    beside = {id(sample) for sample in support}
    for sample in sorted([*driver, *support], key=lambda s: s.t_s):
        if id(sample) in beside:
            pipeline.support(sample)
        else:
            finished += [e for e in pipeline.feed(sample) if isinstance(e, RepFinished)]
    return pipeline, finished


def test_an_arm_that_missed_one_pull_makes_that_one_doubtful(rows):
    truth, samples = rows
    _, finished = together(samples, arm(truth, 30.0, lambda number: number != 3))
    assert len(finished) == len(truth)
    doubts = [event.doubts for event in finished]
    assert doubts == [(Reason.NO_SUPPORT,) if number == 3 else () for number in range(len(truth))]
    assert finished[3].rep.confidence == CONFIDENCE[Reason.NO_SUPPORT]


def test_one_of_two_second_sensors_is_witness_enough(rows):
    truth, samples = rows
    one = arm(truth, 30.0, lambda number: number != 3, sensor="trunk")
    _, finished = together(samples, one + arm(truth, 30.0, lambda _: True))
    assert [event.doubts for event in finished] == [()] * len(truth)


def test_a_trunk_that_keeps_still_in_all_of_them_says_nothing(rows):
    truth, samples = rows
    _, finished = together(samples, arm(truth, 30.0, lambda _: False))
    assert [event.doubts for event in finished] == [()] * len(truth)


def test_the_second_sensor_changes_neither_the_count_nor_when_it_is_told(rows):
    truth, samples = rows
    _, alone = together(samples, [])
    _, both = together(samples, arm(truth, 30.0, lambda number: number % 3 == 0))
    assert [(e.t_s, e.rep.start_s, e.rep.end_s) for e in both] == [(e.t_s, e.rep.start_s, e.rep.end_s) for e in alone]


def test_a_second_sensor_that_cannot_be_trusted_says_nothing(rows):
    truth, samples = rows
    wrist = arm(truth, 30.0, lambda _: True)
    still_s = truth[2].end_s
    last = next(s for s in wrist if s.t_s >= still_s)
    frozen = [replace(last, t_s=s.t_s) if s.t_s > still_s else s for s in wrist]
    _, finished = together(samples, frozen)
    # The freeze is known 2 s after it began, somewhere in the fourth repetition.
    assert [event.doubts for event in finished[4:]] == [()] * (len(truth) - 4)


def test_a_blind_cell_stops_the_count_however_well_the_arm_is(rows):
    truth, samples = rows
    gone_s = truth[3].start_s - 0.2
    pipeline, finished = together([s for s in samples if s.t_s < gone_s], arm(truth, 30.0, lambda _: True))
    pipeline.tick(30.0)
    assert len(finished) == 3
    assert (pipeline.activity, pipeline.reason) == (Activity.BLIND, Reason.GAP)


# ---- cycles, and force beside them ----


def swings(until_s=24.0):
    """Ten swings of a bell that pulls with twice its weight below and floats above, and a cell on its handle."""
    draw, bell, cell = random.Random(1), [], []
    for i in range(int(until_s * 50)):
        t_s = i / 50
        on = 2.0 < t_s < 2.0 + 10 * SWING_S
        x = 9.81 + (10.5 * math.sin(math.tau * (t_s - 2.0) / SWING_S) if on else 0.0)
        bell.append(ImuSample("bell", t_s, tuple(a + draw.gauss(0, 0.2) for a in (x, 0.3 * x, 0.0))))
        turn = (t_s - 2.0) % SWING_S / SWING_S
        number = int((t_s - 2.0) / SWING_S)
        peak = (120.0 + 5.0 * number) * math.exp(-(((turn - 0.25) / 0.1) ** 2)) if on else 0.0
        cell.append(LoadSample("handle", t_s, 20.0 + peak + draw.gauss(0, 0.3)))
    return bell, cell


def test_a_cell_that_is_pulled_with_every_swing_makes_them_more_certain():
    bell, cell = swings()
    _, alone = together(bell, [], "kettlebell_swing")
    _, both = together(bell, cell, "kettlebell_swing")
    assert len(both) == len(alone) == 10
    for one, other in zip(alone, both, strict=True):
        assert other.rep.confidence == pytest.approx((1 + one.rep.confidence) / 2)


def test_the_force_of_a_swing_is_its_largest_and_not_its_last():
    bell, cell = swings()
    for _, finished in (together(bell, cell, "kettlebell_swing"), together(bell + cell, [], "kettlebell_swing")):
        assert all(event.rep.peak_force_n > 120.0 for event in finished)
        assert finished[-1].rep.peak_force_n > finished[0].rep.peak_force_n + 20.0
        for rep in (event.rep for event in finished):
            assert rep.measures.peak_force_n == rep.peak_force_n
            assert 20.0 < rep.measures.mean_force_n < rep.peak_force_n
            assert rep.measures.impulse_n_s == pytest.approx(
                rep.measures.mean_force_n * (rep.end_s - rep.start_s), rel=0.05
            )


def test_a_pull_says_its_peak_mean_and_impulse(rows):
    truth, samples = rows
    _, finished = together(samples, [])
    for true, event in zip(truth, finished, strict=True):
        inside = [s.force_n for s in samples if event.rep.start_s <= s.t_s <= event.rep.end_s]
        assert event.rep.peak_force_n == max(inside)
        assert event.rep.measures.mean_force_n == pytest.approx(sum(inside) / len(inside), rel=0.03)
        assert event.rep.measures.impulse_n_s == pytest.approx(
            event.rep.measures.mean_force_n * (event.rep.end_s - event.rep.start_s), rel=0.03
        )
        assert true.start_s < event.rep.end_s


def test_a_cell_that_hangs_idle_has_nothing_to_do_with_a_squat(performed):
    _, samples = performed("goblet_squat", PACE, seed=4, noise_seed=4, until_s=12.0)
    idle = [LoadSample("band", s.t_s, 3.0 + math.sin(s.t_s)) for s in samples]
    _, finished = together(samples, idle, "goblet_squat")
    assert finished
    assert all(e.rep.peak_force_n is None and e.rep.measures.impulse_n_s is None for e in finished)


def test_an_hour_beside_a_set_is_not_remembered_for_longer_than_a_repetition():
    support, forces = Support(), Forces()
    for i in range(6000):
        support.feed(LoadSample("cell", i / 10, 3.0 + math.sin(i)))
        forces.keep(i / 10, 3.0)
    assert len(support._looks) == LOOKS
    assert len(forces._past) == FORCES
