"""Buttons, light and buzzer on gpiozero's own devices over emulated pins; time is the test's."""

from itertools import pairwise

import pytest
from gpiozero import PinUnknownPi
from gpiozero.pins.mock import MockFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import ConfigError, DriverError
from drivers.clock import SimulatedClock
from drivers.controls import (
    BEEPS,
    PERIODS_S,
    Beep,
    Controls,
    ControlsAbsent,
    ControlsConfig,
    Name,
    Status,
    open_controls,
    parse_controls,
)
from drivers.emulation.controls import EmulatedPanel
from drivers.emulation.pins import QuietFactory
from drivers.factory import parse_sensors
from drivers.kept_controls import KeptControls

CONFIG = ControlsConfig(green_pin=17, white_pin=27, red_pin=22, led_pin=23, buzzer_pin=24)
FRAME_S = 1 / 30
GREEN, WHITE, RED = Name.GREEN, Name.WHITE, Name.RED


class Desk:
    """The controls, the fingers on them, and frames that go by."""

    def __init__(self, config=CONFIG, factory=None, before=lambda panel: None):
        self.clock = SimulatedClock(100.0)
        factory = factory or QuietFactory()
        self.panel = EmulatedPanel(factory, config)
        before(self.panel)
        self.controls = Controls(config, factory, self.clock)

    def frames(self, count, status=Status.READY):
        """Return what was pressed in each of the next frames."""
        pressed = []
        for _ in range(count):
            self.clock.advance(self.clock.now() + FRAME_S)
            pressed.append(self.controls.poll())
            self.controls.show(status)
        return pressed

    def after(self, seconds):
        self.clock.advance(self.clock.now() + seconds)

    def pressed(self, seconds=0.2):
        return [name for frame in self.frames(round(seconds / FRAME_S)) for name in frame]


@pytest.fixture(params=[QuietFactory, MockFactory], ids=["our pins", "gpiozero's pins"])
def desk(request):
    desk = Desk(factory=request.param())
    yield desk
    desk.controls.close()


@pytest.mark.parametrize("name", Name)
def test_a_press_is_told_once_however_long_it_lasts(desk, name):
    desk.panel.press(name)
    assert desk.pressed(3.0) == [name]
    desk.panel.release(name)
    assert desk.pressed(1.0) == []
    desk.panel.press(name)
    assert desk.pressed() == [name]


@pytest.mark.parametrize("name", Name)
def test_bounces_are_no_presses(desk, name):
    desk.panel.chatter(name, [True, False] * 5 + [True])
    assert desk.pressed(0.5) == [name]
    desk.panel.chatter(name, [False, True] * 5 + [False])
    assert desk.pressed(0.5) == []


class TestStopWins:
    def test_stop_is_told_in_the_very_next_frame(self, desk):
        desk.panel.press(RED)
        assert desk.frames(1) == [[RED]]

    def test_even_when_it_was_only_touched(self, desk):
        desk.panel.chatter(RED, [True, False])
        assert desk.frames(1) == [[RED]]

    def test_pressed_with_others_it_comes_alone(self, desk):
        for name in (GREEN, WHITE):
            desk.panel.press(name)
        desk.after(0.03)
        desk.panel.press(RED)
        assert desk.pressed(1.0) == [RED]

    def test_while_it_is_held_the_others_do_not_count(self, desk):
        desk.panel.press(RED)
        desk.pressed()
        for name in (GREEN, WHITE):
            desk.panel.press(name)
        assert desk.controls.stop_held
        assert desk.pressed(2.0) == []
        desk.panel.release(RED)
        assert desk.pressed(1.0) == []  # pressed while it was held: dropped, not kept for later
        desk.panel.release(GREEN)
        desk.pressed()
        desk.panel.press(GREEN)
        assert desk.pressed() == [GREEN]

    @pytest.mark.parametrize("stuck", [GREEN, WHITE])
    def test_a_stuck_button_is_told_and_blocks_nothing(self, desk, stuck):
        desk.panel.press(stuck)
        desk.pressed(9.0)
        assert desk.controls.problems() == []
        desk.pressed(2.0)
        assert desk.controls.problems() == [f"the {stuck} button is stuck: down for more than 10 s"]
        desk.panel.press(RED)
        assert desk.frames(1) == [[RED]]
        desk.panel.release(RED)
        desk.pressed()
        other = WHITE if stuck is GREEN else GREEN
        desk.panel.press(other)
        assert desk.pressed() == [other]
        desk.panel.release(stuck)
        desk.pressed()
        assert desk.controls.problems() == []

    def test_a_stuck_stop_button_is_told_and_the_others_count_again(self, desk):
        desk.panel.press(RED)
        assert desk.pressed(1.0) == [RED]
        desk.panel.press(GREEN)
        assert desk.pressed(8.0) == []
        desk.panel.release(GREEN)
        desk.pressed(2.0)
        assert desk.controls.problems() == ["the red button is stuck: down for more than 10 s"]
        assert not desk.controls.stop_held
        desk.panel.press(GREEN)
        assert desk.pressed() == [GREEN]

    def test_one_that_is_held_at_the_start_is_no_press_and_told_when_it_stays(self):
        desk = Desk(before=lambda panel: panel.press(GREEN))
        assert desk.pressed(9.0) == []
        assert desk.pressed(2.0) == []
        assert desk.controls.problems() == ["the green button is stuck: down for more than 10 s"]

    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(list(Name)),
                st.sampled_from(["press", "release", "chatter"]),
                st.floats(0.001, 0.4),
            ),
            max_size=25,
        )
    )
    def test_whatever_is_pressed_stop_is_never_lost_and_never_has_company(self, moves):
        desk = Desk()
        down = dict.fromkeys(Name, False)
        rested_s = dict.fromkeys(Name, 0.0)
        frames, stops = [], 0
        for name, move, wait_s in moves:
            if move == "chatter":
                desk.panel.chatter(name, [not down[name], down[name]] * 3)
                fresh = not down[name]
            else:
                fresh = move == "press" and not down[name]
                down[name] = move == "press"
                (desk.panel.press if down[name] else desk.panel.release)(name)
            # A stop that follows less than 0.1 s after letting go may be taken for a bounce of it.
            stops += name is RED and fresh and desk.clock.now() - rested_s[RED] > 0.1
            rested_s[name] = desk.clock.now()
            frames += desk.frames(max(1, round(wait_s / FRAME_S)))
        told = sum(RED in frame for frame in frames)
        assert told >= stops
        assert all(frame == [RED] for frame in frames if RED in frame)


class TestStopThatOpens:
    CONFIG = ControlsConfig(green_pin=17, white_pin=27, red_pin=22, stop_opens=True)

    def test_it_is_pressed_when_the_contact_opens(self):
        desk = Desk(self.CONFIG)
        assert desk.pressed(1.0) == []
        desk.panel.press(RED)
        assert desk.frames(1) == [[RED]]

    def test_a_cut_wire_stops_and_is_told(self):
        desk = Desk(self.CONFIG)
        desk.pressed()
        desk.panel.cut(RED)
        assert desk.frames(1) == [[RED]]
        desk.pressed(11.0)
        assert desk.controls.problems() == ["the red button is stuck: down for more than 10 s"]

    def test_a_cut_wire_of_one_that_closes_goes_unnoticed(self):
        """Why the other way is offered."""
        desk = Desk()
        desk.panel.cut(RED)
        assert desk.pressed(11.0) == []
        assert desk.controls.problems() == []


def test_a_pin_that_tells_no_edges_is_looked_at(desk):
    for key in desk.controls._keys.values():
        key._device.when_activated = key._device.when_deactivated = None
    desk.panel.press(WHITE)
    assert desk.pressed(0.5) == [WHITE]
    desk.panel.press(RED)
    assert desk.frames(1) == [[RED]]


def test_a_wire_full_of_noise_takes_no_more_room_than_a_thousand_edges(desk):
    desk.panel.chatter(GREEN, [True, False] * 5000)
    assert len(desk.controls._keys[GREEN]._edges) == 1000
    assert desk.pressed(1.0) == []


class TestLightAndBuzzer:
    def lit(self, desk, status, seconds=4.0):
        shown = []
        for _ in range(round(seconds / FRAME_S)):
            desk.frames(1, status)
            shown.append(desk.panel.lit)
        return shown

    def test_ready_is_steady_and_the_others_have_their_rhythm(self, desk):
        assert all(self.lit(desk, Status.READY))
        for status, changes in ((Status.LISTENING, 4), (Status.FAULT, 16)):
            shown = self.lit(desk, status)
            assert sum(one != other for one, other in pairwise(shown)) == pytest.approx(changes, abs=1)

    def test_nothing_flashes_faster_than_three_times_a_second(self):
        assert all(period_s is None or 1 / period_s < 3 for period_s in PERIODS_S.values())

    @pytest.mark.parametrize("beep", Beep)
    def test_a_beep_lasts_as_long_as_it_should_and_ends(self, desk, beep):
        desk.controls.beep(beep)
        sounded = []
        for _ in range(60):
            desk.frames(1)
            sounded.append(desk.panel.sounding)
        assert sum(sounded) * FRAME_S == pytest.approx(sum(BEEPS[beep][::2]), abs=0.11)
        assert not sounded[-1]
        starts = sum(now and not before for before, now in zip([False, *sounded], sounded, strict=False))
        assert starts == len(BEEPS[beep][::2])

    def test_nothing_cuts_the_one_for_stop_short(self, desk):
        desk.controls.beep(Beep.DONE)
        desk.frames(1)
        desk.controls.beep(Beep.STOP)
        desk.frames(2)
        desk.controls.beep(Beep.REP)
        desk.frames(10)
        assert desk.panel.sounding
        desk.frames(10)
        assert not desk.panel.sounding
        desk.controls.beep(Beep.REP)
        desk.frames(1)
        assert desk.panel.sounding

    def test_without_light_and_buzzer_nothing_is_missed(self):
        desk = Desk(ControlsConfig(green_pin=17, white_pin=27, red_pin=22))
        desk.controls.beep(Beep.STOP)
        desk.frames(3, Status.FAULT)
        assert not desk.panel.lit
        assert not desk.panel.sounding

    def test_closed_it_is_dark_and_silent_and_the_pins_are_free(self, desk):
        desk.controls.beep(Beep.STOP)
        desk.frames(2)
        assert desk.panel.sounding
        desk.controls.close()
        desk.controls.close()
        assert not desk.panel.sounding
        assert not desk.panel.lit


class TestPinsThatCannotBeHad:
    def test_one_in_use_is_told_and_the_others_are_let_go(self):
        factory, clock = QuietFactory(), SimulatedClock()
        first = Controls(ControlsConfig(5, 6, 13, buzzer_pin=24), factory, clock)
        with pytest.raises(ControlsAbsent, match="are they wired as configured"):
            Controls(CONFIG, factory, clock)
        first.close()
        Controls(CONFIG, factory, clock).close()

    @pytest.mark.parametrize("error", [PinUnknownPi("no revision"), RuntimeError("can not open gpiochip")], ids=str)
    def test_off_a_pi_the_station_is_told_why(self, error):
        class NoPi:
            @property
            def pin_factory(self):
                raise error

        with pytest.raises(ControlsAbsent, match="is this a Raspberry Pi"):
            open_controls(CONFIG, NoPi(), SimulatedClock())

    def test_without_the_library_its_name_is_told(self):
        class NoLibrary:
            @property
            def pin_factory(self):
                raise DriverError("The GPIO library is not installed.")

        with pytest.raises(DriverError, match="not installed"):
            open_controls(CONFIG, NoLibrary(), SimulatedClock())

    def test_a_library_with_errors_of_its_own_is_no_reason_to_fail(self):
        class Busy(QuietFactory):
            def pin(self, *_args, **_kwargs):
                raise RuntimeError("GPIO busy")

        with pytest.raises(ControlsAbsent, match="GPIO busy"):
            Controls(CONFIG, Busy(), SimulatedClock())


class TestKeptControls:
    class House:
        """A Pi whose pins can be had from ``from_s`` on."""

        def __init__(self, clock, from_s=0.0):
            self._clock, self._from_s, self.tries = clock, from_s, []
            self.pins = QuietFactory()
            self.panel = EmulatedPanel(self.pins, CONFIG)

        @property
        def pin_factory(self):
            self.tries.append(self._clock.now())
            if self._clock.now() < self._from_s:
                raise RuntimeError("can not open gpiochip")
            return self.pins

    @staticmethod
    def frames(clock, controls, seconds):
        pressed = []
        for _ in range(round(seconds / FRAME_S)):
            clock.advance(clock.now() + FRAME_S)
            pressed += controls.poll()
            controls.show(Status.READY)
        return pressed

    def test_absent_at_the_start_they_are_tried_with_backoff_and_work_once_they_are_there(self):
        clock = SimulatedClock(100.0)
        house = self.House(clock, from_s=110.0)
        controls = KeptControls(CONFIG, house, clock)
        controls.beep(Beep.STOP)
        assert self.frames(clock, controls, 5.0) == []
        assert not controls.stop_held
        assert "can not open gpiochip" in controls.problems()[0]
        waits = [b - a for a, b in pairwise(house.tries)]
        assert waits[:4] == pytest.approx([0.25, 0.5, 1.0, 1.5], abs=2 * FRAME_S)
        self.frames(clock, controls, 6.6)
        assert controls.problems() == []
        house.panel.press(RED)
        assert self.frames(clock, controls, 0.2) == [RED]
        assert controls.stop_held
        controls.close()
        controls.close()

    def test_lost_later_nothing_is_raised_and_they_come_back(self):
        clock = SimulatedClock(100.0)
        house = self.House(clock)
        controls = KeptControls(CONFIG, house, clock)
        self.frames(clock, controls, 0.5)

        def fail(*_args):
            raise RuntimeError("gpiochip went away")

        controls._controls.poll = fail
        assert self.frames(clock, controls, 0.1) == []
        assert controls.problems() == ["the controls were lost (gpiochip went away)"]
        self.frames(clock, controls, 0.5)
        house.panel.press(GREEN)
        assert self.frames(clock, controls, 0.2) == [GREEN]
        controls.close()


SENSORS = parse_sensors(
    {
        "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
        "band": {"chip": "hx711", "place": "band", "bus": "gpio", "clock_pin": 5, "data_pin": 6},
    },
    "station.toml",
)
TABLE = {"green_pin": 17, "white_pin": 27, "red_pin": 22}


def test_the_settings_name_the_pins():
    table = {**TABLE, "led_pin": 23, "buzzer_pin": 24}
    assert parse_controls(table, SENSORS, "station.toml") == CONFIG
    assert parse_controls({**TABLE, "stop_opens": True}, SENSORS, "s").stop_opens


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (1, r"controls is 1, expected a table"),
        ({"green_pin": 17, "white_pin": 27}, r"controls.red_pin is missing, expected a GPIO number from 0 to 27"),
        ({**TABLE, "red_pin": 28}, r"controls.red_pin is 28, expected a GPIO number from 0 to 27"),
        ({**TABLE, "red_pin": True}, r"controls.red_pin is True"),
        ({**TABLE, "red_pin": 17}, r"red_pin is 17, expected a GPIO number that controls.green_pin does not use"),
        ({**TABLE, "led_pin": 6}, r"led_pin is 6, expected a GPIO number that sensors.band does not use"),
        ({**TABLE, "led_pin": 2}, r"led_pin is 2, expected a GPIO number that sensors.thigh does not use"),
        ({**TABLE, "stop_opens": 1}, r"controls.stop_opens is 1, expected true or false"),
        ({**TABLE, "blue_pin": 4}, r"controls.blue_pin is not a key of the controls, expected one of green_pin"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_sentence(table, said):
    with pytest.raises(ConfigError, match=said) as caught:
        parse_controls(table, SENSORS, "station.toml")
    assert str(caught.value).endswith(".")
