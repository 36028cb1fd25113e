"""The station's window, and what it shows while the station cannot begin: one sentence, and whom to call."""

from __future__ import annotations

import sys

from display.app import App, DisplayError
from display.station_info import StationInfo
from display.view.foyer import foyer_view
from edge.config import NotPairedError, NotYetError, ScreenTable


class Foyer:
    """Says on the screen that the station waits; no window is opened before there is something to say."""

    def __init__(self, screen: ScreenTable, clinic_number: str) -> None:
        self._screen = screen
        self._station = StationInfo(clinic_number=clinic_number)
        self._app: App | None = None

    def show(self, why: NotYetError) -> None:
        """Show what the patient can do. Ends the program when the window is closed."""
        app = self._app = self._app or open_window(self._screen)
        app.frame(foyer_view(self._station, paired=not isinstance(why, NotPairedError)))
        app.presses()
        if app.closed:
            raise SystemExit(0)

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._app is not None:
            self._app.close()


def open_window(screen: ScreenTable) -> App:
    """Return the open window; where there is none to be had, end with a sentence and status 1."""
    try:
        return App(
            (screen.width_px, screen.height_px),
            screen.mm_per_px,
            left_handed=screen.left_handed,
            fullscreen=screen.fullscreen,
        )
    except DisplayError as exc:
        print(f"steadyrig station: {exc}", file=sys.stderr)
        raise SystemExit(1) from None
