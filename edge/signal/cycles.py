"""Repetitions as like cycles of the smoothed acceleration, for sensors that feel more than a change of posture.

Nothing is said until some cycles in a row resemble one another in all three axes (the search, in ladder.py); those
are announced together, and every further cycle has to resemble them (the follower). The search goes on beside it: who
begins another movement, or had been misunderstood, is counted again once as many like cycles are there.

Two smoothings are searched side by side, because what tells the repetitions of a curl apart from one another melts
them into one another in a slow press, and the jerks of that press look like repetitions under the other.
"""

from __future__ import annotations

import math
from collections import deque

from drivers.samples import Sample, Vector
from edge.model import Activity, Phase, PhaseSpan, Rep
from edge.signal.alike import Cycle
from edge.signal.angles import Angles
from edge.signal.course import STEP_S, Box, Course, mean_of
from edge.signal.events import ActivityChanged, PhaseBegan, RepFinished, SignalEvent
from edge.signal.follow import Follower
from edge.signal.ladder import Ladder
from edge.signal.orientation import turns_only, usable_accel
from edge.signal.profiles import CycleProfile
from edge.signal.steps import Steps

AWAY = 0.35
"""Share of the usual range from which the screen shows that the near end has been left."""
REST_S = 0.3
"""Longest that is added to half of the way back for the rest of it: half of the shortest cycle, so that the next one
cannot end before this one does."""
CONFIDENCE = 0.7
"""A cycle of acceleration is weaker evidence than a posture left and taken up again. Our choice."""


class CycleCounter:
    """Counts like cycles; ``phases`` are the out, hold, back and rest phases. Holds are not told apart.

    ``per_cycle`` repetitions are counted for each cycle: two where both arms take turns and one wears the sensor.
    """

    def __init__(self, profile: CycleProfile, phases: tuple[Phase, Phase, Phase, Phase], per_cycle: int = 1) -> None:
        self.unit = "m/s2"
        self.activity = Activity.ARMING
        self.phase: Phase | None = None
        self.reps = 0
        self.signal = 0.0
        self._profile = profile
        self._phases = phases
        self._per_cycle = per_cycle
        self._certainty = CONFIDENCE if profile.certainty is None else profile.certainty
        self._events: list[SignalEvent] = []
        self._reset()

    def _reset(self) -> None:
        self._box = Box(self._profile.smooth_s)
        self._steps = Steps()
        self._angles = Angles()
        self._ladders: list[Ladder] = []
        self._newest: deque[Vector] = deque(maxlen=max(1, round((self._profile.coarse_s or 0.0) / STEP_S)))
        self._follower: Follower | None = None
        self._last_end_s: float | None = None
        self._half_back_s = -math.inf
        self.phase = None

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is an acceleration that can be used, or a turn rate alone."""
        return usable_accel(sample) is not None or turns_only(sample)

    @property
    def position(self) -> float:
        """0 at the near end of a cycle, 1 at its far end, clipped to 0..1.2; 0 until cycles are known."""
        return min(max(self._follower.height, 0.0), 1.2) if self._follower else 0.0

    @property
    def pending(self) -> int:
        """Repetitions that seem to be under way while it takes more of them to be believed."""
        if self._follower is not None:
            return 0
        return self._per_cycle * max((ladder.pending() for ladder in self._ladders), default=0)

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        """Take the next usable sample and return what follows from it."""
        self._events = []
        felt = usable_accel(sample)
        if felt is not None:
            self._steps.update(sample.t_s, felt)
        elif turns_only(sample):
            felt = self._angles.update(sample)
        mean = self._box.update(sample.t_s, felt) if felt is not None else None
        if mean is not None:
            self._take(sample.t_s, mean, force_n)
        return self._events

    def blind(self, t_s: float) -> list[SignalEvent]:
        """Counting stops, and has to be earned again with first cycles."""
        self._events = []
        self._reset()
        self._become(t_s, Activity.BLIND)
        return self._events

    def _take(self, t_s: float, mean: Vector, force_n: float | None) -> None:
        self._lay(t_s, mean)
        walked_s = self._steps.last_s
        if self._follower is not None and self._follower.last_end_s < walked_s:
            self._follower = None
        one = self._follower.update() if self._follower else None
        if one is not None:
            self._count(t_s, one, force_n)
        since_s = max(walked_s, self._half_back_s)
        looks = [(ladder, ladder.update(since_s)) for ladder in self._ladders]
        found = max(((look, ladder) for ladder, look in looks if look), key=lambda one: one[0][0], default=None)
        if found is not None:
            (_, cycles), ladder = found
            for cycle in cycles:
                self._count(t_s, cycle, force_n)
            self._follower = Follower(ladder.course, cycles, self._profile.floor)
        if self._follower is None:
            self._become(t_s, Activity.ARMING)
        else:
            self.signal = self._follower.height * self._follower.size
            self._show(t_s, self._follower.height)

    def _lay(self, t_s: float, mean: Vector) -> None:
        """Continue the courses; a mean tells about the middle of its box."""
        middle_s = t_s - self._profile.smooth_s / 2
        coarse_s = self._profile.coarse_s
        self._newest.append(mean)
        means = [(middle_s, mean)]
        if coarse_s is not None:
            means.append((middle_s - coarse_s / 2, mean_of(list(self._newest))))
        if not self._ladders:
            self._ladders = [Ladder(Course(*one), self._profile.floor, self._profile.first) for one in means]
            return
        for ladder, one in zip(self._ladders, means, strict=True):
            ladder.course.append(*one)

    def _count(self, t_s: float, cycle: Cycle, force_n: float | None) -> None:
        # The second half of the way back takes as long as the first, as far as time has passed for it.
        start_s, rest_s = cycle.start_s, min(cycle.end_s - cycle.far_s, REST_S)
        end_s = min(cycle.end_s + rest_s, t_s)
        self._half_back_s = cycle.end_s
        if self._last_end_s is not None:
            start_s = max(start_s, self._last_end_s)
        out = max(cycle.far_s - start_s, 0.0) / (end_s - start_s)
        each_s = (end_s - start_s) / self._per_cycle
        for part in range(self._per_cycle):
            self._finish(t_s, start_s + part * each_s, out * each_s, each_s, cycle.size, force_n)

    def _finish(
        self, t_s: float, start_s: float, out_s: float, length_s: float, size: float, force_n: float | None
    ) -> None:
        far_s, end_s = start_s + out_s, start_s + length_s
        out, hold, back, _ = self._phases
        spans = (PhaseSpan(out, start_s, far_s), PhaseSpan(hold, far_s, far_s), PhaseSpan(back, far_s, end_s))
        pause_s = None if self._last_end_s is None else start_s - self._last_end_s
        self.reps += 1
        self._last_end_s = end_s
        rep = Rep(self.reps, start_s, end_s, spans, size, self.unit, force_n, pause_s, self._certainty)
        self._events.append(RepFinished(t_s, rep))

    def _show(self, t_s: float, height: float) -> None:
        resting = height < AWAY and self.phase is not self._phases[0]
        self._become(t_s, Activity.RESTING if resting else Activity.MOVING)
        if resting or height >= AWAY:
            phase = self._phases[3] if resting else self._phases[0]
            if self.phase is not phase:
                self.phase = phase
                self._events.append(PhaseBegan(t_s, phase))

    def _become(self, t_s: float, activity: Activity) -> None:
        if self.activity is not activity:
            self.activity = activity
            self._events.append(ActivityChanged(t_s, activity))
