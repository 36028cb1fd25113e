"""`steadyrig calibrate` from end to end: typed answers or touches, emulated chips, a dated file."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pygame
import pytest

from display.app import App
from display.draw import draw
from display.ink import Ink
from display.theme import Theme
from drivers.calibration.files import NOTHING, read
from drivers.calibration.guide import Step
from drivers.calibration.guides import guide_for
from drivers.calibration.load_guide import LoadGuide
from drivers.calibration.pose_guide import PoseGuide
from drivers.calibration.record import moment
from drivers.calibration.rig import load_calibrations
from drivers.calibration.still import Refusal, Why
from drivers.clock import SimulatedClock
from drivers.factory import build_sources, parse_sensors
from drivers.samples import STANDARD_GRAVITY_M_S2 as G
from drivers.samples import LoadSample, MuscleSample, Quality
from edge.alone import alone_with_sensors
from edge.calibrate.bench import Bench
from edge.calibrate.run import Command, Options
from edge.calibrate.screen import Leading
from edge.calibrate.terminal import Left, lead
from edge.calibrate.virtual import Technician, emulated
from edge.calibrate.words import alike, figure, hung, view_of
from edge.config import SettingsError

WALL_S = 1_800_000_000.0
RIG = "station-0001"
STATION = """
[station]
id = "station-0001"
patient_id = "p-0001-aaaa"
[paths]
data = {folder}
[sensors.thigh]
chip = "bno08x"
place = "thigh"
bus = "i2c-1"
address = 0x4A
[sensors.band]
chip = "hx711"
place = "band"
bus = "spi-0"
"""
TABLES = {
    "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
    "band": {"chip": "hx711", "place": "band", "bus": "spi-0"},
}
THIGH, BAND = parse_sensors(TABLES, "station.toml")
(GLUTE,) = parse_sensors({"glute": {"chip": "emg", "place": "left_glute", "bus": "spi-0", "channel": 0}}, "s.toml")
WHOLE = ["", "yes", "10", "", "", "20"]
ANA = "p-0001-aaaa"


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION.format(folder=json.dumps(str(tmp_path))))
    return path


class Script:
    """A console with its answers written beforehand; what was told is kept."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.told = []
        self.lived = []

    def tell(self, line):
        self.told.append(line)

    def live(self, text):
        self.lived.append(text)

    def answer(self, _timeout_s):
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    def said(self, words):
        return any(words in line for line in self.told)


class Clumsy(Technician):
    """Leaves or hangs something else in some steps."""

    def __init__(self, guide, **hangs_kg):
        super().__init__(guide)
        self.wrong_kg = hangs_kg

    def hangs_kg(self, step):
        return self.wrong_kg.get(str(step), super().hangs_kg(step))


def bench(folder, config=BAND, stored=None, technician=Technician, rig=RIG, **hangs_kg):
    guide = guide_for(config, rig, stored, ANA)
    clock = SimulatedClock(1000.0, wall_at_start=WALL_S)
    hand = technician(guide, **hangs_kg)
    return Bench(guide, emulated(config, hand, clock), clock, folder), hand


def by_hand(folder, answers, **options):
    """Lead a scripted technician through in the terminal; return the console and the record, None where they left."""
    console = Script(answers)
    ready, _hand = bench(folder, **options)
    with ready:
        try:
            return console, lead(ready, console)
        except Left:
            return console, None


class TestTerminal:
    def test_a_cell_is_calibrated_and_the_file_gives_the_station_newtons(self, tmp_path):
        console, record = by_hand(tmp_path, WHOLE)
        assert read(tmp_path, BAND, RIG).record == record
        assert record.made_at - moment(WALL_S) < datetime.now(UTC) - datetime.now(UTC).replace(year=2000)
        assert record.newton_per_count == pytest.approx(100 * G / 2 / 2_147_484, rel=1e-4)
        assert record.zero_count == pytest.approx(84_000, abs=15)
        assert console.said("Hang a weight you know")
        assert console.said("band is calibrated until 2027-04-15.")
        assert any("kg" in line for line in console.lived)
        force_n, quality = station_reads(tmp_path, 12.0)
        assert force_n == pytest.approx(12.0 * G, rel=1e-3)
        assert not quality & Quality.UNCALIBRATED

    def test_what_is_typed_badly_is_asked_again(self, tmp_path):
        answers = ["x", "", "no", "", "yes", "ten", "", "2", "500", "nan", "10,0 kg", "", "", "?", ""]
        console, record = by_hand(tmp_path, answers)
        assert (record.weight_kg, record.newton_per_count) == (10.0, pytest.approx(100 * G / 2 / 2_147_484, rel=1e-4))
        for words in ("'x' is none of these", "'ten' is no weight", "2 kg is too light", "500 kg is too much"):
            assert console.said(words), words
        assert console.said("Hang both weights together")
        assert record.linear_share < 0.001

    def test_steps_can_be_done_again_and_the_second_weight_skipped(self, tmp_path):
        console, record = by_hand(tmp_path, ["", "yes", "10", "b", "10", "", "", "s"])
        assert record.linear_share is None
        assert sum("Hang a weight you know" in line for line in console.told) == 2
        assert console.said("linear not checked")

    @pytest.mark.parametrize("answers", [["q"], [], ["", "yes", "10", "", "q"], ["", "b", "q"]])
    def test_leaving_writes_nothing(self, tmp_path, answers):
        assert by_hand(tmp_path, answers)[1] is None
        assert list(tmp_path.iterdir()) == []

    def test_ten_kg_left_on_a_known_cell_are_refused_every_time_it_is_tried(self, tmp_path):
        """F15, through the whole command."""
        _, stored = by_hand(tmp_path, WHOLE)
        before = read(tmp_path, BAND, RIG)
        console, record = by_hand(tmp_path, [""] * 10, stored=stored, technician=Clumsy, empty=10.0)
        assert record is None
        assert sum("10 kg hang on it. Take off all, then measure again." in line for line in console.told) == 10
        assert read(tmp_path, BAND, RIG) == before

    def test_a_new_zero_keeps_the_span(self, tmp_path):
        _, stored = by_hand(tmp_path, WHOLE)
        console, record = by_hand(tmp_path, ["", "k"], stored=stored, technician=Clumsy, empty=0.5)
        assert record.newton_per_count == stored.newton_per_count
        assert record.zero_count > stored.zero_count + 10_000
        assert console.said("k: keep the old span")

    def test_a_weight_that_is_not_what_was_said_is_found(self, tmp_path):
        console, record = by_hand(tmp_path, [*WHOLE, "b", "b", "b", "b"], technician=Clumsy, weight=9.0, again=9.0)
        assert record is None
        assert console.said("Are the kg of both right?")

    def test_a_motion_sensor_is_one_step(self, tmp_path):
        _, record = by_hand(tmp_path, [""], config=THIGH)
        assert record.up == pytest.approx((0.0, 0.6, 0.8), abs=0.02)
        assert read(tmp_path, THIGH, RIG).record == record

    def test_a_muscle_is_rested_tensed_three_times_and_kept_of_this_person(self, tmp_path):
        console, record = by_hand(tmp_path, ["", "", "", ""], config=GLUTE)
        assert read(tmp_path, GLUTE, RIG, ANA).record == record
        assert read(tmp_path, GLUTE, RIG, "p-0002-bbbb") == NOTHING
        assert (record.full_level, record.efforts) == (pytest.approx(0.6, abs=0.01), 3)
        for words in ("Let the muscle rest", "Tense the muscle hard, without pain", "Let go", "of p-0001-aaaa"):
            assert console.said(words), words
        assert any("the muscle is active" in line for line in console.lived)
        assert console.told.count("Step 4 of 4: Tense the muscle hard, without pain. Hold it.") == 1

    def test_leaving_between_two_efforts_writes_nothing(self, tmp_path):
        assert by_hand(tmp_path, ["", "", "q"], config=GLUTE)[1] is None
        assert list(tmp_path.iterdir()) == []

    def test_a_sensor_that_is_not_there_is_told_with_the_drivers_words(self, tmp_path):
        guide, clock = PoseGuide(THIGH, RIG), SimulatedClock(1000.0)
        hardware = emulated(THIGH, Technician(guide), clock)
        hardware.i2c(1).detach(0x4A)
        console = Script(["", "q"])
        with Bench(guide, hardware, clock, tmp_path) as ready, pytest.raises(Left):
            lead(ready, console)
        assert console.said("thigh: no motion sensor at 0x4A on i2c-1 (")
        assert console.said("Too few readings came. Check the cable.")

    def test_a_disk_that_refuses_is_told_and_the_old_file_stays(self, tmp_path, monkeypatch):
        _, stored = by_hand(tmp_path, WHOLE)

        def full(*_args):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            by_hand(tmp_path, WHOLE, stored=stored)
        assert read(tmp_path, BAND, RIG).record == stored


def station_reads(folder, kg):
    """Return the newest force and quality of the station's own source, with ``kg`` on the same emulated cell."""
    guide = LoadGuide(BAND, RIG, None)
    clock = SimulatedClock(5000.0, wall_at_start=WALL_S)
    hardware = emulated(BAND, Clumsy(guide, empty=kg), clock)
    (source,) = build_sources([BAND], hardware, clock, load_calibrations([BAND], folder, RIG))
    source.open()
    samples: list[LoadSample] = []
    for _ in range(40):
        clock.advance(clock.now() + source.period_s)
        samples += source.read(clock.now())
    source.close()
    return samples[-1].force_n, samples[-1].quality


# ---- the screen -------------------------------------------------------------------------------------------


@pytest.fixture
def app():
    app = App(headless=True)
    yield app
    app.close()


class TestScreen:
    def pressing(self, folder, app, *ids, **options):
        """Press buttons by their ids as soon as they can be, and return the leading."""
        ready, _ = bench(folder, **options)
        wanted = list(ids)
        with ready:
            leading = Leading(ready, app)
            for _ in range(2000):
                leading.frame()
                now_s = ready.clock.now()
                shown = view_of(ready.guide, now_s, leading._kg)
                pressed = {button.id: button for button in shown.buttons if button.enabled}
                if wanted and wanted[0] in pressed and not ready.guide.measuring:
                    leading.press(pressed[wanted.pop(0)])
                if leading._over:
                    return leading
        raise AssertionError(f"still to press: {wanted} at {ready.guide.step}: {ready.guide.refusal}")

    def test_a_cell_is_calibrated_by_touch(self, tmp_path, app):
        heavier = ["heavier"] * 10
        leading = self.pressing(
            tmp_path, app, "measure", "measure", "measure", "measure", "measure", *heavier, "measure", "measure"
        )
        assert leading.record == read(tmp_path, BAND, RIG).record
        assert leading.record.linear_share < 0.001

    def test_by_halves_where_nobody_knows_the_second_weight(self, tmp_path, app):
        lighter = ["lighter"] * 12
        leading = self.pressing(
            tmp_path,
            app,
            "measure",
            "measure",
            *lighter,
            *["heavier"] * 9,
            *["measure"] * 3,
            *lighter,
            *["measure"] * 3,
        )
        assert leading.record.weight_kg == 10.0
        assert leading.record.linear_share < 0.001

    def test_skipping_and_stepping_back(self, tmp_path, app):
        leading = self.pressing(
            tmp_path, app, "measure", "measure", "measure", "back", *["measure"] * 3, "skip", "measure"
        )
        assert leading.record.linear_share is None

    def test_leaving_writes_nothing(self, tmp_path, app):
        leading = self.pressing(tmp_path, app, "measure", "measure", "leave")
        assert leading.record is None
        assert list(tmp_path.iterdir()) == []

    def test_a_closed_window_is_leaving(self, tmp_path, app):
        ready, _ = bench(tmp_path)
        with ready, pytest.raises(Left):
            Leading(ready, app, stopped=lambda: True).run()

    def test_the_green_key_measures_and_the_red_one_leaves(self, tmp_path, app):
        ready, _ = bench(tmp_path)
        with ready:
            leading = Leading(ready, app)
            leading.frame()
            time.sleep(0.45)  # a key this soon after the screen changed is meant for the one before
            for key in (pygame.K_RETURN, pygame.K_ESCAPE):
                pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))
                leading.frame()
        assert ready.guide.measuring
        assert leading._over

    def test_a_disk_that_refuses_is_shown(self, tmp_path, app, monkeypatch):
        monkeypatch.setattr(os, "fsync", lambda _fd: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        leading = self.pressing(tmp_path, app, *["measure"] * 5, "skip", "measure")
        assert leading.record is None
        assert leading._outcome == "Not written: Input/output error."


MUSCLE = (Step.REST, Step.EFFORT, Step.PAUSE, Step.DONE)
POSE = (Step.POSE, Step.DONE)
STEPS = {BAND.name: set(Step) - {*MUSCLE, *POSE} | {Step.DONE}, THIGH.name: POSE, GLUTE.name: MUSCLE}


def every_view():
    """Every step, every reason with the widest figures, looks under way, and every weight."""
    for config in (BAND, THIGH, GLUTE):
        for step in STEPS[config.name]:
            guide = guide_for(config, RIG, None, ANA)
            guide.step = step
            if config is BAND:
                guide.take(LoadSample("band", 1.0, -8_388_608.0))
            if config is GLUTE:
                guide.take(MuscleSample("glute", 1.0, 1.0, Quality.SATURATED))
            yield hung(guide, 1.0)
            yield view_of(guide, 1.0, outcome="band is calibrated until 2027-04-15.", warning=alike(("trunk", 12.0)))
            guide._path.append(Step.EMPTY)
            for kg in (100.0, None):
                yield view_of(guide, 1.0, kg)
            yield view_of(guide, 1.0, 10.0, absent="no cable")
            yield view_of(guide, 1.0, 10.0, "band is calibrated until 2027-04-15.")
            for why in Why:
                guide.refusal = Refusal(why, -1234.56, 100.0)
                yield view_of(guide, 1.0, 12.5)
            guide.begin(1.0)
            yield view_of(guide, 2.0, 10.0)


@pytest.mark.parametrize(
    "theme",
    [
        Theme(),
        Theme(left_handed=True),
        Theme((1280, 800), 0.170),
        Theme((1024, 600), 0.216),
        Theme((800, 480), 0.194),
    ],
    ids=str,
)
def test_every_text_of_a_calibration_fits_its_slot(theme):
    ink, surface = Ink(theme), pygame.Surface(theme.size_px)
    for shown in every_view():
        painter = draw(surface, shown, ink)
        assert [placed.text for placed in painter.placed if not placed.fits] == []
        assert {target.button for target in painter.targets} == set(shown.buttons)


@pytest.mark.parametrize(
    ("value", "said"), [(10.0, "10"), (9.96, "10"), (1.25, "1.2"), (0.123, "0.12"), (-0.3, "-0.3"), (0.0, "0")]
)
def test_figures_have_the_digits_that_count(value, said):
    assert figure(value) == said


# ---- the command ------------------------------------------------------------------------------------------


def steadyrig(*args, stdin=""):
    done = subprocess.run(
        [sys.executable, "-m", "edge", "calibrate", *map(str, args)],
        capture_output=True, text=True, check=False, timeout=60, input=stdin, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def test_the_command_calibrates_every_sensor_and_lists_them(config, tmp_path):
    answers = "\n".join(["", *WHOLE]) + "\n"
    done = steadyrig("--emulate", "--config", config, stdin=answers)
    assert (done.returncode, done.stderr) == (0, "")
    assert "thigh is calibrated until" in done.stdout
    assert "band is calibrated until" in done.stdout
    listed = steadyrig("--emulate", "--list", "--config", config).stdout.splitlines()
    assert [line.split()[:3] for line in listed] == [["thigh", "pose", "calibrated"], ["band", "load", "calibrated"]]
    assert "repeats to 0.0" in listed[1]


def test_an_emulated_calibration_is_never_the_stations(config, tmp_path):
    """HZ-02: newtons of a cell that does not exist would be believed."""
    assert Command(Options(config, "band", emulate=True)).in_terminal(Script(WHOLE)) == 0
    (file,) = (tmp_path / "emulated-calibration").iterdir()
    assert Command(Options(config)).table()[1] == "band       load   uncalibrated: run steadyrig calibrate band"
    (tmp_path / "calibration").mkdir()
    (tmp_path / "calibration" / file.name).write_bytes(file.read_bytes())
    assert "is of another rig (emulated-station-0001)" in Command(Options(config)).table()[1]


def test_the_list_tells_what_expired(config):
    now = [WALL_S]
    command = Command(Options(config, "band", emulate=True), wall=lambda: now[0])
    assert command.in_terminal(Script(WHOLE)) == 0
    now[0] += 91 * 86_400
    assert command.table()[0].endswith("calibration expired on 2027-04-15: run steadyrig calibrate band")


def test_a_new_cell_forgets_the_zero_of_the_one_before(config):
    assert Command(Options(config, "band", emulate=True)).in_terminal(Script(WHOLE)) == 0
    known = Script(["", "q"])
    Command(Options(config, "band", emulate=True)).in_terminal(known)
    assert not known.said("Is the hook really empty?")
    fresh = Script(["", "q"])
    Command(Options(config, "band", emulate=True, new=True)).in_terminal(fresh)
    assert fresh.said("Is the hook really empty?")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["foot"], r"SENSOR is 'foot'; expected one of thigh, band, from "),
        (["--config", "/nowhere.toml"], "/nowhere.toml: No such file"),
    ],
)
def test_what_cannot_be_calibrated_is_one_sentence(config, args, words):
    done = steadyrig(*(["--config", config] if "--config" not in args else []), *args)
    assert done.returncode == 2
    (sentence,) = done.stderr.strip().splitlines()
    assert words in sentence


def test_without_answers_it_ends_with_status_1(config):
    done = steadyrig("band", "--emulate", "--config", config)
    assert done.returncode == 1
    assert "Left before the end" in done.stdout


def test_it_waits_for_no_running_station(config, tmp_path):
    with alone_with_sensors(tmp_path):
        done = steadyrig("band", "--config", config)
    assert done.returncode == 2
    assert "another program uses the sensors; stop the station first" in done.stderr


class TestAlone:
    def test_the_sensors_are_held_by_one_and_free_afterwards(self, tmp_path):
        with alone_with_sensors(tmp_path), pytest.raises(SettingsError, match="another program"):  # noqa: SIM117
            with alone_with_sensors(tmp_path):
                pass
        with alone_with_sensors(tmp_path):
            pass

    def test_an_error_inside_stays_what_it_is(self, tmp_path):
        with pytest.raises(BlockingIOError), alone_with_sensors(tmp_path):
            raise BlockingIOError

    def test_a_folder_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(SettingsError, match=r"nowhere.*No such file"), alone_with_sensors(tmp_path / "nowhere"):
            pass
