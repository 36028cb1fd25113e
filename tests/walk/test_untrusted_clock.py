"""Days on which nobody can be sure of the date: the patient trains on, and nothing follows from the clock."""

import pytest
from walk_house import DAY_S, FIRST_DAY, PATIENT, STATION, House
from walk_patient import Patient

from edge.prescription.lines import Notice
from edge.prescription.programmes import begin, programme
from edge.records import Form, Moment

AFTER = {Moment.NEXT_DAY, Moment.SECOND_DAY}


@pytest.fixture
def house(tmp_path, clinic_keys):
    house = House(tmp_path, clinic_keys)
    house.prescribe(begin(programme("microroutine-6w"), PATIENT, STATION, "Ana", "2026-09-01T08:00Z", FIRST_DAY))
    return house


def train(house, day, hours):
    for hour in hours:
        house.at(day, hour)
        assert Patient(house).train(), (day, hour, house.due().routine.notices)


def asked(house, days):
    return {group for day, group, _, _ in house.asked if day in days}


def test_ten_days_without_a_date_bring_no_week_on_and_no_question_about_the_day_after(house):
    for day in (1, 2):
        train(house, day, (8, 12, 17))
    house.sure = lambda: False
    for day in range(3, 13):
        house.at(day, 9)
        assert (house.due().week, house.due().now, house.due().away_days) == (1, True, None)
        assert Notice.CLOCK in house.due().routine.notices
        train(house, day, (9,))
    assert asked(house, range(3, 13)) == {Form.FULL, Form.SHORT, Moment.START, Moment.WORST}
    assert not [one for one in house.of_kind("symptoms") if one.moment in AFTER and one.at > house.wall - 9 * DAY_S]
    assert {one.clock_trusted for one in house.history().sessions[6:]} == {False}
    house.sure = lambda: True
    house.at(13, 8)
    assert house.due().week == 1, "what was done without a date may hold the week back, never bring it on"
    assert Notice.AWAY_REGRESSED not in house.due().routine.notices, "nobody was away"
    assert not asked(house, [13])
    train(house, 13, (8,))
    house.at(13, 12)
    assert house.due().week == 2, "what was done counts once the date is known again"


def test_only_all_of_its_sessions_bring_a_week_on_without_a_date(house):
    house.sure = lambda: False
    for number in range(21):
        assert house.due().week == 1, number
        house.at(1, 1 + number)
        train(house, house.day, (1 + number,))
    house.wait(60.0)
    assert house.due().week == 2


@pytest.mark.parametrize("days", [-400, -2])
def test_a_clock_that_was_put_back_is_not_believed(house, days):
    for day in range(1, 7):
        train(house, day, (8, 12, 17))
    house.turn_clock(days * DAY_S)
    house.wait(60.0)
    assert (house.due().week, house.due().away_days) == (1, None)
    assert Patient(house).train()
    newest = house.of_kind("session")[-1]
    assert not newest.clock_trusted
    assert house.due().week == 1


def test_a_clock_put_far_ahead_leaves_nothing_to_do_and_brings_nothing_on(house):
    for day in range(1, 7):
        train(house, day, (8, 12, 17))
    house.turn_clock(400 * DAY_S)
    house.wait(60.0)
    assert (house.due().now, house.due().routine.notice) == (False, Notice.PLAN_OVER)
    assert Patient(house).train() == ()
    house.turn_clock(-400 * DAY_S)
    house.at(7, 8)
    assert (house.due().week, house.due().now) == (1, True)
