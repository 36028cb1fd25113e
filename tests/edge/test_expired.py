"""A calibration that is over: the station goes on counting, says so everywhere, and coaches nothing by it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from display.gallery.states import live
from display.parts import SensorState
from display.shapes import AgendaView, LoadState, ReadyView, SetView
from display.station_info import StationInfo
from display.view.by_screen import view
from display.view.cues import cue_of
from drivers import base
from drivers.calibration.files import Found
from drivers.calibration.record import LoadRecord, MuscleRecord, PoseRecord, moment, wiring
from drivers.factory import parse_sensors
from drivers.samples import Quality
from edge.history.fold import fold
from edge.judge import Matter, judge
from edge.live import Live
from edge.model import Phase, PhaseSpan, Rep, Verdict
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.prove import bench
from edge.prove.bench import SENSORS, WALL_S, Bench
from edge.records import Doubt, RepCounted, SetDone
from edge.session import (
    Action,
    CalibrationChanged,
    Counted,
    CountingLost,
    PlanArrived,
    Play,
    Pressed,
    Save,
    Screen,
    SensorChanged,
    SessionState,
    Sound,
    Started,
    advance,
)
from edge.signal.events import Reason
from edge.station import Station
from edge.tempo import parse_tempo

INFO = StationInfo((("band", SensorState.OK), ("thigh", SensorState.OK)), clinic_number="020 7946 0018")
ROW = one_dose(1, "band_row", 1, 3, parse_tempo("3.1.3"), (10.0, 14.0), 20.0)
SQUAT = replace(ROW, order=2, exercise="goblet_squat", load_kg=None)
PLAN = Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", (ROW, SQUAT))


def hasty(start_s):
    """A row far too fast and far too light."""
    edges = (start_s, start_s + 0.4, start_s + 0.5, start_s + 0.9)
    phases = (Phase.CONCENTRIC, Phase.TOP, Phase.ECCENTRIC)
    spans = tuple(PhaseSpan(phase, a, b) for phase, a, b in zip(phases, edges, edges[1:], strict=False))
    return Rep(1, start_s, edges[-1], spans, 30.0, "N", 30.0, None, 0.9)


class Run:
    """A session with both sensors there; what is ``expired`` is told before it begins."""

    def __init__(self, *expired):
        self.state, self.effects, self.t_s = SessionState(), [], 100.0
        self(PlanArrived(self.t_s, PLAN, WALL_S))
        for place in ("band", "thigh"):
            self(SensorChanged(self.t_s, place, True))
        self(CalibrationChanged(self.t_s, expired))

    def __call__(self, event):
        self.state, effects = advance(self.state, event)
        self.effects += effects

    def begin(self):
        self(Pressed(self.t_s, Action.MAIN))
        self(Started(self.t_s, "session-0001", WALL_S))
        self(Pressed(self.t_s, Action.MAIN))
        assert self.state.screen is Screen.SET
        return self

    def rep(self):
        self.t_s += 4.0
        self(Counted(self.t_s, hasty(self.t_s - 1.0)))
        return self

    def saved(self, kind):
        return [
            effect.record for effect in self.effects if isinstance(effect, Save) and isinstance(effect.record, kind)
        ]

    def shown(self, looked=None):
        return view(self.state, looked or Live(t_s=self.t_s), INFO)


def test_a_set_by_an_expired_calibration_is_counted_and_neither_judged_nor_coached():
    run = Run("band").begin().rep().rep().rep()
    assert run.state.screen is Screen.REST
    assert [rep.verdict for rep in run.saved(RepCounted)] == [Verdict.NOT_JUDGED] * 3
    assert [one.sound for one in run.effects if isinstance(one, Play)][:2] == [Sound.REP, Sound.LAST_REP]
    (done,) = run.saved(SetDone)
    assert (done.reps_counted, done.doubts) == (3, (Doubt.CALIBRATION_EXPIRED,))


def test_no_rule_may_lean_on_a_set_by_an_expired_calibration():
    """What the rules for the load are given of a set says whether it may be trusted."""
    for expired, trusted in ((("band",), False), ((), True)):
        run = Run(*expired).begin().rep().rep().rep()
        (session,) = fold([effect.record for effect in run.effects if isinstance(effect, Save)]).sessions
        assert [one.trusted for one in session.sets] == [trusted]


def test_the_same_set_by_a_good_calibration_is_coached():
    run = Run().begin().rep().rep()
    assert [rep.verdict for rep in run.saved(RepCounted)] == [Verdict.TOO_LIGHT] * 2
    assert run.state.cues.say is not None
    assert Sound.CORRECTION in [one.sound for one in run.effects if isinstance(one, Play)]
    run.rep()
    assert run.saved(SetDone)[0].doubts == ()


def test_another_sensors_calibration_does_not_matter():
    run = Run("thigh", "left_glute").begin().rep()
    assert run.saved(RepCounted)[0].verdict is Verdict.TOO_LIGHT
    assert not run.state.uncoached


def test_the_doubts_of_the_count_stand_beside_it():
    run = Run("band").begin().rep()
    run(CountingLost(run.t_s, Reason.GAP, False))
    assert run.state.doubts == ("calibration_expired", "gap")


def test_every_screen_before_and_in_the_set_says_so():
    run = Run("band")
    agenda = run.shown()
    assert isinstance(agenda, AgendaView)
    assert agenda.help == ("Sensor check is due.", "Call 020 7946 0018")
    run(Pressed(run.t_s, Action.MAIN))
    run(Started(run.t_s, "session-0001", WALL_S))
    ready = run.shown()
    assert isinstance(ready, ReadyView)
    assert [(line.word, line.state) for line in ready.sensors] == [
        ("Expired", SensorState.WAITING),
        ("Ready", SensorState.OK),
    ]
    assert next(button for button in ready.buttons if button.main).enabled, "it is counted all the same"
    run(Pressed(run.t_s, Action.MAIN))
    shown = run.shown()
    assert isinstance(shown, SetView)
    assert (shown.sensors.label, shown.sensors.state) == ("Counts only", SensorState.WAITING)
    assert shown.doubt == "", "the count itself is not in doubt"


def test_the_load_is_shown_without_praise_or_blame_but_too_much_is_still_told():
    run = Run("band").begin()
    for force_kg, state in ((5.0, LoadState.UNKNOWN), (12.0, LoadState.UNKNOWN), (16.0, LoadState.OVER)):
        assert run.shown(live(Phase.TOP, 0.4, force_kg)).load.state is state
    cue = cue_of(run.state, live(Phase.TOP, 0.4, 16.0))
    assert cue.text == "Ease off", "it only ever asks for less"
    assert "Call" not in Run("left_glute").shown().help[0], "no exercise is counted by a muscle"


def test_the_agenda_is_quiet_while_all_holds():
    assert Run().shown().help[0] == "Need help?"


def test_the_judge_says_why():
    judged = judge(hasty(1.0), ROW, sensed_load=True, calibrated=False)
    assert (judged.verdict, judged.why.matter, judged.inside) == (Verdict.NOT_JUDGED, Matter.CALIBRATION, True)


# ---- through the station ----------------------------------------------------------------------------------


def health(name, expired=False):
    return base.Health(name, base.SensorState.LIVE, 0.0, 100.0, expired=expired)


def test_a_calibration_that_ends_during_a_set_matters_from_the_next_one_on():
    station = Station(
        {"cell": "band", "imu": "thigh"}, lambda _r: None, lambda _s: None, lambda: WALL_S, lambda: "session-0001"
    )
    station.take_plan(PLAN)
    station.step(1.0, [health("cell"), health("imu")])
    for _ in range(2):
        station.press(Pressed(1.1, Action.MAIN))
    assert station.state.screen is Screen.SET
    station.step(2.0, [health("cell", expired=True), health("imu")])
    assert station.state.expired == ()
    station.press(Pressed(3.0, Action.STOP))
    station.press(Pressed(3.1, Action.REASON, "other"))
    station.step(4.0, [health("cell", expired=True), health("imu")])
    assert station.state.expired == ("band",)
    station.step(5.0, [health("cell"), health("imu")])
    assert station.state.expired == ()


@pytest.mark.parametrize(("age_days", "expired"), [(1, False), (89, False), (90, True), (200, True), (-2, True)])
def test_from_the_bytes_of_a_cell_to_the_record_of_the_set(monkeypatch, age_days, expired):
    """-2 days: made by a clock that was wrong, and as little to be leant on."""
    monkeypatch.setattr(bench, "_plan", lambda _key: replace(PLAN, rows=(replace(ROW, load_kg=(90.0, 99.0)),)))
    tables = {"band": SENSORS["band"]}
    (config,) = parse_sensors(tables, "the bench")
    made = moment(WALL_S) - timedelta(days=age_days)
    record = LoadRecord(
        sensor="band", rig="station-0001", wiring=wiring(config), made_at=made, tared_at=made, capacity_kg=100.0,
        weight_kg=20.0, zero_count=config.whole("zero_count"), reference_zero_count=config.whole("zero_count"),
        newton_per_count=config.number("newton_per_count"), spread_n=0.02, back_kg=0.0,
    )  # fmt: skip
    trial = Bench(7, (), "band_row", tables, calibrations={"band": Found(record)})
    trial.train(20.0)
    samples = trial.samples["band"]
    assert {bool(sample.quality & Quality.EXPIRED) for sample in samples} == {expired}
    assert not any(sample.quality & Quality.UNCALIBRATED for sample in samples), "newtons they are, and counted by"
    reps = [one for one in trial.records if isinstance(one, RepCounted)]
    assert len(reps) == 3
    assert {rep.verdict for rep in reps} == {Verdict.NOT_JUDGED if expired else Verdict.TOO_LIGHT}
    (done,) = [one for one in trial.records if isinstance(one, SetDone)]
    assert ("calibration_expired" in done.doubts) is expired


def test_a_pose_and_a_muscle_that_are_over_are_told_by_health_as_well():
    tables = {"thigh": SENSORS["thigh"], "glute": {"chip": "emg", "place": "glute", "bus": "spi-0", "channel": 0}}
    thigh, glute = parse_sensors(tables, "the bench")
    made = moment(WALL_S) - timedelta(days=91)
    pose = PoseRecord(
        sensor="thigh", rig="station-0001", wiring=wiring(thigh), made_at=made, up=(0.0, 0.6, 0.8),
        gyro_bias_rad_s=(0.0, 0.0, 0.0), spread_m_s2=0.1,
    )  # fmt: skip
    muscle = MuscleRecord(
        sensor="glute", rig="station-0001", wiring=wiring(glute), patient="p-0001-aaaa", place="glute", made_at=made,
        rest_level=0.02, rest_sd=0.002, full_level=0.6, efforts=3, spread_share=0.1,
    )  # fmt: skip
    trial = Bench(7, (), "goblet_squat", tables, calibrations={"thigh": Found(pose), "glute": Found(muscle)})
    trial.run(2.0)
    seen = trial.looks[-1].health
    assert seen["thigh"].limits == ("calibration expired on 2027-01-14: run steadyrig calibrate thigh",)
    assert seen["glute"].limits == ("calibration expired on 2026-10-17: run steadyrig calibrate glute",)
    assert trial.station.state.expired == ("thigh", "glute")
    assert {sample.activation for sample in trial.samples["glute"]} == {None}
