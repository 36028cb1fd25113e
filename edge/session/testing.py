"""Outcome tests before the routine: offered where they are due, counted by the ordinary counter, stopped at any time.

They come after the check-in and only where all is calm. What a sensor sees it counts; where none is, the clock runs
and the patient tells the number. A test that is stopped leaves no number. No result has a say in any dose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from drivers.identity import Finding
from edge.care.feeling import Feeling, feeling
from edge.care.how_to import how_to
from edge.care.measures import ACTIVITIES, measure
from edge.care.outcomes import mean_speed_m_s, result, wording
from edge.care.testing import PUT_OFF, needs_practice, offer_of
from edge.history.facts import SessionFact
from edge.library import exercise
from edge.model import Origin, StopReason
from edge.records import Moment, Nudged
from edge.session import verdicts
from edge.session.asking import about_symptoms
from edge.session.closing import end_session
from edge.session.effects import Effect, EndListening, Listen, Play, Result, Save, Sound
from edge.session.events import Action, Heard, Pressed
from edge.session.state import Screen, SessionState
from edge.session.testing_state import Testing, Without
from edge.session.trial import TRIAL_SET
from edge.signal.chair import Chair, ChairTest
from edge.signal.chair import advance as chair_after
from edge.signal.functional import Abort, Go, Look, TestState

STILL_S = 3.0
"""Seconds of sitting still before the tone that starts a chair test: enough to be ready for it. Our choice."""
LEAD_S = 5.0
"""Seconds to the start line before the tone of a test that no sensor counts. Our choice."""
LONGEST_S = 600.0
"""A test that takes longer than this has been forgotten. Our limit."""
KINDS = {"chair_stand": Chair.THIRTY_SECONDS, "five_times": Chair.FIVE_TIMES}
REASONS = (StopReason.PAIN, StopReason.TIRED, StopReason.OTHER)


def counted(state: SessionState) -> bool:
    """Tell whether a sensor of this rig counts the present test."""
    how = state.testing.how
    return how.counted and exercise(how.exercise).place in state.usable


def waits(state: SessionState) -> bool:
    """Tell whether the present test waits for its sensor: to be there, and to be where it belongs."""
    place = exercise(state.testing.how.exercise).place
    return counted(state) and (not state.usable[place] or misworn(state) is not None)


def misworn(state: SessionState) -> Finding | None:
    """Return how the sensor that counts the present test is worn wrongly; None where nothing is known of that."""
    place = exercise(state.testing.how.exercise).place
    return next((one for one in state.misworn if counted(state) and place in one.sensors), None)


def going(state: SessionState) -> bool:
    """Tell whether the tone has started the present test."""
    return state.testing.go_s is not None and state.now_s >= state.testing.go_s


def seconds_left(state: SessionState) -> float | None:
    """Return how long a test by the clock still is, None where the patient's own doing ends it."""
    how, go_s = state.testing.how, state.testing.go_s
    return max((go_s or 0.0) + how.seconds - state.now_s, 0.0) if how.seconds else None


def offered(before: Screen, state: SessionState) -> SessionState:
    """Return the state with what is due on the screen, where the routine would begin and all is calm."""
    begins = state.screen is Screen.READY and before in (Screen.ASKING, Screen.TOLD) and state.set_number == 0
    if not begins or not state.testing.due or state.done:
        return state
    return _shown(state) if _calm(state) else replace(state, testing=Testing())


def _calm(state: SessionState) -> bool:
    """Nothing is tested on a fallback routine, over symptoms of today, or over those that were told last."""
    start = next((told for told in state.told if told.moment is Moment.START), None)
    if start is None or state.plan is None or state.routine.gentle or state.locks or state.guard.today is None:
        return False
    told = {one.session_id: {one.moment: one} for one in state.guard.since}
    past = tuple(
        replace(one, symptoms={**one.symptoms, **told.get(one.session_id, {})})
        for one in state.guard.history.sessions
    )
    today = SessionFact(
        state.session_id, state.guard.today, start.at, True, state.plan.version, symptoms={Moment.START: start}
    )
    history = replace(state.guard.history, sessions=(*past, today))
    raised = feeling(history, state.plan.limits) is Feeling.RAISED
    return not raised and not any(map(verdicts.raised, state.guard.verdicts))


def _shown(state: SessionState) -> SessionState:
    """Return the state with the first measure that is left on the screen, or the routine where none is."""
    testing = state.testing
    if not testing.due:
        return replace(state, screen=Screen.REST if state.finished else Screen.READY)
    fresh = replace(testing, chair=None, still_s=None, go_s=None, told=None, chosen=None, result=None, without=None)
    if testing.what not in how_to():
        return replace(state, screen=Screen.TEST_RATING, testing=fresh)
    practice = needs_practice(testing.results, testing.what)
    return replace(state, screen=Screen.TEST_OFFER, testing=replace(fresh, practice=practice))


def _next(state: SessionState) -> SessionState:
    return _shown(replace(state, testing=replace(state.testing, due=state.testing.due[1:], walks_s=())))


def _wall(state: SessionState) -> float:
    return round(state.now_s + state.wall_offset_s, 3)


def _id(state: SessionState, what: str) -> str:
    return f"{state.session_id}-{what.replace('_', '-')}"


# ---- the offer ----------------------------------------------------------------------------------------------


def _put_off(state: SessionState, _event: Pressed) -> Result:
    return _next(state), (_not_today(state, state.testing.what),)


def _not_today(state: SessionState, what: str) -> Save:
    """It is not asked again before tomorrow."""
    offer = offer_of(what)
    return Save(Nudged(_id(state, f"{offer}-off"), offer, _wall(state), PUT_OFF))


def _begin(state: SessionState, _event: Pressed) -> Result:
    if waits(state):
        return state, ()
    testing = replace(state.testing, number=state.testing.number + (not state.testing.walks_s))
    if not counted(state):
        return replace(state, screen=Screen.TESTING, testing=replace(testing, go_s=state.now_s + LEAD_S)), ()
    chair = ChairTest(KINDS[testing.what], testing.practice)
    listen = Listen(exercise(testing.how.exercise), state.session_id, TRIAL_SET, None, test=True)
    return replace(state, screen=Screen.TESTING, testing=replace(testing, chair=chair)), (listen,)


# ---- while it goes on ---------------------------------------------------------------------------------------


def heard(state: SessionState, event: Heard) -> Result:
    """Let a chair test hear the counter; once the person sits still it starts by itself."""
    testing = state.testing
    if state.screen is not Screen.TESTING or testing.chair is None:
        return state, ()
    before, chair = testing.chair, chair_after(testing.chair, event.heard)
    effects: tuple[Effect, ...] = ()
    if isinstance(event.heard, Look) and chair.state is TestState.READY:
        since_s = (event.t_s if testing.still_s is None else testing.still_s) if chair.can_start else None
        testing = replace(testing, still_s=since_s)
        if since_s is not None and event.t_s - since_s >= STILL_S:
            chair, effects = chair_after(chair, Go(event.t_s)), (Play(Sound.REP),)
            testing = replace(testing, go_s=event.t_s)
    if len(chair.full) > len(before.full):
        effects = (Play(Sound.REP),)
    state = replace(state, testing=replace(testing, chair=chair))
    if chair.state is TestState.DONE:
        return replace(state, screen=Screen.TEST_HANDS), (_end(state), Play(Sound.SET_DONE))
    if chair.state is TestState.ABORTED:
        why = Without.TOO_LONG if chair.reason is Abort.TOO_LONG else Without.BLIND
        return _over(state, without=why, effects=(_end(state), Play(Sound.STOP)))
    return state, effects


def tick(state: SessionState, before_s: float) -> Result:
    """Let the start and the end of a test by the clock be heard."""
    testing, go_s = state.testing, state.testing.go_s
    if testing.chair is not None or go_s is None:
        return state, ()
    if before_s < go_s <= state.now_s:
        return state, (Play(Sound.REP),)
    if testing.how.seconds and state.now_s >= go_s + testing.how.seconds:
        screen = Screen.TEST_HANDS if testing.how.counted else Screen.TEST_ENTRY
        return replace(state, screen=screen), (Play(Sound.SET_DONE),)
    if state.now_s - go_s > LONGEST_S:
        return _over(state, without=Without.TOO_LONG, effects=(Play(Sound.STOP),))
    return state, ()


def _arrived(state: SessionState, _event: Pressed) -> Result:
    """The patient says that the course is walked, or the fifth stand done; a test by the clock ends by itself."""
    testing, go_s = state.testing, state.testing.go_s
    if testing.chair is not None or testing.how.seconds or go_s is None or state.now_s <= go_s:
        return state, ()
    testing = replace(testing, walks_s=(*testing.walks_s, state.now_s - go_s))
    state, done = replace(state, testing=testing), (Play(Sound.SET_DONE),)
    if testing.how.counted:
        return replace(state, screen=Screen.TEST_HANDS), done
    if len(testing.walks_s) < testing.how.trials:
        return _shown(state), done
    return _kept(state, round(mean_speed_m_s(testing.walks_s, testing.how.course_m), 3), effects=done)


def leave(state: SessionState) -> tuple[Effect, ...]:
    """Return what is to be done where a test is left behind: nobody listens any more."""
    return (_end(state),) if state.screen is Screen.TESTING and state.testing.chair is not None else ()


def _end(state: SessionState) -> EndListening:
    return EndListening(state.session_id, TRIAL_SET, test=True)


def _stop(state: SessionState, _event: Pressed) -> Result:
    effects = leave(state)
    return replace(state, screen=Screen.TEST_STOPPED), (*effects, Play(Sound.STOP))


def _give_reason(state: SessionState, event: Pressed) -> Result:
    """Pain ends the session, as after a set. Otherwise no more tests come today, and the routine goes on."""
    reason = next((reason for reason in REASONS if reason == event.value), None)
    if reason is None:
        return state, ()
    saves = tuple(_not_today(state, what) for what in dict.fromkeys(state.testing.due) if what in how_to())
    if reason is StopReason.PAIN:
        state, effects = end_session(state, reason)
        return state, (*saves, *effects)
    state = replace(state, testing=replace(state.testing, due=state.testing.due[:1]))
    return _over(state, without=Without.STOPPED, effects=saves)


# ---- what came of it ----------------------------------------------------------------------------------------


def _used_hands(state: SessionState, _event: Pressed) -> Result:
    """Arms that helped make a 30-second stand 0 and leave five times without a time."""
    testing = state.testing
    if testing.chosen is None:
        return state, ()
    arms = testing.chosen == 1
    if testing.what == "five_times":
        if arms:
            return _over(state, without=Without.ARMS)
        five = None if testing.chair is None else testing.chair.five_times_result
        return _kept(
            state, round(testing.walks_s[-1] if five is None else five.to_stand_s, 2), sensed=five is not None
        )
    if arms:
        return _kept(state, 0.0)
    stands = None if testing.chair is None else testing.chair.stands_result
    if stands is None:
        return replace(state, screen=Screen.TEST_ENTRY, testing=replace(testing, chosen=None)), ()
    doubt = "" if stands.fewest == stands.most else f"{stands.fewest} to {stands.most}"
    return _kept(state, float(stands.stands), sensed=True, note=doubt)


def _more(state: SessionState, event: Pressed) -> Result:
    """Change the number by a step of the test; below 0 there is none again."""
    testing = state.testing
    if event.value not in (*testing.how.steps, *(-step for step in testing.how.steps)):
        return state, ()
    told = (testing.told or 0) + int(event.value or 0)
    low, high = 0, int(measure(testing.what).high)
    none = testing.told in (None, 0) and told < low
    return replace(state, testing=replace(testing, told=None if none else min(max(told, low), high))), ()


def _told(state: SessionState, _event: Pressed) -> Result:
    if state.testing.told is None:
        return _over(state, without=Without.NOT_TOLD)
    return _kept(state, float(state.testing.told))


def _kept(
    state: SessionState, value: float, *, sensed: bool = False, note: str = "", effects: tuple[Effect, ...] = ()
) -> Result:
    """Write the result down; one that no person can have done is none."""
    testing = state.testing
    one, practice = measure(testing.what), testing.practice
    if not one.low <= value <= one.high:
        return _over(state, without=Without.TOO_LONG if value > one.high else Without.NOT_TOLD, effects=effects)
    origin = Origin.SENSED if sensed else Origin.SELF_REPORTED
    name = _id(state, f"{testing.what}-practice" if practice else testing.what)
    record = result(testing.what, value, origin, _wall(state), name, practice=practice, note=note)
    testing = replace(testing, result=record, done=(*testing.done, record))
    return _over(replace(state, testing=testing), effects=(*effects, Save(record)))


def _over(state: SessionState, *, without: Without | None = None, effects: tuple[Effect, ...] = ()) -> Result:
    """Ask whether it hurt, then show what came of it."""
    state = replace(state, testing=replace(state.testing, without=without, chair=None, chosen=None))
    return state.asked(about_symptoms(Moment.TESTED, state.session_id), Screen.TEST_RESULT), effects


def _go_on(state: SessionState, _event: Pressed) -> Result:
    """After a practice trial comes the test; after symptoms the routine, as the rule table lets it."""
    if any(map(verdicts.raised, state.guard.verdicts)):
        return _shown(replace(state, testing=replace(state.testing, due=()))), ()
    return (_shown(state) if state.testing.practice and state.testing.result else _next(state)), ()


def _again(state: SessionState, _event: Pressed) -> Result:
    if state.testing.without in (None, Without.STOPPED) or any(map(verdicts.raised, state.guard.verdicts)):
        return state, ()
    return _shown(replace(state, testing=replace(state.testing, walks_s=()))), ()


def _leave_session(state: SessionState, _event: Pressed) -> Result:
    return end_session(state, StopReason.OTHER)


# ---- ratings ------------------------------------------------------------------------------------------------


def _choose(state: SessionState, event: Pressed) -> Result:
    choices = range(11) if state.screen is Screen.TEST_RATING else range(2)
    if not isinstance(event.value, int) or event.value not in choices:
        return state, ()
    return replace(state, testing=replace(state.testing, chosen=event.value)), ()


def _rate(state: SessionState, _event: Pressed) -> Result:
    testing = state.testing
    if testing.chosen is None:
        return state, ()
    return _rated(
        replace(state, testing=replace(testing, ratings=(*testing.ratings, (testing.what, testing.chosen))))
    )


def _leave_open(state: SessionState, _event: Pressed) -> Result:
    return _rated(state)


def _rated(state: SessionState) -> Result:
    """Write ratings down together where the last of their kind is over: one sitting has one moment."""
    testing = state.testing
    of_own = testing.what in ACTIVITIES
    if of_own and testing.due[1:2] and testing.due[1] in ACTIVITIES:
        return _next(state), ()
    at, own = _wall(state), dict(zip(ACTIVITIES, testing.own, strict=False))
    codes = {what: wording(name) for what, name in own.items()}
    records = [
        result(what, value, Origin.SELF_REPORTED, at, _id(state, what), note=codes.get(what, ""))
        for what, value in testing.ratings
    ]
    saves: tuple[Effect, ...] = tuple(map(Save, records))
    if not records:
        saves = (_not_today(state, "function" if of_own else testing.what),)
    testing = replace(testing, ratings=(), done=(*testing.done, *records))
    return _next(replace(state, testing=testing)), saves


HANDLERS: Mapping[tuple[Screen, Action], Callable[[SessionState, Pressed], Result]] = {
    (Screen.TEST_OFFER, Action.MAIN): _begin,
    (Screen.TEST_OFFER, Action.SKIP): _put_off,
    (Screen.TEST_OFFER, Action.STOP): _leave_session,
    (Screen.TESTING, Action.MAIN): _arrived,
    (Screen.TESTING, Action.STOP): _stop,
    (Screen.TEST_HANDS, Action.ANSWER): _choose,
    (Screen.TEST_HANDS, Action.MAIN): _used_hands,
    (Screen.TEST_HANDS, Action.STOP): _stop,
    (Screen.TEST_ENTRY, Action.MORE): _more,
    (Screen.TEST_ENTRY, Action.FEWER): _more,
    (Screen.TEST_ENTRY, Action.MAIN): _told,
    (Screen.TEST_ENTRY, Action.STOP): _stop,
    (Screen.TEST_STOPPED, Action.REASON): _give_reason,
    (Screen.TEST_RESULT, Action.MAIN): _go_on,
    (Screen.TEST_RESULT, Action.BACK): _again,
    (Screen.TEST_RESULT, Action.STOP): _leave_session,
    (Screen.TEST_RATING, Action.ANSWER): _choose,
    (Screen.TEST_RATING, Action.MAIN): _rate,
    (Screen.TEST_RATING, Action.SKIP): _leave_open,
    (Screen.TEST_RATING, Action.STOP): _leave_session,
}
