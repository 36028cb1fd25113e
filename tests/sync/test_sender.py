"""How much a station sends at once: a little to a clinic that is slow or new, much to one that answers at once."""

from __future__ import annotations

import itertools

import pytest

from edge.records import Happened, Incident, SessionStarted, key
from sync.journal import Journal
from sync.sender import (
    ALONE,
    FIRST_WINDOW,
    LONGEST_RESEND_S,
    NARROWEST,
    QUICK_S,
    RESEND_S,
    SLOW_S,
    WIDEST,
    Sender,
)

STATION, WALL = "station-a-0001", 1_780_000_000.0


class Line:
    """A link that takes everything and remembers how much; a slow one keeps the broker's word back."""

    connected = True

    def __init__(self):
        self.taken, self.slow = [], False

    def publish(self, topic, payload, *, retain=False, done=None):
        self.taken.append(topic)
        if not self.slow:
            done(None)


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / "journal.db")
    made.append([SessionStarted(f"session-{n:05}", "patient-a-0001", 1, WALL) for n in range(4000)], 0.0, WALL)
    yield made
    made.close()


@pytest.fixture
def sender():
    return Sender(Line(), STATION, lambda _key: None)


def fill(sender, journal, now_s):
    """Send what may be sent, and return the keys that are under way."""
    while sender.send(journal, now_s):
        pass
    return list(sender._in_flight)


def answer(sender, journal, keys, now_s):
    journal.acknowledge(keys)
    sender.confirmed(keys, now_s)


def under_way(sender, journal, rounds, takes_s):
    """How many rows are under way after each of a number of answers that take so long, from the time 0 on."""
    now_s, counts = 0.0, []
    for _ in range(rounds):
        keys = fill(sender, journal, now_s)
        counts.append(len(keys))
        now_s += takes_s
        answer(sender, journal, keys, now_s)
    return counts


def test_a_new_connection_begins_small_and_grows_while_answers_are_quick(sender, journal):
    counts = under_way(sender, journal, 8, QUICK_S / 2)
    assert counts[0] == FIRST_WINDOW
    assert counts == sorted(counts)
    assert counts[-1] == WIDEST


def test_slow_answers_halve_it_down_to_the_narrowest(sender, journal):
    under_way(sender, journal, 8, QUICK_S / 2)
    counts = under_way(sender, journal, 12, SLOW_S * 1.1)
    assert counts[:3] == [WIDEST, WIDEST // 2, WIDEST // 4]
    assert counts[-1] == NARROWEST


def test_answers_neither_quick_nor_slow_leave_it(sender, journal):
    assert set(under_way(sender, journal, 6, (QUICK_S + SLOW_S) / 2)) == {FIRST_WINDOW}


def test_answers_that_were_on_their_way_together_halve_it_once(sender, journal):
    under_way(sender, journal, 8, QUICK_S / 2)
    keys = fill(sender, journal, 10.0)
    for one in keys:
        answer(sender, journal, [one], 10.0 + SLOW_S * 1.5)
    assert len(fill(sender, journal, 10.0 + SLOW_S * 1.5)) == WIDEST // 2


def test_silence_halves_it_and_a_new_connection_begins_anew(sender, journal):
    under_way(sender, journal, 8, QUICK_S / 2)
    fill(sender, journal, 100.0)
    assert len(fill(sender, journal, 100.0 + RESEND_S)) == WIDEST // 2
    sender.restart(200.0)
    assert len(fill(sender, journal, 200.0)) == FIRST_WINDOW


def test_a_row_that_is_never_confirmed_does_not_stop_those_behind_it(sender, journal):
    first = key(SessionStarted("session-00000", "patient-a-0001", 1, WALL))
    now_s = 0.0
    while journal.backlog() > 1:
        keys = [one for one in fill(sender, journal, now_s) if one != first]
        now_s += 0.5
        answer(sender, journal, keys, now_s)
    assert [row.key for row in journal.waiting(9)] == [first]


def test_a_lost_row_is_sent_again_soon_however_long_the_outbox_is(sender, journal):
    lost, now_s = fill(sender, journal, 0.0)[0], 0.0
    while now_s < RESEND_S + 1:
        keys = [one for one in fill(sender, journal, now_s) if one != lost]
        now_s += QUICK_S / 2
        answer(sender, journal, keys, now_s)
    assert journal.backlog() > 1000
    assert lost in fill(sender, journal, now_s)


def test_one_that_is_never_confirmed_is_sent_less_and_less_often(sender, journal):
    lost, tries, now_s = fill(sender, journal, 0.0)[0], [0.0], 0.0
    while now_s < 3600:
        under_way = fill(sender, journal, now_s)
        if lost in under_way and sender._in_flight[lost].at_s > tries[-1]:
            tries.append(sender._in_flight[lost].at_s)
        now_s += 1.0
        answer(sender, journal, [one for one in under_way if one != lost], now_s)
    gaps = [round(later - sooner) for sooner, later in itertools.pairwise(tries)]
    assert gaps[0] <= RESEND_S + 2
    assert gaps == sorted(gaps)
    assert gaps[-1] >= ALONE * RESEND_S


def test_where_nobody_listens_few_are_tried_and_all_at_once_when_somebody_does(sender, journal):
    for second in range(3600):
        for one in fill(sender, journal, float(second)):
            sender.missed(one, float(second))
    assert len(sender._transport.taken) < 1000, "in an hour"
    now_s, before = 3600.0 + LONGEST_RESEND_S, journal.backlog()
    for _ in range(60):
        under_way = fill(sender, journal, now_s)
        now_s += QUICK_S / 2
        answer(sender, journal, under_way, now_s)
    assert journal.backlog() < before - 2000


def test_an_alert_leaves_past_a_full_window_and_again_until_it_is_confirmed(sender, journal):
    fill(sender, journal, 0.0)
    alert = Incident("session-00001", 1, 1, Happened.BAND_SNAP, 200.0, "N", WALL)
    journal.append([alert], 1.0, WALL)
    topic = f"st/{STATION}/up/incident"
    for second in range(int(3 * RESEND_S) + 1):
        sender.send(journal, 1.0 + second)
    assert sender._transport.taken.count(topic) == 4
    answer(sender, journal, [key(alert)], 100.0)
    sender.send(journal, 200.0)
    assert sender._transport.taken.count(topic) == 4


def test_f45_what_a_slow_line_still_carries_is_not_sent_again(sender, journal):
    sender._transport.slow = True
    for second in range(int(LONGEST_RESEND_S)):
        fill(sender, journal, float(second))
    assert len(sender._transport.taken) == FIRST_WINDOW
    fill(sender, journal, LONGEST_RESEND_S)
    assert len(sender._transport.taken) > FIRST_WINDOW
