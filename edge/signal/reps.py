"""Repetitions as departures from a still start posture and returns to it.

The counter is armed by stillness; that posture is the start. A repetition opens when the shift passes the floor of
its class, and is over when the motion has come back and settled: the end is predicted from the fading speed, and
reported when that moment has come. Until one has been counted, a movement the wrong way up that ends in stillness is
a change of posture: the patient pressed the button before sitting down or standing up, and the start is there.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from drivers.samples import ImuSample, LoadSample, Quality, Sample, Vector
from edge.model import Activity, Phase
from edge.signal.elsewhere import Elsewhere, Standstill
from edge.signal.events import SignalEvent
from edge.signal.filters import Smoother, Stillness
from edge.signal.lift import rise_m
from edge.signal.orientation import Posture, Tilt
from edge.signal.phases import EARLY, LEVEL, Boundaries, Floats, date
from edge.signal.profiles import PostureProfile
from edge.signal.seat import TOUCH_SPREAD_S, touch_s
from edge.signal.shift import Shift
from edge.signal.stride import LONGEST_S as LONGEST_STRIDE_S
from edge.signal.stride import struck
from edge.signal.tally import Done, Tally
from edge.signal.trial import Trial
from edge.signal.turning import Turn
from edge.signal.under_way import HALF, UnderWay
from edge.signal.vectors import dot
from edge.signal.voice import Voiced
from edge.signal.way import SAME_WAY, Way
from edge.tempo import LONGEST_PHASE_S

ARMING_S = 0.6
PATIENCE_S, HASTE = 5.0, 0.4
"""Who has not kept still for so long trains already: from then on this share of the standstill will do, which is what
turning round without a pause takes. Better the first repetitions lost than the set. Our choice."""
CHANGE_OF_POSTURE_S = 3.0
"""Nobody takes longer to stand up or sit down who then goes on without a pause."""
AFTER_STEPS_S = 1.0
"""A standstill after steps has to last longer: between two strides, or before a bend, a thigh is slow as well."""
STAND_AGAIN_S = 10.0
"""For so long after a step only the posture from before it arms: longer than a bell is gripped on the floor."""
FOLLOW_S = 0.5
"""Time constant with which the start posture follows a person who keeps still in it."""
SETTLED_S = 0.5
NEAR = 0.25
"""Back within this share of the range, with the motion fading: the repetition is ending."""
LOOSELY_NEAR = 0.45
"""Back within this share and still for ``SETTLED_S``: an incomplete return, but a return."""
SHORTEST_S = 0.4
LONGEST_HOLD_S = LONGEST_PHASE_S + 5.0
LONGEST_REP_S = 3 * LONGEST_PHASE_S
LEAD_IN_S = 3.0
"""How much of the past is kept while nothing happens, to find where a slow movement really began."""
AS_LARGE = 0.8
"""Share of the usual range from which a movement another way may be a repetition: the sensor may have slipped."""


class PostureCounter(Voiced):
    """Counts departures and returns of one :class:`Shift`; ``phases`` are the out, hold, back and rest phases.

    ``rises`` says whether the way out goes up, where that is known, and ``trial`` what the patient showed before.
    Raises ValueError where the trial was of another kind of shift.
    """

    def __init__(
        self,
        profile: PostureProfile,
        shift: Shift,
        phases: tuple[Phase, Phase, Phase, Phase],
        rises: bool | None = None,
        trial: Trial | None = None,
    ) -> None:
        super().__init__()
        self.reps = 0
        self.unit = shift.unit
        self.takes = shift.takes
        if trial is not None and trial.range_unit != shift.unit:
            raise ValueError(f"a trial in {trial.range_unit} does not fit a shift in {shift.unit}")
        self._profile = trial.personal(profile) if trial else profile
        self._shift = shift
        self._phases = phases
        self._rises = rises
        self._fresh = True
        self._tally = Tally(self._profile, shift.unit, phases, self._voice)
        self._way = Way(trial.axis if trial else None)
        if trial is not None:
            self._tally.know(trial.range_value)
        self._ready_once = False
        self._lost_until_s: float | None = None
        self._stood: Posture = ()
        self._shift.face(self._way.axis)
        self._reset()

    def _reset(self) -> None:
        self._open: UnderWay | None = None
        self._tally.drop_held()
        self._past: deque[tuple[float, float, float, float]] = deque()
        self._still = Stillness(self._profile.still_speed)
        self._pace = Smoother(0.03)
        self._t_s: float | None = None
        self._anchored_s: float | None = None
        self._arming_since_s: float | None = None
        self._to_arm_s = ARMING_S

    @property
    def position(self) -> float:
        """0 in the start posture, 1 at the far end usual so far, clipped to 0..1.2."""
        usual = self._tally.usual or max(2 * self._profile.floor, self._open.far if self._open else 0.0)
        return min(max(self._shift.shift / usual, 0.0), 1.2)

    @property
    def axis(self) -> Vector | None:
        """About which axis of the sensor repetitions turn; None until one was counted, and for a force."""
        return self._way.axis if self._way.axis and any(self._way.axis) else None

    @property
    def signal(self) -> float:
        """The shift in degrees, or the force itself in newtons."""
        return self._shift.signal

    def step(self, sample: Sample, force_n: float | None) -> list[SignalEvent]:
        """Take the next usable sample and return what follows from it."""
        if not self._ready_once:
            self._fit(sample)
        self._shift.update(sample)
        t_s = sample.t_s
        still_s = self._still.update(t_s, self._shift.speed)
        pace = self._pace.update(t_s, self._shift.speed)
        if self.activity in (Activity.ARMING, Activity.BLIND):
            self._arm(t_s, still_s)
        elif self._open is None:
            self._rest(t_s, still_s)
        else:
            self._keep(t_s)
            self._move(self._open, t_s, still_s, pace, force_n)
        if self._open is not None and isinstance(sample, LoadSample) and sample.quality & Quality.SATURATED:
            self._open.beyond = True
        self._t_s = t_s
        return self._voice.said()

    def _fit(self, sample: Sample) -> None:
        """A sensor without an accelerometer knows no tilt: it is followed by what it turns."""
        if isinstance(sample, ImuSample) and isinstance(self._shift, Tilt | Turn):
            wanted = Turn if sample.accel_m_s2 is None else Tilt
            if not isinstance(self._shift, wanted):
                self._shift = wanted()
                self._shift.face(self._way.axis)

    def _arm(self, t_s: float, still_s: float) -> None:
        """The counter is armed once a posture has been kept for ``ARMING_S``; a tremor may go on.

        After a hole or steps it has to be the start posture known from before: the person may be resting at the far
        end, or bending for a bell.
        """
        self._voice.become(t_s, Activity.ARMING)
        if self._arming_since_s is None:
            self._arming_since_s = t_s
        if self._lost_until_s is not None and t_s <= self._lost_until_s:
            if still_s >= self._to_arm_s and self._shift.reach <= self._profile.floor:
                self._be_ready(t_s)
        elif self._anchored_s is None or self._shift.reach > ARMING_S * self._profile.still_speed:
            self._shift.anchor()
            self._anchored_s = t_s
        elif t_s - self._anchored_s >= self._to_arm_s * (HASTE if t_s - self._arming_since_s > PATIENCE_S else 1.0):
            self._be_ready(t_s)

    def _be_ready(self, t_s: float) -> None:
        self._lost_until_s = None
        self._ready_once = True
        self._shift.anchor()
        self._stood = self._shift.posture
        self._past.clear()
        self._voice.become(t_s, Activity.RESTING)
        self._voice.show(t_s, self._phases[3])

    def _rest(self, t_s: float, still_s: float) -> None:
        self._keep(t_s)
        while self._past[-1][0] - self._past[0][0] > LEAD_IN_S:
            self._past.popleft()
        if still_s >= SETTLED_S and self._t_s is not None:
            self._stood = self._shift.posture
            self._shift.anchor((t_s - self._t_s) / FOLLOW_S if t_s - self._t_s < FOLLOW_S else 1.0)
        usual = self._tally.usual or 0.0
        if self._shift.shift < 0.0:
            # Lower than ever since the last repetition: the next one rises from here.
            self._shift.anchor()
        elif self._shift.shift < SAME_WAY * self._shift.reach and self._shift.reach > AS_LARGE * usual:
            # As large as ever but another way: the sensor may have slipped, and the whole movement is followed.
            self._shift.face(None)
        if self._shift.shift > self._profile.floor:
            self._open = UnderWay.begun(t_s, self._shift, self._profile.floor)
            self._voice.become(t_s, Activity.MOVING)
            self._voice.show(t_s, self._phases[0])

    def _keep(self, t_s: float) -> None:
        self._past.append((t_s, self._shift.shift, self._shift.speed, self._shift.weight))

    def _move(self, rep: UnderWay, t_s: float, still_s: float, pace: float, force_n: float | None) -> None:
        shift = self._shift.shift
        if self._way.axis is None and not rep.faced and rep.is_returning(shift):
            # Nothing is known yet of the way repetitions go: this is the way, and beyond the start is below it.
            self._shift.face(self._newest_axis(rep.direction))
            rep.faced = True
        rep.follow(t_s, self._shift, shift, pace, force_n)
        self._show_part(rep, t_s, shift, pace)
        stop = rep.elsewhere.update(t_s, still_s, self._shift)
        if self._is_over(rep, t_s, shift, still_s, pace):
            self._close(rep, t_s)
        elif self._changed_posture(rep, shift, still_s):
            self._open = None
            self._be_ready(t_s)
        elif stop is not None:
            self._begin_there(rep, stop, t_s)
        elif self._fresh and shift < -HALF * rep.far:
            # Who goes back past where they came from did not come from the start: it is where they turned.
            self._open = None
            self._shift.face(self._way.axis)
            self._stood = rep.far_posture
            self._shift.anchor_at(rep.far_posture)
        elif t_s - rep.opened_s > LONGEST_REP_S or (still_s > LONGEST_HOLD_S and shift > LOOSELY_NEAR * rep.far):
            # Nobody is asked to hold this long: the person sits or stands somewhere else now.
            self._fresh = True
            self._way.axis = None
            self._start_anew(t_s)

    def _start_anew(self, t_s: float, still_s: float = ARMING_S) -> None:
        """A standstill has to be seen before anything counts again."""
        self._reset()
        self._to_arm_s = still_s
        self._shift.face(self._way.axis)
        self._voice.become(t_s, Activity.ARMING)

    def _start_after_steps(self, t_s: float) -> None:
        """Who stood before the steps stands after them: another posture is a bend, unless it is kept for long.

        Steps before the first repetition of an exercise that begins seated lead to the seat, which nobody knows yet.
        """
        self._start_anew(t_s, AFTER_STEPS_S)
        if self._stood and (self._rises is False or not self._fresh):
            self._shift.anchor_at(self._stood)
            self._lost_until_s = t_s + STAND_AGAIN_S

    def _is_stride(self, far: float, marks: Boundaries, course: Floats) -> bool:
        """Return whether this was a step: small, quick, and a foot struck the ground."""
        stride = self._profile.stride
        if stride is None or far > stride or marks.end_s - marks.start_s > LONGEST_STRIDE_S:
            return False
        return struck(course[:, 0], course[:, 3], marks.start_s, marks.end_s)

    def _changed_posture(self, rep: UnderWay, shift: float, still_s: float) -> bool:
        """Return whether the patient took up the start posture only now: went the way no repetition begins.

        Sitting down after the button is no squat held at the bottom and standing up is no squat at all, however
        long either lasts. Asked once per standstill, and no more once a repetition has been counted.
        """
        if still_s < ARMING_S:
            rep.judged = False
        if not self._fresh or rep.judged or still_s < ARMING_S:
            return False
        rep.judged = True
        return shift > LOOSELY_NEAR * rep.far and self._went_wrong(self._past[-1][0])

    def _went_wrong(self, until_s: float) -> bool:
        """Return whether the way out clearly went up where repetitions begin downwards, or down for upwards."""
        if self._rises is None or self._profile.rise is None:
            return False
        past = np.array([row for row in self._past if row[0] <= until_s])
        if len(past) < 2:
            return False
        rise = rise_m(past[:, 0], past[:, 1], past[:, 3])
        return (-rise if self._rises else rise) >= self._profile.rise

    def _show_part(self, rep: UnderWay, t_s: float, shift: float, pace: float) -> None:
        if self.phase is self._phases[0] and shift > 0.5 * rep.far and pace < 0.15 * rep.top_speed:
            self._voice.become(t_s, Activity.HOLDING)
            self._voice.show(t_s, self._phases[1])
        elif self.phase is not self._phases[2] and shift < 0.88 * rep.far:
            self._voice.become(t_s, Activity.MOVING)
            self._voice.show(t_s, self._phases[2])

    def _is_over(self, rep: UnderWay, t_s: float, shift: float, still_s: float, pace: float) -> bool:
        if rep.has_turned(shift):
            return True
        if shift > LOOSELY_NEAR * rep.far:
            rep.ending = None
            return False
        if still_s >= SETTLED_S:
            return True
        # The dating looks for the same share of the peak speed, which has to lie in the past by then.
        fading = (LEVEL if self._shift.knows_speed else EARLY) * rep.back_speed
        if pace > 1.5 * fading:
            rep.ending = None
        elif rep.ending is None and shift < NEAR * rep.far and pace < fading:
            rep.ending = self._dated(t_s)
        return rep.ending is not None and t_s >= rep.ending.end_s

    def _dated(self, until_s: float) -> Boundaries:
        past = np.array([row for row in self._past if row[0] <= until_s])
        return date(past[:, 0], past[:, 1], turning=self._shift.knows_speed)

    def _close(self, rep: UnderWay, t_s: float) -> None:
        marks = self._ended(rep, t_s)
        if self._is_stride(rep.far, marks, np.array(self._past)):
            self._start_after_steps(t_s)
            return
        quick = marks.out_end_s - marks.start_s <= CHANGE_OF_POSTURE_S
        if self._fresh and quick and self._went_wrong(marks.hold_end_s):
            self._begin_at_far(rep, marks, t_s)
            return
        # Every repetition is measured from where the one before it came to rest: people shift on their seats.
        self._shift.anchor_at(rep.low_posture)
        self._open = None
        self._voice.become(t_s, Activity.RESTING)
        self._voice.show(t_s, self._phases[3])
        course = np.array(self._past)
        self._forget_before(marks.end_s)
        done = Done(rep.far, rep.peak_force_n, marks, course, self._shift.knows_speed, rep.beyond)
        if self._counts(done, rep.direction, t_s):
            self._take(done, t_s)
        self._shift.face(self._way.axis)

    def _begin_at_far(self, rep: UnderWay, marks: Boundaries, t_s: float) -> None:
        """Standing up or sitting down, and on without a pause: the set began at the far end, and is under way."""
        self._shift.face(None)
        self._stood = rep.far_posture
        self._shift.anchor_at(rep.far_posture)
        self._forget_before(marks.hold_end_s)
        self._past = deque((when_s, rep.far - shift, speed, weight) for when_s, shift, speed, weight in self._past)
        self._open = UnderWay(
            t_s,
            Elsewhere(self._profile.floor),
            far=rep.far,
            direction=self._shift.direction,
            low=self._shift.shift,
            low_s=t_s,
            far_posture=rep.low_posture,
            low_posture=self._shift.posture,
            top_speed=rep.top_speed,
            back_speed=rep.back_speed,
        )

    def _begin_there(self, rep: UnderWay, stop: Standstill, t_s: float) -> None:
        """The start posture is the one come back to; which way repetitions go from there is not known yet."""
        course = np.array(stop.course)
        marks = date(course[:, 0], course[:, 1], turning=self._shift.knows_speed).ended(t_s)
        if self._is_stride(stop.far, marks, course):
            self._start_after_steps(t_s)
            return
        self._way.forget()
        self._shift.face(None)
        self._open = None
        self._be_ready(t_s)
        done = Done(stop.far, rep.peak_force_n, marks, course, self._shift.knows_speed)
        if not self._tally.is_partial(done.far) and self._is_whole(done):
            self._take(done, t_s)

    def _ended(self, rep: UnderWay, t_s: float) -> Boundaries:
        """Return the boundaries of a movement that is over: settled, turned round at its low point, or on a seat."""
        turned = rep.has_turned(self._shift.shift)
        until_s = rep.low_s if turned else t_s
        marks = self._dated(until_s).ended(until_s)
        if self._profile.seat and self._rises and self._shift.knows_speed:
            past = np.array(self._past)
            touched_s = touch_s(past[:, 0], past[:, 2], past[:, 3], marks.hold_end_s, marks.end_s)
            if touched_s is not None:
                marks = marks.ended(touched_s, TOUCH_SPREAD_S)
        return marks

    def _forget_before(self, end_s: float) -> None:
        while len(self._past) > 1 and self._past[0][0] < end_s:
            self._past.popleft()

    def _counts(self, done: Done, direction: Vector, t_s: float) -> bool:
        if self._tally.is_partial(done.far):
            self._tally.report_partial(done.far, t_s)
            return False
        return self._is_whole(done) and self._way.is_same(direction, self._newest_axis(direction))

    def _is_whole(self, done: Done) -> bool:
        """Return whether a movement took as long as one must, and went out in one go."""
        return done.marks.end_s - done.marks.start_s >= SHORTEST_S and not self._tally.in_several_pulls(done)

    def _take(self, done: Done, t_s: float) -> None:
        if self._tally.take(done, t_s):
            self.reps = self._tally.reps
            self._fresh = False

    def _newest_axis(self, direction: Vector) -> Vector:
        """Return the axis about which it turned most of late, to the side of ``direction``."""
        x, y, z = self._shift.axis
        return (x, y, z) if dot((x, y, z), direction) >= 0 else (-x, -y, -z)

    def blind(self, t_s: float) -> list[SignalEvent]:
        """Counting stops, an open repetition is dropped, and the start posture has to be seen again."""
        self._reset()
        self._shift.reset()
        self._lost_until_s = t_s + LONGEST_HOLD_S if self._ready_once else None
        self._tally.break_off()
        self._voice.become(t_s, Activity.BLIND)
        return self._voice.said()
