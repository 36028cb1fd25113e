"""The station's one engine: samples and presses in, records and sounds out, once per frame.

Everything that knows a thread ends here in a queue; :meth:`Station.step` drains them on the main thread, feeds
the pure counter and the pure session, and carries out what the session asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, tzinfo
from queue import Empty, SimpleQueue
from typing import TypeVar

from msgspec.structs import replace

from drivers.base import Health, SensorState
from drivers.bell_watch import BellWatch
from drivers.identity import Finding
from drivers.recorder import Recorder
from drivers.samples import Sample
from drivers.worn import Worn
from edge.care.testing import tests_due
from edge.coach.rules import Published, Rules
from edge.history.cut_off import CutOff, ended, set_cut_off, unfinished
from edge.history.fold import Fold
from edge.library import STANDING, Exercise, exercise
from edge.listening import Listening
from edge.live import Live
from edge.model import ClinicMessage
from edge.prescription.due import Due
from edge.prescription.limits import Limits
from edge.prescription.plan import Prescription
from edge.rawlog import tell
from edge.records import MOST_DOUBTS, ItemReceipt, Locked, Record, SetBegun, SetDone, Unlocked
from edge.session import (
    BellsChanged,
    CalibrationChanged,
    Consult,
    Consulted,
    Counted,
    CountingLost,
    DueChanged,
    Effect,
    EndListening,
    Event,
    Heard,
    Interrupted,
    Listen,
    LoadFelt,
    LockCleared,
    LockClosed,
    LogOpened,
    LookBack,
    MessageChanged,
    NudgeChanged,
    OpenLog,
    OpenSession,
    Pause,
    PlanArrived,
    Play,
    Pressed,
    Recognised,
    Resume,
    Save,
    Screen,
    SensorChanged,
    SessionState,
    Sound,
    Started,
    SwitchedOff,
    Tick,
    TrialTold,
    WornChanged,
    advance,
)
from edge.session.coaching import advise
from edge.session.incidents import WATCHED
from edge.session.looking_back import look_back
from edge.session.opening import Now, Opening, elapsed_s, may_go_on, no_questions
from edge.session.reminding import remind
from edge.session.state import OPEN_SET
from edge.session.testing import counted
from edge.signal.events import Reason, RepFinished
from edge.signal.trial import Trial
from edge.watching import Watching

T = TypeVar("T")

GIVEN_UP = {SensorState.FROZEN: Reason.FROZEN, SensorState.ABSENT: Reason.GAP}
"""States of a sensor that pause the set it counts, and why. One that is only late may be back in a moment: when it is
too late, the counter knows."""


LOOK_DUE_S = 20.0
"""How often the agenda is looked at again: it changes by the minute at most."""
LOOK_NUDGES_S = 60.0


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
        self._places = places
        self._save = save
        self._play = play
        self._wall = wall
        self._new_id = new_id
        self._recorder = recorder
        self._worn = Worn({}) if worn is None else worn
        self._bells = bells
        self._samples: SimpleQueue[Sample] = SimpleQueue()
        self._plans: SimpleQueue[Prescription] = SimpleQueue()
        self._locks: SimpleQueue[Locked | Unlocked] = SimpleQueue()
        self._rule_sets: SimpleQueue[Published | None] = SimpleQueue()
        self._messages: SimpleQueue[ClinicMessage | None] = SimpleQueue()
        self._waiting_rules: tuple[Published | None, ...] = ()
        self._rules: Rules | None = None
        self._pasts: SimpleQueue[Sequence[Record]] = SimpleQueue()
        self._dated: SimpleQueue[Sequence[Record]] = SimpleQueue()
        self._opening = opening
        self._sure_of_time = sure_of_time
        self._zone = zone
        self._fold = Fold(zone or UTC)
        self._tries = trials
        self._band_checks = band_checks
        self._tests_function = outcome_tests
        self._trials: dict[str, Trial] = {}
        self._due_look_s = float("-inf")
        self._nudge_look_s = float("-inf")
        self._cut: CutOff | None = None
        self._listening: Listening | None = None
        self._watching: Watching | None = None
        self._unseen: tuple[str, ...] = ()

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
        for lock in _drain(self._locks):
            self._fold.take(lock)
            self._advance(LockClosed(now_s, lock) if isinstance(lock, Locked) else LockCleared(now_s, lock.lock_id))
        for message in _drain(self._messages):
            self._advance(MessageChanged(now_s, message))
        self._look_at_rules()
        self._look_at(healths, now_s)
        for sample in _drain(self._samples):
            self._feed(sample)
        self._look_at_bells(now_s)
        if self._listening is not None:
            self._look_at_listening(self._listening, now_s)
        for past in _drain(self._pasts):
            self._look_back(past)
        for dated in _drain(self._dated):
            for record in dated:
                self._fold.take(record)
            self._due_look_s = float("-inf")
        for plan in plans:
            self._advance(PlanArrived(now_s, plan, self._wall(), self._due(plan)))
        self._offer_to_go_on(now_s)
        self._advance(Tick(now_s))
        self._look_what_is_due(now_s)
        self._look_at_nudges(now_s)
        self._look_how_worn(now_s)

    def switch_off(self, now_s: float) -> None:
        """Write down an open set and session; the last thing to be done."""
        self._advance(SwitchedOff(now_s))

    def live(self) -> Live:
        """Return what the counter sees now, or an idle look between sets."""
        return self._listening.live() if self._listening else Live(t_s=self.state.now_s)

    def _look_at_rules(self) -> None:
        """Take the clinic's newest rules for the coach into use, between sessions only, and say so."""
        self._waiting_rules = (*self._waiting_rules, *_drain(self._rule_sets))[-1:]
        if not self._waiting_rules or self.state.open:
            return
        (published,), self._waiting_rules = self._waiting_rules, ()
        self._rules = None if published is None else published.rules
        if published is not None:
            self._write_down(ItemReceipt("rules", published.number, "in_use", round(self._wall(), 3), ""))

    def _look_what_is_due(self, now_s: float) -> None:
        """Tell the session what is due, once it is asked for and now and then while nobody begins it."""
        plan = self.state.plan
        if self.state.screen is Screen.AGENDA and plan is not None and now_s >= self._due_look_s:
            self._due_look_s = now_s + LOOK_DUE_S
            now = self._now()
            logged = tuple(one for one in now.history.logged if one.day == now.day)
            self._advance(DueChanged(now_s, plan.version, now.due(plan), logged))

    def _due(self, plan: Prescription) -> Due:
        """Return what is due; while a session is open, what that session is for."""
        now = self._now()
        return (now.without(self.state.session_id) if self.state.open else now).due(plan)

    def _look_back(self, past: Sequence[Record]) -> None:
        """Take in what was written down before this run, and close what a power cut left open.

        A session that may still go on is not ended: it waits for a plan, and then for the patient's word.
        """
        for record in past:
            self._fold.take(record)
        cuts = unfinished(past)
        for cut in cuts:
            for record in set_cut_off(cut):
                self._write_down(record)
        self._cut = cuts[-1] if cuts and may_go_on(cuts[-1], self._now()) else None
        for cut in cuts:
            if cut is not self._cut:
                self._write_down(ended(cut))

    def _offer_to_go_on(self, now_s: float) -> None:
        """Ask whether a session that was cut off goes on; where nothing is trained, or by somebody else, it ends."""
        cut, plan = self._cut, self.state.plan
        if cut is None or (plan is None and not self.state.locks):
            return
        self._cut = None
        if plan is None or plan.patient_id != cut.started.patient_id or self.state.screen is not Screen.AGENDA:
            self._write_down(ended(cut))
            return
        now = self._now()
        before = now.without(cut.started.session_id)
        self._trials = {}
        self._advance(
            Interrupted(
                now_s,
                cut,
                now.wall,
                before.due(plan),
                elapsed_s(cut, now),
                self._tries,
                self._band_checks,
                now.day if now.trusted else "",
                now.history,
            )
        )

    def _now(self) -> Now:
        limits = Limits() if self.state.plan is None else self.state.plan.limits
        # In this order: what the clock said before it was set is never told as sure.
        sure = self._sure_of_time()
        return Now(self._wall(), self._zone, sure, self._fold.history(), limits)

    def _look_at(self, healths: Iterable[Health], now_s: float) -> None:
        healths = list(healths)
        self._look_at_calibrations(healths, now_s)
        for health in healths:
            place, usable = self._places[health.sensor], health.state is SensorState.LIVE
            if self.state.usable.get(place) is not usable:
                self._advance(SensorChanged(now_s, place, usable))
            listening, reason = self._listening, GIVEN_UP.get(health.state)
            if reason and listening is not None and place == listening.place:
                self._advance(CountingLost(now_s, reason, listening.mid_rep))

    def _look_at_calibrations(self, healths: Iterable[Health], now_s: float) -> None:
        """Tell the session which calibrations are over; a set that was begun is finished as it was."""
        expired = tuple(self._places[health.sensor] for health in healths if health.expired)
        if expired != self.state.expired and self.state.screen not in OPEN_SET:
            self._advance(CalibrationChanged(now_s, expired))

    def _look_at_listening(self, listening: Listening, now_s: float) -> None:
        """Let the frame's time pass for whatever is counted, and tell the session what it shows."""
        listening.tick(now_s)
        if listening.is_test:
            self._advance(Heard(now_s, listening.look(now_s)))
            return
        self._look_at_counter(now_s)
        if (force_kg := listening.force_kg) is not None:
            self._advance(LoadFelt(now_s, force_kg))

    def _look_at_counter(self, t_s: float) -> None:
        """Tell the session that the counter cannot see, so that it pauses the set."""
        listening = self._listening
        if listening is not None and listening.lost is not None and self.state.screen is Screen.SET:
            self._advance(CountingLost(t_s, listening.lost, listening.mid_rep))

    def _look_how_worn(self, now_s: float) -> None:
        """Tell the session which sensors are not where they belong; asked only while the patient gets ready."""
        found: tuple[Finding, ...] = ()
        if (known := self._next_counted()) is not None:
            found = self._worn.look(now_s, standing=known.posture == STANDING)
        else:
            self._worn.forget()
        placed = tuple(Finding(one.mixup, tuple(self._places[name] for name in one.sensors)) for one in found)
        if placed != self.state.misworn:
            self._advance(WornChanged(now_s, placed))

    def _next_counted(self) -> Exercise | None:
        """Return what the patient gets ready for, None where that is nothing a sensor counts."""
        match self.state.screen:
            case Screen.READY:
                return self.state.exercise
            case Screen.TEST_OFFER if counted(self.state):
                return exercise(self.state.testing.how.exercise)
        return None

    def _look_at_bells(self, now_s: float) -> None:
        """Tell the session what the dock knows; its silence says something as well."""
        if self._bells is None:
            return
        self._bells.tick(now_s)
        if self._bells.bells != self.state.bells:
            self._advance(BellsChanged(now_s, self._bells.bells))

    def _feed(self, sample: Sample) -> None:
        self._worn.feed(sample)
        if self._recorder is not None:
            self._recorder.take(sample)
        self._watch(sample)
        if self._bells is not None and sample.sensor == self._bells.sensor:
            self._bells.feed(sample)
            return
        listening = self._listening
        if listening is None:
            return
        if self._places[sample.sensor] != listening.place:
            listening.support(sample)
            return
        for event in listening.feed(sample):
            if listening.is_test:
                self._advance(Heard(event.t_s, event))
            elif isinstance(event, RepFinished):
                self._advance(Counted(event.t_s, event.rep))
                for noticed in () if self._watching is None else self._watching.rep(event.t_s):
                    self._advance(noticed)
        self._look_at_counter(sample.t_s)

    def _watch_set(self) -> Watching:
        """Begin to watch the set or the trial that begins now, whoever counts it."""
        limits = Limits() if self.state.plan is None else self.state.plan.limits
        dock = None if self._bells is None else self._bells.sensor
        return Watching(self.state.exercise, self.state.planned.load_kg, limits, dock)

    def _watch(self, sample: Sample) -> None:
        """Look for what should not happen, for as long as somebody may be pulling or lifting."""
        if self._watching is None:
            return
        if self.state.screen not in WATCHED:
            self._watching = None
            return
        for noticed in self._watching.feed(self._places[sample.sensor], sample):
            self._advance(noticed)

    def _advance(self, event: Event) -> None:
        self.state, effects = advance(self.state, event)
        for effect in effects:
            if self._recorder is not None:
                tell(self._recorder, effect, self.state.now_s)
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Save(SetDone() as record):
                doubts = dict.fromkeys((*record.doubts, *self._unseen))
                self._write_down(replace(record, doubts=tuple(doubts)[:MOST_DOUBTS]))
                self._unseen = ()
            case Save(record):
                self._write_down(record)
            case Play(sound):
                self._play(sound)
            case Listen():
                shown = None if effect.trial or effect.test else self._trials.get(effect.exercise.key)
                self._listening = Listening(effect, self.state.set_start_s, shown)
                self._watching = self._watching if not effect.trial else self._watch_set()
            case Pause():
                if self._listening is not None:
                    self._listening.pause()
            case Resume():
                if self._listening is not None:
                    self._listening.resume(self.state.now_s)
            case EndListening():
                self._end_listening()
            case OpenSession() | OpenLog() | Consult() | LookBack():
                _ANSWERS[type(effect)](self)

    def _write_down(self, record: Record) -> None:
        if isinstance(record, SetBegun):
            self._watching = self._watch_set()
        self._fold.take(record)
        self._due_look_s = float("-inf")  # what is due follows from what was written down
        self._save([record])

    def _open_log(self) -> None:
        now = self._now()
        self._advance(LogOpened(self.state.now_s, self._new_id(), now.day, now.wall))

    def _open_session(self) -> None:
        session_id = self._new_id()
        now = self._now()
        questions = self._opening(now, session_id)
        self._trials = {}
        self._advance(
            Started(
                self.state.now_s,
                session_id,
                now.wall,
                questions,
                now.day,
                now.trusted,
                self._tries,
                self._band_checks,
                now.history,
                self._tests(now),
            )
        )

    def _tests(self, now: Now) -> tuple[str, ...]:
        """Return the outcome measures to ask for in a session that begins now; none on a day that is not sure."""
        plan = self.state.plan
        if plan is None or not self._tests_function or not now.trusted:
            return ()
        return tests_due(plan, now.history, date.fromisoformat(now.day), now.zone)

    def _consult(self) -> None:
        """Let the coach look at what was written down so far, and tell the session what is to be done from here."""
        state = self.state
        if state.plan is None:
            return
        now = self._now()
        advice = advise(state.plan, state.due or self._due(state.plan), now, state.session_id, self._rules)
        self._advance(Consulted(state.now_s, state.session_id, advice))

    def _recognise(self) -> None:
        """Tell the session what was reached by it."""
        state = self.state
        if state.plan is not None and state.due is not None:
            said, reached = look_back(state.plan, state.due, self._now(), state.session_id)
            self._advance(Recognised(state.now_s, state.session_id, reached, said))

    def _look_at_nudges(self, now_s: float) -> None:
        """Once a minute, while nobody does anything on the agenda: what may be reminded of."""
        state = self.state
        if state.screen is not Screen.AGENDA or state.plan is None or state.due is None or now_s < self._nudge_look_s:
            return
        self._nudge_look_s = now_s + LOOK_NUDGES_S
        nudge, questions = remind(state.plan, state.due, self._now(), state.nudge)
        if nudge != state.nudge or questions != state.nudge_questions:
            self._advance(NudgeChanged(now_s, nudge, self._wall(), questions))

    def _end_listening(self) -> None:
        if self._listening is not None and self._listening.is_test:
            self._listening = None
        elif self._listening is not None and self._listening.is_trial:
            self._end_trial(self._listening)
        elif self._listening is not None:
            self._save(self._listening.trace())
            # A set is asked about, and written down, after nobody listens any more.
            self._unseen = self._listening.unseen
            self._listening = None

    def _end_trial(self, listening: Listening) -> None:
        self._listening = None
        shown = listening.trial()
        if shown is not None:
            self._trials[listening.exercise.key] = shown
        self._advance(TrialTold(self.state.now_s, shown is not None))


_ANSWERS: Mapping[type[Effect], Callable[[Station], None]] = {
    OpenSession: Station._open_session,
    OpenLog: Station._open_log,
    Consult: Station._consult,
    LookBack: Station._recognise,
}
"""What the session asks for and gets an event for."""


def _drain(queue: SimpleQueue[T]) -> Iterable[T]:
    """Yield what is queued, without waiting."""
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return
