"""The rest, as it is seen: time left, two questions that may stay open, the last set's result."""

from __future__ import annotations

from math import ceil

from display.parts import Button, Header
from display.shapes import RestView
from display.station_info import StationInfo
from display.view.buttons import main_button, pointing
from display.view.doses import asked_reps, next_set
from display.view.timed import clock
from display.words import say
from edge.session import Action, SessionState
from edge.session.fixing import fixable

EFFORTS = (("easy", 2, 1, 3), ("just_right", 5, 4, 6), ("hard", 7, 7, 8), ("too_hard", 9, 9, 10))
"""Word, the number that is stored, and the range it stands for: its middle, the lower one of two."""
RESERVES = (("no_more", 0), ("one_or_two", 1), ("three_or_four", 3), ("five_or_more", 5))
"""Word and the number that is stored: the lower end, because what is not known may only ask for less."""
PAIN_CHANGES = (("less", -1), ("same", 0), ("more", 1))


def rest_view(state: SessionState, _station: StationInfo) -> RestView:
    """Return the screen."""
    time, unit = _time_left(state)
    buttons = (
        *_effort(state),
        *_one_of(PAIN_CHANGES, "pain", Action.PAIN_CHANGE, state.pain_change),
        *(() if state.rest_ends_s is None else (Button("longer", say("rest.longer"), Action.LONGER_REST),)),
        *((Button("fix", say("rest.fix"), Action.FIX),) if fixable(state) else ()),
        main_button("go_on", say("rest.finish") if state.finished else say("rest.go_now")),
    )
    return RestView(
        header=Header(say("rest.header"), next_set(state)),
        time=time,
        unit=unit,
        effort_question=say("rest.effort_question" if state.effort is None else "rest.reserve_question"),
        pain_question=say("rest.pain_question"),
        result=_last_result(state),
        buttons=pointing(buttons, state.pointed),
    )


def _time_left(state: SessionState) -> tuple[str, str]:
    if state.rest_ends_s is None:
        return say("rest.done"), ""
    return clock(ceil(max(state.rest_ends_s - state.now_s, 0.0)))


def _effort(state: SessionState) -> tuple[Button, ...]:
    """How hard it was; once that is told, in its place how many more before symptoms are too much."""
    if state.effort is not None:
        return _one_of(RESERVES, "reserve", Action.RESERVE, state.symptom_reserve)
    return tuple(
        Button(
            f"effort_{word}",
            say(f"rest.{word}"),
            Action.EFFORT,
            value,
            note=say("rest.effort_range", low=low, high=high),
        )
        for word, value, low, high in EFFORTS
    )


def _one_of(
    answers: tuple[tuple[str, int], ...], question: str, action: Action, said: int | None
) -> tuple[Button, ...]:
    """Return the answers, of which one can be given, once."""
    return tuple(
        Button(f"{question}_{word}", say(f"rest.{word}"), action, value, enabled=said is None, chosen=said == value)
        for word, value in answers
    )


def _last_result(state: SessionState) -> tuple[str, ...]:
    if not state.done or state.done[-1].skipped:
        return ()
    last = state.done[-1]
    inside = sum(judged.inside for judged in last.counted)
    said = _said_of_next(state)
    done = say("rest.result", count=len(last.counted), planned=asked_reps(last.reps_planned))
    if said:
        return done, said
    if last.by_hand:
        return done, say("rest.by_hand", reps=last.by_hand)
    return (done, say("rest.inside", inside=inside)) if last.counted and not state.unaided else (done,)


def _said_of_next(state: SessionState) -> str:
    """What the rule table says of the next set, once it was answered how the last one felt."""
    if state.pain_change is None or state.plan is None:
        return ""
    said = state.guard.verdict_on(state.done[-1].exercise, state.plan.limits)
    screens = {one.rule.key: one.rule.screen for one in said.reasons}
    return screens.get("pain_repeats") or screens.get("pain_more") or ""
