"""A recorded session counted anew: the samples the station saw, through the very ear it had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from drivers.samples import Sample
from drivers.traces import Mark, RecordingError, Trace
from edge.library import UnknownExercise, exercise
from edge.listening import Listening
from edge.model import Rep
from edge.rawlog import Deed, Done, read
from edge.session import Listen
from edge.session.trial import TRIAL_SET
from edge.signal.events import RepFinished
from edge.signal.trial import Trial

Wait = Callable[[float], None]
"""Returns when it is time for what happened at this time of the recording."""


@dataclass(slots=True)
class RerunSet:
    """A set of the session: what was planned and counted, and why repetitions may have gone unseen."""

    number: int
    exercise: str
    planned: int | None
    start_s: float
    reps: list[Rep] = field(default_factory=list)
    doubts: tuple[str, ...] = ()

    @property
    def full(self) -> bool:
        """True when as many repetitions were counted as were planned."""
        return self.planned is not None and len(self.reps) >= self.planned


class Rerun:
    """Counts a recorded session. ``sets`` grows while :meth:`run` yields every repetition as it becomes known."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.sets: list[RerunSet] = []
        self._places = dict(trace.sensors)
        self._listening: Listening | None = None
        self._trials: dict[str, Trial] = {}

    def run(self, wait: Wait = lambda _t_s: None) -> Iterator[tuple[RerunSet, Rep]]:
        """Yield (set, repetition) in the order they were counted. Raises RecordingError for an unknown exercise."""
        for event in self.trace.events():
            wait(event.t_s)
            if isinstance(event, Mark):
                self._do(read(event))
            else:
                yield from self._hear(event)
        self._note_doubts()

    def _do(self, done: Done | None) -> None:
        listening = self._listening
        if done is None:
            return
        if done.deed is Deed.LISTEN:
            self._begin(done)
        elif listening is not None and done.deed is Deed.PAUSE:
            listening.pause()
        elif listening is not None and done.deed is Deed.RESUME:
            listening.resume(done.t_s)
        elif done.deed is Deed.END:
            self._end(listening)

    def _begin(self, done: Done) -> None:
        is_trial = done.set_number == TRIAL_SET
        try:
            listen = Listen(exercise(done.exercise), "", done.set_number, done.planned, trial=is_trial)
        except UnknownExercise as exc:
            raise RecordingError(f"{self.trace.file}: {exc}") from None
        self._listening = Listening(listen, done.t_s, None if is_trial else self._trials.get(done.exercise))
        if is_trial:
            self._trials.pop(done.exercise, None)
            return
        self.sets.append(RerunSet(done.set_number, done.exercise, done.planned, done.t_s))

    def _hear(self, sample: Sample) -> Iterator[tuple[RerunSet, Rep]]:
        listening = self._listening
        if listening is None:
            return
        if self._places.get(sample.sensor) != listening.place:
            listening.support(sample)
            return
        for event in listening.feed(sample):
            # As on the station: what is more than was asked for belongs to no set.
            if listening.is_trial:
                continue
            if isinstance(event, RepFinished) and not self.sets[-1].full:
                self.sets[-1].reps.append(event.rep)
                yield self.sets[-1], event.rep

    def _end(self, listening: Listening | None) -> None:
        if listening is not None and listening.is_trial:
            if (shown := listening.trial()) is not None:
                self._trials[listening.exercise.key] = shown
        else:
            self._note_doubts()
        self._listening = None

    def _note_doubts(self) -> None:
        if self._listening is not None and not self._listening.is_trial:
            self.sets[-1].doubts = self._listening.unseen


def as_dict(rerun: Rerun) -> dict[str, Any]:
    """Return plain values for JSON, once the session has run."""
    sets = [
        {
            "set": one.number,
            "exercise": one.exercise,
            "planned": one.planned,
            "count": len(one.reps),
            "doubts": list(one.doubts),
            "reps": [
                {
                    "number": number,
                    "start_s": round(rep.start_s - one.start_s, 3),
                    "end_s": round(rep.end_s - one.start_s, 3),
                    "range": round(rep.range_value, 3),
                    "range_unit": rep.range_unit,
                    "confidence": round(rep.confidence, 3),
                }
                for number, rep in enumerate(one.reps, 1)
            ],
        }
        for one in rerun.sets
    ]
    return {"file": rerun.trace.file, "samples_lost": rerun.trace.lost, "sets": sets}


def line(one: RerunSet, rep: Rep) -> str:
    """Return a repetition in a line a person can read."""
    return (
        f"set {one.number} {one.exercise}: {len(one.reps):3d}  {rep.start_s - one.start_s:7.2f} s to "
        f"{rep.end_s - one.start_s:7.2f} s  {rep.range_value:.1f} {rep.range_unit}  confidence {rep.confidence:.2f}"
    )


def summary(rerun: Rerun) -> str:
    """Return what became of each set, and what is missing from the file."""
    lines = [f"{rerun.trace.file}: {len(rerun.sets)} sets"]
    for one in rerun.sets:
        doubt = f", uncertain: {', '.join(one.doubts)}" if one.doubts else ""
        asked = "" if one.planned is None else f" of {one.planned}"
        lines.append(f"set {one.number}: {len(one.reps)}{asked} repetitions, {one.exercise}{doubt}")
    if rerun.trace.lost:
        lines.append(f"{rerun.trace.lost} samples were seen by the station and are not in the file")
    return "\n".join(lines)
