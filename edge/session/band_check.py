"""The band is looked over before its first set of the day, and after it let go: until then no band exercise begins.

The station cannot see a band. It keeps its life: since when it is used, how often it was stretched, how hard. A band
is known from the day it was first looked over here, because the clinic gives out new ones. Our choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from edge.history.facts import SessionFact, SetFact
from edge.library import Kit, exercise
from edge.model import StopReason
from edge.records import BandChecked, Doubt, Happened, Incident
from edge.safety.band import Band, Look, band
from edge.session.closing import end_session, leave_out
from edge.session.effects import Effect, Result, Save
from edge.session.events import Action, Pressed
from edge.session.guarding import Way
from edge.session.state import Screen, SessionState, places_left
from edge.session.telling import tell

FIRST = "band_1"
PUT_ASIDE = ("band_put_aside", "band_retired")


def needs_band(name: str) -> bool:
    """Tell whether an exercise cannot be done without a band."""
    return all(Kit.BAND in kit for kit in exercise(name).kits)


def before_set(state: SessionState) -> SessionState | None:
    """Return the state in which the band is seen to first; None where nothing stands against the set."""
    if not state.guard.bands or state.plan is None or not needs_band(state.planned.exercise):
        return None
    found = [one.rule.key for one in band(band_of(state), state.guard.today, state.plan.limits)]
    aside = next((key for key in PUT_ASIDE if key in found), None)
    if aside is not None:
        return tell(state, aside, Way.WITHOUT_BAND, Way.NEW_BAND)
    return replace(state, screen=Screen.BAND_CHECK) if found else None


def band_of(state: SessionState) -> Band:
    """Return the life of the band in use, of this session and all before."""
    checks = [*state.guard.history.bands, *state.guard.looks]
    name = state.guard.new_band or (checks[-1].band if checks else FIRST)
    mine = [one for one in checks if one.band == name]
    since = mine[0].at if mine else _wall(state)
    newest = mine[-1].at if mine else since
    happened = [one for one in _incidents(state) if one.at >= since]
    peaks = [one.peak_n for one in _pulled(state, mine[0] if mine else None) if one.peak_n is not None]
    return Band(
        name=name,
        since=_day(since),
        stretches=_stretches(state, mine),
        peaks_n=[*(one.value for one in happened if one.unit == "N"), *peaks],
        looks=[_look(state, one) for one in mine],
        incident_since=any(one.at >= newest and _doubtful(state, one) for one in happened) and bool(mine),
    )


def _look(state: SessionState, one: BandChecked) -> Look:
    """Return a look with the patient's own date; one of a session that knew no date is not of today."""
    if one in state.guard.looks:
        return Look(state.guard.today, one.passed)
    sessions = (session for session in state.guard.history.sessions if one.check_id.startswith(session.session_id))
    session = next(sessions, None)
    known = session is not None and session.clock_trusted
    return Look(session.day if session is not None and known else date.min, one.passed)


def _incidents(state: SessionState) -> list[Incident]:
    return [one for session in state.guard.history.sessions for one in session.incidents] + [*state.guard.incidents]


def _doubtful(state: SessionState, one: Incident) -> bool:
    """A band that let go, or was pulled harder than the rig may be."""
    limit_n = state.plan.limits["rig_limit_n"] if state.plan is not None else 0.0
    return one.what in (Happened.BAND_SNAP, Happened.SATURATED) or (
        one.what is Happened.OVER_FORCE and one.value > limit_n
    )


def _stretches(state: SessionState, looks: Sequence[BandChecked]) -> int:
    """Return how often a band was pulled: as the first look of a session told it, and since.

    A long past is not read again: what was before is in the record of the look.
    """
    told = [one for one in looks if one.stretches is not None and one.check_id.endswith("-band-1")]
    known = told[-1] if told else looks[0] if looks else None
    since = sum(done.reps_verified + (done.reps_by_hand or 0) for done in _pulled(state, known))
    return since + ((known.stretches if known else None) or 0)


def _pulled(state: SessionState, since: BandChecked | None) -> Iterator[SetFact]:
    """Yield the sets with a band of this session, and of those since that look, its own among them."""
    sessions = () if since is None else (one for one in state.guard.history.sessions if _of_or_after(one, since))
    for sets in (*(one.sets for one in sessions), state.guard.sets):
        yield from (done for done in sets if needs_band(done.exercise))


def _of_or_after(session: SessionFact, look: BandChecked) -> bool:
    return session.started_at >= look.at or look.check_id.startswith(f"{session.session_id}-")


def _wall(state: SessionState) -> float:
    return round(state.now_s + state.wall_offset_s, 3)


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()


# ---- what the patient says ----------------------------------------------------------------------------------


def _all_fine(state: SessionState, _event: Pressed) -> Result:
    state, effects = _looked(state, passed=True)
    return replace(state, screen=Screen.REST if state.finished else Screen.READY), effects


def _something_wrong(state: SessionState, _event: Pressed) -> Result:
    state, effects = _looked(state, passed=False)
    return tell(state, "band_put_aside", Way.WITHOUT_BAND, Way.NEW_BAND), effects


def _looked(state: SessionState, *, passed: bool) -> Result:
    number = len(state.guard.looks) + 1
    mine = band_of(state)
    record = BandChecked(f"{state.session_id}-band-{number}", mine.name, passed, _wall(state), mine.stretches)
    guard = replace(state.guard, looks=(*state.guard.looks, record), new_band="")
    return replace(state, guard=guard), (Save(record),)


def _leave(state: SessionState, _event: Pressed) -> Result:
    return end_session(state, StopReason.OTHER)


def new_band(state: SessionState) -> SessionState:
    """Look over another band: its life begins with this look."""
    known = {one.band for one in (*state.guard.history.bands, *state.guard.looks)}
    return replace(
        state, screen=Screen.BAND_CHECK, guard=replace(state.guard, new_band=f"band_{len(known or {FIRST}) + 1}")
    )


def without_band(state: SessionState) -> Result:
    """Leave out every set of today that needs a band, and write down why."""
    effects: tuple[Effect, ...] = ()
    while (place := _next_with_band(state)) is not None:
        state = replace(state, line=place[0], set_of_exercise=place[1])
        state, more = leave_out(state, Doubt.NO_BAND)
        effects += more
    if not state.finished:
        return replace(state, screen=Screen.READY, rest_ends_s=None), effects
    state, more = end_session(state, StopReason.TECHNICAL)
    return state, effects + more


def _next_with_band(state: SessionState) -> tuple[int, int] | None:
    left = places_left(state.routine, state.done)
    return next((place for place in left if needs_band(state.routine.lines[place[0]].exercise)), None)


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.BAND_CHECK, Action.MAIN): _all_fine,
    (Screen.BAND_CHECK, Action.SKIP): _something_wrong,
    (Screen.BAND_CHECK, Action.STOP): _leave,
}
