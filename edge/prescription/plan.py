"""A prescription: rows bound to a patient and a station, for a time, within the limits a clinician set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from edge.library import Kit, exercise
from edge.prescription.limits import Limits, Threshold, thresholds
from edge.prescription.row import Row, Span


class CoachMode(StrEnum):
    """What the coach may do with this patient's plan."""

    OFF = "off"
    SHADOW = "shadow"
    """It decides, shows nothing and changes nothing."""
    PROPOSE = "propose"
    APPLY = "apply"
    """It changes the dose within the limits."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some weeks of a programme that belong together, and what has to be true before the next block begins.

    ``session_min`` is how long a session takes, in minutes. A week is over when ``done_share`` of its sessions were
    done; the block is left when moreover the last ``settled_sessions`` were within tolerance, and so was what was
    answered the day after. ``rest_days`` are free days between two training days. ``ours`` names the fields that no
    source gives.
    """

    name: str
    weeks: Span
    title: str = ""
    sessions_per_day: int = 1
    days_per_week: int = 7
    session_min: Span | None = None
    rest_days: int = 0
    done_share: float = 0.7
    settled_sessions: int = 2
    source: str = ""
    ours: frozenset[str] = frozenset()

    @property
    def sessions_per_week(self) -> int:
        """How many sessions a week of this block asks for."""
        return self.sessions_per_day * self.days_per_week


WHOLE = Block("whole", Span(1, 1))
"""The one block of a plan that names none: every day, week after week the same."""

TESTS = ("chair_stand", "five_times", "walk_2min", "walk_10m", "function", "global_change")
"""The outcome measures that a station can ask for; "function" are the patient's own activities."""
MOST_OWN, LONGEST_OWN = 3, 34
"""Own activities of a patient, and the characters of each: one line of a title on the screen. Our limits."""

StoredDose = Mapping[str, bool | int | float | str | None]
"""A dose as the coach writes it (``edge.coach.dose``)."""
KitOwned = Mapping[Kit, tuple[float, ...]]
"""What the patient owns, with the weights in kg there are of it; none where weight is no matter or not known."""


@dataclass(frozen=True, slots=True)
class Prescription:
    """A signed plan: whose, on which station, which version, and what to do. Only newer versions are taken.

    ``programme`` is the template it was begun from, with version ``began``: sessions of that version and later ones
    are its past. Both dates are inside its time, None where it has no such end. ``floor`` are the gentle rows that
    remain when the plan has run out. ``activities`` may be done outside and logged by hand. ``own_activities`` are up
    to three that the patient named, in words without people or places; ``tests`` are the outcome measures to ask for,
    None where the content's own choice stands. ``kit`` is None where nobody said what is owned: then no row is left
    out for it. ``doses`` say for rows where the coach goes on from
    under this version; a row that is not in it begins at the low end of its ranges. Ids of content are language-free
    everywhere.
    """

    version: int
    patient_id: str
    station_id: str
    first_name: str
    issued_at: str
    rows: tuple[Row, ...]
    programme: str = ""
    began: int = 1
    valid_from: date | None = None
    valid_until: date | None = None
    blocks: tuple[Block, ...] = (WHOLE,)
    floor: tuple[Row, ...] = ()
    activities: tuple[str, ...] = ()
    own_activities: tuple[str, ...] = ()
    tests: tuple[str, ...] | None = None
    kit: KitOwned | None = None
    limits: Limits = field(default_factory=Limits)
    coach: CoachMode = CoachMode.OFF
    over_pusher: bool = False
    doses: Mapping[str, StoredDose] = field(default_factory=dict)

    @property
    def weeks(self) -> int:
        """How many weeks it has; the last one is repeated until a clinician changes the plan."""
        return self.blocks[-1].weeks.high

    def block_of(self, week: int) -> Block:
        """Return the block of a week; the last one for every week after it."""
        return next((block for block in self.blocks if week <= block.weeks.high), self.blocks[-1])

    def row(self, name: str) -> Row | None:
        """Return the row of that name, None where it has none."""
        return next((row for row in self.rows if row.name == name), None)

    def ceiling_kg(self, row: Row) -> float:
        """Return the heaviest load a row may ever come to: its own ceiling, or the plan's for its kit."""
        return ceiling_kg(row, self.limits)

    def effort_cap(self, row: Row, key: str = "", *, first_week: bool = False) -> float:
        """Return the highest effort a row may ask of an exercise, its own where none is named.

        The lowest of the plan's, the row's and the exercise's caps, in the first week of its cap too, and less for
        somebody who pushes too hard.
        """
        early = self.limits["rpe_cap_first_week"] if first_week else None
        caps = (self.limits["rpe_cap"], early, row.rpe_cap, exercise(key or row.exercise).rpe_cap)
        cap = min(one for one in caps if one is not None)
        return cap - self.limits["over_pusher_cap"] if self.over_pusher else cap


def ceiling_of(key: str) -> Threshold:
    """Return the threshold that holds the loads of an exercise: by the first of its kit in the library.

    >>> [ceiling_of(key).key for key in ("band_row", "romanian_deadlift", "leg_press")]
    ['ceiling_kg', 'ceiling_barbell_kg', 'ceiling_machine_kg']
    """
    usual = exercise(key).kits[0]
    kind = next((f"_{kit}" for kit in (Kit.MACHINE, Kit.BARBELL) if kit in usual), "")
    return thresholds()[f"ceiling{kind}_kg"]


def ceiling_kg(row: Row, limits: Limits) -> float:
    """Return the heaviest load a row may ever come to: its own ceiling, or that of its exercise's kit."""
    return limits[ceiling_of(row.exercise).key] if row.ceiling_kg is None else row.ceiling_kg
