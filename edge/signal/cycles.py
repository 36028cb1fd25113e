"""Repetitions as like cycles of the smoothed acceleration, for sensors that feel more than a change of posture.

Nothing is said until some cycles in a row resemble one another in all three axes (the search, in ladder.py); those
are announced together, and every further cycle has to resemble them (the follower). The search goes on beside it: who
begins another movement, or had been misunderstood, is counted again once as many like cycles are there.

How much to smooth before looking is not known, and no one answer is right. So where the class says so five look, each
through a longer box than the last, and the median of their counts is told.
"""

from __future__ import annotations

from drivers.samples import Sample, Vector
from edge.model import Activity, Phase, PhaseSpan, Rep
from edge.signal.alike import LONGEST_S, Cycle
from edge.signal.angles import Angles
from edge.signal.events import ActivityChanged, PhaseBegan, RepFinished, SignalEvent
from edge.signal.follow import Follower
from edge.signal.orientation import turns_only, usable_accel
from edge.signal.profiles import CycleProfile
from edge.signal.steps import Steps
from edge.signal.vote import Vote
from edge.signal.voter import Voter

AWAY = 0.35
"""Share of the usual range from which the screen shows that the near end has been left."""
REST_S = 0.3
"""Longest that is added to half of the way back for the rest of it: half of the shortest cycle, so that the next one
cannot end before this one does."""
ASIDE = (0.0, -0.5, 0.5, -1.0, 1.0)
"""Powers of the class's factor by which the boxes of the voters differ; what the screen shows goes by the first."""
LEAST_S = 0.3
"""What has less room than that after the last repetition is the same one: half of the shortest cycle."""
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
        aside = self._profile.aside
        scales = [1.0] if aside is None else [aside**power for power in ASIDE]
        self._steps = Steps()
        self._angles = Angles()
        self._voters = [Voter(self._profile, scale) for scale in scales]
        self._vote = Vote(len(scales))
        self._newest_s = 0.0
        self._last_end_s: float | None = None
        self.phase = None

    @staticmethod
    def takes(sample: Sample) -> bool:
        """Return whether the sample is an acceleration that can be used, or a turn rate alone."""
        return usable_accel(sample) is not None or turns_only(sample)

    @property
    def _follower(self) -> Follower | None:
        """The first of the voters' followers, once most of them have one: the screen shows what it sees."""
        followers = [voter.follower for voter in self._voters if voter.follower]
        return followers[0] if 2 * len(followers) > len(self._voters) else None

    @property
    def position(self) -> float:
        """0 at the near end of a cycle, 1 at its far end, clipped to 0..1.2; 0 until cycles are known."""
        follower = self._follower
        return min(max(follower.height, 0.0), 1.2) if follower else 0.0

    @property
    def pending(self) -> int:
        """Repetitions that seem to be under way while it takes more of them to be believed."""
        if self._follower is not None:
            return 0
        return self._per_cycle * max(self._vote.pending, *(voter.pending for voter in self._voters))

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        """Take the next usable sample and return what follows from it."""
        self._events = []
        felt = usable_accel(sample)
        if felt is not None:
            self._steps.update(sample.t_s, felt)
        elif turns_only(sample):
            felt = self._angles.update(sample)
        if felt is not None:
            self._take(sample.t_s, felt, force_n)
        return self._events

    def blind(self, t_s: float) -> list[SignalEvent]:
        """Counting stops, and has to be earned again with first cycles."""
        self._events = []
        self._reset()
        self._become(t_s, Activity.BLIND)
        return self._events

    def _take(self, t_s: float, felt: Vector, force_n: float | None) -> None:
        due = False
        for number, voter in enumerate(self._voters):
            counted = voter.update(t_s, felt, self._steps.last_s)
            if counted is None:
                continue
            due = True
            for cycle in counted:
                self._hear(t_s, number, cycle, force_n)
        if not due:
            return
        follower = self._follower
        if follower is None:
            self._become(t_s, Activity.ARMING)
        else:
            self.signal = follower.height * follower.size
            self._show(t_s, follower.height)

    def _hear(self, t_s: float, number: int, cycle: Cycle, force_n: float | None) -> None:
        """Take one cycle of one voter; after a rest nobody's lead counts any more."""
        if cycle.start_s > self._newest_s + LONGEST_S:
            self._vote.forget()
        self._newest_s = max(self._newest_s, cycle.end_s)
        known = self._vote.add(number, cycle)
        if known is not None:
            self._count(t_s, known, force_n)

    def _count(self, t_s: float, cycle: Cycle, force_n: float | None) -> None:
        # The second half of the way back takes as long as the first, as far as time has passed for it.
        start_s, rest_s = cycle.start_s, min(cycle.end_s - cycle.far_s, REST_S)
        end_s = min(cycle.end_s + rest_s, t_s)
        if self._last_end_s is not None:
            # Voters that lead by a cycle date the same number earlier.
            start_s = max(start_s, self._last_end_s)
            end_s = min(max(end_s, start_s + LEAST_S), t_s)
        if end_s - start_s < LEAST_S:
            return
        out = min(max(cycle.far_s - start_s, 0.0) / (end_s - start_s), 1.0)
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
