"""Chair tests on the counter's repetitions: stands in 30 seconds, and the time for five.

30-second chair stand (Rikli and Jones, J Aging Phys Act 1999, as in CDC STEADI): from "go", arms crossed, every full
stand within 30 s counts, and so does one that is more than half-way up when the time is over; a patient who needs the
arms scores 0. Half-way is half of the turn of the thigh from sitting to standing. At that angle the hip is at about
two thirds of its height, so a stand only just beyond half of its height is not given; ``most`` tells.

Five times sit-to-stand: from "go" to the fifth full stand (Guralnik et al., J Gerontol 1994, the Short Physical
Performance Battery). A thigh sensor dates standing upright well, while a seat is touched before the thigh has come to
rest. The time until sitting after the fifth stand (Whitney et al., Phys Ther 2005) is told beside it. Not done within
60 s is unable, as in the battery.

>>> test = ChairTest(Chair.THIRTY_SECONDS)
>>> test = advance(test, Look(0.9, Activity.RESTING))
>>> advance(test, Go(1.0)).state
<TestState.RUNNING: 'running'>
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from edge.model import Activity, Phase, Rep
from edge.signal.events import PhaseBegan, RepFinished
from edge.signal.functional import Abort, Go, Look, Stop, TestEvent, TestState, UsedArms, unseen

LENGTH_S = 30.0
FIVE = 5
LIMIT_S = 60.0
FULL, NEARLY_FULL = 0.75, 0.65
"""Shares of the largest stand of the test from which one is full, and from which it might be. Our choice: a thigh
that stops at three quarters of its turn belongs to a person with bent knees. Full stands of one person lie within
about 10 %."""
HALF_WAY, DOUBT = 0.5, 0.15
"""Share of the way up that counts when time is over, and how near to it that may be wrong by one."""
EARLY_S = 0.3
"""A movement that began so much before "go" was begun before it: dates are good to about a tenth of a second."""
WAIT_S = 5.0
"""So long a stand in progress at the end is waited for; then the person has stayed up."""
SPREAD_S = 0.1
"""Standard deviation of the moment of standing where the counter states none, by the virtual patient and a force
plate."""
LIVE_SPREAD_S = 0.3
"""The same where only the live phase told of it."""
ALL_UNSURE = 0.5
"""Confidence in a score of no stands at all: the sensor may sit somewhere else."""


IN_DOUBT = 0.8
"""Factor of the confidence in a score that may be another. Our choice."""
UNDER_WAY = (Activity.MOVING, Activity.HOLDING)


class Chair(StrEnum):
    """Which test."""

    THIRTY_SECONDS = "thirty_seconds"
    FIVE_TIMES = "five_times"


@dataclass(frozen=True, slots=True)
class StandsResult:
    """``stands`` in 30 s, with ``fewest`` and ``most`` that they can have been; ``low`` were too low to count.

    ``stood_s`` are the moments of the full stands since "go", where they were dated.
    """

    stands: int
    fewest: int
    most: int
    low: int
    arms_used: bool
    practice: bool
    confidence: float
    stood_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FiveTimesResult:
    """Seconds from "go" to the fifth full stand, ``spread_s`` (one standard deviation), and to sitting after it."""

    to_stand_s: float
    spread_s: float
    to_sit_s: float | None
    low: int
    practice: bool
    confidence: float
    stood_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ChairTest:
    """A chair test as far as it is; ``reps`` are those since "go", ``at_end`` the look at the end of the 30 s
    and ``by_end`` how many had been reported by then.

    ``up_s`` is when the live phase said that the person stands, None while it does not.
    """

    kind: Chair
    practice: bool = False
    state: TestState = TestState.READY
    reason: Abort | None = None
    go_s: float = 0.0
    reps: tuple[Rep, ...] = ()
    look: Look | None = None
    at_end: Look | None = None
    by_end: int = 0
    up_s: float | None = None
    arms_used: bool = False

    @property
    def can_start(self) -> bool:
        """Whether "go" may be said: the counter has seen the person sit still."""
        return self.state is TestState.READY and self.look is not None and self.look.activity is Activity.RESTING

    @property
    def full(self) -> tuple[Rep, ...]:
        """The full stands so far. A larger stand than any before may show that one before it was none."""
        return tuple(rep for rep in self.reps if rep.range_value >= FULL * self.largest)

    @property
    def largest(self) -> float:
        """The largest range of a stand since "go", 0 before the first."""
        return max((rep.range_value for rep in self.reps), default=0.0)

    @property
    def left_s(self) -> float:
        """Seconds left of the 30, or of the 60 in which five have to be done."""
        limit_s = LENGTH_S if self.kind is Chair.THIRTY_SECONDS else LIMIT_S
        if self.state is TestState.READY or self.look is None:
            return limit_s
        return max(self.go_s + limit_s - self.look.t_s, 0.0)

    @property
    def stands_result(self) -> StandsResult | None:
        """The score of a 30 s test that is done, else None."""
        if self.kind is not Chair.THIRTY_SECONDS or self.state is not TestState.DONE:
            return None
        return _score(self)

    @property
    def five_times_result(self) -> FiveTimesResult | None:
        """The time of a five-times test that is done, else None."""
        if self.kind is not Chair.FIVE_TIMES or self.state is not TestState.DONE:
            return None
        return _time(self)


def advance(test: ChairTest, event: TestEvent) -> ChairTest:
    """Return the test after an event; a test that is over changes no more, except by the arms."""
    match event:
        case UsedArms():
            return _with_arms(test)
        case _ if test.state in (TestState.DONE, TestState.ABORTED):
            return test
        case Stop():
            return _aborted(test, Abort.STOPPED)
        case Go(t_s):
            return _gone(test, t_s)
        case Look():
            return _looked(test, event)
        case RepFinished(_, rep, _) if test.state is TestState.RUNNING:
            return _over(replace(test, reps=(*test.reps, rep), up_s=None) if _begun(test, rep) else test)
        case PhaseBegan(t_s, Phase.TOP) if test.state is TestState.RUNNING:
            return replace(test, up_s=t_s)
    return test


def _with_arms(test: ChairTest) -> ChairTest:
    """In 30 s the arms score 0, whenever they are owned up to; five times have no time."""
    if test.kind is Chair.FIVE_TIMES:
        return _aborted(test, Abort.ARMS)
    over = TestState.READY if test.state is TestState.READY else TestState.DONE
    return test if test.state is TestState.ABORTED else replace(test, state=over, arms_used=over is TestState.DONE)


def _aborted(test: ChairTest, reason: Abort) -> ChairTest:
    return replace(test, state=TestState.ABORTED, reason=reason)


def _gone(test: ChairTest, t_s: float) -> ChairTest:
    if test.state is not TestState.READY:
        return test
    if not test.can_start:
        return _aborted(test, Abort.NOT_READY)
    return replace(test, state=TestState.RUNNING, go_s=t_s)


def _looked(test: ChairTest, look: Look) -> ChairTest:
    before, test = test.look, replace(test, look=look)
    if test.state is not TestState.RUNNING:
        return test
    if unseen(before, look):
        return _aborted(test, Abort.BLIND)
    if test.kind is Chair.THIRTY_SECONDS and test.at_end is None and look.t_s >= test.go_s + LENGTH_S:
        test = replace(test, at_end=look, by_end=len(test.reps))
    return _over(test)


def _begun(test: ChairTest, rep: Rep) -> bool:
    return rep.start_s >= test.go_s - EARLY_S


def _over(test: ChairTest) -> ChairTest:
    """Return the test, done if its end has come and nothing in progress is waited for any more."""
    now_s = test.look.t_s if test.look else test.go_s
    if test.kind is Chair.THIRTY_SECONDS:
        waiting = test.at_end is not None and _in_progress(test, test.at_end) and now_s < test.at_end.t_s + WAIT_S
        return test if test.at_end is None or waiting else replace(test, state=TestState.DONE)
    stays_up = test.up_s is not None and now_s > test.up_s + WAIT_S and len(test.full) == FIVE - 1
    if len(test.full) >= FIVE or stays_up:
        return replace(test, state=TestState.DONE)
    return _aborted(test, Abort.TOO_LONG) if now_s > test.go_s + LIMIT_S else test


def _in_progress(test: ChairTest, at_end: Look) -> bool:
    """Return whether a repetition under way when the time was over has not been reported yet."""
    return at_end.activity in UNDER_WAY and len(test.reps) == test.by_end


def _stood_s(rep: Rep) -> float:
    """Return when the way up was over."""
    return rep.spans[0].end_s


def _score(test: ChairTest) -> StandsResult:
    if test.arms_used or test.at_end is None:
        return StandsResult(0, 0, 0, len(test.reps), test.arms_used, test.practice, 1.0, ())
    end_s = test.go_s + LENGTH_S
    stood = [rep for rep in test.full if _stood_s(rep) <= end_s]
    nearly = [rep for rep in test.reps if NEARLY_FULL <= rep.range_value / test.largest < 2 * FULL - NEARLY_FULL]
    doubtful = sum(rep in stood for rep in nearly)
    last, unsure = _half_way(test, test.at_end, end_s)
    stands = len(stood) + last
    fewest = stands - doubtful - (unsure and last)
    most = stands + len(nearly) - doubtful + (unsure and not last)
    confidence = sum(rep.confidence for rep in stood) / len(stood) if stood else ALL_UNSURE
    return StandsResult(
        stands=stands,
        fewest=fewest,
        most=most,
        low=len(test.reps) - len(test.full),
        arms_used=False,
        practice=test.practice,
        confidence=confidence if fewest == most else confidence * IN_DOUBT,
        stood_s=tuple(_stood_s(rep) - test.go_s for rep in stood),
    )


def _half_way(test: ChairTest, at_end: Look, end_s: float) -> tuple[bool, bool]:
    """Return whether a stand under way when the time was over counts, and whether that may be wrong."""
    late = test.reps[test.by_end :]
    finished = bool(late) and _stood_s(late[0]) <= end_s
    if at_end.activity not in UNDER_WAY or finished:
        return False, False
    if at_end.phase is not Phase.CONCENTRIC and not late:
        return True, False
    return at_end.position > HALF_WAY, abs(at_end.position - HALF_WAY) < DOUBT


def _time(test: ChairTest) -> FiveTimesResult:
    full = test.full[:FIVE]
    stood_s = [_stood_s(rep) - test.go_s for rep in full]
    spread_s, to_sit_s = LIVE_SPREAD_S, None
    if len(full) == FIVE:
        spread_s = full[-1].edge_spread_s[1] if full[-1].edge_spread_s else SPREAD_S
        to_sit_s = full[-1].end_s - test.go_s
    elif test.up_s is not None:
        stood_s.append(test.up_s - test.go_s)
    return FiveTimesResult(
        to_stand_s=stood_s[-1],
        spread_s=spread_s,
        to_sit_s=to_sit_s,
        low=len(test.reps) - len(test.full),
        practice=test.practice,
        confidence=sum(rep.confidence for rep in full) / len(full),
        stood_s=tuple(stood_s),
    )
