"""Leads somebody through a guide on the station's screen, by touch, by keys, or by the three buttons.

The red button ends it at once, whatever is under way: a calibration is written only when every step has passed, so
nothing is written then.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from display.app import App
from display.parts import Button
from display.shapes import CalibrateView
from drivers.calibration.guide import Step
from drivers.calibration.load import LEAST_WEIGHT_SHARE
from drivers.calibration.load_guide import LoadGuide
from drivers.calibration.record import Record
from drivers.controls import Controls, Status
from edge.calibrate.bench import Bench, BusHung
from edge.calibrate.terminal import Left
from edge.calibrate.words import alike, finished, hung, not_written, view_of
from edge.presses import presses

FRAME_S = 1 / 30
STEP_KG = 1.0
USUAL_SHARE = 0.1
"""The weight that is proposed, as a share of what the cell is made for."""
HUNG_SHOWN_S = 20.0
"""That the bus hangs is shown for so long, then the calibration ends by itself."""


class Leading:
    """One guide on the screen: a frame shows it, presses move it on."""

    def __init__(
        self,
        bench: Bench,
        app: App,
        stopped: Callable[[], bool] = lambda: False,
        controls: Controls | None = None,
    ) -> None:
        self.bench = bench
        self.app = app
        self.record: Record | None = None
        self._stopped = stopped
        self._controls = controls
        self._over = False
        self._left = False
        self._outcome = self._warning = ""
        self._hung: tuple[BusHung, float] | None = None
        guide = bench.guide
        self._kg: float | None = None
        if isinstance(guide, LoadGuide):
            self._kg = guide.weight_kg or float(round(USUAL_SHARE * guide.capacity_kg)) or STEP_KG

    def run(self) -> Record:
        """Lead to the end and return the record that was written.

        Raises Left when somebody leaves before, and BusHung when the sensor's bus hangs.
        """
        self._draw()  # a button counts for what is shown
        while not self._over:
            if self._stopped() or self.app.closed:
                raise Left
            self.frame()
        if self._hung:
            raise self._hung[0]
        if self._left or self.record is None:
            raise Left
        return self.record

    def frame(self) -> None:
        """Let a frame's time pass, let presses take effect, and show where the guide is; stop before everything."""
        self._wait()
        for button in presses(self.app, self._controls):
            self.press(button)
        if self._over:
            return
        if self.bench.guide.step is Step.DONE and not self._outcome:
            self._save()
        self._draw()

    def press(self, button: Button) -> None:
        """Let a button that was seen take effect; what it does goes by its id."""
        guide = self.bench.guide
        match button.id:
            case "leave":
                self._over = self._left = True
            case "measure":
                self._go_on()
            case "back":
                guide.back()
            case "skip" if isinstance(guide, LoadGuide):
                guide.skip()
            case "keep" if isinstance(guide, LoadGuide):
                guide.keep()
            case "heavier" if isinstance(guide, LoadGuide):
                self._kg = self._heavier(guide)
            case "lighter" if self._kg is not None:
                self._make_lighter(self._kg)

    def _wait(self) -> None:
        if self._hung is not None:
            self.bench.clock.sleep_until(self.bench.clock.now() + FRAME_S)
            self._over = self.bench.clock.now() >= self._hung[1]
            return
        try:
            self.bench.wait(FRAME_S)
        except BusHung as exc:
            self._hung = exc, self.bench.clock.now() + HUNG_SHOWN_S

    def _draw(self) -> None:
        shown = self._view()
        self.app.frame(shown)
        if self._controls is not None:
            self._controls.show(self._status())

    def _view(self) -> CalibrateView:
        bench, now_s = self.bench, self.bench.clock.now()
        if self._hung is not None:
            return hung(bench.guide, now_s)
        return view_of(bench.guide, now_s, self._kg, self._outcome, bench.problem, self._warning)

    def _status(self) -> Status:
        if self._hung is not None or self.bench.problem:
            return Status.FAULT
        return Status.LISTENING if self.bench.guide.measuring else Status.READY

    def _go_on(self) -> None:
        guide, now_s = self.bench.guide, self.bench.clock.now()
        if guide.step is Step.DONE:
            self._over = True
        elif isinstance(guide, LoadGuide) and guide.step is Step.CONFIRM:
            guide.confirm()
        elif isinstance(guide, LoadGuide) and guide.asks_kg:
            guide.weigh(self._kg, now_s)
        else:
            guide.begin(now_s)

    def _heavier(self, guide: LoadGuide) -> float | None:
        """Return the next weight; after the heaviest come "unknown", for a second one, and the lightest.

        So one button reaches every weight.
        """
        kg = (self._kg or 0.0) + STEP_KG
        if kg <= guide.capacity_kg:
            return kg
        return None if guide.step is Step.SECOND else float(math.ceil(LEAST_WEIGHT_SHARE * guide.capacity_kg))

    def _make_lighter(self, kg: float) -> None:
        """Below the lightest weight a second one is unknown; the first must be known."""
        if kg > STEP_KG:
            self._kg = kg - STEP_KG
        elif self.bench.guide.step is Step.SECOND:
            self._kg = None

    def _save(self) -> None:
        try:
            self.record = self.bench.save()
            self._outcome = finished(self.record)
            self._warning = alike(self.bench.lies_like(self.record))
        except OSError as exc:
            self._outcome = not_written(exc)
