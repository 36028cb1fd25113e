"""What lies before a clinician who changes a plan: the plan in force, and their own draft of the next version."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, g, request

from edge.prescription.plan import Prescription
from edge.programme import PlanError
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection, writing
from sync.panel.plan_changes import changes
from sync.panel.plans import PresentPlan, present_plan, sentence, version_of
from sync.panel.queries import Found
from sync.store.drafts import Draft, drop_draft, keep_draft, read_draft


@dataclass(frozen=True, slots=True)
class Desk:
    """A patient's overview row, the plan as it is in force, and the draft of the clinician who is logged in."""

    row: Found
    present: PresentPlan | None
    draft: Draft | None

    @property
    def newest(self) -> int:
        """The number of the newest version, 0 where there is none."""
        return self.present.newest.number if self.present else 0

    @property
    def base(self) -> int:
        """The version that is being changed. A form carries it, so that it cannot be taken for another one's."""
        return self.draft.base_version if self.draft else self.newest

    @property
    def in_force(self) -> Prescription | None:
        """The newest plan, where it can be read."""
        return self.present.plan if self.present else None

    @property
    def overtaken(self) -> bool:
        """True where somebody wrote a plan after the draft was begun."""
        return self.base != self.newest

    def plan(self) -> Prescription:
        """Return the plan as it would be signed now; answer 404 where there is nothing to change."""
        return (self.draft.plan if self.draft else self.in_force) or abort(404)

    def last(self) -> Prescription | None:
        """Return the newest plan that can be read, which is older than the one in force where that cannot."""
        if self.present is None or self.present.plan is not None or self.present.readable is None:
            return self.in_force
        return version_of(connection(), self.row, self.present.readable)

    def same_form(self) -> bool:
        """Tell whether the form that was sent was opened on what is being changed now."""
        return request.form.get("base_version") == str(self.base)

    def keep(self, plan: Prescription, *, anew: bool | None = None, reason: str | None = None) -> str:
        """Keep a plan as the draft and return "", or why no station would take it.

        One in which nothing is different from the plan in force is no draft.
        """
        begins = (self.draft is not None and self.draft.anew) if anew is None else anew
        base = self.newest if anew else self.base
        typed = reason if reason is not None else self.draft.reason if self.draft else ""
        try:
            with writing() as db:
                if not begins and not self.overtaken and self.in_force and not changes(self.in_force, plan):
                    drop_draft(db, g.clinician.id, self.row.id)
                else:
                    keep_draft(db, g.clinician.id, self.row.id, Draft(plan, base, begins, config().now(), typed))
        except PlanError as exc:
            return sentence(str(exc).removeprefix("prescription refused: "))
        return ""


def desk(patient_id: str) -> Desk:
    """Return what there is to change of a patient's plan; answer 404 for nobody, and without a station."""
    row = queries.one_patient(connection(), patient_id) or abort(404)
    if row.station_id is None:
        abort(404)
    draft = read_draft(connection(), g.clinician.id, row.id, row.station_id)
    return Desk(row, present_plan(connection(), row), draft)
