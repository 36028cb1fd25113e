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
    "text", ["", "3", "3.1", "3.1.0.0.0", "fast", "-3.1.0", "3,1,0", "1e3.1.0", "nan.1.0", "٣.1.0"]
)
def test_refuses_what_is_no_tempo(text):
    with pytest.raises(TempoError, match="cannot be read"):
        parse_tempo(text)


def test_refuses_absurd_seconds_and_says_the_limit():
    with pytest.raises(TempoError, match=r"999\.9\.9.*999 s.*at most 20 s"):
        parse_tempo("999.9.9")


@given(st.text(max_size=30))
def test_any_text_is_a_tempo_or_a_tempo_error(text):
    try:
        tempo = parse_tempo(text)
    except TempoError:
        return
    for part in (tempo.eccentric_s, tempo.bottom_s, tempo.concentric_s, tempo.top_s):
        assert part is None or 0 < part <= LONGEST_PHASE_S
