"""Leads somebody through a guide on the station's screen, by touch or by the keys of the three buttons."""

from __future__ import annotations

from collections.abc import Callable

from display.app import App
from display.views import Button
from drivers.calibration.guide import LoadGuide, Step
from drivers.calibration.record import Record
from edge.calibrate.bench import Bench
from edge.calibrate.terminal import Left
from edge.calibrate.words import finished, not_written, view_of

FRAME_S = 1 / 30
STEP_KG = 1.0
USUAL_SHARE = 0.1
"""The weight that is proposed, as a share of what the cell is made for."""


class Leading:
    """One guide on the screen: a frame shows it, presses move it on."""

    def __init__(self, bench: Bench, app: App, stopped: Callable[[], bool] = lambda: False) -> None:
        self.bench = bench
        self.app = app
        self.record: Record | None = None
        self._stopped = stopped
        self._over = False
        self._outcome = ""
        guide = bench.guide
        self._kg: float | None = None
        if isinstance(guide, LoadGuide):
            self._kg = guide.weight_kg or float(round(USUAL_SHARE * guide.capacity_kg)) or STEP_KG

    def run(self) -> Record:
        """Lead to the end and return the record that was written. Raises Left when somebody leaves before."""
        while not self._over:
            if self._stopped() or self.app.closed:
                raise Left
            self.frame()
        if self.record is None:
            raise Left
        return self.record

    def frame(self) -> None:
        """Let a frame's time pass, show where the guide is, and let presses take effect."""
        self.bench.wait(FRAME_S)
        if self.bench.guide.step is Step.DONE and not self._outcome:
            self._save()
        shown = view_of(self.bench.guide, self.bench.clock.now(), self._kg, self._outcome, self.bench.problem)
        self.app.frame(shown)
        for button in self.app.presses():
            self.press(button)

    def press(self, button: Button) -> None:
        """Let a button that was seen take effect; what it does goes by its id."""
        guide = self.bench.guide
        match button.id:
            case "leave":
                self._over = True
            case "measure":
                self._go_on()
            case "back":
                guide.back()
            case "skip" if isinstance(guide, LoadGuide):
                guide.skip()
            case "keep" if isinstance(guide, LoadGuide):
                guide.keep()
            case "heavier":
                self._kg = (self._kg or 0.0) + STEP_KG
            case "lighter" if self._kg is not None:
                self._make_lighter(self._kg)

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
        except OSError as exc:
            self._outcome = not_written(exc)
