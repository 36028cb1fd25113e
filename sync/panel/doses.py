"""The doses in force at a station, as far as the clinic knows, and how they go on under the next version of a plan.

A new version wins over all that was decided under the last one. So that a changed limit, or another day, takes
no easing back unseen, every row whose dose the clinician left as it was goes on from where it stood.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec
from sqlalchemy import Connection

from edge.coach.dose import Dose, current, first_dose
from edge.coach.dosed import ACTS
from edge.coach.terms import starts_of
from edge.prescription.amend import unlike
from edge.prescription.plan import Prescription
from edge.prescription.row import Row
from edge.records import Decided
from sync.panel import queries

OF_DOSE = {"exercise", "sets", "reps", "tempo", "hold_s", "duration_min", "load_kg", "load_drop_pct", "per_side"}
"""Fields of a row that its dose begins with. Whoever changes one of them has said where the row begins."""

_decoder = msgspec.json.Decoder(Decided)


def decision(body: str) -> Decided:
    """Return a stored decision."""
    return _decoder.decode(body)


def read(db: Connection, station_id: str) -> list[Decided]:
    """Return every decision of a station, the oldest first."""
    found = [decision(one.body) for one in queries.decisions(db, station_id)]
    return sorted(found, key=lambda one: (one.at, one.number))


def in_force(plan: Prescription, decided: Iterable[Decided], name: str = "") -> dict[str, Dose]:
    """Return the doses that rows have come to under a plan, on wish of one row alone."""
    decided, starts = tuple(decided), starts_of(plan)
    return {
        row.name: current(row, decided, plan.version, plan.limits, start=starts.get(row.name))
        for row in plan.rows
        if name in ("", row.name)
    }


def same_dose(one: Row | None, other: Row) -> bool:
    """Tell whether two rows ask for the same dose, whenever and in whatever order it is done."""
    return one is not None and not {*unlike(one, other)} & OF_DOSE


def carried(db: Connection, old: Prescription, new: Prescription) -> Prescription:
    """Return a new plan whose rows go on from the doses in force, but for those that are another now.

    What the new plan says itself of a row's dose stays. Where the coach changes nothing, nothing goes on.
    """
    if new.coach not in ACTS:
        return replace(new, doses={})
    said = new.doses if new.doses != old.doses else {}
    here = in_force(old, read(db, old.station_id)) if old.coach in ACTS else {}
    kept = {
        row.name: here[row.name].written()
        for row in new.rows
        if same_dose(old.row(row.name), row) and row.name in here and here[row.name] != first_dose(row)
    }
    return replace(new, doses=kept | dict(said))


def moved_on(plan: Prescription, decided: Iterable[Decided]) -> dict[str, Dose]:
    """Return the doses of the rows that the coach has brought away from where the plan's rows begin."""
    if plan.coach not in ACTS:
        return {}
    here = in_force(plan, decided)
    return {row.name: here[row.name] for row in plan.rows if here[row.name] != first_dose(row)}
