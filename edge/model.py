"""The vocabulary everyone shares: phases, repetitions, sets, plans. Immutable, no behaviour beyond arithmetic.

Times named ``*_s`` are seconds on the station's monotonic clock unless a docstring says otherwise. Forces are
newtons (``_n``) inside the station; people prescribe and read kilograms (``_kg``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from edge.prescription.row import Role, Side, Span
from edge.tempo import Tempo


class Phase(StrEnum):
    """The four parts of a repetition, in the order of the tempo digits.

    BOTTOM is the pause after the eccentric part, TOP the pause after the concentric part, whatever the
    direction in space: in a band row the handle is at the chest in TOP.
    """

    ECCENTRIC = "eccentric"
    BOTTOM = "bottom"
    CONCENTRIC = "concentric"
    TOP = "top"


class Activity(StrEnum):
    """What the counter sees right now."""

    WAITING = "waiting"
    """Not armed: nothing counts."""
    ARMING = "arming"
    """Looking for the still start posture."""
    RESTING = "resting"
    """Armed, in the start posture, between repetitions."""
    MOVING = "moving"
    HOLDING = "holding"
    """Still, away from the start posture."""
    BLIND = "blind"
    """The signal cannot be trusted; counting has stopped."""


class Origin(StrEnum):
    """Who says so. Every stored number carries one."""

    SENSED = "sensed"
    SELF_REPORTED = "self_reported"
    CLINICIAN_ENTERED = "clinician_entered"


class StopReason(StrEnum):
    """Why a set ended."""

    TARGET = "target"
    PAIN = "pain"
    TIRED = "tired"
    OTHER = "other"
    TECHNICAL = "technical"
    SAFETY = "safety"
    """The station ended it: too much force, a band that let go, a bell that fell."""
    SKIPPED = "skipped"
    """It was never begun, because what it needs was not there."""


class Verdict(StrEnum):
    """A finished repetition held against the plan. Every one of them was counted."""

    ON_TARGET = "on_target"
    TOO_FAST = "too_fast"
    TOO_SLOW = "too_slow"
    SHORT_HOLD = "short_hold"
    TOO_LIGHT = "too_light"
    TOO_HEAVY = "too_heavy"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """A phase from ``start_s`` to ``end_s``."""

    phase: Phase
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds, never negative."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Measures:
    """How a repetition was done, None where the sensors cannot tell. ``unit`` is the repetition's ``range_unit``.

    Speeds are in unit per second: the largest and the mean while moving, pauses left out. ``smoothness`` is the
    spectral arc length of the speed (0 is smoothest, below; see ``edge.signal.measures``). ``hold_sway`` is the
    standard deviation in unit while holding. Forces count from the tare; ``impulse_n_s`` is force over time.
    """

    peak_speed: float | None = None
    mean_speed: float | None = None
    smoothness: float | None = None
    hold_sway: float | None = None
    peak_force_n: float | None = None
    mean_force_n: float | None = None
    impulse_n_s: float | None = None


@dataclass(frozen=True, slots=True)
class Rep:
    """One finished repetition: it left the start posture and came back.

    ``spans`` run without a gap from ``start_s`` to ``end_s``: the way out, the hold (possibly of no length)
    and the way back. The pause that follows is the next repetition's ``pause_before_s``, None for the first.
    ``range_value`` is in ``range_unit`` ("deg" of rotation, "m" of height of a bar, "m/s2" of acceleration where
    neither can be had, "N" of force). ``confidence`` is from 0 to 1. ``edge_spread_s`` is what each boundary may be
    off (one standard deviation, from the start to the end, one more than there are spans); empty where nobody can
    say.
    """

    number: int
    start_s: float
    end_s: float
    spans: tuple[PhaseSpan, ...]
    range_value: float
    range_unit: str
    peak_force_n: float | None
    pause_before_s: float | None
    confidence: float
    edge_spread_s: tuple[float, ...] = ()
    measures: Measures = Measures()

    def __post_init__(self) -> None:
        """Refuse a repetition whose parts do not add up."""
        if not self.start_s < self.end_s:
            raise ValueError(f"repetition {self.number} ends at {self.end_s} s, not after its start {self.start_s} s")
        edges = [self.start_s, *(span.end_s for span in self.spans)]
        if any(span.start_s != edge for span, edge in zip(self.spans, edges, strict=False)):
            raise ValueError(f"repetition {self.number}: its phases leave a gap or overlap")
        if edges[-1] != self.end_s or any(b < a for a, b in pairwise(edges)):
            raise ValueError(f"repetition {self.number}: its phases do not run from start to end")

    def duration_of(self, phase: Phase) -> float | None:
        """Seconds spent in a phase, or None where this repetition has no such phase."""
        return next((span.duration_s for span in self.spans if span.phase is phase), None)


@dataclass(frozen=True, slots=True)
class PlannedExercise:
    """One line of a day's routine: a row of the plan with one dose, for one side where it has sides.

    ``row`` is the plan's row. ``reps`` is None where the line goes to an effort or by time; ``rpe`` has one entry per
    set, or none at all. ``hold_s`` is how long each repetition is held, or the one hold where ``reps`` is None.
    ``load_kg`` is the band (low, high) of the load, None where none is set; with a ``load_drop_pct`` it follows from
    the top set before.
    ``choices`` are the exercises the patient may do instead; ``instead_of`` is the plan's own, where one is done.
    ``range_share`` is how much of the full range to move. ``tempo`` has its pauses placed for this exercise.
    """

    order: int
    exercise: str
    sets: int
    reps: int | None
    tempo: Tempo
    load_kg: tuple[float, float] | None
    rest_s: float
    row: str = ""
    rpe: tuple[Span | None, ...] = ()
    hold_s: float | None = None
    duration_min: float | None = None
    side: Side | None = None
    role: Role = Role.MAIN
    load_drop_pct: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    note: str = ""
    instead_of: str = ""
    range_share: float = 1.0


@dataclass(frozen=True, slots=True)
class ClinicMessage:
    """A few words of the clinic's for the patient, by their number on this station."""

    number: int
    text: str
