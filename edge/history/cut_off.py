"""A session that was begun and never ended: what a power cut or a kill left of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.records import (
    Answered,
    Record,
    RepCounted,
    SessionEnded,
    SessionStarted,
    SetBegun,
    SetDone,
    SymptomsTold,
)

OfSession = SetBegun | SetDone | RepCounted | Answered | SymptomsTold


@dataclass(frozen=True, slots=True)
class CutOff:
    """What is known of an unfinished session: its sets by number, and of the open one what was counted.

    ``begun`` is the set that was under way, None between sets.
    """

    started: SessionStarted
    sets: tuple[SetDone, ...] = ()
    begun: SetBegun | None = None
    reps: tuple[RepCounted, ...] = ()
    answers: tuple[Answered, ...] = ()
    told: tuple[SymptomsTold, ...] = ()

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
            case SetBegun() | SetDone() | RepCounted() | Answered() | SymptomsTold():
                parts.setdefault(record.session_id, []).append(record)
    return tuple(_put_together(started, parts.get(name, [])) for name, started in begun.items())


def _put_together(started: SessionStarted, parts: list[OfSession]) -> CutOff:
    done = {one.number: one for one in parts if isinstance(one, SetDone)}
    open_sets = [one for one in parts if isinstance(one, SetBegun) and one.number not in done]
    begun = max(open_sets, key=lambda one: one.number, default=None)
    reps = [one for one in parts if isinstance(one, RepCounted) and begun and one.set_number == begun.number]
    return CutOff(
        started,
        tuple(done[number] for number in sorted(done)),
        begun,
        tuple(sorted(reps, key=lambda rep: rep.number)),
        tuple(one for one in parts if isinstance(one, Answered)),
        tuple(one for one in parts if isinstance(one, SymptomsTold)),
    )
