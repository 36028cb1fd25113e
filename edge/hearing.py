"""What is heard of the set, the trial or the test that goes on: samples in, events for the session out.

Two listen: one counts (:mod:`edge.listening`), the other looks for what should not happen (:mod:`edge.watching`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from drivers.base import Health, SensorState
from drivers.samples import Sample
from edge.listening import Listening
from edge.live import Live
from edge.prescription.limits import Limits
from edge.records import MOST_DOUBTS, Record, SetDone
from edge.session import (
    Counted,
    CountingLost,
    Event,
    Heard,
    Listen,
    LoadFelt,
    Noticed,
    Screen,
    SessionState,
    TrialTold,
)
from edge.session.incidents import WATCHED
from edge.signal.events import Reason, RepFinished
from edge.signal.trial import Trial
from edge.watching import Watching

GIVEN_UP = {SensorState.FROZEN: Reason.FROZEN, SensorState.ABSENT: Reason.GAP}
"""States of a sensor that pause the set it counts, and why. One that is only late may be back in a moment: when it is
too late, the counter knows."""


class Hearing:
    """Hears one set after another.

    ``places`` maps a sensor to its place, ``dock`` names the one that bells stand on; ``save`` takes the traces.
    Events are yielded one by one: what the session makes of one may end the listening before the next.
    """

    def __init__(self, places: Mapping[str, str], dock: str | None, save: Callable[[Sequence[Record]], None]) -> None:
        self._places = places
        self._dock = dock
        self._save = save
        self._trials: dict[str, Trial] = {}
        self._listening: Listening | None = None
        self._watching: Watching | None = None
        self._unseen: tuple[str, ...] = ()

    def live(self, now_s: float) -> Live:
        """Return what the counter sees now, or an idle look between sets."""
        return self._listening.live() if self._listening else Live(t_s=now_s)

    # ---- what the session asks for ----

    def listen(self, listen: Listen, state: SessionState) -> None:
        """Begin to count; a trial is watched from here on, a set from when it is written down."""
        shown = None if listen.trial or listen.test else self._trials.get(listen.exercise.key)
        self._listening = Listening(listen, state.set_start_s, shown)
        if listen.trial:
            self.watch(state)

    def watch(self, state: SessionState) -> None:
        """Begin to watch the set or the trial that begins now, whoever counts it."""
        limits = Limits() if state.plan is None else state.plan.limits
        self._watching = Watching(state.exercise, state.planned.load_kg, limits, self._dock)

    def pause(self) -> None:
        """Count nothing from now on."""
        if self._listening is not None:
            self._listening.pause()

    def resume(self, now_s: float) -> None:
        """Count again."""
        if self._listening is not None:
            self._listening.resume(now_s)

    def end(self, now_s: float) -> TrialTold | None:
        """Count no more. The trace of a set is saved; of a trial the session is told whether it was good enough."""
        listening, self._listening = self._listening, None
        if listening is None or listening.is_test:
            return None
        if not listening.is_trial:
            self._save(listening.trace())
            # A set is asked about, and written down, after nobody listens any more.
            self._unseen = listening.unseen
            return None
        shown = listening.trial()
        if shown is not None:
            self._trials[listening.exercise.key] = shown
        return TrialTold(now_s, shown is not None)

    def with_doubts(self, done: SetDone) -> SetDone:
        """Return the record of the set that ended, with why repetitions of it may have gone unseen."""
        doubts = dict.fromkeys((*done.doubts, *self._unseen))
        self._unseen = ()
        return replace(done, doubts=tuple(doubts)[:MOST_DOUBTS])

    def forget_trials(self) -> None:
        """Know nothing any more of how the exercises were shown: a session begins."""
        self._trials = {}

    # ---- what is heard ----

    def seen(self, sample: Sample, screen: Screen) -> Iterator[Noticed]:
        """Yield what should not happen, for as long as somebody may be pulling or lifting."""
        if self._watching is not None and screen not in WATCHED:
            self._watching = None
        if self._watching is not None:
            yield from self._watching.feed(self._places[sample.sensor], sample)

    def counted(self, sample: Sample) -> Iterator[Event]:
        """Yield what the counter makes of a sample."""
        listening = self._listening
        if listening is None:
            return
        if self._places[sample.sensor] != listening.place:
            listening.support(sample)
            return
        for event in listening.feed(sample):
            if listening.is_test:
                yield Heard(event.t_s, event)
            elif isinstance(event, RepFinished):
                yield Counted(event.t_s, event.rep)
                yield from () if self._watching is None else self._watching.rep(event.t_s)

    def blind(self, t_s: float, screen: Screen) -> CountingLost | None:
        """Tell that the counter of a set cannot see, so that the session pauses it."""
        listening = self._listening
        if listening is None or listening.lost is None or screen is not Screen.SET:
            return None
        return CountingLost(t_s, listening.lost, listening.mid_rep)

    def given_up(self, health: Health, now_s: float) -> CountingLost | None:
        """Tell that the sensor which counts is not to be waited for."""
        listening, reason = self._listening, GIVEN_UP.get(health.state)
        if reason is None or listening is None or self._places[health.sensor] != listening.place:
            return None
        return CountingLost(now_s, reason, listening.mid_rep)

    def tick(self, now_s: float, screen: Screen) -> Iterator[Event]:
        """Let the frame's time pass for whatever is counted, and yield what it shows."""
        listening = self._listening
        if listening is None:
            return
        listening.tick(now_s)
        if listening.is_test:
            yield Heard(now_s, listening.look(now_s))
            return
        if (blind := self.blind(now_s, screen)) is not None:
            yield blind
        if (force_kg := listening.force_kg) is not None:
            yield LoadFelt(now_s, force_kg)
