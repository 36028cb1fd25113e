"""Outcome tests as they are seen: how it is done, the test itself, the number by hand, and what came of it."""

from __future__ import annotations

from math import ceil, floor

from display.parts import Button, Header, Key
from display.shapes import AskingView, EntryView, ResultView, Scale, TestOfferView, TimedView
from display.station_info import StationInfo
from display.view.asking import question_view
from display.view.buttons import main_button, step_buttons, stop_button
from display.view.figure import figure_view
from display.view.sensor_lines import waiting_for_place, worn_words
from display.view.timed import clock
from display.words import say
from edge.care.change import Change, course, for_patient
from edge.care.measures import ACTIVITIES, measure
from edge.library import exercise
from edge.session import Action, SessionState
from edge.session.testing import STILL_S, counted, going, misworn, seconds_left, waits
from edge.session.testing_state import Without
from edge.signal.chair import FIVE
from edge.tempo import UNSAID

OWN_SPEED = UNSAID.placed(starts_concentric=True)
FLOOR = 0.12
"""Free share of the scale beside its outermost mark."""


def offer_view(state: SessionState, station: StationInfo) -> TestOfferView:
    """Return how the test is done, with its figure, and the choice whether now."""
    how = state.testing.how
    lines = how.lines if counted(state) or not how.by_hand else (*how.lines[:-1], how.by_hand)
    known, mixup = exercise(how.exercise), misworn(state)
    if mixup is not None:
        lines = worn_words(mixup, known.place)
    return TestOfferView(
        header=Header(how.name, _note(state)),
        lines=lines,
        figure=figure_view(known, OWN_SPEED, state.now_s, calm=station.calm),
        buttons=(
            stop_button("leave"),
            Button("put_off", say("test.put_off"), Action.SKIP, key=Key.WHITE),
            main_button("begin", _begin_text(state, known.place), enabled=not waits(state)),
        ),
    )


def _begin_text(state: SessionState, place: str) -> str:
    if misworn(state) is not None:
        return say("worn.check")
    return waiting_for_place(place) if waits(state) else say("ready.begin")


def _note(state: SessionState) -> str:
    how, walked = state.testing.how, len(state.testing.walks_s)
    if state.testing.practice:
        return say("test.practice")
    if how.trials > 1:
        return say("test.walk_of", number=walked + 1, walks=how.trials)
    return say("test.about_one") if how.minutes <= 1 else say("test.about", minutes=f"{how.minutes:g}")


def running_view(state: SessionState, _station: StationInfo) -> TimedView:
    """Return the test while it goes on; until the tone, the seconds to it."""
    testing = state.testing
    by_patient = not testing.how.seconds and testing.chair is None and going(state)
    done = (main_button("done", say("timed.done")),) if by_patient else ()
    title, time, unit, line = _before_the_tone(state) if not going(state) else _under_way(state)
    return TimedView(
        header=Header(testing.how.name, say("test.is_practice") if testing.practice else ""),
        title=title,
        time=time,
        unit=unit,
        line=line,
        buttons=(stop_button("end_test"), *done),
    )


def _before_the_tone(state: SessionState) -> tuple[str, str, str, str]:
    testing = state.testing
    if testing.chair is None:
        left_s = ceil((testing.go_s or state.now_s) - state.now_s)
        return say("test.get_ready"), str(left_s), say("rest.seconds"), say("test.wait_for_tone")
    if testing.still_s is None:
        return say("test.sit_still"), say("lost.no_number"), "", say("test.then_tone")
    left_s = ceil(max(testing.still_s + STILL_S - state.now_s, 0.0))
    return say("test.sit_still"), str(left_s), say("rest.seconds"), say("test.wait_for_tone")


def _under_way(state: SessionState) -> tuple[str, str, str, str]:
    testing, left_s = state.testing, seconds_left(state)
    gone_s = floor(state.now_s - (testing.go_s or state.now_s))
    if testing.chair is None:
        time, unit = clock(gone_s if left_s is None else ceil(left_s))
        return testing.how.doing, time, unit, ""
    stands = str(len(testing.chair.full))
    if left_s is None:
        return testing.how.doing, stands, say("test.of_five", stands=FIVE), say("test.gone", seconds=gone_s)
    over = say("test.time_is_up") if left_s <= 0 else say("test.left", seconds=ceil(left_s))
    return testing.how.doing, stands, measure(testing.what).unit, over


def hands_view(state: SessionState, _station: StationInfo) -> AskingView:
    """Return the question whether the hands helped."""
    testing = state.testing
    answers = {1: say("ask.yes"), 0: say("ask.no")}
    return question_view(Header(say("test.hands")), testing.what, say("test.hands_help"), answers, testing.chosen)


def rating_view(state: SessionState, _station: StationInfo) -> AskingView:
    """Return one own activity, or the change overall, from 0 to 10."""
    testing = state.testing
    own = testing.what in ACTIVITIES
    kind = "own" if own else "global"
    return question_view(
        Header(say("test.own_header")) if own else Header(say("test.global_header"), say("test.global_note")),
        topic=testing.what,
        question=say("test.own", activity=testing.own[ACTIVITIES.index(testing.what)])
        if own
        else say("test.global_change"),
        answers={value: str(value) for value in range(11)},
        chosen=testing.chosen,
        ends=(say(f"test.{kind}_low"), say(f"test.{kind}_high")),
        may_be_left_open=True,
    )


def entry_view(state: SessionState, _station: StationInfo) -> EntryView:
    """Return the number that no sensor counted, with its steps."""
    testing = state.testing
    known = testing.told is not None
    return EntryView(
        header=Header(testing.how.name, say("test.by_you")),
        question=say(f"test.how_many_{testing.what}"),
        number=str(testing.told) if known else say("lost.no_number"),
        unit=measure(testing.what).unit,
        buttons=(
            *step_buttons(testing.how.steps, known=known),
            stop_button("end_test"),
            main_button("answered", say("lost.answered") if known else say("lost.do_not_know")),
        ),
    )


def result_view(state: SessionState, _station: StationInfo) -> ResultView:
    """Return what came of the test: the number beside the first one, and how much of it is chance."""
    testing, one = state.testing, state.testing.result
    change = course(testing.results, testing.what)
    again = testing.without not in (None, Without.STOPPED)
    buttons = (
        stop_button("leave"),
        *((Button("again", say("test.again"), Action.BACK, key=Key.WHITE),) if again else ()),
        main_button("go_on", say("told.go_on")),
    )
    if one is None:
        why = (say(f"test.without_{testing.without}"), say("test.no_number_kept")) if testing.without else ()
        return ResultView(Header(testing.how.name, ""), "", "", why, None, buttons)
    lines = (say("test.practice_done"), say("test.now_it_counts")) if testing.practice else for_patient(change)
    doubt = (say("test.doubt", range=one.note),) if one.note else ()
    return ResultView(
        header=Header(testing.how.name, say(f"test.origin_{one.origin}")),
        number=f"{one.value:g}",
        unit=measure(one.what).unit,
        lines=(*lines, *doubt),
        scale=None if testing.practice else _scale(change),
        buttons=buttons,
    )


def _scale(change: Change) -> Scale | None:
    """Return where first and last lie, and how far either way is chance; None without two to compare."""
    if change.first is None or change.last is None or not change.measure.error:
        return None
    first, last, error = change.first.value, change.last.value, change.measure.error
    low, high = min(first - error, last), max(first + error, last)
    room = FLOOR * (high - low)

    def share(value: float) -> float:
        return (value - low + room) / (high - low + 2 * room)

    labels = say("test.scale_start"), say("test.scale_now")
    return Scale(share(first - error), share(first + error), share(first), share(last), labels)
