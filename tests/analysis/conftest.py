"""Repetitions with the numbers a test needs."""

import pytest

from edge.model import Measures, Phase, PhaseSpan, Rep


def _rep(number=1, parts=(2.0, 1.0, 1.0), size=80.0, unit="deg", confidence=1.0, start_s=0.0, **measures):
    """A squat-like repetition: seconds down, held and up, its range, and its measures by name."""
    phases = (Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC)
    spans, at_s = [], start_s
    for phase, lasting_s in zip(phases, parts, strict=True):
        spans.append(PhaseSpan(phase, at_s, at_s + lasting_s))
        at_s += lasting_s
    peak_n = measures.get("peak_force_n")
    return Rep(number, start_s, at_s, tuple(spans), size, unit, peak_n, None, confidence, (), Measures(**measures))


@pytest.fixture(scope="session")
def rep():
    """Return the function that makes a repetition."""
    return _rep
