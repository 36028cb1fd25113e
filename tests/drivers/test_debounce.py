"""A finger makes one press, however its contact bounces; stop makes it at once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.debounce import CLOSED_S, OPEN_S, STUCK_S, Contact

FRAME_S = 1 / 30

bounces = st.lists(st.floats(0.00005, 0.009), min_size=0, max_size=6)
"""How long a contact stays the one way and then the other; never as long as a press has to be."""
touches = st.lists(
    st.tuples(st.floats(0.03, 3.0), bounces, st.floats(0.1, 2.0), bounces), min_size=0, max_size=8
)  # closed for, bounces while closing, open for, bounces while opening


def edges_of(touches, start_s=1.0):
    """Return (t_s, closed) of every edge, ending open."""
    edges, t_s = [], start_s
    for closed_s, closing, open_s, opening in touches:
        for lasting_s, settles, hops in ((closed_s, True, closing), (open_s, False, opening)):
            edges.append((t_s, settles))
            closed = settles
            for hop_s in hops[: len(hops) // 2 * 2]:
                t_s, closed = t_s + hop_s, not closed
                edges.append((t_s, closed))
            t_s += lasting_s
    return edges


def presses_of(contact, edges, frame_s, until_s):
    """Feed the edges frame by frame, as the controls do; return at which frame each press was told."""
    waiting, presses, now_s = list(edges), [], 0.0
    while now_s < until_s:
        now_s += frame_s
        while waiting and waiting[0][0] <= now_s:
            presses += [now_s] * contact.edge(*waiting.pop(0))
        presses += [now_s] * contact.settle(now_s)
    return presses


@settings(deadline=None)
@given(touches, st.sampled_from([FRAME_S, 1 / 60, 0.005]), st.booleans())
def test_every_touch_is_one_press_whatever_bounces(touches, frame_s, eager):
    edges = edges_of(touches)
    until_s = (edges[-1][0] if edges else 0.0) + 1.0
    assert len(presses_of(Contact(False, 0.0, eager), edges, frame_s, until_s)) == len(touches)


@settings(deadline=None)
@given(touches, st.booleans())
def test_how_often_it_is_looked_at_makes_no_difference(touches, eager):
    edges = edges_of(touches)
    until_s = (edges[-1][0] if edges else 0.0) + 1.0
    counts = {
        len(presses_of(Contact(False, 0.0, eager), edges, frame_s, until_s)) for frame_s in (0.006, FRAME_S, 0.11)
    }
    assert len(counts) == 1


@settings(deadline=None)
@given(st.lists(st.floats(0.000001, CLOSED_S - 0.001), min_size=1, max_size=20))
def test_static_and_chatter_shorter_than_a_press_is_none(pulses):
    contact, t_s = Contact(False, 0.0), 1.0
    for pulse_s in pulses:
        assert not contact.edge(t_s, True)
        assert not contact.edge(t_s + pulse_s, False)
        t_s += pulse_s + 0.001
    assert not contact.settle(t_s + 5.0)
    assert not contact.down


def test_a_press_counts_when_it_has_been_closed_for_long_enough_even_if_it_is_over_by_the_next_look():
    contact = Contact(False, 0.0)
    assert not contact.edge(1.0, True)
    assert not contact.settle(1.0 + CLOSED_S - 0.001)
    assert contact.settle(1.0 + CLOSED_S + 0.001)
    quick = Contact(False, 0.0)
    assert not quick.edge(1.0, True)
    assert quick.edge(1.0 + CLOSED_S + 0.001, False)


def test_stop_counts_with_the_first_touch_and_once():
    contact = Contact(False, 0.0, eager=True)
    assert contact.edge(1.0, True)
    assert not contact.edge(1.001, False)
    assert not contact.edge(1.002, True)
    assert not contact.settle(1.5)
    assert not contact.edge(2.0, False)
    assert contact.down
    assert not contact.settle(2.0 + OPEN_S + 0.001)
    assert not contact.down
    assert contact.edge(3.0, True)


def test_what_was_closed_from_the_beginning_was_not_pressed():
    contact = Contact(True, 0.0, eager=True)
    assert not contact.settle(1.0)
    assert contact.down
    assert not contact.edge(2.0, False)
    assert not contact.settle(2.2)
    assert contact.edge(3.0, True)


def test_a_contact_down_for_ten_seconds_is_stuck_until_it_opens():
    contact = Contact(False, 0.0)
    contact.edge(1.0, True)
    contact.settle(1.1)
    assert not contact.stuck(1.0 + STUCK_S - 0.1)
    assert contact.stuck(1.0 + STUCK_S + 0.1)
    contact.edge(20.0, False)
    contact.settle(20.1)
    assert not contact.stuck(20.1)
