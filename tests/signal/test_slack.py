"""A band that is gripped anew hangs at another slack; the set goes on from there."""

import random

import pytest

from drivers.samples import LoadSample
from edge.model import Activity
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for

ROW = exercise_for("band_row")
EACH_S, PULL_N = 3.0, 100.0


def smooth(x):
    x = min(max(x, 0.0), 1.0)
    return x**3 * (10 - 15 * x + 6 * x**2)


def pulled(reps_before, reps_after, slack_n, wait_s):
    """Rows of 100 N in 2 s with 1 s of rest, before and ``wait_s`` after the slack goes from 3 N to ``slack_n``."""
    draw, samples = random.Random(4), []
    change_s = 2.0 + reps_before * EACH_S + 1.0
    again_s = change_s + 0.8 + wait_s
    for i in range(int((again_s + reps_after * EACH_S + 2.0) * 80)):
        t_s = i / 80
        slack = 3.0 + (slack_n - 3.0) * smooth((t_s - change_s) / 0.8)
        first_s, count = (2.0, reps_before) if t_s < change_s else (again_s, reps_after)
        which, since_s = divmod(t_s - first_s, EACH_S)
        stretch = smooth(since_s) - smooth(since_s - 1.0) if 0 <= which < count else 0.0
        samples.append(LoadSample("band", t_s, slack + (PULL_N - slack) * stretch + draw.gauss(0, 0.1)))
    return samples


def counted(samples):
    pipeline = Pipeline(ROW)
    found = [event for sample in samples for event in pipeline.feed(sample) if isinstance(event, RepFinished)]
    return found, pipeline


@pytest.mark.parametrize("wait_s", [1.0, 5.0, 40.0])
@pytest.mark.parametrize("slack_n", [0.5, 12.0, 25.0, 40.0])
def test_every_repetition_counts_at_the_old_slack_and_at_the_new(slack_n, wait_s):
    found, _ = counted(pulled(4, 4, slack_n, wait_s))
    assert len(found) == 8


def test_a_new_slack_that_is_kept_becomes_the_start():
    _, pipeline = counted(pulled(3, 0, 40.0, 40.0))
    assert pipeline.activity is Activity.RESTING
    assert pipeline.position == pytest.approx(0.0, abs=0.02)


def test_a_single_wild_word_up_and_one_down_are_no_pull_and_no_harm():
    """A spike opens a movement; the very next reading lies below the slack."""
    pipeline = Pipeline(ROW)
    spoiled = {400: 60.0, 401: -60.0}
    samples = [LoadSample("band", i / 80, 5.0 + 0.01 * (i % 3) + spoiled.get(i, 0.0)) for i in range(1200)]
    assert [event for sample in samples for event in pipeline.feed(sample) if isinstance(event, RepFinished)] == []
