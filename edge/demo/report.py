"""What the demo found: each number counted at its own place, and held against the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from edge.model import StopReason
from edge.records import Record, RepCounted, SessionEnded, SetDone, key


@dataclass(frozen=True, slots=True)
class Report:
    """``reps_performed`` by the body, ``reps_counted`` in the station's journal, ``reps_on_panel`` on its pages.

    ``reps_shown`` are trial repetitions, which are performed and belong to no set.

    ``lost`` are records of the journal that the clinic's database does not hold, and repetitions of it that no
    page shows; ``duplicated`` are repetitions that the pages show more than once. ``attended``: there was a window,
    so that a person decided what was done, and may have stopped in the middle of a repetition.
    """

    reps_performed: int
    reps_shown: int
    reps_counted: int
    reps_on_panel: int
    sets: int
    sessions: int
    sessions_wanted: int
    plan_version_sent: int
    plan_version_in_use: int
    plan_version_receipt: int
    transport: str
    lost: int
    duplicated: int
    attended: bool
    interrupted: bool
    simulated_s: float
    took_s: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "problems": self.problems()}

    def as_text(self) -> str:
        """Return the report for a person."""
        return (
            f"{self.reps_performed} repetitions performed, {self.reps_shown} of them on trial, "
            f"{self.reps_counted} counted, "
            f"{self.reps_on_panel} on the panel's pages; {self.sets} sets in {self.sessions} finished sessions.\n"
            f"Plan version {self.plan_version_sent} sent, {self.plan_version_in_use} in use. "
            f"{self.lost} records lost, {self.duplicated} shown twice. Transport: {self.transport}. "
            f"{self.simulated_s:.0f} s of training in {self.took_s:.0f} s."
        )

    def problems(self) -> list[str]:
        """Return one sentence for each number that does not agree; empty when all is well."""
        if self.interrupted:
            return [f"{self.sessions} of {self.sessions_wanted} sessions were over when the demo stopped or gave up"]
        whole = (
            (
                self.reps_on_panel == self.reps_counted,
                f"{self.reps_counted} repetitions counted but {self.reps_on_panel} on the panel",
            ),
            (self.lost == 0, f"{self.lost} records lost on the way to the panel"),
            (self.duplicated == 0, f"{self.duplicated} repetitions shown twice"),
        )
        script = (
            (
                self.reps_counted + self.reps_shown == self.reps_performed,
                f"{self.reps_performed} repetitions performed, {self.reps_shown} on trial, "
                f"but {self.reps_counted} counted",
            ),
            (self.reps_performed > 0, "no repetition was performed"),
            (
                self.sessions == self.sessions_wanted,
                f"{self.sessions} of {self.sessions_wanted} sessions reached their end",
            ),
            (self.plan_version_sent > 1, "the clinician's change of the plan was not written"),
            (
                self.plan_version_in_use == self.plan_version_sent,
                f"plan version {self.plan_version_sent} sent but {self.plan_version_in_use} in use",
            ),
            (
                self.plan_version_receipt == self.plan_version_in_use,
                f"plan version {self.plan_version_in_use} in use but the panel shows {self.plan_version_receipt}",
            ),
        )
        checks = whole if self.attended else (*whole, *script)
        return [sentence for holds, sentence in checks if not holds]


@dataclass(frozen=True, slots=True)
class Journaled:
    """What the station's journal holds."""

    keys: frozenset[str]
    reps: frozenset[str]
    warm_ups: int
    sets: int
    sessions: int


def journaled(records: Iterable[Record]) -> Journaled:
    """Count a journal's records; a repetition is named as the panel's pages name it."""
    held = list(records)
    return Journaled(
        keys=frozenset(key(record) for record in held),
        reps=frozenset(f"{r.session_id}/{r.set_number}/{r.number}" for r in held if isinstance(r, RepCounted)),
        warm_ups=sum(record.warm_up_reps for record in held if isinstance(record, SetDone)),
        sets=sum(isinstance(record, SetDone) for record in held),
        sessions=sum(isinstance(r, SessionEnded) and r.stop_reason is StopReason.TARGET for r in held),
    )
