"""A lock: from the moment of the answer nothing is trained, until the clinic's clearance has been checked.

No press and no passing of time leads out of :data:`Screen.LOCKED`; the only way is :class:`LockCleared`, which comes
from the keeper of the journal when the clinic's signature stands.
"""

from __future__ import annotations

from dataclasses import replace

from edge.model import StopReason
from edge.records import FlagsAnswered, Locked
from edge.safety.flags import lock_for
from edge.session import checkin, testing, trial
from edge.session.asking import Asking
from edge.session.closing import close_set, end_session, stop_doing
from edge.session.effects import Effect, Play, Result, Save, Sound
from edge.session.events import LockCleared, LockClosed
from edge.session.state import LISTENED_TO, OPEN_SET, Screen, SessionState


def answered(state: SessionState, flags: FlagsAnswered) -> Result:
    """Keep red-flag answers; a yes among them locks in the same step.

    The lock is the first record to be saved, before the answers and before the end of a session that was open. The
    lock's id is that of the answers: nothing random is needed.
    """
    lock = lock_for(flags, flags.asked_id)
    if lock is None:
        return state, (Save(flags),)
    state, ended = _shut(state, lock)
    return state, (Save(lock), Save(flags), *ended)


def lock_closed(state: SessionState, event: LockClosed) -> Result:
    """Take a lock that stands in the journal."""
    return _shut(state, event.lock)


def _shut(state: SessionState, lock: Locked) -> Result:
    if lock.lock_id in {held.lock_id for held in state.locks}:
        return state, ()
    effects: tuple[Effect, ...] = ()
    was_open = state.open
    if state.asking.questions and all(one.may_be_left_open for one in state.asking.questions):
        state, more = checkin.leave_all_open(state)
        effects += more
    if state.screen is Screen.TRIAL:
        state, more = trial.leave(state)
        effects += more
    effects += testing.leave(state)
    if state.screen in LISTENED_TO:
        state, more = stop_doing(state)
        effects += (*more, Play(Sound.STOP))
    # A plan that waits stays waiting: nobody trains by it before the lock is cleared.
    waiting, state = state.waiting_plan, replace(state, waiting_plan=None, by_hand=None)
    if state.screen in OPEN_SET:
        state, more = close_set(state, StopReason.OTHER)
        effects += more
    if was_open:
        state, more = end_session(state, StopReason.OTHER)
        effects += more
    locks = (*state.locks, lock)
    return replace(state, screen=Screen.LOCKED, locks=locks, waiting_plan=waiting, asking=Asking()), effects


def lock_cleared(state: SessionState, event: LockCleared) -> Result:
    """End the one lock that the clinic cleared; another one stays."""
    left = tuple(lock for lock in state.locks if lock.lock_id != event.lock_id)
    if left or not state.locks:
        return replace(state, locks=left), ()
    screen = Screen.NO_PLAN if state.plan is None else Screen.AGENDA
    return replace(state, screen=screen, locks=(), line=0, set_of_exercise=1, done=(), told=()), ()
