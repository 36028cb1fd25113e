"""Every SELECT of the panel: one function per section of a page, each a single statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)

from sync.store.schema import (
    PROPOSED_BODY,
    acknowledgement,
    answer,
    clinician,
    fact,
    login_session,
    outcome,
    patient,
    prescription,
    quarantine,
    quarantine_count,
    receipt,
    record,
    rep,
    session,
    session_end,
    station,
    trace,
    training_set,
)

Found = Row[*tuple[Any, ...]]
Rows = Sequence[Found]

SESSIONS_PER_PAGE = 30
VERSIONS_SHOWN = 6
JUDGED_SETS = 400
"""Sets looked at for what the screen's help does: some months of training. Our choice."""


def account(db: Connection, login: str) -> Found | None:
    """Return id and password hash of the clinician who logs in as ``login``."""
    wanted = select(clinician.c.id, clinician.c.password_hash).where(clinician.c.login == login)
    return db.execute(wanted).first()


def logged_in(db: Connection, token_hash: str, seen_after: float, begun_after: float) -> Found | None:
    """Return the clinician whose session this token opens, if it was neither idle nor open for too long."""
    wanted = (
        select(clinician.c.id, clinician.c.name, login_session.c.seen_at)
        .join(login_session, login_session.c.clinician_id == clinician.c.id)
        .where(
            login_session.c.token_hash == token_hash,
            login_session.c.seen_at > seen_after,
            login_session.c.created_at > begun_after,
        )
    )
    return db.execute(wanted).first()


def _overview() -> Select[Any]:
    """One row per patient: the newest station in service, the newest session and its end, the newest
    plan and its receipts.
    """
    newest_station = (
        select(station.c.id)
        .where(station.c.patient_id == patient.c.id)
        .order_by(station.c.revoked_at.is_not(None), station.c.created_at.desc(), station.c.id)
        .limit(1)
        .correlate(patient)
        .scalar_subquery()
    )
    # One look into the index session_by_patient, however many sessions there are.
    last_start = (
        select(func.max(session.c.started_at))
        .where(session.c.patient_id == patient.c.id)
        .correlate(patient)
        .scalar_subquery()
    )
    newest_version = (
        select(func.max(prescription.c.version))
        .where(prescription.c.station_id == station.c.id, prescription.c.patient_id == patient.c.id)
        .correlate(station, patient)
        .scalar_subquery()
    )
    used_version = (
        select(func.max(receipt.c.plan_version))
        .where(receipt.c.station_id == station.c.id, receipt.c.state == "in_use")
        .correlate(station)
        .scalar_subquery()
    )
    end_of_session = and_(
        session_end.c.station_id == session.c.station_id, session_end.c.session_id == session.c.session_id
    )
    plan = and_(prescription.c.station_id == station.c.id, prescription.c.version == newest_version)
    states = {state: receipt.alias(state) for state in ("delivered", "in_use", "rejected")}
    tables = (
        patient.outerjoin(station, station.c.id == newest_station)
        .outerjoin(session, and_(session.c.patient_id == patient.c.id, session.c.started_at == last_start))
        .outerjoin(session_end, end_of_session)
        .outerjoin(prescription, plan)
    )
    for state, table in states.items():
        same = and_(table.c.station_id == station.c.id, table.c.plan_version == prescription.c.version)
        tables = tables.outerjoin(table, and_(same, table.c.state == state))
    return select(
        patient.c.id,
        patient.c.name,
        patient.c.first_name,
        station.c.id.label("station_id"),
        station.c.online,
        station.c.seen_at,
        session.c.session_id,
        session.c.started_at,
        session_end.c.ended_at,
        session_end.c.sets_done,
        session_end.c.sets_planned,
        session_end.c.stop_reason,
        prescription.c.version,
        prescription.c.written_at,
        used_version.label("used_version"),
        states["delivered"].c.at.label("delivered_at"),
        states["in_use"].c.at.label("in_use_at"),
        states["rejected"].c.at.label("rejected_at"),
        states["rejected"].c.reason.label("rejected_reason"),
    ).select_from(tables)


def patients(db: Connection) -> Rows:
    """Return one overview row per patient, by name; two sessions begun at the same instant count as one."""
    rows = db.execute(_overview().order_by(patient.c.name, patient.c.id))
    return list({row.id: row for row in rows}.values())


def one_patient(db: Connection, patient_id: str) -> Found | None:
    """Return the overview row of one patient."""
    return db.execute(_overview().where(patient.c.id == patient_id)).first()


def _of_session(table: Any) -> Any:
    return and_(table.c.station_id == session.c.station_id, table.c.session_id == session.c.session_id)


def _asked(question: str, value: Any) -> Any:
    return (
        select(value).where(_of_session(answer), answer.c.question == question).correlate(session).scalar_subquery()
    )


def sessions(db: Connection, patient_id: str, before: float) -> Rows:
    """Return a patient's sessions begun before ``before``, newest first, with what was counted and answered.

    ``pain`` and ``effort`` are the highest answers of the session, None where the question was not answered;
    ``by_hand`` are repetitions by the patient's own count, which ``reps`` does not contain. One row more than fits
    on a page tells that there are older ones.
    """
    counted = (
        select(func.sum(training_set.c.reps_counted))
        .where(_of_session(training_set))
        .correlate(session)
        .scalar_subquery()
    )
    wanted = (
        select(
            session.c.session_id,
            session.c.started_at,
            session.c.plan_version,
            session_end.c.ended_at,
            session_end.c.sets_done,
            session_end.c.sets_planned,
            session_end.c.stop_reason,
            counted.label("reps"),
            _asked("effort", func.max(answer.c.value)).label("effort"),
            _asked("pain_change", func.max(answer.c.value)).label("pain"),
            _asked("reps_by_hand", func.sum(answer.c.value)).label("by_hand"),
        )
        .select_from(session.outerjoin(session_end, _of_session(session_end)))
        .where(session.c.patient_id == patient_id, session.c.started_at < before)
        .order_by(session.c.started_at.desc(), session.c.session_id)
        .limit(SESSIONS_PER_PAGE + 1)
    )
    return db.execute(wanted).all()


def judged_sets(db: Connection, patient_id: str) -> Rows:
    """Return the patient's last sets whose tempo was judged, the newest first."""
    s = training_set.c
    columns = (s.exercise, s.row, s.set_of_exercise, s.reps_planned, s.reps_counted, s.origin, s.doubts, s.on_tempo)
    wanted = (
        select(*columns, s.feedback)
        .select_from(session.join(training_set, _of_session(training_set)))
        .where(session.c.patient_id == patient_id, s.on_tempo.is_not(None))
        .order_by(session.c.started_at.desc(), s.number.desc())
        .limit(JUDGED_SETS)
    )
    return db.execute(wanted).all()


def versions(db: Connection, patient_id: str, station_id: str) -> Rows:
    """Return the newest plan versions of a patient on a station, newest first, one row per receipt of each."""
    newest = (
        select(prescription)
        .where(prescription.c.patient_id == patient_id, prescription.c.station_id == station_id)
        .order_by(prescription.c.version.desc())
        .limit(VERSIONS_SHOWN)
        .subquery()
    )
    same = and_(receipt.c.station_id == newest.c.station_id, receipt.c.plan_version == newest.c.version)
    wanted = (
        select(newest, receipt.c.state, receipt.c.at, receipt.c.reason.label("refusal"))
        .select_from(newest.outerjoin(receipt, same))
        .order_by(newest.c.version.desc())
    )
    return db.execute(wanted).all()


def plan_text(db: Connection, patient_id: str, station_id: str, version: int) -> str | None:
    """Return the text of one version of a patient's plan on a station."""
    p = prescription.c
    wanted = select(p.payload).where(p.patient_id == patient_id, p.station_id == station_id, p.version == version)
    payload: str | None = db.scalar(wanted)
    return payload


def foreign(db: Connection, station_id: str) -> Sequence[str]:
    """Return the text of what a station refused because this clinic cannot have signed it, the oldest first."""
    wanted = select(fact.c.body).where(fact.c.station_id == station_id, fact.c.kind == "foreign")
    return db.scalars(wanted.order_by(fact.c.at, fact.c.key)).all()


def newest_version(db: Connection, patient_id: str, station_id: str) -> int | None:
    """Return the newest plan version written for a patient on a station."""
    wanted = select(func.max(prescription.c.version)).where(
        prescription.c.patient_id == patient_id, prescription.c.station_id == station_id
    )
    newest: int | None = db.scalar(wanted)
    return newest


def one_session(db: Connection, patient_id: str, session_id: str) -> Found | None:
    """Return a session with its end and its patient, if it is that patient's."""
    wanted = (
        select(
            session,
            patient.c.name,
            session_end.c.ended_at,
            session_end.c.sets_done,
            session_end.c.sets_planned,
            session_end.c.stop_reason,
        )
        .select_from(
            session.join(patient, patient.c.id == session.c.patient_id).outerjoin(
                session_end, _of_session(session_end)
            )
        )
        .where(session.c.patient_id == patient_id, session.c.session_id == session_id)
    )
    return db.execute(wanted).first()


def _rows_of(db: Connection, table: Any, station_id: str, session_id: str, *order: Any) -> Rows:
    wanted = select(table).where(table.c.station_id == station_id, table.c.session_id == session_id)
    return db.execute(wanted.order_by(*order)).all()


def sets(db: Connection, station_id: str, session_id: str) -> Rows:
    """Return the sets of a session in the order they were done."""
    return _rows_of(db, training_set, station_id, session_id, training_set.c.number)


def reps(db: Connection, station_id: str, session_id: str) -> Rows:
    """Return the repetitions of a session, set by set."""
    return _rows_of(db, rep, station_id, session_id, rep.c.set_number, rep.c.number)


def answers(db: Connection, station_id: str, session_id: str) -> Rows:
    """Return what the patient answered in a session; a question without a row was not answered."""
    return _rows_of(db, answer, station_id, session_id, answer.c.set_number)


def traces(db: Connection, station_id: str, session_id: str) -> Rows:
    """Return the signal parts of a session, in the order of time within each signal."""
    return _rows_of(db, trace, station_id, session_id, trace.c.set_number, trace.c.name, trace.c.part)


def plans_of(db: Connection, patient_id: str) -> Rows:
    """Return version, date and text of every plan a patient ever had, the newest first."""
    p = prescription.c
    wanted = select(p.version, p.written_at, p.payload).where(p.patient_id == patient_id)
    return db.execute(wanted.order_by(p.version.desc())).all()


def has_plan(db: Connection, patient_id: str) -> bool:
    """Return whether a patient ever had a plan."""
    return bool(db.scalar(select(exists().where(prescription.c.patient_id == patient_id))))


def activities(db: Connection, station_id: str, prefix: str, most: int) -> Rows:
    """Return key and text of activities whose key begins with ``prefix``, the latest told first."""
    wanted = select(fact.c.key, fact.c.body).where(
        fact.c.station_id == station_id, fact.c.kind == "activity", fact.c.key.startswith(prefix, autoescape=True)
    )
    return db.execute(wanted.order_by(fact.c.at.desc(), fact.c.key).limit(most)).all()


def told_of(db: Connection, patient_id: str, kind: str, most: int) -> Rows:
    """Return key and text of a patient's newest facts of a kind, from all of the patient's stations, newest first."""
    mine = select(station.c.id).where(station.c.patient_id == patient_id)
    wanted = select(fact.c.key, fact.c.at, fact.c.body).where(fact.c.station_id.in_(mine), fact.c.kind == kind)
    # Put in order here: asked to do it, SQLite walks through everybody's facts in the order of time.
    return sorted(db.execute(wanted), key=lambda found: (-found.at, found.key))[:most]


def store_told(db: Connection, patient_id: str, since: float) -> Rows:
    """Return text and moment of arrival of what befell the stores of a patient's stations, the newest first."""
    mine = select(station.c.id).where(station.c.patient_id == patient_id)
    same = and_(record.c.station_id == fact.c.station_id, record.c.key == fact.c.key)
    wanted = select(fact.c.body, record.c.received_at).select_from(fact.join(record, same))
    here = and_(fact.c.station_id.in_(mine), fact.c.kind == "store", record.c.received_at > since)
    return sorted(db.execute(wanted.where(here)), key=lambda found: -found.received_at)


def scores_of(db: Connection, patient_id: str) -> Rows:
    """Return every score that was typed in for a patient, those that were corrected too, the oldest first."""
    wanted = select(outcome).where(outcome.c.patient_id == patient_id)
    return db.execute(wanted.order_by(outcome.c.day, outcome.c.id)).all()


def decisions(db: Connection, station_id: str) -> Rows:
    """Return the text of every decision of the coach that came from a station, the oldest first."""
    wanted = select(fact.c.body).where(fact.c.station_id == station_id, fact.c.kind == "decision")
    return db.execute(wanted.order_by(fact.c.at, fact.c.key)).all()


PROPOSED = text(f"fact.body LIKE '{PROPOSED_BODY}'")
"""Written out, not bound: only so does a database see that the index of proposals holds what is asked for."""
CLOCKS_S = 86_400.0
"""A station's clock may be so far behind the clinic's, and what it decided is still found. Our choice."""


def _under_the_plan() -> ColumnElement[bool]:
    # The number is followed by a comma, or by the end of what the rule looked at.
    number = literal('%"plan_version":') + cast(prescription.c.version, String)
    return or_(*(fact.c.body.like(number + end) for end in (",%", "}%")))


def _answered() -> ColumnElement[bool]:
    # A decision's key ends with its number, its answer's with the answer; what stands before is the same.
    before = func.rtrim(fact.c.key, "0123456789")
    keys = (before + answer for answer in ("accepted", "kept"))
    same = and_(acknowledgement.c.station_id == fact.c.station_id, acknowledgement.c.key.in_(keys))
    return exists().where(same).correlate(fact)


def _newest_with_proposals(*columns: Any) -> Select[Any]:
    """Select newest plans since which a proposal has no answer; whether it still fits, only the plan can tell."""
    p, later = prescription.c, prescription.alias()
    superseded = exists().where(later.c.station_id == p.station_id, later.c.version > p.version)
    proposal = exists().where(fact.c.station_id == p.station_id, PROPOSED, _under_the_plan(), ~_answered())
    proposal = proposal.correlate(prescription)
    here = and_(station.c.id == p.station_id, station.c.patient_id == p.patient_id)
    return select(*columns).select_from(prescription.join(station, here)).where(~superseded, proposal)


def with_proposals(db: Connection) -> Rows:
    """Return patient, station and text of the newest plan of each station where a proposal since has no answer."""
    p = prescription.c
    return db.execute(_newest_with_proposals(p.patient_id, p.station_id, p.payload).order_by(p.station_id)).all()


def decisions_with_proposals(db: Connection) -> Rows:
    """Return station, text and whether it is answered of every decision under those plans, the oldest first."""
    plans = _newest_with_proposals(prescription.c.station_id, prescription.c.written_at).cte("plans")
    # Few plans first, then their decisions: the other way round every decision there is would be looked at.
    plans = plans.prefix_with("MATERIALIZED")
    here = and_(fact.c.station_id == plans.c.station_id, fact.c.at >= plans.c.written_at - CLOCKS_S)
    wanted = (
        select(fact.c.station_id, fact.c.body, _answered().label("answered"))
        .select_from(fact.join(plans, here))
        .where(fact.c.kind == "decision")
    )
    return db.execute(wanted.order_by(fact.c.station_id, fact.c.at, fact.c.key)).all()


def answers_to(db: Connection, station_id: str, prefix: str) -> Rows:
    """Return key, author and moment of what clinicians answered to records whose key begins with ``prefix``."""
    a = acknowledgement.c
    wanted = select(a.key, a.author, a.at).where(
        a.station_id == station_id, a.key.startswith(prefix, autoescape=True)
    )
    return db.execute(wanted).all()


def set_aside(db: Connection, patient_id: str | None) -> Rows:
    """Return sort, station, patient, number, unseen, newest moment and last reason of what was set aside.

    One row per station and sort, of one patient's stations or of everybody.
    """
    q, later = quarantine.c, quarantine.alias()
    same = and_(later.c.sort == q.sort, later.c.station_id.is_not_distinct_from(q.station_id))
    last = select(later.c.reason).where(same).order_by(later.c.id.desc()).limit(1).correlate(quarantine)
    wanted = (
        select(
            q.sort,
            q.station_id,
            station.c.patient_id,
            patient.c.name,
            func.count().label("number"),
            (func.count() - func.count(q.seen_at)).label("unseen"),
            func.max(q.received_at).label("newest_at"),
            last.scalar_subquery().label("reason"),
        )
        .select_from(
            quarantine.outerjoin(station, station.c.id == q.station_id).outerjoin(
                patient, patient.c.id == station.c.patient_id
            )
        )
        .group_by(q.sort, q.station_id, station.c.patient_id, patient.c.name)
    )
    if patient_id is not None:
        wanted = wanted.where(station.c.patient_id == patient_id)
    return db.execute(wanted).all()


def aside_counts(db: Connection) -> Rows:
    """Return how many messages of each sort ever came and were thrown away."""
    return db.execute(select(quarantine_count).order_by(quarantine_count.c.sort)).all()
