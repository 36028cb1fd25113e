"""Records folded into the facts that rules look at: the same on the station, at the clinic and in a replay.

Order does not matter between sessions, unless nobody could trust the clock of one: that one stays where it was taken,
until a record says what its times should have been.
A record that speaks of an unknown session waits for it. Nothing is read from a clock: the patient's date is that of
the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo

from msgspec import structs

from edge.history.dating import Told, dated, later
from edge.history.facts import History, SessionFact, SetFact
from edge.judge import LEAST_CONFIDENCE
from edge.model import Origin
from edge.prescription.row import Span
from edge.records import (
    Answered,
    BandChecked,
    ClockFixed,
    Decided,
    FlagsAnswered,
    Incident,
    Locked,
    Logged,
    Moment,
    Nudged,
    Reached,
    Record,
    RepCounted,
    RepEdit,
    RepEdited,
    SessionEnded,
    SessionStarted,
    SetDone,
    Severity,
    SymptomsTold,
    Tested,
    Unlocked,
)


@dataclass(slots=True)
class _Set:
    done: SetDone | None = None
    reps: dict[int, RepCounted] = field(default_factory=dict)
    edits: dict[int, RepEdited] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Session:
    started: SessionStarted | None = None
    ended: SessionEnded | None = None
    sets: dict[int, _Set] = field(default_factory=dict)
    symptoms: dict[Moment, SymptomsTold] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)

    def set(self, number: int) -> _Set:
        return self.sets.setdefault(number, _Set())


class Fold:
    """Takes records as they are written; :meth:`history` tells what they come to so far.

    ``zone`` is the patient's, for records that do not say the date themselves. What is kept grows with the records
    taken: hand over those of the last months, not of all years.
    """

    def __init__(self, zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._sessions: dict[str, _Session] = {}
        self._facts: dict[str, SessionFact] = {}
        self._locks: dict[str, Locked] = {}
        self._cleared: set[str] = set()
        self._decisions: list[Decided] = []
        self._tests: list[Tested] = []
        self._asked: list[FlagsAnswered] = []
        self._nudges: list[Nudged] = []
        self._reached: list[Reached] = []
        self._logged: list[Logged] = []
        self._bands: list[BandChecked] = []
        self._clocks: dict[str, ClockFixed] = {}

    def take(self, record: Record) -> None:
        """Take one record; those that rules do not look at change nothing."""
        match record:
            case Locked():
                self._locks[record.lock_id] = record
            case Unlocked():
                self._cleared.add(record.lock_id)
            case Decided():
                self._decisions.append(record)
            case Tested():
                self._tests.append(record)
            case Nudged():
                self._nudges.append(record)
            case Reached():
                self._reached.append(record)
            case Logged():
                self._logged.append(record)
            case BandChecked():
                self._bands.append(record)
            case FlagsAnswered():
                self._asked.append(record)
            case ClockFixed():
                self._clocks[record.session_id] = record
                self._facts.pop(record.session_id, None)
            case (
                SessionStarted()
                | SessionEnded()
                | SetDone()
                | RepCounted()
                | RepEdited()
                | Answered()
                | SymptomsTold()
                | Incident()
            ):
                self._facts.pop(record.session_id, None)
                _take(self._sessions.setdefault(record.session_id, _Session()), record)

    def history(self) -> History:
        """Return the facts, oldest session first."""
        for name, session in self._sessions.items():
            if name not in self._facts and session.started is not None:
                fact = _fact(session, session.started, self._zone)
                self._facts[name] = dated(fact, self._clocks.get(name))
        return History(
            sessions=_shared(_in_order(self._facts[name] for name in self._sessions if name in self._facts)),
            lock=self._lock(),
            decisions=tuple(sorted(self._decisions, key=lambda decided: (decided.at, decided.number))),
            tests=tuple(sorted(self._tests, key=lambda tested: tested.at)),
            asked=tuple(sorted(self._timed(self._asked, "asked_id"), key=lambda asked: asked.at)),
            cleared_flags=frozenset(
                flag for name, lock in self._locks.items() if name in self._cleared for flag in lock.flags
            ),
            nudges=tuple(self._nudges),
            reached=tuple(self._reached),
            logged=tuple(self._logged),
            bands=tuple(sorted(self._timed(self._bands, "check_id"), key=lambda checked: checked.at)),
        )

    def _timed(self, told: Iterable[Told], name: str) -> Iterator[Told]:
        """Yield what was told in sessions, at its right time; the id says in which session it was."""
        begun = [(self._sessions[one].started, fix) for one, fix in self._clocks.items() if one in self._sessions]
        for one in told:
            for started, fix in begun:
                if started is not None and getattr(one, name).startswith(fix.session_id):
                    yield later(one, started.started_at, fix)
                    break
            else:
                yield one

    def _lock(self) -> Locked | None:
        """The gravest of the locks in force, the newest of like ones."""
        closed = [lock for name, lock in self._locks.items() if name not in self._cleared]
        return max(closed, key=lambda lock: (lock.severity is Severity.EMERGENCY, lock.at), default=None)


def fold(records: Iterable[Record], zone: tzinfo = UTC) -> History:
    """Return the facts that records come to."""
    folding = Fold(zone)
    for record in records:
        folding.take(record)
    return folding.history()


def _take(
    session: _Session,
    record: SessionStarted | SessionEnded | SetDone | RepCounted | RepEdited | Answered | SymptomsTold | Incident,
) -> None:
    match record:
        case SessionStarted():
            session.started = record
        case SessionEnded():
            session.ended = record
        case SetDone():
            session.set(record.number).done = record
        case RepCounted():
            session.set(record.set_number).reps[record.number] = record
        case RepEdited():
            edits = session.set(record.set_number).edits
            if record.rep not in edits or edits[record.rep].number < record.number:
                edits[record.rep] = record
        case Answered():
            session.set(record.set_number).answers[record.question] = record.value
        case SymptomsTold():
            told = session.symptoms.get(record.moment)
            session.symptoms[record.moment] = record if told is None else _worst(told, record)
        case Incident():
            session.incidents.append(record)


def _in_order(sessions: Iterable[SessionFact]) -> list[SessionFact]:
    """Return sessions in the order in which they were, as they were taken.

    One whose clock could not be trusted comes after the one taken before it, whatever its clock said: put back among
    days long gone it would hide that it went badly.
    """
    places: list[tuple[float, int, SessionFact]] = []
    before = 0.0
    for number, session in enumerate(sessions):
        before = session.started_at if session.clock_trusted else before
        places.append((before, number, session))
    return [session for _, _, session in sorted(places, key=lambda place: place[:2])]


def _shared(sessions: list[SessionFact]) -> tuple[SessionFact, ...]:
    """Let what was told of the day after one session stand for all sessions of that day: it is asked once a day."""
    told = {
        (session.day, moment): session.symptoms[moment]
        for session in sessions
        for moment in (Moment.NEXT_DAY, Moment.SECOND_DAY)
        if moment in session.symptoms
    }
    return tuple(
        replace(
            session, symptoms={**{m: one for (day, m), one in told.items() if day == session.day}, **session.symptoms}
        )
        for session in sessions
    )


def _worst(one: SymptomsTold, other: SymptomsTold) -> SymptomsTold:
    """Return the worse answer to each question; one that was answered once counts."""
    later = max(one, other, key=lambda told: (told.at, told.set_number))
    return structs.replace(
        later,
        back=_most(one.back, other.back),
        leg=_most(one.leg, other.leg),
        distal=_most(one.distal, other.distal),
        change=_most(one.change, other.change),
        weaker=_either(one.weaker, other.weaker),
        tolerable=None if one.tolerable is other.tolerable is None else False not in (one.tolerable, other.tolerable),
    )


def _most(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _either(one: bool | None, other: bool | None) -> bool | None:
    return None if one is other is None else bool(one or other)


def _fact(session: _Session, started: SessionStarted, zone: tzinfo) -> SessionFact:
    ended = session.ended
    return SessionFact(
        session_id=started.session_id,
        day=date.fromisoformat(started.day)
        if started.day
        else datetime.fromtimestamp(started.started_at, zone).date(),
        started_at=started.started_at,
        clock_trusted=started.clock_trusted,
        plan_version=started.plan_version,
        sets=tuple(_set_fact(one, one.done) for _, one in sorted(session.sets.items()) if one.done is not None),
        symptoms=dict(session.symptoms),
        incidents=tuple(session.incidents),
        ended=None if ended is None else ended.stop_reason,
        sets_planned=0 if ended is None else ended.sets_planned,
    )


def _set_fact(one: _Set, done: SetDone) -> SetFact:
    verified = [rep for rep in one.reps.values() if _verified(rep, one.edits.get(rep.number))]
    return SetFact(
        exercise=done.exercise,
        row=done.row or done.exercise,
        set_of_exercise=done.set_of_exercise,
        reps_target=done.reps_planned,
        reps_verified=len(verified),
        stopped=done.stop_reason,
        trusted=done.origin is Origin.SENSED and not done.doubts,
        load_kg=done.load_used_kg,
        load_origin=done.load_origin,
        reps_by_hand=one.answers.get("reps_by_hand"),
        rpe_target=None if done.rpe_planned is None else Span(*done.rpe_planned),
        rpe=one.answers.get("effort"),
        reps_left_symptoms=one.answers.get("symptom_reserve"),
        on_tempo=done.on_tempo,
        symptom_change=one.answers.get("pain_change"),
        speed_loss=_speed_loss(verified),
        side=done.side,
        feedback=done.feedback,
        lasted_s=max(done.ended_s - done.started_s, 0.0),
        peak_n=max((rep.peak_force_n for rep in one.reps.values() if rep.peak_force_n is not None), default=None),
    )


def _verified(rep: RepCounted, edit: RepEdited | None) -> bool:
    sensed = rep.origin is Origin.SENSED and rep.confidence >= LEAST_CONFIDENCE
    return sensed and (edit is None or edit.edit is RepEdit.AS_SENSED)


def _speed_loss(reps: list[RepCounted]) -> float | None:
    """Share of the best mean speed that the last repetition lacks; None where speeds are not known."""
    speeds = [rep.mean_speed for rep in sorted(reps, key=lambda rep: rep.number) if rep.mean_speed]
    return 1.0 - speeds[-1] / max(speeds) if len(speeds) >= 3 else None
