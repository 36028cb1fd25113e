"""Tempo as clinicians write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.tempo import LONGEST_PHASE_S, Tempo, TempoError, parse_tempo


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("3.1.0", (3.0, 1.0, None, None)),
        ("3-1-1-0", (3.0, 1.0, 1.0, None)),
        ("3.1.1.2", (3.0, 1.0, 1.0, 2.0)),
        ("3-1.5-1", (3.0, 1.5, 1.0, None)),
        ("3.1.X", (3.0, 1.0, None, None)),
        ("x.1.x", (None, 1.0, None, None)),
        ("normal", (None, None, None, None)),
        (" Slow  and controlled ", (None, None, None, None)),
        ("3-1-X-2", (3.0, 1.0, None, 2.0)),
        ("1 s pause on the chest", (None, 1.0, None, None)),
        ("1 s pause at the bottom", (None, 1.0, None, None)),
        ("hold 5 s at the top", (None, None, None, 5.0)),
    ],
)
def test_reads_every_form(text, parts):
    tempo = parse_tempo(text)
    assert (tempo.eccentric_s, tempo.bottom_s, tempo.concentric_s, tempo.top_s) == parts


def test_zero_means_not_judged_rather_than_no_time():
    assert parse_tempo("0.0.0") == Tempo("0.0.0")
    assert not parse_tempo("0.0.0").judged
    assert parse_tempo("0.1.0").judged


@pytest.mark.parametrize(
    "text",
    [
        *("", "3", "3.1", "3.1.0.0.0", "fast", "-3.1.0", "3,1,0", "1e3.1.0", "nan.1.0", "٣.1.0"),
        *("5 s", "pause", "5 min hold", "1 s pause on the moon", "hold 5 s 5 s", "-1 s pause"),
    ],
)
def test_refuses_what_is_no_tempo(text):
    with pytest.raises(TempoError, match="cannot be read"):
        parse_tempo(text)


def test_refuses_absurd_seconds_and_says_the_limit():
    with pytest.raises(TempoError, match=r"999\.9\.9.*999 s.*at most 20 s"):
        parse_tempo("999.9.9")
    with pytest.raises(TempoError, match=r"30 s hold.*30 s in one part: at most 20 s"):
        parse_tempo("30 s hold")


@pytest.mark.parametrize(
    "text",
    ["5 s hold", "5 s hold each rep", "hold 5 s", "5s pause", "Pause 5 sec", "5.0 seconds hold", "5-second hold"],
)
def test_a_pause_alone_is_at_the_far_end_which_the_exercise_knows(text):
    tempo = parse_tempo(text)
    assert (tempo.hold_s, tempo.parts, tempo.text) == (5.0, (None,) * 4, text)
    assert tempo.judged
    assert tempo.placed(starts_concentric=False).parts == (None, 5.0, None, None)
    assert tempo.placed(starts_concentric=True).parts == (None, None, None, 5.0)


def test_a_pause_that_has_its_place_stays_there():
    chest = parse_tempo("1 s pause on the chest")
    assert chest.placed(starts_concentric=True) == chest


@pytest.mark.parametrize(
    ("text", "fast", "paced"),
    [
        ("3.1.X", True, False),
        ("3.1.0", False, False),
        ("3.1.x", False, False),
        ("x.1.X", True, False),
        ("X.1.X", False, False),
        ("3.1.1", False, True),
        ("slow and controlled", False, True),
        ("normal", False, False),
    ],
)
def test_who_lifts_as_fast_as_possible_and_who_is_held_back(text, fast, paced):
    tempo = parse_tempo(text)
    assert (tempo.fast, tempo.paced) == (fast, paced)


@given(st.text(max_size=30))
def test_any_text_is_a_tempo_or_a_tempo_error(text):
    try:
        tempo = parse_tempo(text)
    except TempoError:
        return
    for part in (*tempo.parts, tempo.hold_s):
        assert part is None or 0 < part <= LONGEST_PHASE_S
