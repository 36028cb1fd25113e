"""Every screen with sample states, as name and View."""

from __future__ import annotations

from collections.abc import Iterator

from display.gallery.agenda import agenda_samples
from display.gallery.between import between_samples
from display.gallery.calibrating import calibrate_samples
from display.gallery.outcome import outcome_samples
from display.gallery.ready import ready_samples
from display.gallery.sets import set_samples
from display.shapes import View


def samples() -> Iterator[tuple[str, View]]:
    """Yield (name, View) of every screen in about the order a patient meets them."""
    yield from agenda_samples()
    yield from ready_samples()
    yield from set_samples()
    yield from between_samples()
    yield from outcome_samples()
    yield from calibrate_samples()
