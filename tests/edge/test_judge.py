"""Verdicts and cues a clinician can read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.judge import LEAST_CONFIDENCE, Cue, CueMemory, JudgedRep, Matter, Why, judge
from edge.model import Phase, PhaseSpan, PlannedExercise, Rep, Verdict
from edge.tempo import parse_tempo


def squat(eccentric_s, bottom_s, concentric_s, peak_force_n=None):
    edges = [0.0, eccentric_s, eccentric_s + bottom_s, eccentric_s + bottom_s + concentric_s]
    spans = tuple(
        PhaseSpan(phase, a, b)
        for phase, a, b in zip((Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC), edges, edges[1:], strict=False)
    )
    return Rep(1, 0.0, edges[-1], spans, 80.0, "deg", peak_force_n, None, 0.9)


def row(concentric_s, top_s, eccentric_s, pause_before_s=None):
    """A repetition that starts with the pull and is held at the chest."""
    edges = [0.0, concentric_s, concentric_s + top_s, concentric_s + top_s + eccentric_s]
    spans = tuple(
        PhaseSpan(phase, a, b)
        for phase, a, b in zip((Phase.CONCENTRIC, Phase.TOP, Phase.ECCENTRIC), edges, edges[1:], strict=False)
    )
    return Rep(2, 0.0, edges[-1], spans, 80.0, "N", None, pause_before_s, 0.9)


def unsure(rep, *spread_s):
    return replace(rep, edge_spread_s=spread_s)


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


# ---- the reason, as numbers -------------------------------------------------------------------------------


def test_a_pace_outside_its_tolerance_says_by_how_much():
    judged = judge(squat(1.2, 1.0, 1.0), planned(), sensed_load=False)
    assert judged.why == Why(Matter.PHASE, 1.2, 3.0, 0.75, 0.0, Phase.ECCENTRIC)
    assert judged.why.missed_by == pytest.approx(-1.05)


def test_a_load_outside_its_band_says_it_in_kilograms():
    judged = judge(squat(3.0, 1.0, 1.0, 15 * 9.80665), planned("3.1.0", (8.0, 12.0)), sensed_load=True)
    assert (judged.verdict, judged.why.matter, judged.why.target, judged.why.tolerance) == (
        Verdict.TOO_HEAVY,
        Matter.LOAD,
        10.0,
        2.0,
    )
    assert judged.why.measured == pytest.approx(15.0)
    assert judged.why.missed_by == pytest.approx(3.0)


def test_on_target_and_nothing_asked_for_need_no_reason():
    assert judge(squat(3.0, 1.0, 1.0), planned(), sensed_load=False).why is None
    assert judge(squat(3.0, 1.0, 1.0), planned("normal"), sensed_load=False).why is None


def test_a_judged_repetition_needs_no_reason_to_be_made():
    assert JudgedRep(squat(3.0, 1.0, 1.0), Verdict.TOO_FAST, Phase.ECCENTRIC).why is None


# ---- what the measurement cannot bear out -----------------------------------------------------------------


def test_a_repetition_nobody_is_sure_of_is_not_judged():
    for confidence in (0.0, 0.3, LEAST_CONFIDENCE):
        doubtful = replace(squat(0.5, 0.0, 0.5, 900.0), confidence=confidence)
        judged = judge(doubtful, planned("3.1.0", (8.0, 12.0)), sensed_load=True)
        assert judged.verdict is Verdict.NOT_JUDGED
        assert judged.why == Why(Matter.CONFIDENCE, confidence, LEAST_CONFIDENCE)


@pytest.mark.parametrize(
    ("spread_s", "verdict"),
    [(0.0, Verdict.TOO_FAST), (0.05, Verdict.TOO_FAST), (0.1, Verdict.NOT_JUDGED), (0.5, Verdict.NOT_JUDGED)],
)
def test_a_miss_within_what_the_boundaries_may_be_off_is_no_miss(spread_s, verdict):
    """Two seconds asked, 1.3 s taken, 0.5 s allowed: 0.2 s short. Boundaries of 0.1 s are 0.28 s together."""
    rep = unsure(squat(1.3, 0.0, 1.0), spread_s, spread_s, 0.0, 0.0)
    assert judge(rep, planned("2.0.0"), sensed_load=False).verdict is verdict


def test_a_phase_too_uncertain_for_its_tolerance_is_not_praised_either():
    judged = judge(unsure(squat(2.0, 0.0, 1.0), *[0.3] * 4), planned("2.0.0"), sensed_load=False)
    assert judged.verdict is Verdict.NOT_JUDGED
    assert (judged.why.phase, judged.why.missed_by) == (Phase.ECCENTRIC, 0.0)
    assert judged.why.spread == pytest.approx(2 * 0.3 * 2**0.5)


def test_a_phase_is_as_uncertain_as_its_own_two_boundaries():
    """The pause is between boundaries of 30 ms and 40 ms: 50 ms together, 100 ms in 19 of 20."""
    short = judge(unsure(squat(3.0, 0.2, 1.0), 0.9, 0.03, 0.04, 0.9), planned(), sensed_load=False)
    assert (short.phase, short.why.spread) == (Phase.BOTTOM, pytest.approx(0.1))


def test_a_large_miss_is_told_in_spite_of_uncertain_boundaries():
    judged = judge(unsure(squat(9.0, 0.0, 1.0), *[0.3] * 4), planned("2.0.0"), sensed_load=False)
    assert (judged.verdict, judged.phase) == (Verdict.TOO_SLOW, Phase.ECCENTRIC)


def test_a_certain_phase_is_judged_beside_an_uncertain_one():
    rep = unsure(squat(2.2, 1.0, 1.0), 0.4, 0.02, 0.02, 0.02)
    assert judge(rep, planned("3.1.0"), sensed_load=False).verdict is Verdict.ON_TARGET
    short = unsure(squat(2.2, 0.3, 1.0), 0.4, 0.02, 0.02, 0.02)
    assert judge(short, planned("3.1.0"), sensed_load=False).phase is Phase.BOTTOM


@given(
    took_s=st.tuples(*[st.floats(0.05, 10)] * 3),
    spread_s=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    tempo=st.sampled_from(["3.1.0", "2.1.2", "1 s pause", "x.1.x", "normal"]),
)
def test_uncertainty_never_turns_a_good_repetition_into_a_bad_one(took_s, spread_s, tempo):
    sharp = judge(squat(*took_s), planned(tempo), sensed_load=False)
    blurred = judge(unsure(squat(*took_s), *spread_s), planned(tempo), sensed_load=False)
    if sharp.inside:
        assert blurred.inside
    if not blurred.inside:
        assert abs(blurred.why.missed_by) >= blurred.why.spread


# ---- pauses -----------------------------------------------------------------------------------------------


def test_a_pause_in_words_is_the_one_at_the_far_end_of_the_movement():
    plan = planned("5 s hold")
    assert judge(row(1.0, 5.2, 1.0), plan, sensed_load=False).verdict is Verdict.ON_TARGET
    short = judge(row(1.0, 2.0, 1.0), plan, sensed_load=False)
    assert (short.verdict, short.phase) == (Verdict.SHORT_HOLD, Phase.TOP)
    assert judge(squat(1.0, 2.0, 1.0), plan, sensed_load=False).phase is Phase.BOTTOM


def test_the_pause_between_repetitions_may_be_longer_than_asked_but_not_shorter():
    plan = planned("1.0.1.2")
    first = judge(squat(1.0, 0.0, 1.0), plan, sensed_load=False)
    assert first.verdict is Verdict.ON_TARGET
    for pause_s, verdict in ((0.5, Verdict.SHORT_HOLD), (2.0, Verdict.ON_TARGET), (30.0, Verdict.ON_TARGET)):
        judged = judge(replace(squat(1.0, 0.0, 1.0), pause_before_s=pause_s), plan, sensed_load=False)
        assert judged.verdict is verdict


def test_only_a_pause_that_this_repetition_does_not_show_leaves_it_unjudged():
    assert judge(squat(1.0, 0.0, 1.0), planned("0.0.0.2"), sensed_load=False).verdict is Verdict.NOT_JUDGED


# ---- cues -------------------------------------------------------------------------------------------------


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
