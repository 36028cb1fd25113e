"""F01 on real recordings: what people's sensors felt, told by an emulated chip whose packets lose bits on the bus.

The count with one packet in a hundred corrupted is that of the same chip undisturbed. The short run takes one
recording, STEADYRIG_LONG=1 five of them with ten seeds each.
"""

import os

import numpy as np
import pytest

from drivers.bno08x import Bno08x
from drivers.clock import LoneClock
from drivers.emulation.bno085 import EmulatedBno085
from drivers.emulation.faults import Fault, FaultScript, Kind
from drivers.emulation.i2c import EmulatedI2C
from drivers.reader import Reader
from drivers.reading import ImuTruth
from edge.signal.profiles import exercise_for
from edge.signal.replay import replay

LONG = bool(os.environ.get("STEADYRIG_LONG"))
SETS = [
    ("sts_S01_5sts.npz", "sit_to_stand"),
    ("sts_S01_30sts.npz", "sit_to_stand"),
    ("pte_s1_e1_correct.npz", "seated_leg_raise"),
    ("pte_s4_e6_correct.npz", "seated_elbow_curl"),
    ("pte_s1_e8_fast.npz", "prone_forearm_raise"),
]
UPRIGHT = (1.0, 0.0, 0.0, 0.0)


def told(samples, seed, faults=()):
    """Return what the driver makes of a recording that an emulated chip tells at 100 a second."""
    t = np.array([sample.t_s for sample in samples]) - samples[0].t_s
    felt = np.array([(*sample.accel_m_s2, *sample.gyro_rad_s) for sample in samples])

    def truth(t_s):
        values = [float(np.interp(t_s, t, felt[:, k])) for k in range(6)]
        return ImuTruth(tuple(values[:3]), tuple(values[3:]), UPRIGHT)

    clock, heard = LoneClock(until_s=float(t[-1])), []
    chip = EmulatedBno085(truth, clock, seed=seed, noise=0.0, name="thigh", faults=FaultScript(tuple(faults)))
    bus = EmulatedI2C(chip)
    source = Bno08x("thigh", "i2c-1", lambda: bus, address=0x4A, clock=clock, reports="accel gyro")
    reader = Reader("i2c-1", [source], clock, heard.append)
    reader.start()
    assert clock.ended.wait(60)
    errors = reader.health()["thigh"].errors
    assert reader.stop()
    return heard, errors


@pytest.mark.parametrize("seed", range(10 if LONG else 1))
@pytest.mark.parametrize(("name", "exercise"), SETS if LONG else SETS[:1])
def test_one_corrupted_packet_in_a_hundred_leaves_the_count_of_a_recording_as_it_is(recording, name, exercise, seed):
    samples = recording(name)
    clean, _ = told(samples, seed)
    turned, errors = told(samples, seed, [Fault(Kind.BIT_ERRORS, "thigh", 0.0, size=0.01, seed=seed)])
    assert sum(errors.values()) > 0
    assert "unexpected" not in errors
    assert len(turned) >= 0.98 * len(clean)
    counts = [len(replay(heard, exercise_for(exercise))) for heard in (clean, turned)]
    assert counts[0] == counts[1] > 0, f"seed {seed}"
