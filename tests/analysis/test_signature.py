"""A patient's own movement: learned from good repetitions, then compared with, then watched for drift."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analysis.signature import (
    A_SESSION,
    HOLD,
    KEPT,
    OUT,
    POINTS,
    READY_FROM,
    Scored,
    Signature,
    curve_of,
    drift,
)
from edge.model import Verdict

GOOD = Verdict.ON_TARGET


def path(x):
    x = np.clip(x, 0, 1)
    return 10 * x**3 - 15 * x**4 + 6 * x**5


def performed(parts=(3.0, 1.0, 1.0), size=80.0, dip=0.0, rate_hz=100):
    """The curve of a repetition of these seconds and this range; ``dip`` is lost half-way up, in the same unit."""
    out_s, hold_s, back_s = parts
    edges = (1.0, 1 + out_s, 1 + out_s + hold_s, 1 + out_s + hold_s + back_s)
    t_s = np.arange(0, edges[-1] + 1, 1 / rate_hz)
    shift = size * (path((t_s - edges[0]) / out_s) - path((t_s - edges[2]) / back_s))
    shift = shift - dip * np.exp(-(((t_s - edges[2]) / back_s - 0.5) ** 2) / 0.01)
    return curve_of(t_s, shift, edges)


def taught(rep, sessions=4, seed=1):
    """A signature learned from sessions of six repetitions, each a little larger or smaller than the last."""
    signature, draw = Signature("goblet_squat", "deg"), np.random.default_rng(seed)
    for session in range(sessions):
        for _ in range(A_SESSION):
            curve = performed(size=draw.normal(80, 2))
            signature = signature.learned(rep(), curve, GOOD, f"session {session}")
    return signature


# ---- the curve --------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(out_s=st.floats(0.8, 6), hold_s=st.floats(0, 6), back_s=st.floats(0.8, 6), rate_hz=st.integers(20, 200))
def test_neither_tempo_nor_sampling_changes_the_curve(out_s, hold_s, back_s, rate_hz):
    assert performed((out_s, hold_s, back_s), rate_hz=rate_hz) == pytest.approx(performed(), abs=1.0)


def test_the_boundaries_keep_their_places_on_the_curve():
    curve = performed()
    assert curve.shape == (POINTS,)
    assert (curve[0], curve[OUT], curve[-1]) == pytest.approx((0, 80, 0), abs=1e-6)
    assert curve[OUT // 2] == pytest.approx(40, abs=0.1)
    assert curve[OUT + HOLD + 9] > 40 > curve[OUT + HOLD + 10]


def test_a_repetition_nobody_saw_has_no_curve(rep):
    lost = curve_of(np.arange(5.0), np.full(5, np.nan), (0.0, 1.0, 2.0, 3.0))
    signature = taught(rep)
    assert np.isnan(lost).all()
    assert signature.distance(lost, "deg") is None
    assert Signature("x", "deg").learned(rep(), lost, GOOD, "s").curves == ()


# ---- learning ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confidence", "verdict", "teaches"),
    [
        (1.0, Verdict.ON_TARGET, True),
        (1.0, Verdict.NOT_JUDGED, True),
        (0.5, Verdict.ON_TARGET, False),
        (1.0, Verdict.TOO_FAST, False),
        (1.0, Verdict.TOO_HEAVY, False),
    ],
)
def test_only_sure_repetitions_inside_their_targets_teach(rep, confidence, verdict, teaches):
    learned = Signature("goblet_squat", "deg").learned(rep(confidence=confidence), performed(), verdict, "monday")
    assert len(learned.curves) == teaches


def test_one_session_cannot_fill_a_signature(rep):
    signature = Signature("goblet_squat", "deg")
    for _ in range(50):
        signature = signature.learned(rep(), performed(), GOOD, "monday")
    assert len(signature.curves) == A_SESSION
    assert not signature.ready


def test_a_full_signature_stays_as_it_is(rep):
    full = taught(rep)
    assert full.full
    assert len(full.curves) == KEPT
    assert full.learned(rep(), performed(size=10), GOOD, "much later") is full


def test_degrees_and_newtons_have_signatures_of_their_own(rep):
    with pytest.raises(ValueError, match="in deg, the repetition in N"):
        Signature("band_row", "deg").learned(rep(unit="N"), performed(), GOOD, "monday")
    with pytest.raises(ValueError, match="in deg, the repetition in N"):
        taught(rep).distance(performed(), "N")


# ---- comparing --------------------------------------------------------------------------------------------


def test_too_few_curves_compare_with_nothing(rep):
    young = taught(rep, sessions=1)
    assert len(young.curves) < READY_FROM
    assert (young.distance(performed(), "deg"), young.usual()) == (None, None)
    with pytest.raises(ValueError, match="no curve yet"):
        Signature("x", "deg").band()


def test_the_usual_movement_is_near_and_another_is_far(rep):
    signature = taught(rep)
    usual = signature.distance(performed(), "deg").rms
    shallow = signature.distance(performed(size=60), "deg").rms
    assert usual < 0.5
    assert shallow > 5 * signature.usual()
    assert 0.3 < signature.usual() < 2


def test_slower_is_no_other_movement(rep):
    assert taught(rep).distance(performed((6.0, 4.0, 3.0)), "deg").rms < 0.5


def test_the_largest_distance_says_where(rep):
    """A dip half-way up: at (20 + 6 + 10) of 45 points."""
    found = taught(rep).distance(performed(dip=20.0), "deg")
    assert found.largest > 4
    assert found.where == pytest.approx(36 / 45, abs=0.04)


def test_one_bad_repetition_among_the_learned_does_not_move_the_band(rep):
    signature = taught(rep, sessions=3)
    spoilt = signature.learned(rep(), performed(size=20), GOOD, "tired")
    assert spoilt.band()[0] == pytest.approx(signature.band()[0], abs=1.0)


@given(size=st.floats(1, 200))
def test_the_distance_has_no_unit(rep, size):
    small, large = Signature("x", "deg"), Signature("x", "deg")
    for i in range(READY_FROM):
        curve = performed(size=80 + i, rate_hz=20)
        small = small.learned(rep(), curve, GOOD, f"{i}")
        large = large.learned(rep(), size * curve, GOOD, f"{i}")
    new = performed(size=70, rate_hz=20)
    assert large.distance(size * new, "deg").rms == pytest.approx(small.distance(new, "deg").rms, rel=0.05)


# ---- keeping ----------------------------------------------------------------------------------------------


def test_a_signature_is_kept_as_plain_text_of_limited_size(rep):
    signature = taught(rep)
    stored = json.dumps(signature.to_dict())
    assert Signature.from_dict(json.loads(stored)) == signature
    assert len(stored) < 12_000


@pytest.mark.parametrize(
    "broken",
    [
        {"version": 2},
        {"curves": [[1.0]]},
        {"sessions": []},
        {"curves": None},
        {"curves": [[1.0]] * KEPT},
        {"points": [10, 3, 10]},
    ],
)
def test_what_cannot_be_read_is_refused(rep, broken):
    with pytest.raises(ValueError, match="signature"):
        Signature.from_dict({**taught(rep).to_dict(), **broken})


# ---- drift ------------------------------------------------------------------------------------------------


def weeks_of(rms_of_week, seed=0):
    draw = np.random.default_rng(seed)
    return [
        Scored(day, f"s{day}", abs(draw.normal(rms_of_week(day / 7), 0.2)))
        for day in range(0, 42, 3)
        for _ in range(8)
    ]


def test_a_movement_that_changes_from_week_to_week_drifts():
    found = drift(weeks_of(lambda week: 1 + 0.5 * week))
    assert found.real
    assert found.low < 0.5 < found.high
    assert found.slope == pytest.approx(0.5, abs=0.1)


def test_a_movement_that_stays_does_not_drift():
    assert not drift(weeks_of(lambda _: 1.0)).real


def test_one_bad_day_is_no_drift():
    assert not drift(weeks_of(lambda week: 5.0 if 2.5 < week < 2.7 else 1.0)).real


def test_the_order_in_which_sessions_arrive_does_not_matter():
    scored = weeks_of(lambda week: 1 + 0.2 * week)
    assert drift(scored[::-1]) == drift(scored)


def test_a_few_sessions_are_no_weeks():
    assert drift([one for one in weeks_of(lambda week: week) if one.day < 18]) is None
