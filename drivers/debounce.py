"""A push-button's contact, from bouncing edges to presses: pure, in the time of the edges.

gpiozero can debounce too, but by the computer's own clock inside the pin library, which no test can turn; its mock
pins ignore the setting altogether; and a filter in front of the stop button would delay it. So edges are taken as
they come and judged here, the same on a Pi and in a test.
"""

from __future__ import annotations

CLOSED_S = 0.02
"""A contact that stays closed for so long was pressed: push-buttons bounce for 1 to 10 ms, static for less."""
OPEN_S = 0.05
"""It was let go when it stays open for so long. Nobody presses again within 50 ms; worn contacts chatter for 20."""
STUCK_S = 10.0
"""Nobody holds a button for so long on purpose: a jammed cap, a crushed cable, water. Ours."""


class Contact:
    """One contact. ``eager`` counts with the first touch of the contact and only debounces letting go: for stopping.

    What is ``closed`` at the beginning was not pressed: nobody saw it happen.
    """

    def __init__(self, closed: bool, since_s: float, eager: bool = False) -> None:
        self.closed = closed
        self.since_s = since_s
        self._eager = eager
        self._down = closed
        self._down_s = since_s

    @property
    def down(self) -> bool:
        """True while the button counts as pressed."""
        return self._down

    def stuck(self, now_s: float) -> bool:
        """Tell whether the button has been down for longer than anybody presses one."""
        return self._down and now_s - self._down_s >= STUCK_S

    def edge(self, t_s: float, closed: bool) -> bool:
        """Take an edge; return True when it makes, or completes, a press."""
        if closed == self.closed:
            return False  # an edge between the two was too short to be seen
        pressed = self.settle(t_s)
        self.closed, self.since_s = closed, t_s
        if closed and self._eager and not self._down:
            self._down, self._down_s = True, t_s
            return True
        return pressed

    def settle(self, now_s: float) -> bool:
        """Let time pass; return True when the contact has been closed for long enough to be a press."""
        if self.closed == self._down or now_s - self.since_s < (CLOSED_S if self.closed else OPEN_S):
            return False
        self._down, self._down_s = self.closed, self.since_s
        return self._down
