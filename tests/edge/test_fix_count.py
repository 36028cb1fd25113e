"""The count of the last set put right: the patient's word beside what was sensed, never in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_run import SessionRun, row

from display.parts import Key
from display.shapes import ByHandView, RestView
from display.station_info import StationInfo
from display.view.by_screen import view
from edge import records
from edge.live import Live
from edge.model import Origin
from edge.records import RepEdit
from edge.session import Action, CountingLost, Screen
from edge.signal.events import Reason


def rested(reps=3, sets=2):
    run = SessionRun(row("goblet_squat", sets=sets, reps=reps)).start()
    run.do_set(reps)
    return run


def shown(run):
    return view(run.state, Live(), StationInfo())


def fix(run, *actions):
    run.press(Action.FIX)
    for action in actions:
        run.press(action)
    return run


def test_one_fewer_marks_the_last_repetition_and_leaves_what_was_sensed():
    run = fix(rested(), Action.FEWER)
    screen = shown(run)
    assert isinstance(screen, ByHandView)
    assert (screen.number, screen.kept) == ("2", "The station counted 3.")
    (edit,) = run.saved("edit")
    assert (edit.rep, edit.edit, edit.origin) == (3, RepEdit.FALSE, Origin.SELF_REPORTED)
    assert len(run.saved("rep")) == 3
    assert run.facts().sets[0].reps_verified == 2


def test_one_more_takes_an_edit_back():
    run = fix(rested(), Action.FEWER, Action.FEWER, Action.MORE)
    assert shown(run).number == "2"
    assert [(e.rep, e.edit, e.number) for e in run.saved("edit")] == [
        (3, "false", 1), (2, "false", 1), (2, "as_sensed", 2)
    ]  # fmt: skip
    assert run.facts().sets[0].reps_verified == 2


def test_more_than_was_sensed_is_told_by_hand_once_at_the_end():
    run = fix(rested(), Action.MORE, Action.MORE, Action.FEWER, Action.MORE)
    assert run.saved("answer") == []
    run.press()
    assert (run.screen, [a.value for a in run.saved("answer")]) == (Screen.REST, [2])
    fact = run.facts().sets[0]
    assert (fact.reps_verified, fact.reps_by_hand) == (3, 2)
    assert shown(run).result == ("3 of 3 reps done.", "2 more by your own count.")


def test_a_number_that_was_told_once_stays():
    run = fix(rested(), Action.MORE, Action.MAIN)
    fix(run, Action.MORE)
    assert not next(b for b in shown(run).buttons if b.id == "more").enabled
    run.press()
    assert len(run.saved("answer")) == 1


def test_the_same_goes_for_a_number_told_after_a_lost_sensor():
    run = SessionRun(row("goblet_squat")).start()
    run.press()
    run.do_reps(1)
    run(CountingLost(run.t_s, Reason.GAP, False))
    run.press(Action.UNCOUNTED)
    run.press()
    run.press(Action.MORE)
    run.press()
    fix(run, Action.MORE, Action.MAIN)
    assert [a.value for a in run.saved("answer")] == [1]


def test_all_may_be_none_but_no_fewer():
    run = fix(rested(), *[Action.FEWER] * 5)
    assert (shown(run).number, len(run.saved("edit"))) == ("0", 3)
    assert not next(b for b in shown(run).buttons if b.id == "fewer").enabled


def test_the_rest_waits_until_the_count_is_put_right():
    run = fix(rested())
    run.wait(40)
    assert run.screen is Screen.FIX
    run.press()
    run.wait(1)
    assert run.screen is Screen.READY


def test_stop_keeps_the_patients_word_and_ends_the_session():
    run = fix(rested(), Action.MORE, Action.STOP)
    assert [a.value for a in run.saved("answer")] == [1]
    assert len(run.saved("session_end")) == 1


def test_the_next_sets_edits_are_its_own():
    run = fix(rested(), Action.FEWER, Action.MAIN)
    run.press()
    run.do_set()
    fix(run, Action.FEWER)
    assert [(e.set_number, e.rep, e.number) for e in run.saved("edit")] == [(1, 3, 1), (2, 3, 1)]


def test_a_set_that_nobody_sensed_has_no_count_to_put_right():
    run = SessionRun(row("chest_press_machine")).start()
    run.press()
    run.press()
    run.press()
    assert isinstance(shown(run), RestView)
    assert [b for b in shown(run).buttons if b.id == "fix"] == []
    run.press(Action.FIX)
    assert run.screen is Screen.REST


def push(run, key):
    """Push one of the three buttons."""
    button = next(b for b in shown(run).buttons if b.key is key and b.enabled)
    run.press(button.action, button.value)
    return button.id


def point_at(run, button_id):
    """Push white until green does that."""
    for _ in shown(run).buttons:
        if next(b for b in shown(run).buttons if b.key is Key.GREEN).id == button_id:
            return
        push(run, Key.WHITE)
    raise AssertionError(f"white never comes to {button_id}")


@pytest.mark.parametrize("sets", [1, 2])
def test_the_three_buttons_put_a_count_right(sets):
    run = rested(sets=sets)
    point_at(run, "fix")
    push(run, Key.GREEN)
    assert run.screen is Screen.FIX
    point_at(run, "fewer")
    assert [push(run, Key.GREEN) for _ in range(2)] == ["fewer", "fewer"]
    point_at(run, "more")
    push(run, Key.GREEN)
    point_at(run, "answered")
    push(run, Key.GREEN)
    assert run.screen is Screen.REST
    assert [(e.rep, e.edit) for e in run.saved("edit")] == [(3, "false"), (2, "false"), (2, "as_sensed")]


def test_the_three_buttons_reach_every_answer_of_the_rest_and_green_alone_goes_on():
    run = rested()
    for button_id in ("effort_hard", "reserve_one_or_two", "pain_same", "longer"):
        assert not [b for b in shown(run).buttons if b.pointed], "after each press the main action is first again"
        point_at(run, button_id)
        assert [b.id for b in shown(run).buttons if b.pointed] == [button_id]
        push(run, Key.GREEN)
    assert {(r.question, r.value) for r in run.saved("answer")} >= {("effort", 7), ("pain_change", 0)}
    assert push(run, Key.GREEN) == "go_on"
    assert run.screen is Screen.READY


@given(st.lists(st.sampled_from([Action.FIX, Action.FEWER, Action.MORE, Action.MAIN, Action.REASON]), max_size=25))
def test_whatever_is_pressed_no_key_is_used_twice_and_no_sensed_repetition_is_added(presses):
    run = rested(sets=1)
    for action in presses:
        if run.screen in (Screen.FIX, Screen.REST) and not (run.screen is Screen.REST and action is Action.MAIN):
            run.press(action)
    keys = [records.key(record) for record in run.saved()]
    assert len(set(keys)) == len(keys)
    assert run.facts().sets[0].reps_verified == len(run.state.done[-1].counted) <= 3
