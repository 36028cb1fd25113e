"""Everything a session knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from drivers.bells import Bells
from drivers.identity import Finding
from edge.care.nudges import Nudge
from edge.judge import CueMemory, JudgedRep
from edge.library import Exercise, exercise
from edge.model import ClinicMessage, Phase, PlannedExercise
from edge.prescription.due import Due
from edge.prescription.lines import Routine
from edge.prescription.plan import Prescription
from edge.prescription.row import Side
from edge.records import Locked, SymptomsTold
from edge.session.asking import Asking, Question
from edge.session.guarding import Guard
from edge.session.logbook_state import Logbook
from edge.session.manner import Manner, manner_of
from edge.session.testing_state import Testing
from edge.tempo import Tempo


class Screen(StrEnum):
    """Which screen the patient sees."""

    LOCKED = "locked"
    """A red-flag question was answered with yes: nothing is trained until the clinic clears it."""
    NO_PLAN = "no_plan"
    AGENDA = "agenda"
    ASKING = "asking"
    """One question of a check-in or a form."""
    TOLD = "told"
    """A sentence of the rule table, to be read before anything goes on."""
    BAND_CHECK = "band_check"
    """The band is looked over."""
    TEST_OFFER = "test_offer"
    """An outcome test is due: how it is done, and whether now."""
    TESTING = "testing"
    TEST_HANDS = "test_hands"
    """Whether the hands helped."""
    TEST_ENTRY = "test_entry"
    """The number that no sensor counted."""
    TEST_STOPPED = "test_stopped"
    TEST_RESULT = "test_result"
    TEST_RATING = "test_rating"
    """An own activity, or the change overall, from 0 to 10."""
    LOG = "log"
    """Something done away from the station is told."""
    READY = "ready"
    TRIAL = "trial"
    """Trial repetitions, which are not counted."""
    SET = "set"
    LOST = "lost"
    """Counting is paused, because the sensor was lost; it goes on when the patient says so."""
    UNCOUNTED = "uncounted"
    """The patient carries on with the set, and nothing counts."""
    TIMED = "timed"
    """A set by the clock."""
    BY_HAND = "by_hand"
    """The patient is asked how many repetitions nobody counted."""
    STOPPED = "stopped"
    """The set was stopped; the reason is asked."""
    REST = "rest"
    RESUME = "resume"
    """The session was cut off; the patient decides whether it goes on."""
    CHANGE = "change"
    """What may be changed about the next exercise, for today."""
    FIX = "fix"
    """The patient puts the count of the last set right."""
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class SetResult:
    """A finished set as the summary and the rest screen need it.

    ``reps_planned`` is None where the plan asks for an effort or a time instead. ``by_hand`` are repetitions by the
    patient's own count, None where nobody said. A ``skipped`` set was not done; a ``shortened`` one was taken off the
    end of its line. A set that was ``cut`` off is offered again. ``instead_of`` is the plan's exercise where another
    one was done today. ``false`` are numbers of repetitions that were none, as the patient says.
    """

    exercise: str
    reps: tuple[JudgedRep, ...]
    reps_planned: int | None
    by_hand: int | None = None
    skipped: bool = False
    side: Side | None = None
    row: str = ""
    instead_of: str = ""
    shortened: bool = False
    cut: bool = False
    false: frozenset[int] = frozenset()

    @property
    def place(self) -> tuple[str, str, Side | None]:
        """Row, exercise of the plan and side: what tells which line of the routine it belongs to."""
        planned = self.instead_of or self.exercise
        return self.row or planned, planned, self.side

    @property
    def counted(self) -> tuple[JudgedRep, ...]:
        """The repetitions without those the patient says were none."""
        return tuple(rep for number, rep in enumerate(self.reps, 1) if number not in self.false)


@dataclass(frozen=True, slots=True)
class SessionState:
    """Everything the session knows. ``line`` and ``set_of_exercise`` say where in the ``routine``, which
    comes from the ``plan``, the patient is.

    ``due`` says what of the plan is due, ``routine`` what of it is done in this session. ``active_s`` is when the
    patient last did anything: pressed, or moved through a repetition. ``doubts`` name what makes the count of the set
    uncertain, ``by_hand`` is the patient's own count so far, None while there is none.
    ``manner`` is how the set is measured.
    ``misworn`` is what is wrong with how the sensors sit, by their places. ``asking`` are the questions still to be
    asked, after which comes the screen ``after_asking``; ``asks_at_end`` says that the session ends with some, too.
    ``told`` is what was said of symptoms in this session. With ``trials``, exercises that are not in ``tried`` begin
    with trial repetitions: ``trial_reps`` were shown, ``trial_again`` after two that were not alike. ``warm_up_reps``
    came before the set and are kept out of its count. ``bells`` is what the dock knows, None without
    one; ``bell_kg`` the heaviest bell it saw taken for the set, ``bell_by_hand`` the one the patient told.
    ``expired`` are the places of sensors whose calibration is over.
    ``whys`` say for rows of the plan why their dose is another one today, ``alone`` which exercises' next set is
    without feedback; ``unaided`` is the present set where it is one. ``recognition`` is the one line of the summary,
    ``nudge`` what the agenda reminds of, with the ``nudge_questions`` it leads to, ``message`` what the clinic says
    there until it was read. ``walked_s`` is when the last step of a walk by the clock was seen, None where no sensor
    looks. ``pointed`` is what the patient points at with the buttons, empty for the main action.
    ``change`` is what the patient has chosen to change today. ``edits`` are the repetitions of the last set whose
    count was put right, once for every time, ``unseen_reps`` those told beside them and not written down yet.
    While there are ``locks`` the screen is the locked one. ``guard`` is what the rule table looks at. ``testing`` are
    the outcome tests of this visit, ``logbook`` what was and is being told of today away from the station.
    """

    now_s: float = 0.0
    active_s: float = 0.0
    screen: Screen = Screen.NO_PLAN
    plan: Prescription | None = None
    routine: Routine = field(default_factory=Routine)
    waiting_plan: Prescription | None = None
    waiting_due: Due | None = None
    due: Due | None = None
    wall_offset_s: float = 0.0
    session_id: str = ""
    session_start_s: float = 0.0
    line: int = 0
    set_of_exercise: int = 1
    set_number: int = 0
    set_start_s: float = 0.0
    set_end_s: float = 0.0
    reps: tuple[JudgedRep, ...] = ()
    cues: CueMemory = field(default_factory=CueMemory)
    manner: Manner = Manner.COUNTED
    doubts: tuple[str, ...] = ()
    by_hand: int | None = None
    rest_ends_s: float | None = None
    effort: int | None = None
    symptom_reserve: int | None = None
    pain_change: int | None = None
    done: tuple[SetResult, ...] = ()
    usable: Mapping[str, bool] = field(default_factory=dict)
    misworn: tuple[Finding, ...] = ()
    bells: Bells | None = None
    bell_kg: float | None = None
    bell_by_hand: float | None = None
    asking: Asking = field(default_factory=Asking)
    after_asking: Screen = Screen.AGENDA
    asks_at_end: bool = False
    told: tuple[SymptomsTold, ...] = ()
    trials: bool = False
    tried: frozenset[str] = frozenset()
    trial_reps: int = 0
    trial_again: bool = False
    warm_up_reps: int = 0
    expired: tuple[str, ...] = ()
    change: str | None = None
    edits: tuple[int, ...] = ()
    unseen_reps: int = 0
    locks: tuple[Locked, ...] = ()
    guard: Guard = field(default_factory=Guard)
    whys: Mapping[str, str] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()
    unaided: bool = False
    recognition: str = ""
    nudge: Nudge | None = None
    nudge_questions: tuple[Question, ...] = ()
    pointed: str = ""
    walked_s: float | None = None
    message: ClinicMessage | None = None
    testing: Testing = field(default_factory=Testing)
    logbook: Logbook = field(default_factory=Logbook)

    @property
    def planned(self) -> PlannedExercise:
        """The line of the routine that is due; IndexError when it is at its end or there is none."""
        return self.routine.lines[self.line]

    @property
    def exercise(self) -> Exercise:
        """The exercise that is due."""
        return exercise(self.planned.exercise)

    @property
    def tempo(self) -> Tempo:
        """The tempo asked for; the hold of a row is its pause at the far end, where the tempo itself has none."""
        tempo, hold_s = self.planned.tempo, self.planned.hold_s
        if hold_s is None or (tempo.hold_s, tempo.bottom_s, tempo.top_s) != (None, None, None):
            return tempo
        return replace(tempo, hold_s=hold_s).placed(starts_concentric=self.exercise.starts_with is Phase.CONCENTRIC)

    @property
    def uses_sensor(self) -> bool:
        """True when a sensor of this rig counts what is due; one that the rig lacks is not waited for."""
        return manner_of(self.exercise, self.planned, self.usable) is Manner.COUNTED

    @property
    def may_begin(self) -> bool:
        """True when nothing that is there has to be waited for."""
        return self.sensor_usable or not self.uses_sensor

    @property
    def reps_target(self) -> int | None:
        """How many repetitions end the set; None where the patient does. One hold ends with it."""
        if self.planned.reps is not None or self.planned.hold_s is None:
            return self.planned.reps
        return 1

    @property
    def sets_today(self) -> int:
        """Sets of the line that is due, without those that were taken off it today."""
        off = sum(one.shortened and one.place == place_of(self.planned) for one in self.done)
        return self.planned.sets - off

    @property
    def sensor_usable(self) -> bool:
        """True when the sensor that the exercise needs can be believed."""
        return self.usable.get(self.exercise.place, False) and self.mixup is None

    @property
    def mixup(self) -> Finding | None:
        """How the sensor that the exercise needs is worn wrongly; None where nothing is known of that."""
        return next((finding for finding in self.misworn if self.exercise.place in finding.sensors), None)

    @property
    def bell_band(self) -> tuple[float, float] | None:
        """The plan's load (low, high) in kg where a bell is to be that load, otherwise None.

        While the rule table holds, the next set is not heavier than the last one was.
        """
        band = None if self.finished or self.exercise.driver == "force" else self.planned.load_kg
        if band is None or self.plan is None:
            return band
        most_kg = self.guard.most_kg(self.planned.exercise, self.plan.limits)
        return band if most_kg is None else (min(band[0], most_kg), min(band[1], most_kg))

    @property
    def bells_wanted(self) -> tuple[float, ...]:
        """The bells of the rig that are what the plan asks for, lightest first."""
        low, high = self.bell_band or (1.0, 0.0)
        return tuple(kg for kg in (self.bells.rig if self.bells else ()) if low <= kg <= high)

    @property
    def open(self) -> bool:
        """True while a session has begun and has not ended."""
        if self.screen is Screen.TOLD:
            return self.guard.telling is not None and not self.guard.telling.over
        asked = self.screen is Screen.ASKING and self.after_asking not in (Screen.SUMMARY, Screen.AGENDA)
        return self.screen in OPEN or asked

    @property
    def uncoached(self) -> bool:
        """True when the calibration of the exercise's sensor is over: it is counted, and nothing is judged by it."""
        return self.exercise.place in self.expired

    @property
    def may_start(self) -> bool:
        """Whether a session may be opened now: there is something to do, it is due, and nothing is locked."""
        return bool(self.routine.lines) and not self.locks and (self.due is None or self.due.now)

    def asked(self, questions: tuple[Question, ...], then: Screen) -> SessionState:
        """Return the state with questions on the screen, and afterwards ``then``; at once where there are none."""
        if not questions:
            return replace(self, screen=then, asking=Asking())
        return replace(self, screen=Screen.ASKING, asking=Asking(questions), after_asking=then)

    @property
    def finished(self) -> bool:
        """True when nothing of the routine is left to do."""
        return self.line >= len(self.routine.lines)

    @property
    def sets_left(self) -> tuple[PlannedExercise, ...]:
        """The line of the routine for each set that is still to be done, in order."""
        if self.finished:
            return ()
        return tuple(self.routine.lines[line] for line, _ in places_left(self.routine, self.done))

    @property
    def sets_done(self) -> int:
        """Sets of the session that were not skipped."""
        return sum(not result.skipped and not result.cut for result in self.done)

    @property
    def sets_planned(self) -> int:
        """Sets of the whole session: those done or skipped, under whatever plan, and those left."""
        return sum(not result.cut for result in self.done) + len(self.sets_left)

    @property
    def reps_planned(self) -> int:
        """Repetitions of the whole session: those asked for in the sets done, and those of the sets left."""
        done = (result.reps_planned for result in self.done if not result.cut)
        asked = (*done, *(line.reps for line in self.sets_left))
        return sum(reps or 0 for reps in asked)


LISTENED_TO = (Screen.SET, Screen.LOST, Screen.UNCOUNTED, Screen.TIMED)
"""The screens of a set that is still being done."""
OPEN_SET = (*LISTENED_TO, Screen.BY_HAND, Screen.STOPPED)
"""The screens of a set that has begun and is not written down yet."""
TESTS = (
    Screen.TEST_OFFER,
    Screen.TESTING,
    Screen.TEST_HANDS,
    Screen.TEST_ENTRY,
    Screen.TEST_STOPPED,
    Screen.TEST_RESULT,
    Screen.TEST_RATING,
)
"""The screens of the outcome tests before the first set."""
OPEN = (
    Screen.RESUME,
    *TESTS,
    Screen.READY,
    Screen.BAND_CHECK,
    Screen.CHANGE,
    Screen.TRIAL,
    Screen.REST,
    Screen.FIX,
    *OPEN_SET,
)
"""The screens of a session that has begun and has not ended."""


def places_left(routine: Routine, done: Sequence[SetResult]) -> Iterator[tuple[int, int]]:
    """Yield (line, set of the exercise) for each set of the routine that is still to be done, in order.

    Found by row, exercise and side rather than by line number, so that a plan changed on the way neither skips nor
    repeats one. A set that was cut off is still to be done.
    """
    left = Counter(result.place for result in done if not result.cut and not result.shortened)
    off = Counter(result.place for result in done if result.shortened)
    for line, planned in enumerate(routine.lines):
        place = place_of(planned)
        sets = max(planned.sets - off[place], 0)
        off[place] -= planned.sets - sets
        taken = min(left[place], sets)
        left[place] -= taken
        for number in range(taken + 1, sets + 1):
            yield line, number


def place_of(planned: PlannedExercise) -> tuple[str, str, Side | None]:
    """Return what tells a line of the routine from every other one, whatever is done in its place today."""
    exercise_of_plan = planned.instead_of or planned.exercise
    return planned.row or exercise_of_plan, exercise_of_plan, planned.side
