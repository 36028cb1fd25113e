"""What a raw recording says beside the samples: the words for what the engine did, written and read in one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.recorder import Recorder
from drivers.traces import Mark
from edge.records import SessionEnded, SessionStarted
from edge.session import Effect, EndListening, Listen, Pause, Resume, Save

NOT_PLANNED = "-"
"""Stands for the number of repetitions where none is planned."""


class Deed(StrEnum):
    """What the engine does with a set."""

    LISTEN = "listen"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


@dataclass(frozen=True, slots=True)
class Done:
    """A deed read back; only LISTEN has an exercise and, where one was planned, a number of repetitions."""

    t_s: float
    deed: Deed
    set_number: int
    exercise: str = ""
    planned: int | None = None


def tell(recorder: Recorder, effect: Effect, now_s: float) -> None:
    """Let the recorder know what the engine is about to do; a session is recorded from its start to its end."""
    match effect:
        case Save(SessionStarted() as record):
            recorder.begin(record.session_id)
        case Save(SessionEnded()):
            recorder.end()
        case Listen() if not effect.test:
            planned = NOT_PLANNED if effect.reps is None else effect.reps
            recorder.mark(now_s, f"{Deed.LISTEN} {effect.set_number} {effect.exercise.key} {planned}")
        case Pause():
            recorder.mark(now_s, f"{Deed.PAUSE} {effect.set_number}")
        case Resume():
            recorder.mark(now_s, f"{Deed.RESUME} {effect.set_number}")
        case EndListening() if not effect.test:
            recorder.mark(now_s, f"{Deed.END} {effect.set_number}")


def read(mark: Mark) -> Done | None:
    """Return what a mark says, None for one of another version that is not known here."""
    match mark.text.split():
        case [Deed.LISTEN, number, exercise, planned] if number.isdecimal() and planned.isdecimal():
            return Done(mark.t_s, Deed.LISTEN, int(number), exercise, int(planned))
        case [Deed.LISTEN, number, exercise, str(planned)] if number.isdecimal() and planned == NOT_PLANNED:
            return Done(mark.t_s, Deed.LISTEN, int(number), exercise)
        case [Deed.PAUSE | Deed.RESUME | Deed.END as deed, number] if number.isdecimal():
            return Done(mark.t_s, Deed(deed), int(number))
    return None
