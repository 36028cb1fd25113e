"""Simulated time waits for everybody."""

import threading
from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.clock import LoneClock, Pacer, SimulatedClock, SystemClock


class Member(threading.Thread):
    """A thread that wakes at given steps and writes down when."""

    def __init__(self, clock, steps):
        super().__init__(daemon=True)
        self.clock, self.steps, self.seen = clock, steps, []
        clock.join()

    def run(self):
        t_s = 0.0
        for step in self.steps:
            t_s += step
            self.clock.sleep_until(t_s)
            self.seen.append(self.clock.now())
        self.clock.leave()


@settings(max_examples=40, deadline=None)
@example([[0.01, 0.2, 0.5, 0.34, 0.5], [0.15, 0.18, 0.19, 0.09, 0.5, 0.15, 0.29]])
@given(st.lists(st.lists(st.integers(1, 50).map(lambda n: n / 100), min_size=1, max_size=15), min_size=1, max_size=4))
def test_nobody_misses_a_moment(plans):
    clock = SimulatedClock()
    members = [Member(clock, steps) for steps in plans]
    wanted = [list(accumulate(steps)) for steps in plans]
    for member in members:
        member.start()
    while clock.now() < max(times[-1] for times in wanted):
        clock.advance()
    for member in members:
        member.join(5)
    assert [member.seen for member in members] == wanted


def test_a_busy_member_stops_the_clock_and_is_reported():
    clock = SimulatedClock()
    clock.join()
    with pytest.raises(TimeoutError, match=r"1 of 1 threads still busy.*0\.000 s"):
        clock.advance(patience_s=0.05)
    assert clock.now() == 0.0


def test_closing_frees_a_waiting_thread():
    clock = SimulatedClock()
    member = Member(clock, [1000.0])
    member.start()
    clock.close()
    member.join(5)
    assert not member.is_alive()


def test_wall_time_runs_beside():
    clock = SimulatedClock(start_s=10.0, wall_at_start=1_800_000_000.0)
    assert clock.advance(limit_s=12.5) == 12.5
    assert clock.wall() == 1_800_000_002.5


def test_a_pacer_turns_the_clock_and_leaves_no_thread():
    clock = SimulatedClock()
    member = Member(clock, [0.01] * 200)
    pacer = Pacer(clock, speed=1000.0)
    member.start()
    pacer.start()
    member.join(10)
    pacer.stop()
    assert len(member.seen) == 200
    assert not [t for t in threading.enumerate() if t.name == "pacer"]


def test_the_system_clock_waits_at_least_as_long_as_asked():
    clock = SystemClock()
    start_s = clock.now()
    clock.sleep_until(start_s + 0.02)
    assert clock.now() >= start_s + 0.02


def test_a_lone_clock_is_there_as_soon_as_it_waits_and_stands_still_at_its_end():
    clock = LoneClock(5.0, until_s=8.0)
    clock.sleep_until(7.0)
    assert clock.now() == clock.wall() == 7.0
    clock.sleep_until(6.0)
    assert (clock.now(), clock.ended.is_set()) == (7.0, False)
    clock.sleep_until(9.0)
    assert (clock.now(), clock.ended.is_set()) == (8.0, True)
