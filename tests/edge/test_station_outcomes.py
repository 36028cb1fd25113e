"""A chair stand on the whole station: emulated chips, the ordinary counter, and a number that was seen."""

import pytest

from edge import records
from edge.model import Origin
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.records import Moment
from edge.session import Action, Screen
from edge.session.asking import about_symptoms
from edge.tempo import parse_tempo

PLAN = Prescription(
    1, "patient-0001", "station-0001", "Ana", "2026-09-01T08:00:00Z",
    (one_dose(1, "goblet_squat", 1, 5, parse_tempo("normal"), None, 20.0),), activities=("walk",),
)  # fmt: skip


@pytest.fixture
def house(emulated_house):
    house = emulated_house(
        opening=lambda _now, session_id: about_symptoms(Moment.START, session_id), outcome_tests=True
    )
    # The practice was on another day.
    house.station.take_past([
        records.Tested("test-0001", "chair_stand", 8.0, "stands", Origin.SENSED, True, 1.7e9),
    ])  # fmt: skip
    house.station.take_plan(PLAN)
    house.wait_for(Screen.AGENDA)
    yield house
    house.stop()


def tell(house, *answers):
    for answer in answers:
        house.press(Action.ANSWER, answer)
        house.press(Action.MAIN)


def until_the_tone(house):
    house.body.prepare("sit_to_stand", house.clock.now())
    house.wait(5)
    house.press(Action.MAIN)
    tell(house, 2, 0)
    house.press(Action.MAIN)
    house.wait_for(Screen.TESTING)
    house.wait(60, until=lambda: house.state.testing.go_s is not None)


def test_the_stands_of_a_chair_test_are_counted_by_the_thigh_sensor(house):
    until_the_tone(house)
    go_s = house.state.testing.go_s
    house.begin("sit_to_stand")
    house.wait_for(Screen.TEST_HANDS)
    house.body.finish(house.clock.now())
    tell(house, 0)
    (tested,) = house.of_kind("test")
    stood = [rep for rep in house.body.truth() if rep.start_s + 1.2 <= go_s + 30.0]
    assert abs(tested.value - len(stood)) <= 1  # one may be half-way up when the time is over
    assert (tested.what, tested.origin, tested.practice) == ("chair_stand", Origin.SENSED, False)
    assert house.of_kind("rep") == house.of_kind("trace") == house.of_kind("set_begun") == []
    tell(house, 0)
    house.press(Action.MAIN)
    house.wait_for(Screen.READY)


def test_a_test_that_is_stopped_leaves_no_number_and_nobody_listens_any_more(house):
    until_the_tone(house)
    house.begin("sit_to_stand")
    house.wait(4)
    house.press(Action.STOP)
    house.press(Action.REASON, "tired")
    house.wait(2)
    assert house.of_kind("test") == []
    tell(house, 0)
    house.press(Action.MAIN)
    assert house.state.screen is Screen.READY
    assert "test_chair_stand" in [told.what for told in house.of_kind("nudge")]


def test_what_is_ticked_off_is_written_down_and_shown_as_done_today(house):
    house.press(Action.LOG)
    assert house.state.screen is Screen.LOG
    house.press(Action.CHOOSE, "walk")
    for action, value in ((Action.MAIN, None), (Action.MORE, 15), (Action.MORE, 5), (Action.MAIN, None)):
        house.press(action, value)
    house.press(Action.CHOOSE, 5)
    house.press(Action.MAIN)
    (logged,) = house.of_kind("activity")
    assert (logged.what, logged.minutes, logged.effort) == ("walk", 20.0, 5)
    house.wait(1)
    assert house.state.screen is Screen.AGENDA
    assert house.state.logbook.minutes_of("walk") == 20.0
    assert house.of_kind("session") == []
