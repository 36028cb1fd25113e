"""A recording through the very counter a station runs."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.samples import Sample
from edge.library import Exercise
from edge.model import Rep
from edge.signal.events import RepFinished
from edge.signal.pipeline import Pipeline


def replay(samples: Iterable[Sample], exercise: Exercise) -> list[Rep]:
    """Return the repetitions a station would have counted in these samples, in order."""
    pipeline = Pipeline(exercise)
    return [event.rep for sample in samples for event in pipeline.feed(sample) if isinstance(event, RepFinished)]
