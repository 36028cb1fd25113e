"""What a counter tells the screen: every change once, in the order in which it came."""

from __future__ import annotations

from edge.model import Activity, Phase
from edge.signal.events import ActivityChanged, PhaseBegan, SignalEvent


class Voice:
    """Keeps the activity and the phase shown, and collects the events of one step."""

    def __init__(self) -> None:
        self.activity = Activity.ARMING
        self.phase: Phase | None = None
        self._events: list[SignalEvent] = []

    def say(self, event: SignalEvent) -> None:
        """Add an event to those of this step."""
        self._events.append(event)

    def become(self, t_s: float, activity: Activity) -> None:
        """The counter sees ``activity`` now; while it sees nothing there is no phase either."""
        if self.activity is not activity:
            self.activity = activity
            self.say(ActivityChanged(t_s, activity))
            if activity in (Activity.ARMING, Activity.BLIND):
                self.phase = None

    def show(self, t_s: float, phase: Phase) -> None:
        """The screen may show ``phase`` now."""
        if self.phase is not phase:
            self.phase = phase
            self.say(PhaseBegan(t_s, phase))

    def said(self) -> list[SignalEvent]:
        """Return the events since the last call."""
        events, self._events = self._events, []
        return events


class Voiced:
    """A counter that tells what it sees by a voice."""

    def __init__(self) -> None:
        self._voice = Voice()

    @property
    def activity(self) -> Activity:
        """What the counter sees."""
        return self._voice.activity

    @property
    def phase(self) -> Phase | None:
        """The phase the screen may show."""
        return self._voice.phase
