"""Recordings with damage that really happened: it is noticed, and never where there is none."""

import os
from pathlib import Path

import numpy as np
import pytest

from drivers.replay import load_recording
from edge.replay import replay_file
from edge.signal.events import Reason
from edge.signal.repeats import Repeats
from edge.signal.splices import Splices

SHARED = Path(os.environ.get("STEADYRIG_SHARED", Path(__file__).parents[3] / "shared")) / "data"
HOLES = {
    "bar_A_dead_medium_20190111T172424": (25.3, 2.5),
    "bar_A_ohp_medium_20190111T165730": (16.2, 3.5),
    "bar_D_bench_medium_20190118T181213": (14.0, 2.0),
    "bar_D_squat_medium_20190118T174547": (19.9, 2.2),
}
LOST = ["muvr_arms_jan-2_22", "muvr_arms_jan-2_23", "muvr_arms_jan-2_30", "muvr_arms_jan-2_31"]


def damaged(name):
    path = SHARED / "damaged" / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"no damaged recordings at {SHARED}")
    return path


@pytest.mark.parametrize("name", HOLES)
def test_a_hole_in_the_clock_makes_the_count_uncertain(name):
    start_s, length_s = HOLES[name]
    answer = replay_file(damaged(name), None).as_dict()
    assert answer["uncertain"]
    assert answer["reasons"] == ["gap"]
    assert answer["holes"] == [
        {"start_s": pytest.approx(start_s, abs=0.1), "length_s": pytest.approx(length_s, abs=0.1)}
    ]


@pytest.mark.parametrize("name", LOST)
def test_lost_packets_without_a_hole_in_the_clock_make_it_uncertain(name):
    found = replay_file(damaged(name), None)
    assert found.reasons == (Reason.SAMPLES_LOST,)
    assert found.holes == ()
    assert "samples are missing where the clock shows no hole" in found.as_text()
    assert found.as_dict()["uncertain"]


def sound():
    paths = sorted((SHARED / "reps").glob("*.npz"))
    if not paths:
        pytest.skip(f"no shared recordings at {SHARED}")
    return paths


def test_nothing_is_found_in_recordings_without_damage():
    """Every fourth set of every source, looked at by the two that could mistake a movement for damage."""
    false, looked = [], 0
    for path in sound()[::4]:
        recording = load_recording(path)
        splices, repeats = Splices(), Repeats()
        for t_s, accel in zip(recording.t_s.tolist(), map(tuple, recording.accel_m_s2.tolist()), strict=True):
            found = repeats.update(t_s, accel)
            if splices.update(accel) or (found is not None and found.blinds):
                false.append((path.name, t_s, found))
        looked += 1
    assert looked >= 80
    assert false == []


def test_most_sets_that_lose_every_second_packet_are_found_out():
    """Packets of 64 samples taken out of sound recordings of a limb: not the sensor the rule was found with."""
    paths = [path for path in sound() if path.name.startswith("pte_")][::4]
    found = []
    for path in paths:
        accel = load_recording(path).accel_m_s2
        kept = np.concatenate([accel[i : i + 64] for i in range(0, len(accel), 128)])
        splices = Splices()
        found.append(any(splices.update(tuple(a)) for a in kept.tolist()))
    assert np.mean(found) >= 0.75
