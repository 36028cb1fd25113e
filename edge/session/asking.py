"""Questions on a screen of their own, one at a time: symptoms before and after, and the red-flag forms.

What is answered becomes a record when the last question of its group is done. A question about symptoms may be left
open, and is then not answered, which is no zero. A red-flag question may not: until each is answered nothing goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypedDict

from edge.records import FlagsAnswered, Form, Moment, SymptomsTold
from edge.safety.symptoms import QUESTIONS


class Kind(StrEnum):
    """How a question is answered."""

    SCORE = "score"
    """0 to 10."""
    CHANGE = "change"
    """-1, 0 or 1."""
    YES_NO = "yes_no"
    """1 is yes, 0 is no."""


CHOICES: Mapping[Kind, tuple[int, ...]] = {
    Kind.SCORE: tuple(range(11)),
    Kind.CHANGE: (-1, 0, 1),
    Kind.YES_NO: (1, 0),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a group: ``name`` is a field of SymptomsTold, or a red flag.

    ``group`` says when or in which form it is asked; ``session_id`` is the session that symptoms are told about.
    ``late_days`` is how many days ago that was, where it is asked about later than on the days it is about.
    """

    group: Moment | Form
    name: str
    kind: Kind
    session_id: str = ""
    late_days: int | None = None

    @property
    def may_be_left_open(self) -> bool:
        """Whether going on without an answer is possible: not before a session that was cut off goes on."""
        return isinstance(self.group, Moment) and self.group is not Moment.RESUMED


class Symptoms(TypedDict, total=False):
    """The fields of SymptomsTold that a patient fills."""

    back: int
    leg: int
    distal: int
    weaker: bool
    tolerable: bool
    change: int


KINDS: Mapping[str, Kind] = {
    "back": Kind.SCORE,
    "leg": Kind.SCORE,
    "distal": Kind.CHANGE,
    "weaker": Kind.YES_NO,
    "tolerable": Kind.YES_NO,
    "change": Kind.CHANGE,
}


@dataclass(frozen=True, slots=True)
class Asking:
    """The questions still to be asked, the first of them on the screen, and what was answered of its group."""

    questions: tuple[Question, ...] = ()
    chosen: int | None = None
    answers: tuple[tuple[str, int], ...] = ()

    @property
    def question(self) -> Question | None:
        """The one on the screen; None when all are done."""
        return self.questions[0] if self.questions else None

    def choose(self, value: int) -> Asking:
        """Take a choice that is not final yet; one that the question does not know changes nothing."""
        if self.question is None or value not in CHOICES[self.question.kind]:
            return self
        return replace(self, chosen=value)

    def settle(self, *, leave_open: bool = False) -> tuple[Asking, Group | None]:
        """Go on to the next question, with the group where this was its last; the same where nothing was chosen.

        ``leave_open`` drops the choice, if there is one.
        """
        if self.question is None:
            return self, None
        value = None if leave_open else self.chosen
        if value is None and not (leave_open and self.question.may_be_left_open):
            return self, None
        answers = self.answers if value is None else (*self.answers, (self.question.name, value))
        if isinstance(self.question.group, Form) and value == 1:  # a yes locks now: nothing else is asked
            return Asking(), Group(self.question.group, self.question.session_id, answers)
        left = tuple(one for one in self.questions[1:] if _fits(one, self.question, value))
        if left and (left[0].group, left[0].session_id) == (self.question.group, self.question.session_id):
            return Asking(left, None, answers), None
        return Asking(left), Group(self.question.group, self.question.session_id, answers)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of questions that is done, with the answers that were given."""

    group: Moment | Form
    session_id: str
    answers: tuple[tuple[str, int], ...]

    def symptoms(self, wall: float, set_number: int = 0) -> SymptomsTold | None:
        """Return what was told of symptoms; None where every question was left open, or they were others."""
        if not isinstance(self.group, Moment) or not self.answers:
            return None
        told: Symptoms = {}
        for name, value in self.answers:
            match name:
                case "back" | "leg" | "distal" | "change":
                    told[name] = value
                case "weaker" | "tolerable":
                    told[name] = bool(value)
        return SymptomsTold(self.session_id, self.group, wall, set_number=set_number, **told)

    def flags(self, patient_id: str, wall: float) -> FlagsAnswered | None:
        """Return the answers to a red-flag form; None where they were about symptoms."""
        if not isinstance(self.group, Form):
            return None
        said = {answer: tuple(name for name, value in self.answers if value == answer) for answer in (0, 1)}
        return FlagsAnswered(f"{self.session_id}-{self.group}", patient_id, self.group, wall, said[1], said[0])


def about_symptoms(moment: Moment, session_id: str, late_days: int | None = None) -> tuple[Question, ...]:
    """Return the questions about symptoms at a moment of a session; ``late_days`` as in :class:`Question`."""
    return tuple(Question(moment, name, KINDS[name], session_id, late_days) for name in QUESTIONS[moment])


def about_flags(form: Form, flags: Iterable[str], session_id: str) -> tuple[Question, ...]:
    """Return a red-flag form, asked in a session: a question for each flag."""
    return tuple(Question(form, flag, Kind.YES_NO, session_id) for flag in flags)


def _fits(question: Question, settled: Question, value: int | None) -> bool:
    """A leg without any symptom has none that go further down; how much is asked of a test that hurt more."""
    if (question.group, question.session_id) != (settled.group, settled.session_id):
        return True
    if settled.name == "change":
        return value == 1
    return not (question.name == "distal" and settled.name == "leg" and value == 0)
