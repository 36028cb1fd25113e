"""What comes down as it meets the patient: a message on the agenda alone, and rules between two sessions alone."""

from dataclasses import replace
from datetime import UTC
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.shapes import AgendaView, LockedView
from display.station_info import StationInfo
from display.view.by_screen import view
from edge.coach.rule_file import parse_rules, shipped
from edge.coach.rules import Published
from edge.live import Live
from edge.model import ClinicMessage
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import ItemReceipt, Locked, Severity
from edge.session import Action, LockClosed, MessageChanged, PlanArrived, Pressed, Save, Screen, SessionState, advance
from edge.station import Station
from edge.tempo import parse_tempo

WALL = 1_800_000_000.0
LINES = tuple(
    one_dose(order, exercise, 1, 8, parse_tempo("2.1.0"), None, 20.0)
    for order, exercise in enumerate(("band_row", "band_press", "goblet_squat", "sit_to_stand", "bridge"), 1)
)
PLAN = Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", LINES)
WORDS = "Leave out the squat until Friday. Walk instead."
TOML = files("edge.content").joinpath("coach.toml").read_text("utf-8")


def agenda(message=None):
    state, _ = advance(SessionState(), PlanArrived(0.0, PLAN, WALL))
    return advance(state, MessageChanged(0.0, message))[0]


def test_the_agenda_shows_the_clinics_words_until_they_were_read():
    state = agenda(ClinicMessage(7, WORDS))
    shown = view(state, Live(), StationInfo())
    assert isinstance(shown, AgendaView)
    assert (shown.message.text, shown.nudge) == (WORDS, None)
    assert shown.message.button in shown.buttons
    assert 1 <= len(shown.lines) < len(LINES)
    state, effects = advance(state, Pressed(3.0, Action.READ))
    assert effects == (Save(ItemReceipt("message", 7, "read", WALL + 3.0, "")),)
    assert view(state, Live(), StationInfo()).message is None
    assert advance(state, Pressed(4.0, Action.READ))[1] == (), "read once"


def test_a_locked_screen_says_its_own_words_and_no_others():
    state, _ = advance(
        agenda(ClinicMessage(7, WORDS)),
        LockClosed(1.0, Locked("lock-0001", "p-0001-aaaa", Severity.EMERGENCY, (), WALL)),
    )
    shown = view(state, Live(), StationInfo())
    assert isinstance(shown, LockedView)
    assert WORDS not in repr(shown)
    assert advance(state, Pressed(2.0, Action.READ))[1] == (), "nobody can have read it"
    assert state.message is not None, "it waits for the agenda"


@pytest.mark.parametrize("screen", [one for one in Screen if one is not Screen.AGENDA])
def test_no_other_screen_takes_the_press_that_says_read(screen):
    state = replace(agenda(ClinicMessage(7, WORDS)), screen=screen)
    after, effects = advance(state, Pressed(2.0, Action.READ))
    assert (after.message, effects) == (state.message, ())


@given(st.text(st.characters(codec="latin-1", exclude_categories=("Cc", "Cf", "Zs")) | st.just(" "), max_size=160))
def test_whatever_the_words_are_they_are_shown_as_they_are(text):
    shown = view(agenda(ClinicMessage(1, text)), Live(), StationInfo())
    assert shown.message.text == text
    assert shown.message.slots in (2, 3)


# ---- rules ------------------------------------------------------------------------------------------------------


class House:
    """A station without sensors, whose clock is a number."""

    def __init__(self):
        self.saved, self.t_s = [], 0.0
        self.station = Station(
            {}, self.saved.extend, lambda _sound: None, lambda: WALL + self.t_s, lambda: "session-0001", zone=UTC
        )
        self.station.take_plan(PLAN)
        self.step()

    def step(self):
        self.t_s += 0.1
        self.station.step(self.t_s, [])

    def press(self, action):
        self.station.press(Pressed(self.t_s, action))
        self.step()

    def receipts(self):
        return [one for one in self.saved if isinstance(one, ItemReceipt)]


def rules(version):
    return parse_rules(TOML.replace(f'version = "{shipped().version}"', f'version = "{version}"'), "test")


def test_rules_are_taken_between_sessions_and_never_in_one():
    house = House()
    house.station.take_rules(Published(1, rules("first")))
    house.step()
    assert house.station._memory.rules.version == "first"
    assert [(one.what, one.version, one.state) for one in house.receipts()] == [("rules", 1, "in_use")]
    house.press(Action.MAIN)
    assert house.station.state.open
    house.station.take_rules(Published(2, rules("second")))
    house.station.take_rules(Published(3, rules("third")))
    house.step()
    assert house.station._memory.rules.version == "first"
    assert len(house.receipts()) == 1
    house.press(Action.STOP)
    while house.station.state.screen is not Screen.AGENDA:
        house.press(Action.MAIN)
    assert house.station._memory.rules.version == "third"
    assert [one.version for one in house.receipts()] == [1, 3], "what was overtaken was never in use"


def test_without_rules_of_the_clinics_the_shipped_ones_decide():
    house = House()
    house.station.take_rules(Published(1, rules("first")))
    house.step()
    house.station.take_rules(None)
    house.step()
    assert house.station._memory.rules is None


def test_a_message_outlives_a_session_and_is_told_by_the_engine():
    house = House()
    house.press(Action.MAIN)
    house.station.take_message(ClinicMessage(4, WORDS))
    house.step()
    house.press(Action.STOP)
    while house.station.state.screen is not Screen.AGENDA:
        house.press(Action.MAIN)
    assert house.station.state.message == ClinicMessage(4, WORDS)
    house.press(Action.READ)
    assert [(one.what, one.version, one.state) for one in house.receipts()] == [("message", 4, "read")]
