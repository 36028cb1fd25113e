"""Calibrating on the screen by the three buttons alone, and what a bus that hangs makes of it."""

import json
import threading
import time

import msgspec
import pytest

from display.app import App
from display.shapes import CalibrateView
from drivers.calibration.files import read, write
from drivers.calibration.guide import Step
from drivers.calibration.guides import guide_for
from drivers.calibration.record import PoseRecord, moment, wiring
from drivers.clock import SimulatedClock, SystemClock
from drivers.controls import Controls, ControlsConfig, Name
from drivers.emulation.controls import EmulatedPanel
from drivers.factory import parse_sensors
from edge.calibrate.bench import Bench, BusHung
from edge.calibrate.run import Command, Options
from edge.calibrate.screen import FRAME_S, HUNG_SHOWN_S, Leading
from edge.calibrate.terminal import Left, lead
from edge.calibrate.virtual import Technician, emulated

RIG, ANA = "station-0001", "p-0001-aaaa"
WALL_S = 1_800_000_000.0
CONTROLS = ControlsConfig(green_pin=17, white_pin=27, red_pin=22, led_pin=23)
IMU = {"chip": "bno08x", "bus": "i2c-1"}
BAND, THIGH, TRUNK, GLUTE = (
    parse_sensors({name: {"place": name, **table}}, "station.toml")[0]
    for name, table in {
        "band": {"chip": "hx711", "bus": "spi-0"},
        "thigh": {**IMU, "address": 0x4A},
        "trunk": {**IMU, "address": 0x4B},
        "glute": {"chip": "emg", "bus": "spi-0", "channel": 0},
    }.items()
)


class House:
    """A technician at the screen, with three buttons and no keyboard; a step of a calibration is what is shown."""

    def __init__(self, folder, config, technician=Technician, stored=None):
        self.folder, self.clock = folder, SimulatedClock(1000.0, wall_at_start=WALL_S)
        self.guide = guide_for(config, RIG, stored, ANA)
        hardware = emulated(config, technician(self.guide), self.clock)
        self.panel = EmulatedPanel(hardware.pin_factory, CONTROLS)
        self.controls = Controls(CONTROLS, hardware.pin_factory, self.clock)
        self.app = App(headless=True, clock=self.clock.now)
        self.bench = Bench(self.guide, hardware, self.clock, folder)
        self.leading = Leading(self.bench, self.app, controls=self.controls)

    def __enter__(self):
        self.bench.__enter__()
        self.leading._draw()
        self.frames(0.6)
        return self

    def __exit__(self, *_error):
        self.bench.__exit__(None, None, None)
        self.controls.close()
        self.app.close()

    def frames(self, seconds):
        for _ in range(round(seconds / FRAME_S)):
            if self.leading._over:
                return
            self.leading.frame()

    def push(self, name):
        self.panel.press(name)
        self.frames(0.15)
        self.panel.release(name)
        self.frames(0.2)

    def green(self):
        """Press green, and let a look and a pause that it begins go by."""
        self.push(Name.GREEN)
        while self.guide.measuring and not self.leading._over:
            self.frames(0.5)

    @property
    def left(self):
        return self.leading._over and self.leading.record is None

    @property
    def written(self):
        return [path for path in self.folder.rglob("*") if path.is_file()]


def test_a_cell_is_calibrated_with_the_three_buttons_alone(tmp_path):
    with House(tmp_path, BAND) as house:
        for _ in range(5):  # empty, yes, ten kg, off, again
            house.green()
        assert house.guide.step is Step.SECOND
        for _ in range(10):
            house.push(Name.WHITE)  # one more kg each
        house.green()
        assert house.guide.step is Step.DONE
        house.push(Name.GREEN)
    assert house.leading.record == read(tmp_path, BAND, RIG).record
    assert house.leading.record.linear_share < 0.001


def test_white_reaches_every_weight_and_the_unknown_one(tmp_path):
    with House(tmp_path, BAND) as house:
        house.leading._kg = 99.0
        leading, guide = house.leading, house.guide
        guide.step = Step.WEIGHT
        told = []
        for _ in range(3):
            leading._kg = leading._heavier(guide)
            told.append(leading._kg)
        guide.step, leading._kg = Step.SECOND, 100.0
        for _ in range(2):
            leading._kg = leading._heavier(guide)
            told.append(leading._kg)
    assert told == [100.0, 5.0, 6.0, None, 1.0]


def test_white_goes_back_where_no_weight_is_told(tmp_path):
    with House(tmp_path, BAND) as house:
        house.green()
        assert house.guide.step is Step.CONFIRM
        house.push(Name.WHITE)
        assert house.guide.step is Step.EMPTY


def test_a_muscles_reference_takes_four_presses_of_green(tmp_path):
    with House(tmp_path, GLUTE) as house:
        for _ in range(4):
            house.green()
        assert house.guide.step is Step.DONE
        house.push(Name.GREEN)
    assert house.leading.record == read(tmp_path, GLUTE, RIG, ANA).record


@pytest.mark.parametrize("config", [BAND, THIGH, GLUTE], ids=lambda config: config.name)
@pytest.mark.parametrize("after_s", [0.0, 0.2, 1.0, 2.4])
def test_stop_ends_it_in_the_next_frame_whatever_is_under_way_and_nothing_is_written(tmp_path, config, after_s):
    with House(tmp_path, config) as house:
        house.panel.press(Name.GREEN)
        house.frames(0.1)
        house.panel.release(Name.GREEN)
        house.frames(after_s)
        house.panel.press(Name.RED)
        house.frames(2 * FRAME_S)
        assert house.left
        assert house.written == []
        with pytest.raises(Left):
            house.leading.run()


def test_stop_wins_over_the_frame_in_which_the_last_step_passes(tmp_path):
    """A still pose is over 2.5 s after the press: stop is pressed in every frame around that, one house each."""
    saved = 0
    for frame in range(-3, 4):
        folder = tmp_path / str(frame)
        folder.mkdir()
        with House(folder, THIGH) as house:
            house.panel.press(Name.GREEN)
            house.frames(FRAME_S)
            house.panel.release(Name.GREEN)
            while house.guide.step is not Step.DONE and not house.leading._over:
                left_s = house.guide._look.begin_s + 2.0 - house.clock.now() if house.guide._look else 1.0
                if left_s < frame * FRAME_S:
                    break
                house.leading.frame()
            done = house.leading.record is not None
            house.panel.press(Name.RED)
            house.leading.frame()
            assert house.leading._over
            assert bool(house.written) is done, "stop is looked at before anything is written"
            saved += done
    assert 0 < saved < 7


@pytest.mark.parametrize("others", [(Name.GREEN, Name.RED), (Name.RED, Name.GREEN, Name.WHITE)])
def test_with_stop_no_other_button_counts(tmp_path, others):
    with House(tmp_path, BAND) as house:
        for name in others:
            house.panel.press(name)
        house.frames(0.3)
        assert house.left
        assert not house.guide.measuring
        assert house.guide.step is Step.EMPTY


def test_stop_counts_with_the_first_frame(tmp_path):
    """What is pressed right after a screen came up was meant for the one before; stop never is."""
    house = House(tmp_path, BAND)
    with house.bench:
        house.panel.press(Name.RED)
        with pytest.raises(Left):
            house.leading.run()
    house.controls.close()
    house.app.close()
    assert house.written == []


def test_the_light_is_slow_while_a_look_is_under_way(tmp_path):
    with House(tmp_path, BAND) as house:
        lit = set()
        for _ in range(40):
            house.leading.frame()
            lit.add(house.panel.lit)
        assert lit == {True}
        house.panel.press(Name.GREEN)
        for _ in range(70):
            house.leading.frame()
            lit.add(house.panel.lit)
        assert lit == {True, False}


def station(folder, *sensors):
    tables = "".join(
        f'[sensors.{one.name}]\nchip = "{one.chip}"\nplace = "{one.place}"\nbus = "{one.bus}"\n'
        + (f"address = {one.whole('address')}\n" if one.chip == "bno08x" else "")
        for one in sensors
    )
    path = folder / "station.toml"
    path.write_text(
        f'[station]\nid = "{RIG}"\npatient_id = "{ANA}"\n[paths]\ndata = {json.dumps(str(folder))}\n{tables}'
        "[controls]\ngreen_pin = 17\nwhite_pin = 27\nred_pin = 22\n[screen]\nfullscreen = false\n"
    )
    return path


class TestCommand:
    """`steadyrig calibrate --screen`, the settings file's buttons and a window that shows nothing."""

    @pytest.fixture(autouse=True)
    def _headless(self, monkeypatch):
        def app(*args, **more):
            return App(*args, **{**more, "headless": True})

        monkeypatch.setattr("edge.calibrate.run.App", app)

    def test_the_buttons_of_the_settings_file_are_its_buttons(self, tmp_path):
        hardware = emulated(BAND, Technician(guide_for(BAND, RIG, None)), SystemClock())
        panel = EmulatedPanel(hardware.pin_factory, CONTROLS)
        command = Command(Options(station(tmp_path, BAND)), hardware=lambda: hardware)
        finger = threading.Timer(0.7, panel.press, [Name.RED])
        finger.start()
        began_s = time.monotonic()
        assert command.on_screen(lambda: False) == 1
        finger.join()
        assert time.monotonic() - began_s < 4.0
        assert not (tmp_path / "calibration").exists()

    def test_without_pins_it_is_said_and_touch_is_left(self, tmp_path, capsys):
        command = Command(Options(station(tmp_path, BAND)), hardware=NoPins)
        assert command.on_screen(lambda: True) == 1
        assert "the controls' pins cannot be used: is this a Raspberry Pi?" in capsys.readouterr().err

    def test_controls_that_cannot_be_are_one_sentence(self, tmp_path):
        path = station(tmp_path, BAND)
        path.write_text(path.read_text().replace("red_pin = 22", "red_pin = 10"))
        with pytest.raises(ValueError, match=r"controls\.red_pin is 10, expected .* sensors\.band does not use"):
            Command(Options(path))


class NoPins:
    """A computer without GPIO."""

    @property
    def pin_factory(self):
        raise RuntimeError("no /dev/gpiochip0")

    def i2c(self, _number):
        raise OSError("no bus")

    def perf(self):
        return 0.0

    def renew(self, _bus):
        pass


# ---- a bus that hangs -------------------------------------------------------------------------------------


class Hanging:
    """Hardware whose I2C bus blocks, on the simulated clock, from a moment on."""

    def __init__(self, hardware, clock, from_s):
        self._hardware, self._clock, self._from_s = hardware, clock, from_s
        self.pin_factory, self.perf, self.renew = hardware.pin_factory, hardware.perf, hardware.renew

    def i2c(self, number):
        bus, clock, from_s = self._hardware.i2c(number), self._clock, self._from_s
        real = bus.readfrom_into

        class Bus(type(bus)):
            def readfrom_into(self, *args, **span):
                if clock.now() >= from_s:
                    clock.sleep_until(1e9)
                real(*args, **span)

        hung = Bus()
        hung.__dict__.update(bus.__dict__)
        return hung


def hanging_bench(folder, from_s):
    clock = SimulatedClock(1000.0, wall_at_start=WALL_S)
    guide = guide_for(THIGH, RIG, None)
    return Bench(guide, Hanging(emulated(THIGH, Technician(guide), clock), clock, from_s), clock, folder), clock


class Answers:
    """A console that presses Enter for ever."""

    def __init__(self):
        self.told = []

    def tell(self, line):
        self.told.append(line)

    def live(self, _text):
        """Nobody looks."""

    def answer(self, _timeout_s):
        return None


@pytest.mark.parametrize("from_s", [0.0, 1001.0, 1001.7], ids=["from the start", "while waiting", "during a look"])
def test_in_the_terminal_a_bus_that_hangs_is_told_within_five_seconds_and_ends_it(tmp_path, from_s):
    ready, clock = hanging_bench(tmp_path, from_s)
    console = Answers()
    if from_s > 1001.5:
        console.answer = lambda _timeout_s: ""
    with ready:
        with pytest.raises(BusHung, match=r"i2c-1 did not come back for .* s") as told:
            lead(ready, console)
        assert clock.now() - max(from_s, 1000.0) <= 5.0
    assert "Nothing was written." in str(told.value)
    assert "switch the rig off and on, then run steadyrig calibrate thigh." in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_on_the_screen_it_is_shown_then_ends_by_itself_and_stop_ends_it_at_once(tmp_path):
    for press in (False, True):
        ready, clock = hanging_bench(tmp_path, 1001.0)
        app = App(headless=True, clock=clock.now)
        leading = Leading(ready, app)
        with ready:
            leading._draw()
            while leading._hung is None:
                leading.frame()
            assert clock.now() <= 1006.0
            shown = leading._view()
            assert isinstance(shown, CalibrateView)
            assert "The sensor's wires hang." in shown.lines
            assert [button.id for button in shown.buttons] == ["leave"]
            hung_s = clock.now()
            if press:
                leading.press(shown.buttons[0])
            with pytest.raises(BusHung):
                run_on(leading, clock)
            assert clock.now() - hung_s < (0.1 if press else HUNG_SHOWN_S + 1.0)
        app.close()
    assert list(tmp_path.iterdir()) == []


def run_on(leading, clock):
    """Run, with the clock turned by hand: nobody waits on it any more but the thread that hangs."""
    leading.bench.clock = Turned(clock)
    leading.run()


class Turned:
    def __init__(self, clock):
        self._clock = clock

    def now(self):
        return self._clock.now()

    def sleep_until(self, t_s):
        while self._clock.now() < t_s:
            self._clock.advance(t_s)


# ---- sensors that lie alike -------------------------------------------------------------------------------


def pose(config, up):
    return PoseRecord(
        sensor=config.name, rig=RIG, wiring=wiring(config), made_at=moment(WALL_S), up=up,
        gyro_bias_rad_s=(0.0, 0.0, 0.0), spread_m_s2=0.1,
    )  # fmt: skip


class Console(Answers):
    def __init__(self, answers):
        super().__init__()
        self.answers = list(answers)

    def answer(self, _timeout_s):
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("up", "warned"),
    [((0.0, 0.8, 0.6), True), ((1.0, 0.0, 0.0), False), ((0.0, -0.6, -0.8), False)],
    ids=["16 degrees apart", "a quarter turned", "upside down"],
)
def test_two_sensors_that_lie_alike_are_told_when_the_second_is_calibrated_and_in_the_list(tmp_path, up, warned):
    """The emulated sensor on the thigh has its up at (0, 0.6, 0.8)."""
    folder = tmp_path / "emulated-calibration"
    write(folder, msgspec.structs.replace(pose(TRUNK, up), rig=f"emulated-{RIG}"))
    command = Command(Options(station(tmp_path, THIGH, TRUNK), "thigh", emulate=True), wall=lambda: WALL_S)
    console = Console([""])
    assert command.in_terminal(console) == 0
    lines = [line for line in console.told if "Lies like trunk: turn one by a quarter" in line]
    assert bool(lines) is warned
    assert not warned or lines[0].endswith("They are 16 degrees apart.")
    listed = command.table()[0]
    assert ("lies like trunk, 16 degrees apart: a swap of the two cannot be seen" in listed) is warned


def test_on_the_screen_the_warning_stands_beside_the_outcome(tmp_path):
    with House(tmp_path, THIGH) as house:
        house.bench._poses = {"trunk": (0.0, 0.6, 0.8), "thigh": (0.0, 0.6, 0.8)}
        house.green()
        lines = house.leading._view().lines
    assert lines[0].startswith("thigh is calibrated until ")
    assert lines[1] == "Lies like trunk: turn one by a quarter, or swaps go unseen."


def test_one_sensor_alone_and_other_kinds_are_like_none(tmp_path):
    with House(tmp_path, THIGH) as house:
        house.green()
        assert len(house.leading._view().lines) == 1
        assert house.bench.lies_like(pose(THIGH, (0.0, 0.6, 0.8))) is None
