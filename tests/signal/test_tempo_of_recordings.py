"""Repetitions that were held and repetitions that were rushed are told apart by their tempo, on recorded people.

The protocol asked for five seconds; what was held, seen from the limb, is two to five seconds with one or two seconds
on the way at either side. A plan that asks for a pause of two seconds is kept by the one kind and not by the other.
"""

import pytest

from edge.judge import judge
from edge.model import PlannedExercise, Verdict
from edge.signal.profiles import exercise_for
from edge.signal.replay import replay
from edge.tempo import Tempo

EXERCISES = {
    "e1": "seated_leg_raise",
    "e2": "seated_trunk_flexion",
    "e3": "supine_straight_leg_raise",
    "e4": "sidelying_leg_raise",
    "e5": "prone_leg_raise",
    "e6": "seated_elbow_curl",
    "e7": "standing_arm_abduction",
    "e8": "prone_forearm_raise",
}
PLAN = PlannedExercise(1, "any", 1, 10, Tempo("2 s hold", hold_s=2.0), None, 60.0)


def rushed(rep):
    return judge(rep, PLAN, sensed_load=False).verdict is Verdict.SHORT_HOLD


@pytest.mark.parametrize("person", ["s1", "s4"])
def test_held_and_rushed_repetitions_are_told_apart(recording, person):
    right = []
    for short, exercise in EXERCISES.items():
        for kind in ("correct", "fast"):
            reps = replay(recording(f"pte_{person}_{short}_{kind}.npz"), exercise_for(exercise))
            right += [rushed(rep) is (kind == "fast") for rep in reps]
    print(f"{person}: {sum(right)} of {len(right)} told rightly")
    assert sum(right) >= 0.95 * len(right)
