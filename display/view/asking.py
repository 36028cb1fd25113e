"""One question of a check-in or a form, as it is seen."""

from __future__ import annotations

from display.parts import Button, Header, Key
from display.shapes import AskingView
from display.words import say
from edge.records import Moment
from edge.safety.flags import red_flags
from edge.session import Action, SessionState
from edge.session.asking import CHOICES, Kind, Question

CHANGE_WORDS = {-1: "less_far", 0: "same", 1: "further"}
PAIN_WORDS = {-1: "less", 0: "the_same", 1: "more"}


def asking_view(state: SessionState) -> AskingView:
    """Return the question on the screen; ValueError where there is none."""
    asking = state.asking
    question = asking.question
    if question is None:
        raise ValueError("nobody is asked anything")
    chosen = asking.chosen
    choices = tuple(
        Button(
            f"answer_{value}",
            _word(question, value),
            Action.ANSWER,
            value,
            chosen=value == chosen,
            # The white button walks through the answers.
            key=Key.WHITE if value == asking.following else None,
        )
        for value in CHOICES[question.kind]
    )
    ends = ("ask.none", "ask.worst_ever") if question.kind is Kind.SCORE else ()
    left_open = (Button("leave_open", say("ask.leave_open"), Action.SKIP),) if question.may_be_left_open else ()
    return AskingView(
        header=_header(state, question),
        topic=question.name,
        question=_text(question),
        ends=tuple(map(say, ends)),
        said=_said(question, chosen),
        buttons=(
            *choices,
            Button("leave", say("ask.leave"), Action.STOP, key=Key.RED),
            *left_open,
            Button("next", say("ask.next"), Action.MAIN, main=True, enabled=chosen is not None, key=Key.GREEN),
        ),
    )


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


def _said(question: Question, chosen: int | None) -> str:
    """The choice in words, so that it can be seen before it counts."""
    if chosen is None:
        return ""
    if question.kind is Kind.SCORE:
        return say("ask.said_score", value=chosen)
    return say("ask.said", answer=_word(question, chosen).lower())


def _left(state: SessionState) -> str:
    left = len(state.asking.questions)
    return say("ask.last") if left == 1 else say("ask.left", count=left)
