"""Verdicts and cues a clinician can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.judge import Cue, CueMemory, judge
from edge.model import Phase, PhaseSpan, PlannedExercise, Rep, Verdict
from edge.tempo import parse_tempo


def squat(eccentric_s, bottom_s, concentric_s, peak_force_n=None):
    edges = [0.0, eccentric_s, eccentric_s + bottom_s, eccentric_s + bottom_s + concentric_s]
    spans = tuple(
        PhaseSpan(phase, a, b)
        for phase, a, b in zip((Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC), edges, edges[1:], strict=False)
    )
    return Rep(1, 0.0, edges[-1], spans, 80.0, "deg", peak_force_n, None, 0.9)


def planned(tempo="3.1.0", load_kg=None):
    return PlannedExercise(1, "goblet_squat", 3, 8, parse_tempo(tempo), load_kg, 60.0)


@pytest.mark.parametrize(
    ("took", "verdict", "phase"),
    [
        ((3.0, 1.0, 1.0), Verdict.ON_TARGET, None),
        ((2.3, 0.7, 0.5), Verdict.ON_TARGET, None),
        ((1.2, 1.0, 1.0), Verdict.TOO_FAST, Phase.ECCENTRIC),
        ((5.0, 1.0, 1.0), Verdict.TOO_SLOW, Phase.ECCENTRIC),
        ((3.0, 0.2, 1.0), Verdict.SHORT_HOLD, Phase.BOTTOM),
        ((1.2, 0.2, 1.0), Verdict.SHORT_HOLD, Phase.BOTTOM),
        ((3.0, 1.0, 9.0), Verdict.ON_TARGET, None),
    ],
)
def test_tempo_3_1_0(took, verdict, phase):
    judged = judge(squat(*took), planned(), sensed_load=False)
    assert (judged.verdict, judged.phase) == (verdict, phase)


def test_a_normal_tempo_is_not_judged():
    assert judge(squat(0.4, 0.0, 9.0), planned("normal"), sensed_load=False).verdict is Verdict.NOT_JUDGED


@pytest.mark.parametrize(
    ("force_n", "verdict"), [(98.0, Verdict.ON_TARGET), (50.0, Verdict.TOO_LIGHT), (150.0, Verdict.TOO_HEAVY)]
)
def test_the_load_comes_before_the_pace(force_n, verdict):
    judged = judge(squat(0.5, 0.0, 0.5, force_n), planned("3.1.0", (8.0, 12.0)), sensed_load=True)
    assert judged.verdict is (verdict if verdict is not Verdict.ON_TARGET else Verdict.SHORT_HOLD)


def test_the_weight_of_a_bell_is_no_sensed_load():
    judged = judge(squat(3.0, 1.0, 1.0, 500.0), planned("3.1.0", (8.0, 8.0)), sensed_load=False)
    assert judged.verdict is Verdict.ON_TARGET


def test_the_same_correction_is_said_twice_then_every_third_time():
    memory, said = CueMemory(), []
    for _ in range(9):
        memory = memory.after(judge(squat(1.0, 1.0, 1.0), planned(), sensed_load=False))
        said.append(memory.say == Cue(Verdict.TOO_FAST, Phase.ECCENTRIC))
    assert said == [True, True, True, False, False, True, False, False, True]


def test_praise_comes_with_every_third_good_repetition():
    memory, said = CueMemory(), []
    for _ in range(6):
        memory = memory.after(judge(squat(3.0, 1.0, 1.0), planned(), sensed_load=False))
        said.append(memory.say)
    assert said == [None, None, Cue(Verdict.ON_TARGET)] * 2


@given(st.lists(st.floats(0.3, 6), min_size=1, max_size=30))
def test_a_correction_is_never_said_after_a_good_repetition(lowering_s):
    memory = CueMemory()
    for eccentric_s in lowering_s:
        judged = judge(squat(eccentric_s, 1.0, 1.0), planned(), sensed_load=False)
        memory = memory.after(judged)
        if judged.inside:
            assert memory.say in (None, Cue(Verdict.ON_TARGET))
        elif memory.say:
            assert memory.say.verdict is judged.verdict
