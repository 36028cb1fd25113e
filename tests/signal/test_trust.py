"""What the counter does not believe, that it says so in time, and what it does to the count."""

import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from drivers.noise import Bno085Noise
from drivers.patient import VirtualPatient
from drivers.realism import REALISTIC
from drivers.samples import ImuSample, LoadSample, Quality
from edge.model import Activity
from edge.signal.events import Reason, RepFinished, TrustChanged
from edge.signal.fusion import Support
from edge.signal.pipeline import UNARMED_S, Pipeline
from edge.signal.profiles import exercise_for, recorded_exercise
from edge.signal.splices import Splices
from edge.signal.trust import CONFIDENCE, Trust

STEADY = (1.0, 1.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def squats(performed):
    """The truth and the samples of a set of squats, and where its second repetition is half way out."""
    truth, samples = performed("goblet_squat", STEADY, seed=8, noise_seed=8, until_s=16.0)
    return truth, samples, truth[1].start_s + 0.5


@pytest.fixture(scope="module")
def rows(performed):
    """The same of a band."""
    truth, samples = performed("band_row", STEADY, seed=8, noise_seed=8, until_s=16.0)
    return truth, samples, truth[1].start_s + 0.5


@pytest.fixture(scope="module")
def swung():
    """A bell that swings for 20 s, without a gyroscope."""
    draw = np.random.default_rng(2)
    size = [3.0 * (1 - math.cos(math.pi * i / 50)) for i in range(1000)]
    return [
        ImuSample("bell", i / 50, tuple(draw.normal((x, 0.3 * x, 9.8), 0.1).tolist())) for i, x in enumerate(size)
    ]


def heard(samples, exercise="goblet_squat"):
    """The pipeline after these samples, and all that it said; ``exercise`` by name or itself."""
    pipeline = Pipeline(exercise_for(exercise) if isinstance(exercise, str) else exercise)
    return pipeline, [event for sample in samples for event in pipeline.feed(sample)]


def changes(events):
    return [(round(e.t_s, 2), e.trusted, e.reason) for e in events if isinstance(e, TrustChanged)]


def ends(events):
    return [e.rep.end_s for e in events if isinstance(e, RepFinished)]


def between(samples, start_s, end_s, change):
    """The samples with those from ``start_s`` to ``end_s`` replaced by what ``change`` makes of them."""
    return [change(s) if start_s <= s.t_s < end_s else s for s in samples]


def test_a_sound_set_is_trusted_from_end_to_end(squats, rows):
    for (_, samples, _), exercise in ((squats, "goblet_squat"), (rows, "band_row")):
        pipeline, events = heard(samples, exercise)
        assert changes(events) == []
        assert (pipeline.trusted, pipeline.reason, pipeline.uncertain, pipeline.unseen) == (True, None, False, ())
        assert all(e.doubts == () for e in events if isinstance(e, RepFinished))


# ---- silence and holes ----


def test_a_hole_is_told_blinds_and_leaves_the_count_uncertain_for_good(squats):
    truth, samples, at_s = squats
    pipeline, events = heard(s for s in samples if not at_s < s.t_s < at_s + 0.7)
    (begun_s, *begun), (over_s, *over) = changes(events)
    assert (begun, over) == ([False, Reason.GAP], [True, Reason.GAP])
    assert at_s + 0.69 <= begun_s < over_s < begun_s + 0.05
    assert len(ends(events)) == len(truth) - 1
    assert pipeline.trusted
    assert pipeline.uncertain
    assert pipeline.unseen == (Reason.GAP,)


def test_silence_is_told_by_the_clock_on_the_wall_within_half_a_second(squats):
    _, samples, at_s = squats
    pipeline, _ = heard(s for s in samples if s.t_s <= at_s)
    told = next(t_s for t_s in np.arange(at_s, at_s + 2, 0.033) if pipeline.tick(t_s))
    assert told - at_s <= 0.5
    assert (pipeline.activity, pipeline.reason) == (Activity.BLIND, Reason.GAP)
    assert pipeline.tick(at_s + 0.9) == []
    assert pipeline.uncertain


def test_what_is_counted_does_not_depend_on_the_clock_on_the_wall(squats):
    _, samples, at_s = squats
    holed = [s for s in samples if not at_s < s.t_s < at_s + 0.7]
    ticked, events = Pipeline(exercise_for("goblet_squat")), []
    for sample in holed:
        # A clock that runs ahead of samples that come late.
        events += ticked.tick(sample.t_s + 0.45)
        events += ticked.feed(sample)
    assert ends(events) == ends(heard(holed)[1])


def test_a_hole_before_the_start_posture_was_found_hides_no_repetition(squats):
    _, samples, _ = squats
    pipeline, events = heard(s for s in samples if not 0.2 < s.t_s < 0.9)
    assert [reason for _, _, reason in changes(events)] == [Reason.GAP, Reason.GAP]
    assert not pipeline.uncertain


def test_a_sensor_that_never_said_anything_usable_is_told():
    pipeline = Pipeline(exercise_for("goblet_squat"))
    silent = [ImuSample("thigh", i / 100, (math.nan, 0.0, 9.8), (0.0, 0.0, 0.0)) for i in range(60)]
    events = [event for sample in silent for event in pipeline.feed(sample)]
    assert changes(events) == [(0.51, False, Reason.NOT_A_NUMBER)]
    assert pipeline.activity is Activity.BLIND


def test_a_sensor_that_falls_ill_and_stays_so_leaves_the_count_uncertain(squats):
    _, samples, at_s = squats
    pipeline, _ = heard(between(samples, at_s, at_s + 60.0, BROKEN[Reason.NOT_A_NUMBER]))
    assert pipeline.unseen == (Reason.NOT_A_NUMBER,)


BROKEN = {
    Reason.NOT_A_NUMBER: lambda s: replace(s, accel_m_s2=(s.accel_m_s2[0], math.nan, s.accel_m_s2[2])),
    Reason.IMPLAUSIBLE: lambda s: replace(s, gyro_rad_s=(0.0, 50.0, 0.0)),
    Reason.CLOCK: lambda s: replace(s, t_s=s.t_s - 5.0),
    Reason.GAP: lambda s: replace(s, accel_m_s2=None, gyro_rad_s=None),
}


@pytest.mark.parametrize("reason", BROKEN, ids=str)
def test_values_that_cannot_be_true_blind_once_there_are_no_others(squats, reason):
    truth, samples, at_s = squats
    pipeline, events = heard(between(samples, at_s, at_s + 0.7, BROKEN[reason]))
    told = [change for change in changes(events) if not change[1]]
    assert [change[2] for change in told] == [reason]
    assert told[0][0] <= at_s + 0.72
    assert pipeline.unseen == (reason,)
    assert len(ends(events)) == len(truth) - 1


@pytest.mark.parametrize("reason", BROKEN, ids=str)
def test_every_fifth_value_that_cannot_be_true_changes_nothing(squats, reason):
    _, samples, _ = squats
    some = [BROKEN[reason](s) if i % 5 == 4 else s for i, s in enumerate(samples)]
    few = [s for i, s in enumerate(samples) if i % 5 != 4]
    pipeline, events = heard(some)
    assert changes(events) == []
    assert not pipeline.uncertain
    assert ends(events) == ends(heard(few)[1])


def test_a_turn_rate_alone_is_no_sample_for_a_counter_of_accelerations(swung):
    gone = between(swung, 8.0, 8.7, lambda s: replace(s, accel_m_s2=None, gyro_rad_s=(0.1, s.t_s, 0.2)))
    pipeline, events = heard(gone, "kettlebell_swing")
    assert [change[1:] for change in changes(events)] == [(False, Reason.GAP), (True, Reason.GAP)]
    assert pipeline.uncertain


def test_a_clock_that_starts_again_at_zero_is_told_within_half_a_second(squats):
    _, samples, at_s = squats
    restarted = [replace(s, t_s=s.t_s if s.t_s < at_s else s.t_s - at_s) for s in samples if s.t_s < 2 * at_s - 0.1]
    pipeline, events = heard(restarted)
    assert [change[1:] for change in changes(events)] == [(False, Reason.CLOCK)]
    assert changes(events)[0][0] <= 0.55
    assert pipeline.activity is Activity.BLIND


def test_half_a_ton_on_a_cell_is_no_force_but_counts_of_an_unknown_unit_are(rows):
    _, samples, _ = rows
    spiked = [replace(s, force_n=90000.0) if i % 50 == 7 else s for i, s in enumerate(samples)]
    pipeline, events = heard(spiked, "band_row")
    reps = [e.rep for e in events if isinstance(e, RepFinished)]
    assert len(reps) == pipeline.reps == len(rows[0])
    assert max(rep.peak_force_n for rep in reps) < 150.0
    raw = [replace(s, force_n=s.force_n + 20000.0, quality=Quality.UNCALIBRATED) for s in samples]
    assert heard(raw, "band_row")[0].reps == len(rows[0])
    assert heard((replace(s, quality=Quality.GOOD) for s in raw), "band_row")[0].reason is Reason.IMPLAUSIBLE


def test_a_restarted_chip_is_told(squats):
    _, samples, at_s = squats
    reset = next(i for i, s in enumerate(samples) if s.t_s >= at_s)
    samples = [replace(s, quality=Quality.RESET_BEFORE) if i == reset else s for i, s in enumerate(samples)]
    pipeline, events = heard(samples)
    assert [change[1:] for change in changes(events)] == [(False, Reason.RESET), (True, Reason.RESET)]
    assert pipeline.unseen == (Reason.RESET,)


# ---- values that stand still ----


def frozen(samples, start_s, long_s):
    """The samples with every value from ``start_s`` on for ``long_s`` being the one at ``start_s``."""
    last = next(s for s in samples if s.t_s >= start_s)
    return between(samples, start_s, start_s + long_s, lambda s: replace(last, t_s=s.t_s))


@pytest.mark.parametrize("which", ["squats", "rows"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_frozen_sensor_is_told_within_two_seconds_and_invents_nothing(request, which, share):
    truth, samples, _ = request.getfixturevalue(which)
    exercise = "goblet_squat" if which == "squats" else "band_row"
    for rep in truth[1:3]:
        at_s = rep.start_s + share * (rep.end_s - rep.start_s)
        pipeline, events = heard(frozen(samples, at_s, 4.0), exercise)
        told = changes(events)
        assert [change[1:] for change in told] == [(False, Reason.FROZEN), (True, Reason.FROZEN)]
        assert told[0][0] - at_s <= 2.03
        assert told[1][0] - (at_s + 4.0) <= 0.03
        assert not any(at_s + 0.3 < end_s < at_s + 4.0 for end_s in ends(events))
        assert pipeline.unseen == (Reason.FROZEN,)


def test_a_turn_rate_that_stands_still_is_not_added_up_for_two_seconds(squats):
    _, samples, at_s = squats
    held = next(s for s in samples if s.t_s >= at_s).gyro_rad_s
    assert max(map(abs, held)) > 0.3
    axis = max(range(3), key=lambda i: abs(held[i]))

    def stuck(s):
        return replace(s, gyro_rad_s=tuple(held[i] if i == axis else w for i, w in enumerate(s.gyro_rad_s)))

    told = changes(heard(between(samples, at_s, at_s + 3.0, stuck))[1])
    assert [change[1:] for change in told] == [(False, Reason.STUCK_AXIS), (True, Reason.STUCK_AXIS)]
    assert told[0][0] - at_s <= 0.3


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_one_axis_that_stands_still_is_told_within_two_seconds(squats, axis):
    _, samples, at_s = squats
    value = next(s for s in samples if s.t_s >= at_s).accel_m_s2[axis]

    def stuck(s):
        return replace(s, accel_m_s2=tuple(value if i == axis else a for i, a in enumerate(s.accel_m_s2)))

    pipeline, events = heard(between(samples, at_s, at_s + 4.0, stuck))
    told = [change for change in changes(events) if not change[1]]
    assert [change[2] for change in told] == [Reason.STUCK_AXIS]
    assert told[0][0] - at_s <= 2.03
    assert Reason.STUCK_AXIS in pipeline.unseen


def test_a_coarse_cell_may_rest_on_one_value_but_not_for_ever(performed):
    truth, samples = performed("band_row", (1.0, 1.0, 1.0, 5.0), seed=3, noise_seed=3, until_s=25.0)
    # As much as a bathroom scale can tell apart, and no noise beside it.
    until_s = truth[-1].end_s + 8.0
    coarse = [replace(s, force_n=10.0 * round(s.force_n / 10.0)) for s in samples if s.t_s < until_s]
    pipeline, events = heard(coarse, "band_row")
    assert changes(events) == []
    assert pipeline.reps == len(truth)
    last = coarse[-1]
    asleep = [replace(last, t_s=last.t_s + (i + 1) / 100) for i in range(1200)]
    assert [change[2] for change in changes(event for s in asleep for event in pipeline.feed(s))] == [Reason.FROZEN]


def test_an_axis_that_the_chip_does_not_have_is_not_stuck(squats):
    _, samples, _ = squats
    flat = [replace(s, gyro_rad_s=(s.gyro_rad_s[0], s.gyro_rad_s[1], 0.0)) for s in samples]
    assert changes(heard(flat)[1]) == []


def test_a_buffer_that_is_sent_twice_blinds(squats):
    _, samples, at_s = squats
    first = next(i for i, s in enumerate(samples) if s.t_s >= at_s)
    twice = samples[:first] + [replace(samples[i], t_s=samples[i].t_s + 0.2) for i in range(first - 20, first)]
    twice += [replace(s, t_s=s.t_s + 0.2) for s in samples[first:]]
    pipeline, events = heard(twice)
    assert [change[1:] for change in changes(events)] == [(False, Reason.REPEATED), (True, Reason.REPEATED)]
    assert pipeline.unseen == (Reason.REPEATED,)


def test_every_sample_sent_twice_is_only_slower(squats):
    truth, samples, _ = squats
    twice = [replace(samples[i - i % 2], t_s=s.t_s) for i, s in enumerate(samples)]
    pipeline, events = heard(twice)
    assert changes(events) == []
    assert pipeline.reps == len(truth)


# ---- doubts ----


@pytest.mark.parametrize(
    ("flag", "reason"), [(Quality.SATURATED, Reason.SATURATED), (Quality.LOW_ACCURACY, Reason.LOW_ACCURACY)]
)
def test_what_the_chip_calls_unreliable_lowers_the_confidence_of_that_repetition_alone(squats, flag, reason):
    truth, samples, at_s = squats
    pipeline, events = heard(between(samples, at_s, at_s + 0.2, lambda s: replace(s, quality=flag)))
    reps = [event for event in events if isinstance(event, RepFinished)]
    assert [event.doubts for event in reps] == [(), (reason,)] + [()] * (len(truth) - 2)
    assert reps[1].rep.confidence == CONFIDENCE[reason] < reps[0].rep.confidence
    assert [change[1:] for change in changes(events)] == [(False, reason), (True, reason)]
    assert not pipeline.uncertain


def test_a_clipped_acceleration_is_doubted_without_being_told(squats):
    _, samples, _ = squats
    shaken = [
        replace(s, accel_m_s2=(min(s.accel_m_s2[0] + 40 * math.sin(30 * s.t_s), 19.6), *s.accel_m_s2[1:]))
        for s in samples
    ]
    assert (False, Reason.SATURATED) in [change[1:] for change in changes(heard(shaken)[1])]


def test_lost_samples_without_a_hole_in_the_clock_are_noticed(squats):
    _, samples, _ = squats
    packets = [samples[i : i + 60] for i in range(0, len(samples), 60)]
    kept = [sample for number, packet in enumerate(packets) if number % 2 == 0 for sample in packet]
    joined = [replace(s, t_s=i / 100) for i, s in enumerate(kept)]
    pipeline, events = heard(joined)
    assert [change[1:] for change in changes(events)] == [(False, Reason.SAMPLES_LOST)]
    assert pipeline.unseen == (Reason.SAMPLES_LOST,)
    assert pipeline.activity is not Activity.BLIND
    told_s = changes(events)[0][0]
    late = [event for event in events if isinstance(event, RepFinished) and event.rep.end_s > told_s]
    assert all(event.rep.confidence <= CONFIDENCE[Reason.SAMPLES_LOST] for event in late)


@pytest.mark.parametrize("exercise", ["sit_to_stand", "goblet_squat", "kettlebell_deadlift"])
def test_no_movement_of_a_person_is_taken_for_lost_samples(performed, exercise):
    draw = np.random.default_rng(1)
    for seed in range(4):
        _, samples = performed(exercise, (0.5, 0.0, 0.4, 0.2), seed, fidget_s=3.0, noise_seed=seed)
        splices = Splices()
        for i, sample in enumerate(samples):
            # Blows of 3 to 8 g that ring at 20 Hz and die away in 60 ms, as of a bell set down, every second or so.
            since_s = (i % 97) / 100
            blow = draw.uniform(30, 80) * math.exp(-since_s / 0.06) * math.cos(40 * math.pi * since_s)
            x, y, z = sample.accel_m_s2
            assert not splices.update((x + 0.6 * blow, y, z + 0.8 * blow))


@pytest.mark.parametrize("place", ["thigh", "wrist", "bell"])
@pytest.mark.parametrize("activity", ["walk", "handle", "sit"])
def test_nothing_that_people_do_between_sets_is_taken_for_a_sick_sensor(activity, place):
    patient, chip, trust = VirtualPatient(4, REALISTIC), Bno085Noise(4), Trust(lambda _: True)
    patient.prepare("sit_to_stand" if activity == "sit" else "goblet_squat", 0.0)
    getattr(patient, activity)(1.0, 59.0)
    for t_s in chip.times(60.0):
        assert trust.feed(chip.read("imu", t_s, patient.imu(place, t_s))) == []


def cut(at, ratio, length=4000):
    """A slow turn of 0.4 m/s^2 a sample, with a jump across it of ``ratio`` times that at each of these samples."""
    level, found = 0.0, []
    for i in range(length):
        level += ratio * 0.4 if i in at else 0.0
        found.append((4.0 * math.sin(i / 10), 4.0 * math.cos(i / 10), 9.8 + level))
    return found


def first_found(accel):
    splices = Splices()
    return next((i for i, a in enumerate(accel) if splices.update(a)), None)


@pytest.mark.parametrize(
    ("at", "ratio", "found"),
    [
        ((500, 731, 900), 6.0, 906),
        ((500, 731), 6.0, None),
        ((500, 1031, 1900), 6.0, None),
        ((504, 630, 756, 882), 3.0, 888),
        ((504, 630, 756), 3.0, None),
        ((500, 631, 747, 882), 3.0, None),
    ],
    ids=["three", "two", "far apart", "even", "three even", "uneven"],
)
def test_lost_samples_are_told_by_three_clear_cuts_or_four_even_ones(at, ratio, found):
    assert first_found(cut(at, ratio)) == found


def test_a_chip_that_is_slower_than_its_clock_has_lost_nothing():
    wave = cut((), 0.0, 1200)
    assert first_found([wave[i - i % 8] for i in range(1200)]) is None


def test_the_way_the_sensor_is_strapped_on_does_not_matter_to_lost_samples(squats):
    _, samples, _ = squats
    kept = [s.accel_m_s2 for i, s in enumerate(samples) if i // 60 % 2 == 0]
    matrix, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    turned = (np.array(kept) @ matrix).tolist()
    one, other = Splices(), Splices()
    assert [one.update(a) for a in kept] == [other.update(tuple(a)) for a in turned]


# ---- not armed ----


@pytest.mark.parametrize("exercise", ["goblet_squat", recorded_exercise("plank", "hold_limb")], ids=["squat", "hold"])
def test_a_patient_who_never_keeps_still_is_told_to(exercise):
    draw = np.random.default_rng(0)
    fidgeting = [
        ImuSample("thigh", i / 50, tuple(draw.normal((0, 0, 9.8), 3)), tuple(draw.normal(0, 2, 3)))
        for i in range(500)
    ]
    pipeline, events = heard(fidgeting, exercise)
    assert changes(events) == [(UNARMED_S, False, Reason.UNARMED)]
    assert pipeline.activity is Activity.ARMING
    quiet = [
        ImuSample("thigh", 10 + i / 50, tuple(draw.normal((0, 0, 9.8), 0.02)), tuple(draw.normal(0, 0.01, 3)))
        for i in range(300)
    ]
    events = [event for sample in quiet for event in pipeline.feed(sample)]
    assert [change[1:] for change in changes(events)] == [(True, Reason.UNARMED)]
    assert pipeline.trusted


# ---- cost ----


def test_a_long_set_is_remembered_no_longer_than_a_short_one(squats):
    _, samples, _ = squats
    trust, held = Trust(lambda _: True), []
    tracemalloc.start()
    for i in range(20_000):
        trust.feed(replace(samples[i % len(samples)], t_s=i / 100))
        if i in (5_000, 19_999):
            held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[1] - held[0] < 20_000


def test_every_reading_of_a_second_cell_that_is_pulled_can_be_trusted():
    support = Support()
    assert all(support.feed(LoadSample("cell", i / 80, 3.0 + i % 7 + math.sin(i))) for i in range(3000))
