"""What the rule table looks at in a session and what it has said: facts, never conclusions that could grow old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from edge.history.facts import History, SetFact
from edge.prescription.limits import Limits
from edge.records import BandChecked, Form, Incident, SymptomsTold
from edge.safety.situation import AfterSet, findings
from edge.safety.table import Finding, Verdict, verdict


class Way(StrEnum):
    """What follows a sentence that the patient has read."""

    READY = "ready"
    REST = "rest"
    RESUME = "resume"
    TEST_RESULT = "test_result"
    SUMMARY = "summary"
    FLAGS = "flags"
    """The red-flag questions in full."""
    FLAGS_FIRST = "flags_first"
    """The same, and then the session goes on."""
    ANSWER = "answer"
    """The questions that were left open."""
    WITHOUT_BAND = "without_band"
    """What needs a band is left out today."""
    NEW_BAND = "new_band"
    """The patient says that there is another band; it is looked at first."""


OVER = (Way.SUMMARY, Way.FLAGS)
"""After these the session is over already."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A rule's sentence on a screen of its own: ``main`` is what follows, ``other`` a second way, where there is one.

    ``rule`` is the rule's name. ``hurts`` says that red is an answer: the patient is not all right.
    """

    rule: str
    says: str
    main: Way
    other: Way | None = None
    hurts: bool = False

    @property
    def over(self) -> bool:
        """True when the session has ended already."""
        return self.main in OVER


@dataclass(frozen=True, slots=True)
class Guard:
    """What a session knows for the rule table.

    ``history`` is what was before it, ``today`` the patient's date or None where no clock is trusted, ``bands``
    whether bands are looked over before they are used. ``sets`` are the sets done, with what was answered about them;
    ``incidents`` all that happened, ``of_set`` those of the set or trial under way; ``looks`` the bands looked over
    in this session, and ``new_band`` a band that the patient says is another one. ``since`` is what was told of the
    days after earlier sessions, ``forms`` the red-flag forms answered, and ``verdicts`` what the answers of this
    session came to, oldest first. ``alarm_s`` and ``tone_s`` are when it was last said that the load is too much.
    """

    history: History = field(default_factory=History)
    today: date | None = None
    bands: bool = False
    sets: tuple[SetFact, ...] = ()
    incidents: tuple[Incident, ...] = ()
    of_set: tuple[Incident, ...] = ()
    looks: tuple[BandChecked, ...] = ()
    new_band: str = ""
    since: tuple[SymptomsTold, ...] = ()
    forms: tuple[Form, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    alarm_s: float = float("-inf")
    tone_s: float = float("-inf")
    telling: Telling | None = None

    def answered(
        self,
        rpe: int | None = None,
        reps_left_symptoms: int | None = None,
        symptom_change: int | None = None,
        reps_by_hand: int | None = None,
    ) -> Guard:
        """Return this with answers about the last set; those that are None leave it as it was."""
        if not self.sets:
            return self
        last = self.sets[-1]
        last = replace(
            last,
            rpe=last.rpe if rpe is None else rpe,
            reps_left_symptoms=last.reps_left_symptoms if reps_left_symptoms is None else reps_left_symptoms,
            symptom_change=last.symptom_change if symptom_change is None else symptom_change,
            reps_by_hand=last.reps_by_hand if reps_by_hand is None else reps_by_hand,
        )
        return replace(self, sets=(*self.sets[:-1], last))

    @staticmethod
    def resumed(history: History, session_id: str, today: date | None, *, bands: bool) -> Guard:
        """Return what a session that was cut off knew, from its own records in ``history``."""
        mine = next((one for one in history.sessions if one.session_id == session_id), None)
        looks = tuple(one for one in history.bands if one.check_id.startswith(session_id))
        return Guard(
            history=replace(
                history,
                sessions=tuple(one for one in history.sessions if one is not mine),
                bands=tuple(one for one in history.bands if one not in looks),
            ),
            today=today,
            bands=bands,
            sets=() if mine is None else mine.sets,
            incidents=() if mine is None else mine.incidents,
            looks=looks,
            forms=tuple(one.form for one in history.asked if one.asked_id.startswith(session_id)),
        )

    @property
    def forms_in_full(self) -> bool:
        """Whether the red-flag questions were answered in full in this session."""
        return Form.FULL in self.forms or Form.INTAKE in self.forms

    def verdict_on(self, exercise: str, limits: Limits) -> Verdict:
        """Return what the rule table says of the next set of an exercise: of its last set and of this session.

        What was not answered yet holds; nothing that was said today is forgotten.
        """
        sets = self.sets_of(exercise)
        after: tuple[Finding, ...] = ()
        if sets:
            of_set = self.of_set if sets[-1] is self.sets[-1] else ()
            after = findings(AfterSet(sets[-1], sets[:-1], of_set), limits)
        return verdict(after, *(said.reasons for said in self.verdicts if not said.may_go_up))

    def most_kg(self, exercise: str, limits: Limits) -> float | None:
        """Return the load of the last set of an exercise where the next one may not be heavier, None where it may."""
        sets = self.sets_of(exercise)
        known = sets[-1].load_kg if sets else None
        return None if known is None or self.verdict_on(exercise, limits).may_go_up else known

    def sets_of(self, exercise: str) -> Sequence[SetFact]:
        """Return this session's sets of an exercise, oldest first."""
        return [one for one in self.sets if one.exercise == exercise]
