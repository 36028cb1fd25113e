"""How motion sensors are worn, while somebody gets ready: found wrong only for good reason, and right at once."""

import math
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.identity import SAME_POSE_DEG, TOLD_APART_DEG, Finding, Mixup, Signature, lies_right, misworn
from drivers.samples import ImuSample, Quality
from drivers.worn import TWINS_FOR_S, Worn

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
POSES = {"back": Y, "thigh": X}
SWAPPED = Finding(Mixup.SWAPPED, ("back", "thigh"))
THIGH_TURNED = Finding(Mixup.TURNED, ("thigh",))


def unit(vector):
    return tuple(part / math.hypot(*vector) for part in vector)


def off(pose, angle_deg, way_deg):
    """A direction so far from a pose, towards one of all sides."""
    other = Z if abs(pose[2]) < 0.9 else X
    a = unit(
        tuple(o - sum(p * q for p, q in zip(pose, other, strict=True)) * p for o, p in zip(other, pose, strict=True))
    )
    b = (pose[1] * a[2] - pose[2] * a[1], pose[2] * a[0] - pose[0] * a[2], pose[0] * a[1] - pose[1] * a[0])
    cos, sin, way = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg)), math.radians(way_deg)
    return unit(
        tuple(cos * p + sin * (math.cos(way) * m + math.sin(way) * n) for p, m, n in zip(pose, a, b, strict=True))
    )


def apart_deg(one, other):
    return math.degrees(2 * math.asin(min(1.0, math.dist(one, other) / 2)))


def lying(**ups):
    return {name: Signature(up) for name, up in ups.items()}


directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: math.hypot(*v) > 0.1).map(unit)
ways = st.floats(0, 360)
straps = st.floats(0, 24.9)


class TestStillPoses:
    @given(directions, directions, straps, ways, straps, ways)
    def test_every_swap_of_poses_that_differ_is_found_however_the_straps_sit(
        self, thigh, back, one, way, other, way2
    ):
        assume(apart_deg(thigh, back) > TOLD_APART_DEG)
        seen = lying(thigh=off(back, one, way), back=off(thigh, other, way2))
        assert misworn(lying(thigh=thigh, back=back), seen) == (SWAPPED,)

    @given(directions, directions, st.floats(0, SAME_POSE_DEG - 0.1), ways, st.floats(0, 180), ways)
    def test_a_sensor_that_lies_right_is_never_found_wrong(self, thigh, back, strap, way, other, way2):
        seen = lying(thigh=off(thigh, strap, way), back=off(back, other, way2))
        findings = misworn(lying(thigh=thigh, back=back), seen)
        assert all("thigh" not in finding.sensors for finding in findings)

    @given(directions, directions, st.floats(82, 110), ways, straps, ways)
    def test_nobody_who_sits_with_the_back_upright_is_found_wrong(self, thigh, back, turn, way, strap, way2):
        seen = lying(thigh=off(thigh, turn, way), back=off(back, strap, way2))
        assert misworn(lying(thigh=thigh, back=back), seen) == ()

    @given(directions, st.floats(0, 50), ways)
    def test_upside_down_is_found(self, thigh, strap, way):
        down = tuple(-part for part in thigh)
        assert misworn(lying(thigh=thigh), lying(thigh=off(down, strap, way))) == (THIGH_TURNED,)

    def test_one_worn_in_anothers_place_is_found_when_that_one_is_put_down(self):
        assert misworn(lying(**POSES), lying(thigh=Y, back=Z)) == (THIGH_TURNED,)
        assert misworn(lying(**POSES), lying(thigh=Y, back=Y)) == ()

    def test_three_that_went_round_are_each_at_a_wrong_place(self):
        stored, seen = lying(a=X, b=Y, c=Z), lying(a=Y, b=Z, c=X)
        assert misworn(stored, seen) == tuple(Finding(Mixup.TURNED, (name,)) for name in "abc")

    def test_without_a_calibrated_pose_nothing_is_said(self):
        assert misworn(lying(back=Y), lying(back=Y, thigh=off(X, 180, 0))) == ()

    def test_lying_right_is_generous(self):
        assert lies_right(Signature(X), Signature(off(X, 34, 0)))
        assert not lies_right(Signature(X), Signature(off(X, 36, 0)))


class Table:
    """Two sensors on a table, each lying as told, at 100 Hz."""

    def __init__(self, poses=POSES):
        self.worn, self.t_s, self.found = Worn(poses), 0.0, ()

    def lie(self, seconds=1.6, standing=True, quality=Quality.GOOD, **ups):
        for _ in range(round(seconds * 100)):
            self.t_s = round(self.t_s + 0.01, 3)
            for place, up in ups.items():
                shaken = up(self.t_s) if callable(up) else up
                accel = tuple(9.8 * part + 0.001 * (n + len(place)) for n, part in enumerate(shaken))
                # The gyro tells two of them apart that lie alike.
                self.worn.feed(ImuSample(place, self.t_s, accel, (0.01, 0.0, len(place) * 1e-3), quality=quality))
            self.found = self.worn.look(self.t_s, standing=standing)
        return self.found


class TestWatching:
    def test_a_swap_is_found_after_a_second_and_forgotten_once_put_right(self):
        table = Table()
        assert table.lie(0.9, thigh=Y, back=X) == ()
        assert table.lie(0.7, thigh=Y, back=X) == (SWAPPED,)
        assert table.lie(1.6, thigh=X, back=Y) == ()

    def test_one_sensor_put_right_is_free_whatever_becomes_of_the_other(self):
        table = Table()
        table.lie(thigh=Y, back=X)
        assert table.lie(thigh=X, back=Z) == ()

    def test_who_moves_is_not_judged_and_what_was_found_stays(self):
        def swinging(t_s):
            return unit((math.sin(3 * t_s), math.cos(3 * t_s), 0.0))

        table = Table()
        assert table.lie(5.0, thigh=swinging, back=swinging) == ()
        table.lie(thigh=Y, back=X)
        assert table.lie(5.0, thigh=swinging, back=swinging) == (SWAPPED,)

    def test_a_seated_start_finds_nothing_and_still_sees_that_all_is_right(self):
        table = Table()
        assert table.lie(5.0, standing=False, thigh=Y, back=X) == ()
        table.lie(thigh=Y, back=X)
        assert table.lie(standing=False, thigh=Z, back=Z) == (SWAPPED,)
        assert table.lie(standing=False, thigh=X, back=Y) == ()

    def test_without_poses_nothing_is_ever_wrong(self):
        assert Table({}).lie(5.0, thigh=Y, back=X) == ()

    def test_a_silent_sensor_is_not_judged_by_what_it_said_last(self):
        table = Table()
        table.lie(thigh=Y, back=X)
        table.worn.forget()
        assert table.lie(1.1, back=X) == (SWAPPED,)
        table.worn.forget()
        assert table.lie(0.5, back=X) == ()

    def test_samples_beside_a_gap_are_not_one_look(self):
        table = Table()
        table.lie(0.8, thigh=Y, back=X)
        assert table.lie(0.4, quality=Quality.GAP_BEFORE, thigh=Y, back=X) == ()
        table.t_s += 0.5
        assert table.lie(0.8, thigh=Y, back=X) == ()

    def test_what_was_found_can_be_forgotten_and_is_found_anew_at_once(self):
        table = Table()
        table.lie(thigh=Y, back=X)
        table.worn.forget()
        assert table.worn.look(table.t_s, standing=False) == ()
        table.worn.forget()
        assert table.worn.look(table.t_s, standing=True) == (SWAPPED,)

    def test_poses_that_no_swap_could_be_seen_in_are_told(self):
        assert Worn(POSES).alike == ()
        assert Worn({"thigh": X, "back": off(X, 59, 0)}).alike == (Finding(Mixup.ALIKE, ("back", "thigh")),)


class TestTwins:
    def same(self, worn, seconds, from_s=0.0):
        for n in range(round(seconds * 100)):
            sample = ImuSample("thigh", from_s + n / 100, (math.sin(n), math.cos(n), 9.0), (0.1, 0.0, n / 100))
            worn.feed(sample)
            worn.feed(replace(sample, sensor="back", t_s=sample.t_s + 0.002))
        return from_s + seconds

    def test_one_chip_under_two_names_is_found_in_any_posture_and_without_poses(self):
        worn = Worn({})
        now_s = self.same(worn, 0.5)
        assert worn.look(now_s, standing=False) == (Finding(Mixup.TWINS, ("back", "thigh")),)
        assert worn.look(now_s + TWINS_FOR_S, standing=False) == ()

    def test_two_sensors_that_both_say_nothing_are_no_twins(self):
        worn = Worn({})
        for n in range(100):
            for name in POSES:
                worn.feed(ImuSample(name, n / 100, None, quaternion_wxyz=(1.0, 0.0, 0.0, 0.0)))
        assert worn.look(1.0, standing=True) == ()
