"""What drawing the screen costs, without a display."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from display.app import App
from display.gallery.samples import samples
from edge.bench.figure import Figure, timed


def figures() -> Iterator[Figure]:
    """Yield the slowest frames of the set screen beside filling as many pixels."""
    views = [view for name, view in samples() if "-set-" in name]
    app = App(headless=True)
    try:
        app.frame(views[0])
        took_ms = [timed(partial(app.frame, view)) * 1e3 for view in views * 20]
    finally:
        app.close()
    pixels = np.zeros((600, 1024, 3), dtype=np.uint8)
    yard_ms = timed(lambda: pixels.fill(7)) * 1e3
    yield Figure(
        "set screen, 99 % of frames", float(np.percentile(took_ms, 99)), "ms", 33.3, "fill its pixels", yard_ms
    )
