"""The station's one engine: samples and presses in, records and sounds out, once per frame.

Everything that knows a thread ends here in a queue; :meth:`Station.step` drains them on the main thread, feeds
the pure counter and the pure session, and carries out what the session asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from queue import Empty, SimpleQueue
from typing import TypeVar

from drivers.base import Health
from drivers.bell_watch import BellWatch
from drivers.recorder import Recorder
from drivers.samples import Sample
from drivers.worn import Worn
from edge.coach.rules import Published
from edge.hearing import Hearing
from edge.live import Live
from edge.memory import Memory
from edge.model import ClinicMessage
from edge.prescription.plan import Prescription
from edge.rawlog import tell
from edge.records import Locked, Record, SetBegun, SetDone, Unlocked
from edge.rig import Rig
from edge.session import (
    Consult,
    Effect,
    EndListening,
    Event,
    Listen,
    LockCleared,
    LockClosed,
    LookBack,
    MessageChanged,
    OpenLog,
    OpenSession,
    Pause,
    Play,
    Pressed,
    Resume,
    Save,
    SessionState,
    Sound,
    SwitchedOff,
    Tick,
    advance,
)
from edge.session.opening import Opening, no_questions

T = TypeVar("T")


class Station:
    """The engine of one station.

    ``places`` maps a sensor's name to the place it sits at. ``save`` must take records at once and never block;
    ``play`` likewise. ``wall`` gives seconds since 1970 UTC, ``new_id`` a fresh session id. ``recorder``, where there
    is one, is given every sample of a session as the engine sees it, and what the engine does in between. ``worn``
    knows how the motion sensors should lie, ``bells`` which bell was taken; without them nobody looks. ``opening`` is
    what is asked before the first set, ``trials`` whether trial repetitions come before the first of an exercise,
    ``band_checks`` whether a band is looked over first, ``outcome_tests`` whether function is tested where that is
    due, ``sure_of_time`` whether somebody has set the clock, and ``zone`` where the patient lives: here, if None.
    """

    def __init__(
        self,
        places: Mapping[str, str],
        save: Callable[[Sequence[Record]], None],
        play: Callable[[Sound], None],
        wall: Callable[[], float],
        new_id: Callable[[], str],
        recorder: Recorder | None = None,
        worn: Worn | None = None,
        bells: BellWatch | None = None,
        opening: Opening = no_questions,
        trials: bool = False,
        band_checks: bool = False,
        outcome_tests: bool = False,
        sure_of_time: Callable[[], bool] = lambda: True,
        zone: tzinfo | None = None,
    ) -> None:
        self.state = SessionState()
        self._play = play
        self._recorder = recorder
        self._memory = Memory(
            save,
            wall,
            new_id,
            opening,
            trials=trials,
            band_checks=band_checks,
            outcome_tests=outcome_tests,
            sure_of_time=sure_of_time,
            zone=zone,
        )
        self._rig = Rig(places, worn, bells)
        self._hearing = Hearing(places, self._rig.dock, save)
        self._samples: SimpleQueue[Sample] = SimpleQueue()
        self._plans: SimpleQueue[Prescription] = SimpleQueue()
        self._locks: SimpleQueue[Locked | Unlocked] = SimpleQueue()
        self._rule_sets: SimpleQueue[Published | None] = SimpleQueue()
        self._messages: SimpleQueue[ClinicMessage | None] = SimpleQueue()
        self._pasts: SimpleQueue[Sequence[Record]] = SimpleQueue()
        self._dated: SimpleQueue[Sequence[Record]] = SimpleQueue()

    def take_sample(self, sample: Sample) -> None:
        """Queue a sample; called by reader threads."""
        self._samples.put(sample)

    def take_plan(self, plan: Prescription) -> None:
        """Queue a plan that was checked and stored; called by the keeper thread."""
        self._plans.put(plan)

    def take_lock(self, lock: Locked) -> None:
        """Queue a lock that stands in the journal; called by the keeper thread."""
        self._locks.put(lock)

    def clear_lock(self, record: Unlocked) -> None:
        """Queue that the clinic's clearance of a lock was checked and stored; called by the keeper thread."""
        self._locks.put(record)

    def take_rules(self, published: Published | None) -> None:
        """Queue the clinic's rules for the coach, checked and stored; None for the shipped ones."""
        self._rule_sets.put(published)

    def take_message(self, message: ClinicMessage | None) -> None:
        """Queue what the clinic says to the patient, checked and stored; None where it says nothing any more."""
        self._messages.put(message)

    def take_past(self, records: Sequence[Record]) -> None:
        """Queue what was written down before this run; called by the keeper thread, before any plan."""
        self._pasts.put(records)

    def take_dated(self, records: Sequence[Record]) -> None:
        """Queue what gives sessions their dates, once the clock was set; called by the keeper thread."""
        self._dated.put(records)

    def press(self, pressed: Pressed) -> None:
        """Let the patient's press take effect now."""
        self._advance(pressed)

    def step(self, now_s: float, healths: Iterable[Health]) -> None:
        """Bring the session up to ``now_s``: locks, sensor states, samples in order, plans, then the time itself."""
        # The keeper hands a lock over before any plan: what came with these plans is drained after them, used before.
        plans = list(_drain(self._plans))
        self._take_locks(now_s)
        for message in _drain(self._messages):
            self._advance(MessageChanged(now_s, message))
        self._memory.take_rules(_drain(self._rule_sets), self.state)
        self._look_at_rig(list(healths), now_s)
        for sample in _drain(self._samples):
            self._feed(sample)
        self._tell(self._rig.bells(self.state, now_s))
        self._tell_all(self._hearing.tick(now_s, self.state.screen))
        for past in _drain(self._pasts):
            self._memory.take_past(past, self.state)
        for dated in _drain(self._dated):
            self._memory.take_dated(dated)
        for plan in plans:
            self._advance(self._memory.arrived(plan, self.state, now_s))
        self._offer_to_go_on(now_s)
        self._advance(Tick(now_s))
        self._tell(self._memory.what_is_due(self.state, now_s))
        self._tell(self._memory.nudge(self.state, now_s))
        self._tell(self._rig.how_worn(self.state, now_s))

    def switch_off(self, now_s: float) -> None:
        """Write down an open set and session; the last thing to be done."""
        self._advance(SwitchedOff(now_s))

    def live(self) -> Live:
        """Return what the counter sees now, or an idle look between sets."""
        return self._hearing.live(self.state.now_s)

    def _take_locks(self, now_s: float) -> None:
        for lock in _drain(self._locks):
            self._memory.know(lock)
            self._advance(LockClosed(now_s, lock) if isinstance(lock, Locked) else LockCleared(now_s, lock.lock_id))

    def _look_at_rig(self, healths: Sequence[Health], now_s: float) -> None:
        self._tell(self._rig.calibrations(healths, self.state, now_s))
        for health in healths:
            self._tell(self._rig.usable(health, self.state, now_s))
            self._tell(self._hearing.given_up(health, now_s))

    def _feed(self, sample: Sample) -> None:
        self._rig.feed(sample)
        if self._recorder is not None:
            self._recorder.take(sample)
        self._tell_all(self._hearing.seen(sample, self.state.screen))
        if sample.sensor != self._rig.dock:
            self._tell_all(self._hearing.counted(sample))
            self._tell(self._hearing.blind(sample.t_s, self.state.screen))

    def _offer_to_go_on(self, now_s: float) -> None:
        """Ask whether a session that was cut off goes on."""
        cut_off = self._memory.going_on(self.state, now_s)
        if cut_off is not None:
            self._hearing.forget_trials()
            self._advance(cut_off)

    def _tell(self, event: Event | None) -> None:
        if event is not None:
            self._advance(event)

    def _tell_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._advance(event)

    def _advance(self, event: Event) -> None:
        self.state, effects = advance(self.state, event)
        for effect in effects:
            if self._recorder is not None:
                tell(self._recorder, effect, self.state.now_s)
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Save(record):
                self._write_down(record)
            case Play(sound):
                self._play(sound)
            case Listen():
                self._hearing.listen(effect, self.state)
            case Pause():
                self._hearing.pause()
            case Resume():
                self._hearing.resume(self.state.now_s)
            case EndListening():
                self._tell(self._hearing.end(self.state.now_s))
            case OpenSession():
                started = self._memory.opened(self.state)
                self._hearing.forget_trials()
                self._advance(started)
            case OpenLog():
                self._advance(self._memory.log_opened(self.state))
            case Consult():
                self._tell(self._memory.consulted(self.state))
            case LookBack():
                self._tell(self._memory.recognised(self.state))

    def _write_down(self, record: Record) -> None:
        if isinstance(record, SetBegun):
            self._hearing.watch(self.state)
        self._memory.write_down(self._hearing.with_doubts(record) if isinstance(record, SetDone) else record)


def _drain(queue: SimpleQueue[T]) -> Iterable[T]:
    """Yield what is queued, without waiting."""
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return
