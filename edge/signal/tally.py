"""Which movements that are over count, judged by those before them, and the repetition that is told of each."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from edge.model import Phase, PhaseSpan, Rep
from edge.signal.events import PartialRep, RepFinished
from edge.signal.load import hitch
from edge.signal.measures import measure
from edge.signal.phases import Boundaries, Floats
from edge.signal.profiles import PostureProfile
from edge.signal.voice import Voice

SURE_RANGE = 1.5
"""Ranges from this many floors on are beyond doubt; less is as much in doubt as it falls short. Our choice."""
USUAL_FROM = 8
LIKE_RANGES = 0.6
"""The smaller range by the larger from which two are the same movement. Within a set of a therapy exercise ranges
vary by some 15 % (1 SD; our estimate): two differ by more than this once in a hundred times."""
SAME = 0.8
"""As far and as slow as the one before: who repeats one thing varies it by 6 to 8 % (1 SD; our estimate)."""
TOGETHER_S = 10.0
"""Twice the longest rest a tempo plans between repetitions: two movements further apart are not of one set."""


@dataclass(frozen=True, slots=True)
class Done:
    """A movement that is over: how far it went, its boundaries, and what was kept of it.

    ``course`` (n, 4) has rows of time, shift, speed and weight; ``knows_speed`` tells whether its speed was measured,
    ``beyond`` that it went beyond what the sensor can tell.
    """

    far: float
    peak_force_n: float | None
    marks: Boundaries
    course: Floats
    knows_speed: bool
    beyond: bool = False


class Tally:
    """Counts movements into ``voice``; ``phases`` are the out, hold, back and rest phases, ranges are in ``unit``."""

    def __init__(self, profile: PostureProfile, unit: str, phases: tuple[Phase, Phase, Phase, Phase], voice: Voice):
        self.reps = 0
        self._profile = profile
        self._unit = unit
        self._phases = phases
        self._voice = voice
        self._ranges: deque[float] = deque(maxlen=USUAL_FROM)
        self._held: Done | None = None
        self._hitched: Done | None = None
        self._last_end_s: float | None = None

    def know(self, range_value: float) -> None:
        """A range is usual without having been counted."""
        self._ranges.append(range_value)

    @property
    def usual(self) -> float | None:
        """The median of the newest ranges; None before the first."""
        ranges = sorted(self._ranges)
        return ranges[len(ranges) // 2] if ranges else None

    def drop_held(self) -> None:
        """What was held back for a second like it is given up without a word: the set was broken off."""
        self._held = self._hitched = None

    def break_off(self) -> None:
        """How long the pause before the next repetition was will not be known."""
        self._last_end_s = None

    def is_partial(self, far: float) -> bool:
        """Return whether a movement was too small beside the usual ones."""
        return self.usual is not None and far < self._profile.partial * self.usual

    def report_partial(self, far: float, t_s: float) -> None:
        """Tell of a movement that does not count; nothing is said before there is a usual range."""
        usual = self.usual
        if usual:
            self._voice.say(PartialRep(t_s, far / usual))

    def in_several_pulls(self, done: Done) -> bool:
        """Return whether the way out stopped and went on, as where slack is taken in.

        In a set that is forgiven, and to who does the same again: some cannot do it in one go.
        """
        limit, last_s, usual = self._profile.hitch, self._last_end_s, self.usual
        in_set = usual and last_s and done.marks.start_s - last_s <= TOGETHER_S and _same(usual, done.far)
        if limit is None or in_set or hitch(done.course[:, 0], done.course[:, 1]) <= limit:
            return False
        before, self._hitched = self._hitched, done
        return before is None or not _again(before, done)

    def take(self, done: Done, t_s: float) -> bool:
        """Count what counts now, and return whether that was anything."""
        confirmed = self._confirmed(done, t_s)
        for one in confirmed:
            self._count(one, t_s)
        return bool(confirmed)

    def _confirmed(self, done: Done, t_s: float) -> list[Done]:
        """Return the repetitions that count now: a range that drops at once has to be seen twice.

        Two small ones in a row are what the patient was asked for, and the first was held back for the second. One
        alone is a lean or a shift of the weight, and is reported as partial when something else follows it.
        """
        held, self._held = self._held, None
        usual, alone = self.usual, self._profile.alone
        small = alone is not None and usual is not None and done.far < alone * usual
        if held and not (small and _follows(held, done)):
            self.report_partial(held.far, t_s)
            held = None
        if small and held is None and not _alike(self._ranges[-1], done.far):
            self._held = done
            return []
        return [held, done] if held else [done]

    def _count(self, done: Done, t_s: float) -> None:
        marks, course = done.marks, done.course
        end_s = marks.end_s
        start_s = max(marks.start_s, self._last_end_s or marks.start_s)
        out_end_s, hold_end_s = (min(max(at_s, start_s), end_s) for at_s in (marks.out_end_s, marks.hold_end_s))
        edges = (start_s, out_end_s, hold_end_s, end_s)
        speed = course[:, 2] if done.knows_speed else None
        spans = tuple(PhaseSpan(self._phases[i], edges[i], edges[i + 1]) for i in range(3))
        self.reps += 1
        if not done.beyond:
            # The end of the sensor's range is nobody's usual one: the next would be partial beside it.
            self._ranges.append(done.far)
        pause_s = None if self._last_end_s is None else start_s - self._last_end_s
        self._last_end_s = end_s
        finished = Rep(
            number=self.reps,
            start_s=start_s,
            end_s=end_s,
            spans=spans,
            range_value=done.far,
            range_unit=self._unit,
            peak_force_n=done.peak_force_n,
            pause_before_s=pause_s,
            confidence=min(1.0, done.far / (SURE_RANGE * self._profile.floor)),
            edge_spread_s=marks.spread_s,
            measures=measure(course[:, 0], course[:, 1], speed, None, None, edges),
        )
        self._voice.say(RepFinished(t_s, finished))


def _follows(held: Done, done: Done) -> bool:
    """Return whether it is like the one held back, and comes while the set still goes on."""
    return _alike(held.far, done.far) and done.marks.start_s - held.marks.end_s <= TOGETHER_S


def _alike(range_a: float, range_b: float) -> bool:
    return min(range_a, range_b) >= LIKE_RANGES * max(range_a, range_b)


def _same(a: float, b: float) -> bool:
    return min(a, b) >= SAME * max(a, b)


def _again(before: Done, now: Done) -> bool:
    """Return whether a movement was the one before once more: as far, as slow, and soon."""
    out_s, last_out_s = (one.marks.out_end_s - one.marks.start_s for one in (now, before))
    soon = now.marks.start_s - before.marks.end_s <= TOGETHER_S
    return soon and _same(now.far, before.far) and _same(out_s, last_out_s)
