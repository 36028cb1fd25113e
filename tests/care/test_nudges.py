"""Nudges: reminders and offers inside the clinician's limits, never over pain or a lock, never with blame."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from care_past import FIRST, a_lock, a_month, moment_of, one_session, one_set
from hypothesis import given
from hypothesis import strategies as st

from edge.care import words
from edge.care.feeling import Feeling, feeling, hurt
from edge.care.nudges import NOT_TODAY, Slot, kinds, nudges_due, parse_kinds, quiet, slots_of
from edge.history.facts import History
from edge.library import ContentError
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.records import Moment, Nudged, key

TODAY = FIRST + timedelta(days=3)
MONTHS = 10_000 if os.environ.get("STEADYRIG_LONG") else 25


def at(hour, day=TODAY):
    return moment_of(day, hour)


def slots(*hours, done=()):
    ends = (*hours[1:], 20)
    return [Slot(n, at(h), at(e), n in done) for n, (h, e) in enumerate(zip(hours, ends, strict=True), 1)]


def whats(found):
    return [one.what for one in found]


def test_a_slot_that_is_due_is_told_once_with_its_number(calm, limits):
    history = replace(calm, sessions=calm.sessions[:1])
    (nudge,) = nudges_due(at(12.5), history, slots(9, 12, 16, done=(1,)), limits)
    assert (nudge.what, nudge.sentence) == ("slot_due", "Time for routine 2 of today. Start when it suits you.")
    shown = replace(history, nudges=(nudge.told(at(12.5).timestamp()),))
    assert nudges_due(at(13), shown, slots(9, 12, 16, done=(1,)), limits) == ()


def test_a_slot_that_went_by_brings_the_short_version_and_no_word_of_what_was_not_done(limits):
    one_slot = [Slot(1, at(9), at(12))]
    (nudge,) = nudges_due(at(13), History(), one_slot, limits)
    assert (nudge.what, nudge.sentence) == ("slot_missed", "Short of time? 5 minutes count too.")


def test_a_slot_that_went_by_is_offered_short_while_the_next_one_is_open(limits):
    assert whats(nudges_due(at(12.5), History(), slots(9, 12, 16), limits)) == ["slot_due", "slot_missed"]
    assert whats(nudges_due(at(12.5), History(), slots(9, 12, 16, done=(1,)), limits)) == ["slot_due"]


def test_the_check_in_comes_after_about_a_day_and_after_about_two_and_not_once_it_was_answered(limits):
    history = History((one_session(FIRST, 9, after=None),))
    day = FIRST + timedelta(days=1)
    assert whats(nudges_due(at(9, day), history, (), limits)) == ["check_in_24h"]
    assert nudges_due(at(17, FIRST), history, (), limits) == ()
    assert whats(nudges_due(at(9, FIRST + timedelta(days=2)), history, (), limits)) == ["check_in_48h"]
    assert nudges_due(at(9, day), History((one_session(FIRST, 9),)), (), limits) == ()


def test_after_a_flare_that_has_calmed_down_a_gentler_routine_is_offered(limits):
    history = History((one_session(FIRST, worst=8, after=2),))
    assert feeling(history, limits) is Feeling.CALM
    assert whats(nudges_due(at(10, FIRST + timedelta(days=1)), history, (), limits)) == ["gentler"]


def test_while_the_flare_lasts_nothing_is_said_at_all(limits):
    for after in (7, None):
        ended = StopReason.PAIN if after is None else StopReason.TARGET
        history = History((one_session(FIRST, after=after, ended=ended),))
        assert nudges_due(at(10, FIRST + timedelta(days=1)), history, slots(9), limits) == ()


def test_leg_pain_that_was_high_stays_high_until_the_leg_is_asked_about_again(limits):
    flare = one_session(FIRST, after=None, answers={Moment.WORST: {"leg": 8}})
    silent = {"back": 2, "leg": None}
    unasked = one_session(TODAY, after=None, answers={Moment.START: silent, Moment.WORST: silent})
    assert feeling(History((flare, unasked)), limits) is Feeling.RAISED
    assert feeling(History((flare, one_session(TODAY))), limits) is Feeling.CALM


def test_what_was_told_last_counts_whichever_session_it_speaks_of(limits):
    early = one_session(FIRST, second=7)  # told two days later
    late = one_session(FIRST + timedelta(days=1), after=None)
    assert feeling(History((early, late)), limits) is Feeling.RAISED


def test_an_easy_week_offers_to_ask_for_more_and_only_with_every_answer_known(limits):
    def week(**last):
        easy = (one_set(rpe=4),)
        return History((
            one_session(FIRST, sets=easy), one_session(TODAY - timedelta(days=1), **({"sets": easy} | last))
        ))  # fmt: skip

    assert whats(nudges_due(at(10), week(), (), limits)) == ["step_up"]
    for unknown in (
        {"after": None, "hour": 8}, {"sets": (one_set(rpe=None),)}, {"sets": (one_set(rpe=4, trusted=False),)},
        {"sets": (one_set(rpe=4, reps_verified=9),)}, {"trusted": False}, {"ended": None}, {"worst": 6},
    ):  # fmt: skip
        assert "step_up" not in whats(nudges_due(at(10), week(**unknown), (), limits)), unknown


def test_a_test_that_is_due_is_asked_for(limits):
    assert whats(nudges_due(at(10), History(), (), limits, tests_due=("chair_stand",))) == ["test_due"]


@pytest.mark.parametrize("hour", [0, 3, 7.9, 20, 23.9])
def test_quiet_hours_are_quiet(hour, calm, limits):
    assert nudges_due(at(hour), calm, [Slot(1, at(0), at(24))], limits) == ()


def test_quiet_hours_are_the_patients_own_wherever_the_computer_thinks_it_is(calm, limits):
    tokyo = timezone(timedelta(hours=9))
    assert nudges_due(at(12).astimezone(tokyo), calm, slots(9), limits) == ()  # 21:00 there
    assert quiet(datetime(2026, 1, 1, 13), {"quiet_from_h": 13, "quiet_until_h": 14})
    assert not quiet(datetime(2026, 1, 1, 14), {"quiet_from_h": 13, "quiet_until_h": 14})
    assert not quiet(datetime(2026, 1, 1, 14), {"quiet_from_h": 14, "quiet_until_h": 14})


def test_no_more_than_the_clinician_allows_in_a_day_and_none_when_paused_or_without_a_clock(calm, limits):
    arguments = (calm, slots(9), limits)
    assert nudges_due(at(10), *arguments) != ()
    assert nudges_due(at(10), *arguments, paused=True) == ()
    assert nudges_due(None, *arguments) == ()
    assert nudges_due(at(10), calm, slots(9), Limits({"nudges_per_day": 0})) == ()
    two = tuple(Nudged(f"nudge-{n:04d}", "slot_due", at(8 + n).timestamp()) for n in range(2))
    assert nudges_due(at(12), replace(calm, nudges=two), slots(9), limits) == ()


def test_not_today_is_enough_for_today(calm, limits):
    no = Nudged("slot-due-2026-10-08-1", "slot_due", at(9).timestamp(), NOT_TODAY)
    assert nudges_due(at(13), replace(calm, nudges=(no,)), slots(9, 12), limits) == ()
    assert nudges_due(at(13), calm, slots(9, 12), limits) != ()


def test_the_slots_of_a_day_lie_between_the_quiet_hours_and_fill_in_order(limits):
    three = slots_of(TODAY, 3, 1, limits, UTC)
    assert [(slot.opens, slot.closes, slot.done) for slot in three] == [
        (at(8), at(12), True), (at(12), at(16), False), (at(16), at(20), False),
    ]  # fmt: skip
    assert slots_of(TODAY, 0, 0, limits, UTC) == ()
    assert len(slots_of(TODAY, 6, 0, limits, UTC)) == 4  # three hours apart at least
    late = slots_of(TODAY, 3, 0, Limits({"quiet_from_h": 6, "quiet_until_h": 20}), UTC)
    assert [slot.opens for slot in late] == [at(20), at(23)]
    assert slots_of(TODAY, 3, 0, Limits({"quiet_from_h": 0, "quiet_until_h": 24}), UTC) == ()


@given(st.integers(0, 24), st.integers(0, 24), st.integers(0, 6))
def test_no_slot_opens_in_quiet_hours(begins, ends, count):
    limits = Limits({"quiet_from_h": begins, "quiet_until_h": ends})
    assert not any(quiet(slot.opens, limits) for slot in slots_of(TODAY, count, 0, limits, UTC))


def test_a_red_flag_silences_everything(calm, limits):
    assert nudges_due(at(10), replace(calm, lock=a_lock()), slots(9), limits) == ()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_over_generated_months_no_nudge_is_shown_locked_quiet_hurting_or_too_often(limits):
    kinds_seen = set()
    for seed in range(MONTHS):
        kinds_seen.update(whats(_lived_through(seed, limits)))
    assert kinds_seen >= {"slot_due", "slot_missed", "check_in_24h", "check_in_48h", "gentler"}


def _lived_through(seed, limits):
    sessions, shown = a_month(seed), []
    for number in range(30):
        day = FIRST + timedelta(days=number)
        today = []
        lock = a_lock() if seed % 3 == 0 and 10 <= number < 14 else None
        for hour in (6, 9, 11, 15, 20.5):
            now = at(hour, day)
            past = tuple(one for one in sessions if one.started_at <= now.timestamp())
            history = History(past, lock=lock, nudges=tuple(shown))
            plan = [Slot(n, at(h, day), at(h + 2, day)) for n, h in enumerate((8, 12, 16), 1)]
            due = nudges_due(now, history, plan, limits, tests_due=("chair_stand",))
            if due:
                today.append(due[0].told(now.timestamp()))
                assert lock is None, seed
                assert 8 <= hour < 20, seed
                assert feeling(history, limits) is not Feeling.RAISED, seed
                assert not (due[0].what == "step_up" and hurt(past[-1], limits)), seed
            shown.extend(today[len(today) - bool(due) :])
        assert len(today) <= limits["nudges_per_day"], seed
    names = [key(one) for one in shown]
    assert len(names) == len(set(names)), seed
    return shown


def test_every_sentence_fits_and_none_blames():
    for kind in kinds().values():
        for text in (kind.sentence, kind.offer):
            assert not any(re.search(rf"\b{re.escape(word)}\b", text.lower()) for word in words.NEVER), kind.key
            assert all(len(part.split()) <= 12 for part in re.split(r"[.?!]", text)), kind.key
        assert len(kind.offer) <= 16, kind.key  # one button of arm text


@pytest.mark.parametrize("word", ["You missed a routine.", "Your streak is over.", "Do not be lazy.", "Bad day?"])
def test_words_of_blame_are_refused_where_the_file_is_read(word):
    with pytest.raises(ContentError, match="never said to a patient"):
        words.sentence(word, "nudges.toml: [slot_missed] sentence")


def test_a_malformed_file_is_refused_with_file_key_value_and_what_was_expected():
    from importlib.resources import files

    text = files("edge.content").joinpath("nudges.toml").read_text("utf-8")
    for before, after, complaint in (
        ("[step_up]", "[step_down]", "mine.toml: has the tables .*expected check_in_24h"),
        ("from_h = 20", 'from_h = "soon"', r"mine.toml: \[check_in_24h\] from_h is 'soon'; expected a number"),
        ("until_h = 40", "until_h = 4", r"\[check_in_24h\] until_h is 4; expected a number from 20"),
        ('offer = "Start"', "", r"\[slot_due\] offer is missing"),
        ("minutes = 5", "minutes = 5\nhours = 1", r"\[slot_missed\] hours is not known"),
        ("routine {slot}", "routine {place}", r"expected no other fields than slot"),
        ("[check_in_24h]", "[check_in_24h", "not valid TOML"),
    ):
        with pytest.raises(ContentError, match=complaint):
            parse_kinds(text.replace(before, after, 1), "mine.toml")


def test_an_answer_is_a_record_of_its_own(calm, limits):
    nudge = nudges_due(at(10), calm, slots(9), limits)[0]
    assert key(nudge.told(0.0)) != key(nudge.told(1.0, "accepted"))
    with pytest.raises(ValueError, match="expected one of shown"):
        nudge.told(0.0, "ignored")
