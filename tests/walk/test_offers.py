"""An offer of the agenda that is taken: the gentle routine or the short version, for one session, then the plan."""

from dataclasses import replace

import pytest
from walk_house import FIRST_DAY, PATIENT, STATION, House
from walk_patient import Patient

from display.view.agenda import notice_of
from edge.prescription.lines import Notice
from edge.prescription.programmes import begin, programme
from edge.session import Action

FLOOR = {"cat_cow", "sciatic_nerve_glide", "femoral_nerve_glide"}


@pytest.fixture
def house(tmp_path, clinic_keys):
    house = House(tmp_path, clinic_keys, trials=False)
    house.prescribe(begin(programme("microroutine-6w"), PATIENT, STATION, "Ana", "2026-09-01T08:00Z", FIRST_DAY))
    return house


def take(house, what):
    """Say yes to whatever the agenda offers, until it has offered that."""
    for _ in range(5):
        house.wait(61.0)
        nudge = house.state.nudge
        if nudge is None:
            continue
        house.press(next(button for button in house.view().buttons if button.action is Action.NUDGE))
        Patient(house).go_on()
        if nudge.what == what:
            house.wait(61.0)
            return
    raise AssertionError(f"nothing offered {what}: {house.of_kind('nudge')}")


def rows_of_last(house):
    return {one.row for one in house.history().sessions[-1].sets}


def after_a_session_that_hurt(house):
    house.at(1, 8)
    assert Patient(house, **{"start.back": 6, "worst.back": 2}).train()
    house.at(2, 9)


def test_after_a_session_that_hurt_the_gentle_routine_is_one_press_away(house):
    after_a_session_that_hurt(house)
    take(house, "gentler")
    assert (house.due().routine.gentle, house.due().routine.notice) == (True, Notice.GENTLER)
    assert notice_of(house.state) == "Gentle routine today."
    done = house.position().done
    assert Patient(house).train()
    assert rows_of_last(house) == FLOOR
    assert house.position().done == done, "a gentle session brings no week on"
    house.at(2, 13)
    assert (house.due().now, house.due().routine.gentle) == (True, False), "the plan comes back by itself"


def test_the_gentle_routine_stays_gentle_over_a_power_cut(house):
    after_a_session_that_hurt(house)
    take(house, "gentler")
    house.power_cut()
    assert house.due().routine.gentle
    patient = Patient(house)
    house.press(next(button for button in house.view().buttons if button.main))
    patient.go_on(lambda _view: house.state.set_number >= 1 and house.state.screen == "rest")
    house.power_cut()
    patient.go_on()
    assert rows_of_last(house) == FLOOR


def test_an_offer_that_was_not_taken_today_is_gone_tomorrow(house):
    after_a_session_that_hurt(house)
    take(house, "gentler")
    house.at(3, 9)
    assert not house.due().routine.gentle


def test_a_slot_that_went_by_brings_a_short_version_of_what_is_due(house):
    house.at(1, 13)
    whole = [line.row for line in house.due().routine.lines]
    take(house, "slot_missed")
    short = [line.row for line in house.due().routine.lines]
    assert house.due().routine.notice is Notice.SHORT
    assert short == whole[: len(short)]
    assert 0 < len(short) < len(whole)
    assert Patient(house).train()
    assert rows_of_last(house) == set(short)
    house.at(1, 17)
    assert [line.row for line in house.due().routine.lines] == whole


def test_without_a_gentle_routine_none_is_offered(house):
    house.prescribe(replace(house.state.plan, version=2, floor=()))
    after_a_session_that_hurt(house)
    with pytest.raises(AssertionError, match="nothing offered gentler"):
        take(house, "gentler")
