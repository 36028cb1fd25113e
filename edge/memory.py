"""What the station knows of its patient, and what follows from it now: what is due, asked, proposed and reached.

It folds what was written down before and what is written down now, and answers the session with events. It is the
only part of the engine that looks at the wall clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, tzinfo

from edge.care.testing import tests_due
from edge.coach.rules import Published, Rules
from edge.history.cut_off import CutOff, ended, set_cut_off, unfinished
from edge.history.fold import Fold
from edge.prescription.due import Due
from edge.prescription.limits import Limits
from edge.prescription.plan import Prescription
from edge.records import ItemReceipt, Record
from edge.session import (
    Consulted,
    DueChanged,
    Interrupted,
    LogOpened,
    NudgeChanged,
    PlanArrived,
    Recognised,
    Screen,
    SessionState,
    Started,
)
from edge.session.coaching import advise
from edge.session.looking_back import look_back
from edge.session.opening import Now, Opening, elapsed_s, may_go_on
from edge.session.reminding import remind

LOOK_DUE_S = 20.0
"""How often the agenda is looked at again: it changes by the minute at most."""
LOOK_NUDGES_S = 60.0


class Memory:
    """The past of one patient, and the present day. The arguments are those of :class:`edge.station.Station`."""

    def __init__(
        self,
        save: Callable[[Sequence[Record]], None],
        wall: Callable[[], float],
        new_id: Callable[[], str],
        opening: Opening,
        *,
        trials: bool,
        band_checks: bool,
        outcome_tests: bool,
        sure_of_time: Callable[[], bool],
        zone: tzinfo | None,
    ) -> None:
        self._save = save
        self._wall = wall
        self._new_id = new_id
        self._opening = opening
        self._trials = trials
        self._band_checks = band_checks
        self._outcome_tests = outcome_tests
        self._sure_of_time = sure_of_time
        self._zone = zone
        self._fold = Fold(zone or UTC)
        self._waiting_rules: tuple[Published | None, ...] = ()
        self._cut: CutOff | None = None
        self._due_look_s = float("-inf")
        self._nudge_look_s = float("-inf")
        self.rules: Rules | None = None
        """The clinic's rules for the coach that are in use; None for the shipped ones."""

    def now(self, state: SessionState) -> Now:
        """Return the moment as the station sees it."""
        limits = Limits() if state.plan is None else state.plan.limits
        # In this order: what the clock said before it was set is never told as sure.
        sure = self._sure_of_time()
        return Now(self._wall(), self._zone, sure, self._fold.history(), limits)

    # ---- what was written down ----

    def write_down(self, record: Record) -> None:
        """Save a record and know it."""
        self.know(record)
        self._look_anew()  # what is due follows from what was written down
        self._save([record])

    def know(self, record: Record) -> None:
        """Take in a record that is saved already."""
        self._fold.take(record)

    def take_dated(self, records: Iterable[Record]) -> None:
        """Take in what gives sessions their dates, once the clock was set."""
        for record in records:
            self.know(record)
        self._look_anew()

    def take_past(self, past: Sequence[Record], state: SessionState) -> None:
        """Take in what was written down before this run, and close what a power cut left open.

        A session that may still go on is not ended: it waits for a plan, and then for the patient's word.
        """
        for record in past:
            self.know(record)
        cuts = unfinished(past)
        for cut in cuts:
            for record in set_cut_off(cut):
                self.write_down(record)
        self._cut = cuts[-1] if cuts and may_go_on(cuts[-1], self.now(state)) else None
        for cut in cuts:
            if cut is not self._cut:
                self.write_down(ended(cut))

    def take_rules(self, came: Iterable[Published | None], state: SessionState) -> None:
        """Take the clinic's newest rules for the coach into use, between sessions only, and say so."""
        self._waiting_rules = (*self._waiting_rules, *came)[-1:]
        if not self._waiting_rules or state.open:
            return
        (published,), self._waiting_rules = self._waiting_rules, ()
        self.rules = None if published is None else published.rules
        if published is not None:
            self.write_down(ItemReceipt("rules", published.number, "in_use", round(self._wall(), 3), ""))

    def _look_anew(self) -> None:
        self._due_look_s = float("-inf")

    # ---- what is due ----

    def due(self, plan: Prescription, state: SessionState) -> Due:
        """Return what is due; while a session is open, what that session is for."""
        now = self.now(state)
        return (now.without(state.session_id) if state.open else now).due(plan)

    def arrived(self, plan: Prescription, state: SessionState, now_s: float) -> PlanArrived:
        """Return that a plan has arrived, with what of it is due."""
        return PlanArrived(now_s, plan, self._wall(), self.due(plan, state))

    def what_is_due(self, state: SessionState, now_s: float) -> DueChanged | None:
        """Return what is due, once it is asked for and now and then while nobody begins it."""
        plan = state.plan
        if state.screen is not Screen.AGENDA or plan is None or now_s < self._due_look_s:
            return None
        self._due_look_s = now_s + LOOK_DUE_S
        now = self.now(state)
        logged = tuple(one for one in now.history.logged if one.day == now.day)
        return DueChanged(now_s, plan.version, now.due(plan), logged)

    def nudge(self, state: SessionState, now_s: float) -> NudgeChanged | None:
        """Return what the idle agenda reminds of, where that is new; it is looked at once a minute."""
        if state.screen is not Screen.AGENDA or state.plan is None or state.due is None or now_s < self._nudge_look_s:
            return None
        self._nudge_look_s = now_s + LOOK_NUDGES_S
        nudge, questions = remind(state.plan, state.due, self.now(state), state.nudge)
        if nudge == state.nudge and questions == state.nudge_questions:
            return None
        return NudgeChanged(now_s, nudge, self._wall(), questions)

    # ---- what the session asks for ----

    def opened(self, state: SessionState) -> Started:
        """Return the session that begins now, with what is asked in it."""
        session_id = self._new_id()
        now = self.now(state)
        return Started(
            state.now_s,
            session_id,
            now.wall,
            self._opening(now, session_id),
            now.day,
            now.trusted,
            self._trials,
            self._band_checks,
            now.history,
            self._tests(now, state),
        )

    def _tests(self, now: Now, state: SessionState) -> tuple[str, ...]:
        """Return the outcome measures to ask for in a session that begins now; none on a day that is not sure."""
        if state.plan is None or not self._outcome_tests or not now.trusted:
            return ()
        return tests_due(state.plan, now.history, date.fromisoformat(now.day), now.zone)

    def going_on(self, state: SessionState, now_s: float) -> Interrupted | None:
        """Return the session that was cut off, to be asked whether it goes on.

        Where nothing is trained, or by somebody else, it is ended instead.
        """
        cut, plan = self._cut, state.plan
        if cut is None or (plan is None and not state.locks):
            return None
        self._cut = None
        if plan is None or plan.patient_id != cut.started.patient_id or state.screen is not Screen.AGENDA:
            self.write_down(ended(cut))
            return None
        now = self.now(state)
        return Interrupted(
            now_s,
            cut,
            now.wall,
            now.without(cut.started.session_id).due(plan),
            elapsed_s(cut, now),
            self._trials,
            self._band_checks,
            now.day if now.trusted else "",
            now.history,
        )

    def log_opened(self, state: SessionState) -> LogOpened:
        """Return the entry that the patient begins now."""
        now = self.now(state)
        return LogOpened(state.now_s, self._new_id(), now.day, now.wall)

    def consulted(self, state: SessionState) -> Consulted | None:
        """Return what the coach says to what was written down so far: what is to be done from here."""
        if state.plan is None:
            return None
        due = state.due or self.due(state.plan, state)
        return Consulted(
            state.now_s, state.session_id, advise(state.plan, due, self.now(state), state.session_id, self.rules)
        )

    def recognised(self, state: SessionState) -> Recognised | None:
        """Return what was reached by the session."""
        if state.plan is None or state.due is None:
            return None
        said, reached = look_back(state.plan, state.due, self.now(state), state.session_id)
        return Recognised(state.now_s, state.session_id, reached, said)
