"""What an exercise is, as content describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.figure import Figure
from edge.model import Phase

STANDING, SEATED = "standing", "seated"


class Kit(StrEnum):
    """What a patient may own. A wall, a table and the floor are in every home and are not kit."""

    BAND = "band"
    KETTLEBELL = "kettlebell"
    DUMBBELL = "dumbbell"
    STEP = "step"
    MAT = "mat"
    BENCH = "bench"
    CHAIR = "chair"
    BOX = "box"
    BELT = "belt"
    BARBELL = "barbell"
    MACHINE = "machine"


class Measured(StrEnum):
    """How a set is measured at best."""

    COUNTED = "counted"
    """Repetitions, by a sensor; by hand where there is none."""
    HELD = "held"
    """Holds, by a sensor or by the clock."""
    TIMED = "timed"
    """Minutes, by the clock."""
    BY_HAND = "by_hand"
    """What the patient says; nothing is sensed."""


class Sides(StrEnum):
    """Whether there is a left and a right."""

    BOTH = "both"
    """Both sides work together."""
    EACH = "each"
    """One side after the other."""
    NONE = "none"
    """There are no sides to speak of."""


class Family(StrEnum):
    """How much the lower back takes part; far from it a set may come near to failure."""

    NEAR_BACK = "near_back"
    FAR_FROM_BACK = "far_from_back"


class Hook(StrEnum):
    """At which height a band is clipped in."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


class Purpose(StrEnum):
    """What an exercise is for."""

    MODIFICATION = "modification"
    """To ease symptoms; no necessary part of recovery."""
    TRAINING = "training"
    TASK = "task"
    """Practice of work or daily life."""
    ACTIVITY = "activity"
    """Something to do outside or for minutes; logged, not judged."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise as content describes it; ``words`` maps each phase to what the screen says.

    ``driver``, ``place`` and ``movement`` are empty where no sensor of the rigs can tell its repetitions.
    """

    key: str
    name: str
    driver: str
    place: str
    movement: str
    starts_with: Phase
    words: Mapping[Phase, str]
    setup: str
    posture: str = STANDING
    """How the patient waits for the first repetition: a motion sensor's pose was calibrated standing."""
    measured: Measured = Measured.COUNTED
    kits: tuple[frozenset[Kit], ...] = (frozenset(),)
    """Any one of these sets of kit is enough; the first is the usual one. An empty set needs nothing."""
    side: Sides = Sides.BOTH
    purpose: Purpose = Purpose.TRAINING
    family: Family = Family.NEAR_BACK
    instructions: str = ""
    easier: tuple[str, ...] = ()
    """Regressions, the first one first."""
    harder: tuple[str, ...] = ()
    """Progressions: every exercise that names this one as easier."""
    choices: tuple[str, ...] = ()
    """The exercises of a group of free choice; empty for an exercise."""
    hook: Hook | None = None
    """Where its band is clipped in; None without a band."""
    rpe_cap: int | None = None
    """Highest effort the sources allow; None where they name none and the clinician's limits alone rule."""
    figure: Figure | None = None
    """How it is drawn; every shipped exercise has one."""
    source: str = ""
    ours: bool = False
    """True where no source names the exercise."""

    @property
    def phases(self) -> tuple[Phase, Phase, Phase]:
        """The phases inside one repetition, in order: the way out, the hold, the way back."""
        if self.starts_with is Phase.CONCENTRIC:
            return Phase.CONCENTRIC, Phase.TOP, Phase.ECCENTRIC
        return Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC

    @property
    def rest_phase(self) -> Phase:
        """The pause in the start posture, between repetitions."""
        return Phase.BOTTOM if self.starts_with is Phase.CONCENTRIC else Phase.TOP

    @property
    def sensed(self) -> bool:
        """True where a sensor can tell its repetitions, holds or steps."""
        return bool(self.driver)

    @property
    def per_side(self) -> bool:
        """True where a set is done on one side and then on the other."""
        return self.side is Sides.EACH

    @property
    def sentences(self) -> tuple[str, ...]:
        """The setup and the instructions, sentence by sentence."""
        return (*sentences_of(self.setup), *sentences_of(self.instructions))

    def possible_with(self, owned: frozenset[Kit]) -> bool:
        """Tell whether the kit owned is enough for it."""
        return any(needed <= owned for needed in self.kits)


def sentences_of(text: str) -> tuple[str, ...]:
    """Return the sentences of a text."""
    ended = text.replace("? ", "?|").replace("! ", "!|").replace(". ", ".|")
    return tuple(ended.split("|")) if text else ()
