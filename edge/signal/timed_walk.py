"""Walk tests on the counter's steps: two minutes, or a course of known length such as 10 metres.

Two minutes end by the clock and the distance is entered by hand (about 181 m on average in adults, Bohannon et al.,
Arch Phys Med Rehabil 2015). A course of 10 metres ends when the patient or a helper says so; walk on beyond its end,
and average two walks at a comfortable pace. The sensor adds steps and cadence. Time and distance are not its own:
where it was blind they stay, and steps are not told.

>>> test = advance(WalkTest(duration_s=120.0), Look(0.9, Activity.RESTING))
>>> advance(test, Go(1.0)).state
<TestState.RUNNING: 'running'>
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.model import Activity, Origin, Rep
from edge.signal.events import RepFinished
from edge.signal.functional import Abort, Arrived, Go, Look, Stop, TestEvent, TestState, unseen

WAIT_S = 3.0
"""Steps are told up to a stride and a half after they were taken, the first of a walk together."""
PAUSE_S = 1.5
"""From two steps further apart than this the person stood still in between."""
EDGE_STEPS = 2
"""Steps that may be missing where walking begins and stops."""
LIMIT_S = 600.0
"""A course that takes longer than this has been forgotten."""
BY_HAND_S = 0.2
"""Standard deviation of a moment told by hand: the reaction times of two people. Our choice."""
BY_CLOCK_S = 0.02


@dataclass(frozen=True, slots=True)
class WalkResult:
    """A timed walk. Steps, cadence (per minute of walking) and pauses are None where the sensor was ``blind``.

    ``missing_steps`` is how many may not have been seen. ``distance_m`` is the course, or what was entered by hand;
    ``origin`` says by whom.
    """

    time_s: float
    time_spread_s: float
    steps: int | None
    missing_steps: int | None
    cadence_per_min: float | None
    pauses: int | None
    paused_s: float | None
    blind: bool
    practice: bool
    confidence: float
    distance_m: float | None = None
    origin: Origin | None = None

    @property
    def speed_m_s(self) -> float | None:
        """Metres per second, None while the distance is not known."""
        return None if self.distance_m is None else self.distance_m / self.time_s


@dataclass(frozen=True, slots=True)
class WalkTest:
    """A timed walk as far as it is: over after ``duration_s``, or on arrival where that is None.

    ``walking_s`` is the time taken by the ``steps`` since "go" together.
    """

    duration_s: float | None = None
    distance_m: float | None = None
    origin: Origin | None = None
    practice: bool = False
    state: TestState = TestState.READY
    reason: Abort | None = None
    go_s: float = 0.0
    end_s: float | None = None
    steps: int = 0
    walking_s: float = 0.0
    pauses: int = 0
    paused_s: float = 0.0
    least_confidence: float = 1.0
    blind: bool = False
    look: Look | None = None

    @property
    def can_start(self) -> bool:
        """Whether "go" may be said: the sensor is trusted."""
        blind = self.look is None or self.look.activity in (Activity.BLIND, Activity.WAITING)
        return self.state is TestState.READY and not blind

    @property
    def result(self) -> WalkResult | None:
        """The result of a test that is done, else None."""
        if self.state is not TestState.DONE or self.end_s is None:
            return None
        steps = None if self.blind else self.steps
        return WalkResult(
            time_s=self.end_s - self.go_s,
            time_spread_s=BY_HAND_S if self.duration_s is None else BY_CLOCK_S,
            steps=steps,
            missing_steps=EDGE_STEPS * (self.pauses + 1) if steps else steps,
            cadence_per_min=60.0 * steps / self.walking_s if steps else None,
            pauses=None if self.blind else self.pauses,
            paused_s=None if self.blind else self.paused_s,
            blind=self.blind,
            practice=self.practice,
            confidence=self.least_confidence,
            distance_m=self.distance_m,
            origin=self.origin,
        )


def measured(result: WalkResult, distance_m: float, origin: Origin) -> WalkResult:
    """Return the result with a distance entered by hand. Raises ValueError for one that nobody can have walked."""
    if not 0.0 < distance_m <= 5.0 * result.time_s:
        raise ValueError(
            f"a distance of {distance_m} m in {result.time_s:.0f} s; expected 0 to {5 * result.time_s:.0f}"
        )
    return replace(result, distance_m=distance_m, origin=origin)


def advance(test: WalkTest, event: TestEvent) -> WalkTest:
    """Return the test after an event; a test that is over changes no more."""
    if test.state in (TestState.DONE, TestState.ABORTED):
        return test
    match event:
        case Stop():
            return _aborted(test, Abort.STOPPED)
        case Go(t_s) if test.state is TestState.READY:
            started = replace(test, state=TestState.RUNNING, go_s=t_s)
            return started if test.can_start else _aborted(test, Abort.NOT_READY)
        case Arrived(t_s) if test.state is TestState.RUNNING and test.duration_s is None and t_s > test.go_s:
            return replace(test, end_s=test.end_s or t_s)
        case RepFinished(_, rep, _) if test.state is TestState.RUNNING:
            return _stepped(test, rep)
        case Look():
            return _looked(test, event)
    return test


def _aborted(test: WalkTest, reason: Abort) -> WalkTest:
    return replace(test, state=TestState.ABORTED, reason=reason)


def _stepped(test: WalkTest, step: Rep) -> WalkTest:
    if step.start_s < test.go_s or (test.end_s is not None and step.end_s > test.end_s):
        return test
    pause_s = step.pause_before_s or 0.0
    stood = test.steps > 0 and pause_s > PAUSE_S
    return replace(
        test,
        steps=test.steps + 1,
        walking_s=test.walking_s + step.end_s - step.start_s,
        pauses=test.pauses + stood,
        paused_s=test.paused_s + (pause_s if stood else 0.0),
        least_confidence=min(test.least_confidence, step.confidence),
    )


def _looked(test: WalkTest, look: Look) -> WalkTest:
    before, test = test.look, replace(test, look=look)
    if test.state is not TestState.RUNNING:
        return test
    test = replace(test, blind=test.blind or unseen(before, look))
    if test.end_s is None and test.duration_s is not None and look.t_s >= test.go_s + test.duration_s:
        test = replace(test, end_s=test.go_s + test.duration_s)
    if test.end_s is None:
        return _aborted(test, Abort.TOO_LONG) if look.t_s > test.go_s + LIMIT_S else test
    return replace(test, state=TestState.DONE) if look.t_s >= test.end_s + WAIT_S else test
