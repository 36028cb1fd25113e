"""Rows F02, F03, F06 and F07 of the fault table in a set, from the bytes on the bus to what the patient sees."""

import os
import random
from itertools import pairwise

import pytest

from drivers.base import SensorState
from drivers.emulation.faults import Fault, Kind
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.session import Action, Screen
from edge.tempo import parse_tempo

LONG = bool(os.environ.get("STEADYRIG_LONG"))
LINE = one_dose(1, "goblet_squat", 1, 8, parse_tempo("normal"), None, 5.0)
PLAN = Prescription(1, "p-0001-aaaa", "station-0001", "Ana", "2026-11-21", (LINE,))
SET_S = 4.6
"""Into the script: when the body begins to move."""
FRAME_S = 1 / 30


@pytest.fixture
def in_a_set(emulated_house):
    """Return a house in which the first repetition is counted, and which then suffers the faults it is given."""
    made = []

    def make(*faults, seed=3, reps=1):
        house = emulated_house(faults=faults, seed=seed)
        made.append(house)
        house.station.take_plan(PLAN)
        house.wait(2.0)
        house.press(Action.MAIN)
        house.wait(0.5)
        house.press(Action.MAIN)
        assert house.state.screen is Screen.SET
        house.wait(2.0)
        house.begin()
        house.wait(30.0, lambda: len(house.state.reps) >= reps)
        assert len(house.state.reps) == reps
        return house

    yield make
    for one in made:
        one.stop()


def fault(kind, start_s, duration_s, seed=0):
    return Fault(kind, "thigh", start_s, duration_s, seed=seed)


def at(house, script_s):
    """Let time pass until so many seconds into the script."""
    house.wait(script_s + 1000.25 - house.clock.now())


def test_f02_a_short_burst_is_ridden_through(in_a_set):
    house = in_a_set(fault(Kind.NACK, 12.0, 0.3))
    at(house, 14.0)
    assert house.state.screen is Screen.SET
    assert house.watchdog.health()["thigh"].errors["bus"] > 10
    house.wait_for(Screen.REST)
    assert len(house.reps()) == 8


@pytest.mark.parametrize("duration_s", [1.0, 10.0])
def test_f02_a_longer_one_freezes_the_count_at_once_and_ends_without_a_restart(in_a_set, duration_s):
    house = in_a_set(fault(Kind.NACK, 12.0, duration_s))
    at(house, 12.0)
    assert house.state.screen is Screen.SET
    house.wait(0.5 + 2 * FRAME_S, lambda: not house.state.usable["thigh"])
    assert not house.state.usable["thigh"]
    house.wait(0.2)
    assert house.state.screen is Screen.LOST
    counted = len(house.reps())
    at(house, 12.0 + duration_s)
    house.wait(3.0, lambda: house.state.usable["thigh"])
    assert house.state.usable["thigh"]
    house.wait(10.0)
    assert house.state.screen is Screen.LOST
    assert len(house.reps()) == counted


def test_f03_a_bus_that_hangs_in_a_set_pauses_it_and_is_read_again_by_another_thread(in_a_set):
    house = in_a_set(fault(Kind.HANG, 12.0, 60.0))
    at(house, 12.8)
    assert house.state.screen is Screen.LOST
    at(house, 72.0)
    house.wait(3.0, lambda: house.state.usable["thigh"])
    assert house.watchdog.health()["thigh"].errors["hang"] >= 1
    assert house.watchdog.health()["thigh"].state is SensorState.LIVE
    assert house.state.screen is Screen.LOST
    house.body.finish(house.clock.now())
    house.wait(6.0)
    counted = len(house.reps())
    house.press(Action.MAIN)
    house.wait(2.0)
    house.begin()
    house.wait_for(Screen.REST)
    assert len(house.reps()) == 8 > counted
    for (_, _, end_s, *_), (_, start_s, *_) in pairwise(house.reps()):
        assert end_s <= start_s


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(200 if LONG else 6))
def test_f06_a_chip_that_restarts_streams_again_within_two_seconds_and_waits_for_the_patient(in_a_set, seed):
    reset_s = random.Random(seed).uniform(9.0, 16.0)
    house = in_a_set(fault(Kind.SELF_RESET, reset_s, 0.1, seed), seed=seed)
    at(house, reset_s)
    counted = len(house.reps())
    house.wait(2.0, lambda: house.watchdog.health()["thigh"].resets == 1 and house.state.usable["thigh"])
    assert house.state.usable["thigh"], f"seed {seed}"
    house.wait(0.7)
    assert house.state.screen is Screen.LOST, f"seed {seed}"
    # A repetition that had ended may be announced with the last sample before the restart.
    assert len(house.reps()) <= counted + 1, f"seed {seed}"
    frozen = len(house.reps())
    house.wait(12.0)
    assert (house.state.screen, len(house.reps())) == (Screen.LOST, frozen), f"seed {seed}"
    assert len(house.reps()) <= house.body.reps_performed(reset_s + 1000.25), f"seed {seed}"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100 if LONG else 4))
def test_f07_a_plug_pulled_in_a_set_costs_no_finished_repetition(in_a_set, seed):
    chance = random.Random(seed)
    pulled_s, away_s = chance.uniform(9.0, 16.0), chance.uniform(1.0, 60.0)
    house = in_a_set(fault(Kind.UNPLUG, pulled_s, away_s, seed), seed=seed)
    at(house, pulled_s)
    finished = house.body.reps_performed(house.clock.now())
    at(house, pulled_s + 1.0)
    assert house.state.screen is Screen.LOST, f"seed {seed}"
    kept = len(house.reps())
    assert finished - 1 <= kept <= finished, f"seed {seed}: {finished} done, {kept} counted"
    house.body.finish(house.clock.now())
    at(house, pulled_s + away_s)
    house.wait(3.0, lambda: house.state.usable["thigh"])
    assert house.state.usable["thigh"], f"seed {seed}"
    house.wait(6.0)
    done_before = house.body.reps_performed(house.clock.now())
    house.press(Action.MAIN)
    house.wait(2.0)
    house.begin()
    house.wait_for(Screen.REST)
    house.body.finish(house.clock.now())
    assert len(house.reps()) == 8, f"seed {seed}"
    assert house.body.reps_performed(house.clock.now()) - done_before >= 8 - kept, f"seed {seed}"
    (ended,) = house.of_kind("set")
    assert ended.doubts.count("rep_cut_off") <= 1
    assert set(ended.doubts) & {"gap", "reset"}
