"""A session that was begun and never ended: what a power cut or a kill left of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.model import StopReason
from edge.records import (
    Answered,
    Doubt,
    Record,
    RepCounted,
    RepEdited,
    SessionEnded,
    SessionStarted,
    SetBegun,
    SetDone,
    SymptomsTold,
)

OfSession = SetBegun | SetDone | RepCounted | RepEdited | Answered | SymptomsTold


@dataclass(frozen=True, slots=True)
class CutOff:
    """What is known of an unfinished session: its sets by number, and of the open one what was counted.

    ``begun`` is the set that was under way, None between sets; ``reps`` are its repetitions, ``counted`` those of
    every set, ``edits`` the patient's word on them.
    """

    started: SessionStarted
    sets: tuple[SetDone, ...] = ()
    begun: SetBegun | None = None
    reps: tuple[RepCounted, ...] = ()
    answers: tuple[Answered, ...] = ()
    told: tuple[SymptomsTold, ...] = ()
    counted: tuple[RepCounted, ...] = ()
    edits: tuple[RepEdited, ...] = ()

    @property
    def last_s(self) -> float:
        """Seconds from the start of the session to the last thing that was written down."""
        ends = [0.0, *(one.ended_s for one in self.sets)]
        if self.begun is not None:
            ends += [self.begun.started_s, *(self.begun.started_s + rep.end_s for rep in self.reps)]
        return max(ends)


def unfinished(records: Iterable[Record]) -> tuple[CutOff, ...]:
    """Return the sessions that began and never ended, oldest first."""
    begun: dict[str, SessionStarted] = {}
    parts: dict[str, list[OfSession]] = {}
    for record in records:
        match record:
            case SessionStarted():
                begun[record.session_id] = record
            case SessionEnded():
                begun.pop(record.session_id, None)
            case SetBegun() | SetDone() | RepCounted() | RepEdited() | Answered() | SymptomsTold():
                parts.setdefault(record.session_id, []).append(record)
    return tuple(_put_together(started, parts.get(name, [])) for name, started in begun.items())


def _put_together(started: SessionStarted, parts: list[OfSession]) -> CutOff:
    done = {one.number: one for one in parts if isinstance(one, SetDone)}
    open_sets = [one for one in parts if isinstance(one, SetBegun) and one.number not in done]
    begun = max(open_sets, key=lambda one: one.number, default=None)
    every_rep = [one for one in parts if isinstance(one, RepCounted)]
    reps = [one for one in every_rep if begun and one.set_number == begun.number]
    return CutOff(
        started,
        tuple(done[number] for number in sorted(done)),
        begun,
        tuple(sorted(reps, key=lambda rep: rep.number)),
        tuple(one for one in parts if isinstance(one, Answered)),
        tuple(one for one in parts if isinstance(one, SymptomsTold)),
        tuple(sorted(every_rep, key=lambda rep: (rep.set_number, rep.number))),
        tuple(one for one in parts if isinstance(one, RepEdited)),
    )


def set_cut_off(cut: CutOff) -> tuple[SetDone, ...]:
    """Return the record of the set that was under way, with what was counted of it; none between sets."""
    begun = cut.begun
    if begun is None:
        return ()
    return (
        SetDone(
            session_id=begun.session_id,
            number=begun.number,
            exercise=begun.exercise,
            set_of_exercise=begun.set_of_exercise,
            sets_planned=begun.sets_planned,
            plan_version=begun.plan_version,
            reps_planned=begun.reps_planned,
            tempo=begun.tempo,
            load_kg=begun.load_kg,
            started_s=begun.started_s,
            ended_s=cut.last_s,
            reps_counted=len(cut.reps),
            stop_reason=StopReason.TECHNICAL,
            origin=begun.origin,
            doubts=(str(Doubt.CUT_OFF),),
            row=begun.row,
            side=begun.side,
            warm_up_reps=begun.warm_up_reps,
        ),
    )


def ended(cut: CutOff) -> SessionEnded:
    """Return the end of a session that does not go on: at the last thing that is known of it.

    How many sets were planned is what its own sets say; of exercises that were never begun nothing is known.
    """
    sets = (*cut.sets, *set_cut_off(cut))
    planned = {(one.row, one.exercise, one.side): one.sets_planned for one in sets}
    done = sum(one.stop_reason is not StopReason.SKIPPED for one in sets)
    return SessionEnded(
        session_id=cut.started.session_id,
        ended_at=round(cut.started.started_at + cut.last_s, 3),
        sets_done=done,
        sets_planned=max(sum(planned.values()), done),
        stop_reason=StopReason.TECHNICAL,
    )
