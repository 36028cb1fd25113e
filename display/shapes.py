"""The shapes of the Views, one for every screen: frozen, without behaviour. Drawing knows these and the theme.

Everything that can be touched is a :class:`Button`, so a virtual patient presses what it sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from display.parts import Button, CueView, Header, SensorLine, Tone
from edge.figure import Figure
from edge.model import Phase


@dataclass(frozen=True, slots=True)
class LockedView:
    """Training is locked: what to do, whom to call. There is nothing to press: the clinic alone ends it."""

    header: Header
    title: tuple[str, ...]
    lines: tuple[str, ...]
    kept: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class NoPlanView:
    """Nothing can be done here but call: no plan is here, or the station cannot begin; without ``call`` but wait."""

    header: Header
    title: str
    call: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class NudgeView:
    """A reminder or an offer in one sentence, with its one button."""

    sentence: str
    button: Button


@dataclass(frozen=True, slots=True)
class MessageView:
    """What the clinic says, with the one button that says it was read; it takes the place of ``slots`` lines."""

    heading: str
    text: str
    slots: int
    button: Button


@dataclass(frozen=True, slots=True)
class AgendaView:
    """What today, how long, one START. ``more`` says how many lines did not fit.

    ``lines`` are (exercise, today's dose, the range of the plan), the last empty where the plan names one number.
    ``nudge`` takes the place of the last line, ``message`` that of the last few.
    """

    header: Header
    title: str
    length: str
    lines: tuple[tuple[str, str, str], ...]
    more: str
    help: tuple[str, ...]
    buttons: tuple[Button, ...]
    nudge: NudgeView | None = None
    message: MessageView | None = None


@dataclass(frozen=True, slots=True)
class AskingView:
    """One question; its answers are the buttons whose id begins with "answer".

    ``topic`` names what is asked about. ``ends`` say what the lowest and the highest score mean. ``said`` repeats the
    choice in words; at first nothing is chosen.
    """

    header: Header
    topic: str
    question: str
    ends: tuple[str, ...]
    said: str
    buttons: tuple[Button, ...]

    @property
    def asks(self) -> str:
        """What is asked now: a finger that is still on its way to the last answer must not give the next."""
        return self.topic + self.question


@dataclass(frozen=True, slots=True)
class ToldView:
    """A sentence of the rule table, to be read before anything goes on; ``help`` is whom to call, often empty."""

    header: Header
    lines: tuple[str, ...]
    help: str
    buttons: tuple[Button, ...]

    @property
    def asks(self) -> str:
        """What is said now, where one sentence follows another."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class BandCheckView:
    """What to look at before a band is pulled, and what was seen."""

    header: Header
    points: tuple[str, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure at one position, which moves from frame to frame, or still at two, with an arrow between them."""

    figure: Figure
    positions: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ReadyView:
    """One instruction, one drawing (a repetition at its pace), the sensors; the main button waits by name.

    While it waits, the exercise can be left out. ``why`` is one short sentence about the dose.
    ``figure`` is None where an exercise has no drawing.
    """

    header: Header
    instruction: tuple[str, ...]
    dose: str
    pace: tuple[tuple[str, Tone], ...]
    figure: FigureView | None
    sensors: tuple[SensorLine, ...]
    buttons: tuple[Button, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class TrialView:
    """Trial repetitions: how many were shown, of how many, that they do not count, and the cue."""

    header: Header
    sensor: SensorLine
    title: str
    lines: tuple[str, ...]
    cue: CueView | None
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class ResumeView:
    """A session was cut off: what is kept, what would come next, and two ways on."""

    header: Header
    title: str
    lines: tuple[str, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What may be changed for today; the choices are the buttons whose action is CHOOSE."""

    header: Header
    buttons: tuple[Button, ...]


class Segment(StrEnum):
    """One repetition in the bar: counted and inside tolerance, counted but outside, or to come."""

    FILLED = "filled"
    HOLLOW = "hollow"
    TO_COME = "to_come"


@dataclass(frozen=True, slots=True)
class PhaseView:
    """The phase in a word; ``seconds`` is the second the patient is in, None at one's own speed."""

    word: str
    tone: Tone
    seconds: int | None = None


class LoadState(StrEnum):
    """A load held against its band."""

    UNKNOWN = "unknown"
    UNDER = "under"
    INSIDE = "inside"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class LoadView:
    """The load column: shares are of its height, labels belong to the top and the bottom of the band."""

    number: str
    unit: str
    fill: float
    state: LoadState
    band: tuple[float, float] | None
    labels: tuple[str, str] | None


PAST_S = 1.9
AHEAD_S = 4.1
"""What the road shows: 6 s, a third of it behind the line (design guide, exercise-screen.png)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of road. A part that is not ``judged`` is drawn dotted; ``slack_s`` is what it may be off."""

    phase: Phase
    tone: Tone
    start_s: float
    end_s: float
    from_height: float
    to_height: float
    judged: bool
    slack_s: float


@dataclass(frozen=True, slots=True)
class Road:
    """The pieces from left to right without a gap, the trace up to now, and the dot (None: position unknown)."""

    pieces: tuple[Piece, ...]
    trace: tuple[tuple[float, float], ...] = ()
    dot_height: float | None = None


@dataclass(frozen=True, slots=True)
class SetView:
    """The set screen (design guide, section 3): count, phase, road, load, cue and STOP; nothing else.

    ``doubt`` stands beside a count that may be wrong, empty where it is certain.
    """

    header: Header
    sensors: SensorLine
    count: str
    of_reps: str
    segments: tuple[Segment, ...]
    phase: PhaseView
    road: Road
    load: LoadView | None
    cue: CueView | None
    buttons: tuple[Button, ...]
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class LostView:
    """Counting is paused because the sensor was lost: what is kept, what to do, and three ways on."""

    header: Header
    sensor: SensorLine | None
    title: str
    lines: tuple[str, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class UncountedView:
    """The patient does the set, or the rest of it, and nothing counts; ``sensor`` is the one that was lost."""

    header: Header
    sensor: SensorLine | None
    title: str
    lines: tuple[str, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class TimedView:
    """A set by the clock: the ``time`` that is left in a ``unit``, and one sentence.

    ``seen`` says whether a sensor sees somebody walk, empty where none looks.
    """

    header: Header
    title: str
    time: str
    unit: str
    line: str
    buttons: tuple[Button, ...]
    seen: str = ""


@dataclass(frozen=True, slots=True)
class ByHandView:
    """How many repetitions nobody counted; ``number`` is a dash until the patient says one."""

    header: Header
    question: str
    kept: str
    number: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """One number from the patient, in steps: the first buttons change it, the last two are stop and the main one."""

    header: Header
    question: str
    number: str
    unit: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class TestOfferView:
    """How an outcome test is done: a sentence a line, with the figure of its movement."""

    __test__ = False  # not one of pytest's

    header: Header
    lines: tuple[str, ...]
    figure: FigureView | None
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """A result beside the first one, as shares of a line: from ``low`` to ``high`` lies what chance alone may do.

    ``labels`` name the first and the last.
    """

    low: float
    high: float
    first: float
    last: float
    labels: tuple[str, str]


@dataclass(frozen=True, slots=True)
class ResultView:
    """What came of an outcome test; ``number`` is empty where nothing did."""

    header: Header
    number: str
    unit: str
    lines: tuple[str, ...]
    scale: Scale | None
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class StoppedView:
    """The set has ended early; one question."""

    header: Header
    question: str
    kept: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class RestView:
    """The rest: time left, two questions that may stay open, the last set's result."""

    header: Header
    time: str
    unit: str
    effort_question: str
    pain_question: str
    result: tuple[str, ...]
    buttons: tuple[Button, ...]

    @property
    def asks(self) -> str:
        """What is asked now, where one question follows another in the same place."""
        return self.effort_question


@dataclass(frozen=True, slots=True)
class SummaryView:
    """The session in three numbers, each with its words, and at most one line of recognition."""

    header: Header
    title: str
    numbers: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
    buttons: tuple[Button, ...]
    recognition: str = ""


@dataclass(frozen=True, slots=True)
class CalibrateView:
    """One step of a calibration: what to do, what the sensor reads now, and how the step went.

    ``lines`` are the hint, or why the step did not pass and what to do about it (then ``refused``). ``share`` is how
    much of a look is over, None while nobody looks. ``kg`` is the weight being told, with buttons beside it; empty
    where none is asked for.
    """

    header: Header
    instruction: tuple[str, ...]
    reading: str
    unit: str
    lines: tuple[str, ...]
    refused: bool
    share: float | None
    kg: str
    buttons: tuple[Button, ...]


View = (
    LockedView
    | NoPlanView
    | AgendaView
    | AskingView
    | ToldView
    | BandCheckView
    | ReadyView
    | SetView
    | TrialView
    | LostView
    | UncountedView
    | TimedView
    | ResumeView
    | ChangeView
    | ByHandView
    | StoppedView
    | RestView
    | SummaryView
    | EntryView
    | TestOfferView
    | ResultView
    | CalibrateView
)
