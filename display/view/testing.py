"""Outcome tests as they are seen: how it is done, the test itself, the number by hand, and what came of it."""

from __future__ import annotations

from math import ceil, floor

from display.parts import Button, Header, Key
from display.shapes import AskingView, EntryView, ResultView, Scale, StoppedView, TestOfferView, TimedView
from display.station_info import StationInfo
from display.view.figure import figure_view
from display.view.sensor_lines import waiting_for_place, worn_words
from display.view.timed import clock
from display.words import say
from edge.care.outcomes import ACTIVITIES, Change, course, for_patient, measure
from edge.library import exercise
from edge.model import StopReason
from edge.session import Action, SessionState
from edge.session.testing import STILL_S, counted, going, misworn, seconds_left, waits
from edge.session.testing_state import Without
from edge.signal.chair import FIVE
from edge.tempo import UNSAID

KEYS = ((StopReason.PAIN, Key.RED), (StopReason.TIRED, Key.WHITE), (StopReason.OTHER, Key.GREEN))
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
            Button("leave", say("set.stop"), Action.STOP, key=Key.RED),
            Button("put_off", say("test.put_off"), Action.SKIP, key=Key.WHITE),
            Button(
                "begin",
                _begin_text(state, known.place),
                Action.MAIN,
                main=True,
                enabled=not waits(state),
                key=Key.GREEN,
            ),
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
    done = (Button("done", say("timed.done"), Action.MAIN, main=True, key=Key.GREEN),) if by_patient else ()
    title, time, unit, line = _before_the_tone(state) if not going(state) else _under_way(state)
    return TimedView(
        header=Header(testing.how.name, say("test.is_practice") if testing.practice else ""),
        title=title,
        time=time,
        unit=unit,
        line=line,
        buttons=(Button("end_test", say("set.stop"), Action.STOP, key=Key.RED), *done),
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
    chosen = state.testing.chosen
    answers = tuple(
        _answer(value, say(word), chosen, Key.WHITE if value == (0 if chosen == 1 else 1) else None)
        for value, word in ((1, "ask.yes"), (0, "ask.no"))
    )
    said = "" if chosen is None else say("ask.said", answer=say("ask.yes" if chosen else "ask.no").lower())
    return _question(state, Header(say("test.hands")), say("test.hands_help"), answers, (), said)


def rating_view(state: SessionState, _station: StationInfo) -> AskingView:
    """Return one own activity, or the change overall, from 0 to 10."""
    testing = state.testing
    own = testing.what in ACTIVITIES
    question = (
        say("test.own", activity=testing.own[ACTIVITIES.index(testing.what)]) if own else say("test.global_change")
    )
    chosen, kind = testing.chosen, "own" if own else "global"
    following = 0 if chosen is None else (chosen + 1) % 11
    answers = tuple(_answer(n, str(n), chosen, Key.WHITE if n == following else None) for n in range(11))
    said = "" if chosen is None else say("ask.said_score", value=chosen)
    ends = (say(f"test.{kind}_low"), say(f"test.{kind}_high"))
    header = Header(say("test.own_header")) if own else Header(say("test.global_header"), say("test.global_note"))
    left_open = (Button("leave_open", say("ask.leave_open"), Action.SKIP),)
    return _question(state, header, question, answers, ends, said, left_open)


def _answer(value: int, text: str, chosen: int | None, key: Key | None) -> Button:
    return Button(f"answer_{value}", text, Action.ANSWER, value, chosen=value == chosen, key=key)


def _question(
    state: SessionState,
    header: Header,
    question: str,
    answers: tuple[Button, ...],
    ends: tuple[str, ...],
    said: str,
    others: tuple[Button, ...] = (),
) -> AskingView:
    testing = state.testing
    return AskingView(
        header=header,
        topic=testing.what,
        question=question,
        ends=ends,
        said=said,
        buttons=(
            *answers,
            Button("leave", say("ask.leave"), Action.STOP, key=Key.RED),
            *others,
            Button(
                "next", say("ask.next"), Action.MAIN, main=True, enabled=testing.chosen is not None, key=Key.GREEN
            ),
        ),
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
            *steps(testing.how.steps, known=known),
            Button("end_test", say("set.stop"), Action.STOP, key=Key.RED),
            Button(
                "answered",
                say("lost.answered") if known else say("lost.do_not_know"),
                Action.MAIN,
                main=True,
                key=Key.GREEN,
            ),
        ),
    )


def steps(sizes: tuple[int, ...], *, known: bool) -> tuple[Button, ...]:
    """Return the buttons that make a number smaller, then those that make it larger; white is the middle one up."""
    white = sorted(sizes)[len(sizes) // 2]
    fewer = (
        Button(f"fewer_{n}", say("test.less", step=n), Action.FEWER, -n, enabled=known) for n in sorted(sizes)[::-1]
    )
    more = (
        Button(f"more_{n}", say("test.more", step=n), Action.MORE, n, key=Key.WHITE if n == white else None)
        for n in sorted(sizes)
    )
    return (*fewer, *more)


def stopped_view(state: SessionState, _station: StationInfo) -> StoppedView:
    """Return the one question after a test was stopped."""
    return StoppedView(
        header=Header(say("stopped.header"), state.testing.how.name),
        question=say("stopped.question"),
        kept=say("test.no_number_kept"),
        buttons=tuple(
            Button(f"reason_{reason}", say(f"stopped.{reason}"), Action.REASON, reason.value, key=key)
            for reason, key in KEYS
        ),
    )


def result_view(state: SessionState, _station: StationInfo) -> ResultView:
    """Return what came of the test: the number beside the first one, and how much of it is chance."""
    testing, one = state.testing, state.testing.result
    change = course(testing.results, testing.what)
    again = testing.without not in (None, Without.STOPPED)
    buttons = (
        Button("leave", say("set.stop"), Action.STOP, key=Key.RED),
        *((Button("again", say("test.again"), Action.BACK, key=Key.WHITE),) if again else ()),
        Button("go_on", say("told.go_on"), Action.MAIN, main=True, key=Key.GREEN),
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
