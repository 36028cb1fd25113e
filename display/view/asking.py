"""One question of a check-in or a form, as it is seen."""

from __future__ import annotations

from collections.abc import Mapping

from display.parts import Button, Header, Key
from display.shapes import AskingView
from display.station_info import StationInfo
from display.view.buttons import main_button, next_choice, stop_button
from display.words import say
from edge.records import Moment
from edge.safety.flags import red_flags
from edge.session import Action, SessionState
from edge.session.asking import CHOICES, Kind, Question

CHANGE_WORDS = {-1: "less_far", 0: "same", 1: "further"}
PAIN_WORDS = {-1: "less", 0: "the_same", 1: "more"}


def asking_view(state: SessionState, _station: StationInfo) -> AskingView:
    """Return the question on the screen; ValueError where there is none."""
    asking = state.asking
    question = asking.question
    if question is None:
        raise ValueError("nobody is asked anything")
    return question_view(
        _header(state, question),
        topic=question.name,
        question=_text(question),
        answers={value: _word(question, value) for value in CHOICES[question.kind]},
        chosen=asking.chosen,
        ends=(say("ask.none"), say("ask.worst_ever")) if question.kind is Kind.SCORE else (),
        may_be_left_open=question.may_be_left_open,
    )


def question_view(
    header: Header,
    topic: str,
    question: str,
    answers: Mapping[int, str],
    chosen: int | None,
    ends: tuple[str, ...] = (),
    *,
    may_be_left_open: bool = False,
) -> AskingView:
    """Return the screen of a question; ``answers`` gives the word for each value, in the order shown."""
    following = next_choice(tuple(answers), chosen)
    return AskingView(
        header=header,
        topic=topic,
        question=question,
        ends=ends,
        said="" if chosen is None else _said(chosen, answers[chosen]),
        buttons=(
            *(
                Button(
                    f"answer_{value}",
                    word,
                    Action.ANSWER,
                    value,
                    chosen=value == chosen,
                    key=Key.WHITE if value == following else None,
                )
                for value, word in answers.items()
            ),
            stop_button("leave", say("ask.leave")),
            *((Button("leave_open", say("ask.leave_open"), Action.SKIP),) if may_be_left_open else ()),
            main_button("next", say("ask.next"), enabled=chosen is not None),
        ),
    )


def _said(value: int, word: str) -> str:
    """The choice in words, so that it can be seen before it counts."""
    return say("ask.said_score", value=value) if word == str(value) else say("ask.said", answer=word.lower())


def _header(state: SessionState, question: Question) -> Header:
    """A warning sign is asked of a time; other questions say how many there are."""
    if question.late_days is not None:
        return Header(say("ask.header_late", days=question.late_days), _left(state))
    if isinstance(question.group, Moment):
        return Header(say(f"ask.header_{question.group}"), _left(state))
    return Header(say("ask.header_flags"), red_flags().questions[question.name].when)


def _text(question: Question) -> str:
    if isinstance(question.group, Moment):
        after = Moment.NEXT_DAY, Moment.SECOND_DAY
        named = {Moment.WORST: "worst", Moment.TESTED: "tested"}
        when = "after" if question.group in after else named.get(question.group, "now")
        return say(f"ask.{when}_{question.name}")
    return red_flags().questions[question.name].ask


def _word(question: Question, value: int) -> str:
    match question.kind:
        case Kind.SCORE:
            return str(value)
        case Kind.CHANGE:
            return say(f"ask.{(PAIN_WORDS if question.name == 'change' else CHANGE_WORDS)[value]}")
        case Kind.YES_NO:
            return say("ask.yes" if value else "ask.no")


def _left(state: SessionState) -> str:
    left = len(state.asking.questions)
    return say("ask.last") if left == 1 else say("ask.left", count=left)
