"""What happened: the list of patients, one patient, one session. Nothing here writes."""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask, abort, g, render_template, request
from markupsafe import Markup

from edge.library import exercises
from edge.model import Phase
from sync.panel import (
    activities,
    aside,
    came_down,
    charts,
    leaning,
    locks,
    messages,
    outcomes,
    proposals,
    queries,
    store_notes,
)
from sync.panel.config import config
from sync.panel.db import connection
from sync.panel.measures import Column, columns
from sync.panel.plans import present_plan
from sync.panel.queries import Found, Rows
from sync.panel.triage import NEED, Group, sorted_out
from sync.panel.words import STANDARD_GRAVITY_M_S2, UNITS, exercise_name, load
from sync.store.drafts import has_draft

PHASES = {Phase.ECCENTRIC: "Lowering", Phase.BOTTOM: "Hold", Phase.CONCENTRIC: "Lifting"}
"""Words for an exercise this panel does not know (yet)."""
TRACES = {"force": "Pull force", "angle": "Movement angle"}


def init_app(app: Flask) -> None:
    """``app`` shows patients and their sessions."""
    app.add_url_rule("/", "patients", patient_list)
    app.add_url_rule("/patients/<id:patient_id>", "patient", one_patient)
    app.add_url_rule("/patients/<id:patient_id>/sessions/<id:session_id>", "session", one_session)


def patient_list() -> str:
    """Show every patient, those on top who need somebody most."""
    db = connection()
    groups = sorted_out(
        queries.patients(db), locks.in_force(), proposals.waiting_for(db), config().now(), config().zone
    )
    need = sum(len(held) for group, held in groups.items() if group in NEED)
    return render_template(
        "patients.html", groups=groups, folded=Group.ON_TRACK, need=need, aside=aside.notice(aside.groups())
    )


def known_patient(patient_id: str) -> Found:
    """Return a patient's overview row, or answer 404."""
    return queries.one_patient(connection(), patient_id) or abort(404)


def one_patient(patient_id: str) -> str:
    """Show a patient's sessions, newest first, and the plan with its way to the station."""
    row = known_patient(patient_id)
    before = request.args.get("before", type=float) or math.inf
    found = queries.sessions(connection(), patient_id, before)
    shown = found[: queries.SESSIONS_PER_PAGE]
    plan = present_plan(connection(), row)
    return render_template(
        "patient.html",
        row=row,
        sessions=shown,
        older=shown[-1].started_at if len(found) > len(shown) else None,
        newer=before < math.inf,
        plan=plan,
        drafted=row.station_id is not None and has_draft(connection(), g.clinician.id, patient_id),
        signed=request.args.get("signed", type=int),
        coach=proposals.of_patient(row, plan)[: proposals.SHOWN],
        doses=proposals.doses_now(row, plan),
        kept=request.args.get("kept", ""),
        leaning=leaning.of_patient(connection(), patient_id),
        rule_set=came_down.rule_set(row),
        refused=came_down.strange(row),
        messages=messages.of_patient(row),
        outcomes=outcomes.summary(patient_id),
        entries=activities.entries(patient_id, activities.ON_PATIENT_PAGE),
        aside=aside.notice(aside.groups(patient_id)),
        store=store_notes.notes(patient_id),
        locks=[(locks.lock_state(one, config().now()), one) for one in locks.of_patient(patient_id)],
    )


@dataclass(frozen=True, slots=True)
class Drawing:
    """One signal of a set as a chart and as numbers; ``target`` says in words what its dashed lines are."""

    label: str
    unit: str
    chart: Markup
    numbers: Sequence[charts.Numbers]
    gaps: int
    target: str


@dataclass(frozen=True, slots=True)
class SetShown:
    """One set as its section shows it. ``record`` is None while only parts of the set have arrived."""

    number: int
    record: Found | None
    reps: Sequence[Found]
    answers: Mapping[str, int]
    drawings: Sequence[Drawing]
    phases: Sequence[tuple[Phase, str]]
    measured: Sequence[Column]

    @property
    def on_target(self) -> int:
        """How many repetitions the station judged to be on target."""
        return sum(rep.verdict == "on_target" for rep in self.reps)

    @property
    def judged(self) -> int:
        """How many repetitions had a target to be held against."""
        return sum(rep.verdict != "not_judged" for rep in self.reps)

    @property
    def missing(self) -> int:
        """How many repetitions were counted but have not arrived here."""
        sensed = self.record is not None and self.record.origin == "sensed"
        return max(0, self.record.reps_counted - len(self.reps)) if self.record is not None and sensed else 0


def one_session(patient_id: str, session_id: str) -> str:
    """Show a session set by set: what was planned, counted, judged and answered, and the signal it came from."""
    row = queries.one_session(connection(), patient_id, session_id) or abort(404)
    return render_template("session.html", row=row, sets=_sets(row))


def _sets(row: Found) -> list[SetShown]:
    db, where = connection(), (row.station_id, row.session_id)
    records = {record.number: record for record in queries.sets(db, *where)}
    reps = _by_set(queries.reps(db, *where))
    answers = _by_set(queries.answers(db, *where))
    traces = _by_set(queries.traces(db, *where))
    # Records arrive in any order: a set whose own record is still on its way shows what is here.
    return [
        _set(number, records.get(number), reps[number], answers[number], traces[number])
        for number in sorted({*records, *reps, *answers, *traces})
    ]


def _by_set(rows: Rows) -> defaultdict[int, list[Found]]:
    held: defaultdict[int, list[Found]] = defaultdict(list)
    for row in rows:
        held[row.set_number].append(row)
    return held


def _set(number: int, record: Found | None, reps: Rows, answers: Rows, traces: Rows) -> SetShown:
    known = exercises().get(record.exercise) if record else None
    order = known.phases if known else (Phase.ECCENTRIC, Phase.BOTTOM, Phase.CONCENTRIC)
    marks = [rep_mark(rep, order) for rep in reps]
    words = known.words if known else PHASES
    return SetShown(
        number=number,
        record=record,
        reps=reps,
        answers={row.question: row.value for row in answers},
        drawings=_drawings(number, record, traces, marks),
        phases=[(phase, words[phase]) for phase in order],
        measured=columns(reps),
    )


def rep_mark(rep: Found, order: Iterable[Phase]) -> charts.RepMark:
    """Return a repetition with its phases laid end to end from its start, in the order of its exercise."""
    shades, at_s = [], rep.start_s
    for phase in order:
        lasted_s = getattr(rep, f"{phase}_s")
        if lasted_s:
            shades.append(charts.Shade(phase, at_s, at_s + lasted_s))
            at_s += lasted_s
    whole = (charts.Shade("rep", rep.start_s, rep.end_s),)
    return charts.RepMark(rep.number, rep.start_s, rep.end_s, tuple(shades) or whole)


def _drawings(number: int, record: Found | None, traces: Rows, marks: Sequence[charts.RepMark]) -> list[Drawing]:
    by_name: defaultdict[str, list[Found]] = defaultdict(list)
    for part in traces:
        by_name[part.name].append(part)
    what = exercise_name(record.exercise) if record else "exercise not known yet"
    asked = record and record.load_low_kg is not None and (record.load_low_kg, record.load_high_kg)
    return [
        _drawing(f"set {number}, {what}", parts, marks, (asked or None) if parts[0].unit == "N" else None)
        for parts in by_name.values()
    ]


def _drawing(where: str, parts: Rows, marks: Sequence[charts.RepMark], target: tuple[float, float] | None) -> Drawing:
    name = parts[0].name
    unit = UNITS.get(parts[0].unit, parts[0].unit)
    stretches = joined([stretch(part) for part in parts])
    label = TRACES.get(name, name.replace("_", " "))
    said = f"{label} in {unit} over time, {where}, {len(marks)} repetitions. The numbers are in the table below."
    return Drawing(
        label,
        unit,
        charts.trace_chart(said, unit, stretches, marks, target),
        charts.trace_numbers(stretches),
        len(stretches) - 1,
        f"planned {load(*target)}" if target else "",
    )


def stretch(part: Found) -> charts.Stretch:
    """Return a stored part of a signal, forces in kilograms."""
    values: Sequence[float] = struct.unpack(f"<{len(part.values) // 4}f", part.values)
    if part.unit == "N":
        values = [value / STANDARD_GRAVITY_M_S2 for value in values]
    return charts.Stretch(part.start_s, part.step_s, values)


def joined(parts: Iterable[charts.Stretch]) -> list[charts.Stretch]:
    """Return the stretches with those that follow each other without a hole made one."""
    whole: list[charts.Stretch] = []
    for part in parts:
        last = whole[-1] if whole else None
        if last and part.step_s == last.step_s and 0 < part.start_s - last.end_s < 1.6 * part.step_s:
            whole[-1] = charts.Stretch(last.start_s, last.step_s, [*last.values, *part.values])
        else:
            whole.append(part)
    return whole
