"""What station.toml can choose about a motion sensor: its reports, its rate, its lines, its own calibration."""

import pytest

from drivers import chip_calibration
from drivers.base import ConfigError, DriverError, SensorAbsent, SensorState
from drivers.bno08x import Lines
from drivers.clock import SimulatedClock
from drivers.emulation.bno085 import BOOT_S
from drivers.emulation.faults import Fault, Kind
from drivers.emulation.pins import QuietFactory
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_watchdog, parse_sensors
from drivers.lines import InterruptLine
from drivers.samples import Quality

THIGH = {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A}
INT, RST = 17, 4


@pytest.fixture
def wired(bench):
    """A bench whose chip and driver share the two lines."""

    def make(*faults, motion=None, **settings):
        pins = QuietFactory()
        kwargs = {"motion": motion} if motion else {}
        return bench(
            faults=faults,
            chip={"pins": pins, "int_pin": INT, "reset_pin": RST, "boot_s": BOOT_S},
            lines=Lines(lambda: pins, INT, RST),
            **kwargs,
            **settings,
        )

    return make


class TestReports:
    def test_linear_acceleration_comes_where_it_is_asked_for_and_nowhere_else(self, bench, truth):
        moving = truth((1.0, 2.0, 9.80665 + 3.0))
        for reports, expected in (("accel gyro game_rotation", None), ("accel linear", (1.0, 2.0, 3.0))):
            one = bench(lambda _t: moving, reports=reports)
            one.source.open()
            sample = one.run(0.5)[-1]
            assert sample.linear_m_s2 == (expected and pytest.approx(expected, abs=0.005))
        assert sample.gyro_rad_s is None
        assert sample.quaternion_wxyz is None
        assert one.source.health(one.clock.now()).rate_hz == pytest.approx(100, abs=1)

    @pytest.mark.parametrize("rate_hz", [25, 50, 200])
    def test_the_rate_is_the_one_asked_for(self, bench, rate_hz):
        one = bench(rate_hz=rate_hz)
        one.source.open()
        assert one.source.period_s == 1 / rate_hz
        assert len(one.run(2.0)) == pytest.approx(2 * rate_hz, abs=5)
        assert one.health().rate_hz == pytest.approx(rate_hz, rel=0.02)
        assert one.health().yield_fraction == pytest.approx(1.0, abs=0.05)

    def test_one_report_that_stays_away_is_asked_for_again(self, bench):
        one = bench()
        one.source.open()
        one.run(0.2)
        one.chip._features.pop(0x02)  # its request was lost on the way
        assert any(sample.gyro_rad_s is None for sample in one.run(0.3))
        assert one.run(0.6)[-1].gyro_rad_s is not None
        assert one.health().resets == 0

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"reports": "gyro"}, "sensors.thigh.reports is 'gyro', expected \"accel\" and any of"),
            ({"reports": "accel accel"}, "reports is 'accel accel'"),
            ({"reports": "accel heading"}, "reports is 'accel heading'"),
            ({"rate_hz": 1000}, "rate_hz is 1000, expected a whole number from 10 to 400"),
            ({"rate_hz": 50.5}, "rate_hz is 50.5"),
            ({"dynamic_calibration": 1}, "dynamic_calibration is 1, expected true or false"),
            ({"int_pin": 28}, "int_pin is 28, expected a GPIO number"),
        ],
    )
    def test_what_cannot_be_is_refused(self, settings, words):
        with pytest.raises(ConfigError) as caught:
            parse_sensors({"thigh": {**THIGH, **settings}}, "station.toml")
        assert words in str(caught.value)

    def test_a_line_belongs_to_one_sensor(self):
        shank = {**THIGH, "address": 0x4B, "int_pin": 17}
        with pytest.raises(ConfigError, match="GPIO 17"):
            parse_sensors({"thigh": {**THIGH, "reset_pin": 17}, "shank": shank}, "station.toml")
        with pytest.raises(ConfigError, match="GPIO 10"):
            parse_sensors(
                {"thigh": {**THIGH, "int_pin": 10}, "band": {"chip": "hx711", "place": "band", "bus": "spi-0"}},
                "station.toml",
            )


class TestLines:
    @staticmethod
    def late_s(one):
        """The chip measures the clock itself: what differs from a sample's own time is the driver's error."""
        one.source.open()
        one.wait(0.0037)  # the host looks at moments that have nothing to do with the chip's
        errors = []
        for _ in range(300):
            one.wait(0.0117)
            errors += [s.t_s - 1000.0 - s.accel_m_s2[2] for s in one.read()]
        return errors[10:]

    def test_with_the_interrupt_a_sample_has_the_time_of_its_measurement(self, wired, truth):
        errors = self.late_s(wired(motion=lambda t_s: truth((0.0, 0.0, t_s - 1000.0))))
        assert max(map(abs, errors)) <= 0.0022  # a step of 1/256 and two of 0.1 ms

    def test_without_it_a_sample_is_late_by_up_to_one_period(self, bench, truth):
        errors = self.late_s(bench(lambda t_s: truth((0.0, 0.0, t_s - 1000.0)), chip={"boot_s": BOOT_S}))
        assert 0.007 < max(errors) <= 0.0122

    def test_a_chip_that_is_lost_is_reset_by_its_line(self, wired):
        one = wired(Fault(Kind.SILENCE, "thigh", 1.0, 2.5))
        one.source.open()
        with pytest.raises(SensorAbsent, match="no reports"):
            one.run(5.0)
        assert one.chip.hard_resets == 1
        one.source.close()
        one.wait(0.25)
        one.source.open()
        assert one.run(1.5)[0].quality & Quality.RESET_BEFORE

    def test_it_is_reset_before_the_next_try_so_that_the_try_succeeds(self, wired):
        one = wired()
        one.bus.detach(0x4A)
        with pytest.raises(SensorAbsent, match="no motion sensor"):
            one.source.open()
        assert one.chip.hard_resets == 1
        one.bus.attach(one.chip)
        one.source.close()
        one.wait(0.25)
        one.source.open()
        assert one.run(0.3)

    def test_a_pin_that_is_taken_is_told_and_the_samples_come_all_the_same(self, wired):
        from gpiozero import OutputDevice

        one = wired()
        with OutputDevice(INT, pin_factory=one.source._lines.pin_factory()):
            one.source.open()
            assert len(one.run(0.5)) > 30
            assert any("cannot be used" in words for words in one.health().limits)
        one.source.open()
        assert one.health().limits == ()

    def test_an_edge_stamped_by_another_clock_counts_as_now(self):
        clock, pins = SimulatedClock(1000.0), QuietFactory()
        line = InterruptLine(pins, INT, clock)
        pins.pin(INT).drive_low()  # the mock pin stamps it with the computer's own clock
        assert line.fell_s(999.0, 1000.0) == 1000.0
        line.close()


class TestCalibration:
    @pytest.fixture
    def still(self, bench, truth):
        one = bench(lambda _t: truth())
        one.source.open()
        one.run(2.0)
        return one

    @pytest.mark.parametrize("wanted", [True, False])
    def test_it_is_switched_after_every_start(self, bench, wanted):
        one = bench(dynamic_calibration=wanted)
        one.source.open()
        one.run(0.2)
        assert one.chip.calibrating == (wanted, wanted, False)
        one.chip.reset()
        one.run(0.2)
        assert one.chip.calibrating == (wanted, wanted, False)

    def test_health_tells_the_worst_accuracy_of_the_reports(self, still):
        assert still.health().accuracy == 3
        still.chip.accuracy = {0x02: 1, 0x08: 2}
        still.run(0.1)
        assert still.health().accuracy == 1
        still.chip.accuracy = {0x08: 0}
        assert still.run(0.1)[-1].quality is Quality.LOW_ACCURACY
        assert still.health().accuracy == 0

    def test_at_rest_and_at_its_best_it_is_saved(self, still):
        still.source.save_calibration()
        assert still.source.calibration_saved is None
        still.run(0.1)
        assert still.source.calibration_saved is True
        assert still.chip.saves == 1

    def test_a_chip_that_refuses_is_believed(self, still):
        still.chip.save_status = 1
        still.source.save_calibration()
        still.run(0.1)
        assert still.source.calibration_saved is False
        assert still.health().errors["calibration"] == 1

    def test_the_answer_to_an_earlier_wish_is_not_taken_for_this_one(self, still):
        still.source.save_calibration()
        still.run(0.1)
        still.chip._command = lambda *_: None
        still.source.save_calibration()
        still.run(3.0)
        assert still.source.calibration_saved is False

    def test_an_answer_that_is_lost_is_asked_for_again(self, still):
        still.source.save_calibration()
        still.read()
        still.chip._replies.clear()
        still.run(1.0)
        assert still.source.calibration_saved is True

    def test_a_chip_that_never_answers_is_given_up(self, still):
        still.chip._command = lambda *_: None
        still.source.save_calibration()
        still.run(3.0)
        assert still.source.calibration_saved is False

    def test_a_restart_in_between_means_not_saved(self, still):
        still.chip._command = lambda *_: None
        still.source.save_calibration()
        still.run(0.1)
        still.chip.reset()
        still.run(0.1)
        assert still.source.calibration_saved is False

    def test_nothing_is_saved_below_the_best_accuracy_or_in_motion(self, still, bench):
        still.chip.accuracy = {0x01: 2}
        still.run(0.1)
        with pytest.raises(DriverError, match=r"thigh: its accuracy is 2 of 3; turn it slowly"):
            still.source.save_calibration()
        moving = bench()
        with pytest.raises(DriverError, match="not known yet"):
            moving.source.save_calibration()
        moving.source.open()
        moving.run(2.0)
        with pytest.raises(DriverError, match="thigh: it moves"):
            moving.source.save_calibration()
        assert still.chip.saves == moving.chip.saves == 0

    @pytest.fixture
    def soon(self, monkeypatch):
        assert chip_calibration.LAID_DOWN_S >= 60.0  # longer than any hold of a set
        monkeypatch.setattr(chip_calibration, "LAID_DOWN_S", 6.0)

    def test_laid_down_after_use_it_is_saved_by_itself_once_a_day(self, still, soon):
        still.run(3.0)
        assert still.chip.saves == 0  # somebody may hold a pose
        still.run(2.5)
        assert (still.chip.saves, still.source.calibration_saved) == (1, True)
        still.run(6.0)
        assert still.chip.saves == 1
        still.chip.reset()
        still.run(6.0)
        assert still.chip.saves == 1

    def test_below_the_best_accuracy_nothing_is_saved_by_itself_until_it_is_reached(self, still, soon):
        still.chip.accuracy = {0x01: 2}
        still.run(6.0)
        assert still.chip.saves == 0
        still.chip.accuracy = {}
        still.run(1.0)
        assert still.chip.saves == 1

    @pytest.mark.parametrize("settings", [{"dynamic_calibration": False}, {}])
    def test_worn_or_with_nothing_learned_it_is_left_alone(self, bench, truth, soon, settings):
        one = bench(lambda _t: truth(), **settings) if settings else bench()
        one.source.open()
        one.run(6.0)
        assert one.chip.saves == 0


def test_several_chips_on_several_buses_are_each_their_own(truth):
    tables = {
        "thigh": THIGH,
        "shank": {**THIGH, "address": 0x4B, "place": "shank"},
        "wrist": {**THIGH, "bus": "i2c-3", "place": "wrist", "reports": "accel linear"},
        "bell": {**THIGH, "bus": "i2c-3", "address": 0x4B, "place": "bell", "rate_hz": 50},
    }
    configs = parse_sensors(tables, "station.toml")
    clock, samples = SimulatedClock(), []
    places = {"thigh": 1.0, "shank": 2.0, "wrist": 3.0, "bell": 4.0}
    hardware = EmulatedHardware(configs, lambda place, _t: truth((places[place], 0.0, 9.0)), None, clock)
    watchdog = build_watchdog(configs, hardware, clock, samples.append)
    watchdog.start()
    while clock.now() < 3.0:
        clock.advance(3.0)
    clock.advance(3.0)
    health = watchdog.health()
    clock.close()
    assert watchdog.stop()
    for name, x in places.items():
        mine = [sample for sample in samples if sample.sensor == name]
        assert len(mine) == pytest.approx(145 if name == "bell" else 290, abs=2)
        assert mine[-1].accel_m_s2[0] == pytest.approx(x, abs=0.3)
        assert health[name].state is SensorState.LIVE
