"""A pull done in several goes: slack that is taken in before the set, a person who hesitates within it."""

import random

import pytest

from drivers.samples import LoadSample
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline
from edge.signal.profiles import exercise_for

ROW = exercise_for("band_row")
ONE_GO, TWO_GOES = (0.0, 1.0), (0.5, 1.0)


def smooth(x):
    x = min(max(x, 0.0), 1.0)
    return x**3 * (10 - 15 * x + 6 * x**2)


def pulls(*stops, stop_s=1.0, peak_n=80.0, each_s=6.0):
    """One repetition every 6 s, out in two halves of 0.8 s with a rest at the share ``stops`` tells between them."""
    draw, samples = random.Random(7), []
    for i in range(int((2.0 + each_s * len(stops) + 2.0) * 80)):
        which, since_s = divmod(i / 80 - 2.0, each_s)
        stretch = 0.0
        if 0 <= which < len(stops):
            half, whole = stops[int(which)]
            again_s = 0.8 + stop_s if half else 0.0
            stretch = half * smooth(since_s / 0.8) + (whole - half) * smooth((since_s - again_s) / 0.8)
            stretch -= whole * smooth((since_s - 3.5) / 1.0)
        samples.append(LoadSample("band", i / 80, 3.0 + peak_n * stretch + draw.gauss(0, 0.1)))
    return samples


def starts(samples):
    pipeline = Pipeline(ROW)
    events = [event for sample in samples for event in pipeline.feed(sample)]
    return [round((event.rep.start_s - 2.0) / 6.0) for event in events if isinstance(event, RepFinished)]


def test_the_first_repetition_in_one_go_counts():
    assert starts(pulls(ONE_GO, ONE_GO)) == [0, 1]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_slack_taken_in_with_two_pulls_is_none(share):
    assert starts(pulls((share, 1.0))) == []
    assert starts(pulls((share, 1.0), ONE_GO, ONE_GO)) == [1, 2]


def test_who_hesitates_within_a_set_is_counted():
    assert starts(pulls(ONE_GO, TWO_GOES, ONE_GO)) == [0, 1, 2]


def test_who_never_does_it_in_one_go_is_counted_from_the_second_time_on():
    assert starts(pulls(TWO_GOES, TWO_GOES, TWO_GOES)) == [1, 2]


def test_a_short_hesitation_is_none():
    assert starts(pulls(TWO_GOES, stop_s=0.1)) == [0]
