"""What a patient may change about an exercise for today, and what the plan and the records make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_run import SessionRun, plan, row

from display.shapes import ChangeView
from display.station_info import StationInfo
from display.view.by_screen import view
from display.view.doses import ready_dose
from edge.library import Kit, exercises
from edge.live import Live
from edge.model import Origin, StopReason
from edge.prescription.row import Role, Span
from edge.session import Action, PlanArrived, Screen, SensorChanged
from edge.session.changing import FEWER_SETS, KEEP, LEAVE_OUT, SWAP, offered, swaps


def squat(sets=3, **more):
    return row("goblet_squat", sets=sets, load_kg=(8.0, 12.0), rpe=(Span.of(8),) * sets, **more)


def change(run, choice):
    run.press(Action.CHANGE)
    assert run.screen is Screen.CHANGE
    run.press(Action.CHOOSE, choice)
    return run.press()


def shown(run):
    return view(run.state, Live(), StationInfo())


def test_the_white_button_walks_through_the_choices_and_the_green_one_takes_one():
    run = SessionRun(squat()).start()
    run.press(Action.CHANGE)
    seen = []
    for _ in offered(run.state):
        screen = shown(run)
        assert isinstance(screen, ChangeView)
        white = next(button for button in screen.buttons if button.key == "white")
        seen.append(white.text)
        run.press(white.action, white.value)
    assert seen == [
        "Goblet box squat instead", "Chair squat instead", "Sit to stand instead",
        "One set fewer", "Leave it out", "Change nothing",
    ]  # fmt: skip
    run.press()
    assert (run.screen, run.saved("set"), run.state.planned.exercise) == (Screen.READY, [], "goblet_squat")


@pytest.mark.parametrize("way", [Action.BACK, None])
def test_back_changes_nothing(way):
    run = SessionRun(squat()).start()
    before = run.state.routine
    run.press(Action.CHANGE)
    run.press(Action.CHOOSE, LEAVE_OUT)
    if way:
        run.press(way)
    else:
        run.press(Action.CHOOSE, KEEP)
        run.press()
    assert (run.screen, run.state.routine, run.saved("set")) == (Screen.READY, before, [])


def test_nothing_is_changed_before_something_is_chosen():
    run = SessionRun(squat()).start()
    run.press(Action.CHANGE)
    run.press()
    run.press(Action.CHOOSE, "swap:barbell_good_morning")
    run.press()
    assert run.screen is Screen.CHANGE


def test_stop_ends_the_session_from_here_too():
    run = SessionRun(squat()).start()
    run.press(Action.CHANGE)
    run.press(Action.STOP)
    assert (run.screen, len(run.saved("session_end"))) == (Screen.SUMMARY, 1)


def test_a_swapped_exercise_is_done_under_the_same_row_without_a_load():
    run = SessionRun(squat(2), row("sit_to_stand", order=2)).start()
    before = run.state.plan
    change(run, "swap:chair_squat")
    assert run.screen is Screen.READY
    assert (run.state.planned.load_kg, run.state.planned.rpe[0]) == (None, Span.of(6))
    run.do_set()
    run.press()
    run.do_set()
    assert run.state.planned.exercise == "sit_to_stand"
    assert [(r.exercise, r.row, r.set_of_exercise) for r in run.saved("set")] == [
        ("chair_squat", "goblet_squat", 1), ("chair_squat", "goblet_squat", 2)
    ]  # fmt: skip
    assert run.state.plan is before
    assert {fact.row for fact in run.facts().sets} == {"goblet_squat"}


@pytest.mark.parametrize(
    ("kit", "load_kg", "shown_as"),
    [
        ({Kit.KETTLEBELL: (6.0, 8.0, 12.0), Kit.CHAIR: ()}, (6.0, 6.0), "3 reps, 6 kg"),
        ({Kit.KETTLEBELL: (12.0,), Kit.CHAIR: ()}, (0.0, 0.0), "3 reps, no weight"),
        (None, None, "3 reps, start light"),
    ],
)
def test_a_swapped_exercise_begins_light(kit, load_kg, shown_as):
    run = SessionRun(squat(2), kit=kit).start()
    change(run, "swap:goblet_box_squat")
    assert run.state.planned.load_kg == load_kg
    assert ready_dose(run.state.planned) == shown_as
    run.do_set()
    assert run.saved("set")[0].load_kg == load_kg


def test_a_swap_in_the_middle_keeps_the_sets_that_were_done():
    run = SessionRun(squat(3)).start()
    run.do_set()
    run.press()
    change(run, "swap:chair_squat")
    assert run.state.set_of_exercise == 2
    run.do_set()
    run.press()
    run.do_set()
    assert run.state.finished
    assert [r.exercise for r in run.saved("set")] == ["goblet_squat", "chair_squat", "chair_squat"]


def test_the_rows_own_alternatives_come_before_the_librarys():
    run = SessionRun(squat(alternatives=("step_up",))).start()
    assert swaps(run.state) == ("step_up",)


def test_what_the_kit_does_not_allow_is_not_offered():
    run = SessionRun(squat(), kit={Kit.KETTLEBELL: (8.0, 12.0)}).start()
    assert "chair_squat" not in swaps(run.state)
    assert run.state.planned.exercise == "goblet_squat"


@given(
    key=st.sampled_from(sorted(exercises())), alternatives=st.lists(st.sampled_from(sorted(exercises())), max_size=4)
)
def test_nothing_harder_is_ever_offered(key, alternatives):
    measured = exercises()[key].measured
    run = SessionRun(row(key, alternatives=tuple(alternatives)), places=("thigh", "band", "trunk", "shank")).start()
    harder, level = set(), [key]
    while level:
        level = [one for name in level for one in exercises()[name].harder if one not in harder]
        harder |= set(level)
    found = swaps(run.state)
    assert harder.isdisjoint(found)
    assert key not in found
    assert len(found) <= 3
    for name in found:
        assert (exercises()[name].measured in ("held", "timed")) == (measured in ("held", "timed"))


def test_one_set_fewer_is_a_skipped_set_and_the_next_exercise_comes_sooner():
    run = SessionRun(squat(3), row("sit_to_stand", order=2)).start()
    change(run, FEWER_SETS)
    assert (run.state.set_of_exercise, run.state.sets_today) == (1, 2)
    assert shown(run).header.note == "Set 1 of 2"
    run.do_set()
    run.press()
    assert shown(run).header.note == "Set 2 of 2"
    run.do_set()
    assert run.state.planned.exercise == "sit_to_stand"
    first, *rest = run.saved("set")
    assert (first.stop_reason, first.doubts, first.set_of_exercise) == (StopReason.SKIPPED, ("shortened",), 3)
    assert [r.set_of_exercise for r in rest] == [1, 2]
    assert len({r.number for r in run.saved("set")}) == 3


def test_the_last_set_can_not_be_shortened_away():
    run = SessionRun(squat(2)).start()
    change(run, FEWER_SETS)
    assert FEWER_SETS not in offered(run.state)
    assert LEAVE_OUT in offered(run.state)


def test_both_sides_do_one_set_fewer():
    run = SessionRun(row("clamshell", sets=2, reps=2, per_side=True)).start()
    change(run, FEWER_SETS)
    run.do_set(2)
    run.press()
    run.do_set(2)
    assert run.state.finished
    assert [(str(r.side), r.stop_reason) for r in run.saved("set")] == [
        ("left", "skipped"), ("right", "skipped"), ("left", "target"), ("right", "target")
    ]  # fmt: skip


def test_left_out_is_written_down_with_who_and_why():
    run = SessionRun(squat(2), row("sit_to_stand", order=2)).start()
    run.do_set()
    run.press()
    change(run, LEAVE_OUT)
    assert (run.screen, run.state.planned.exercise) == (Screen.READY, "sit_to_stand")
    left_out = run.saved("set")[1]
    assert (left_out.stop_reason, left_out.doubts, left_out.reps_counted) == (StopReason.SKIPPED, ("left_out",), 0)


def test_an_exercise_that_nobody_senses_is_left_out_by_the_patients_word():
    run = SessionRun(row("chest_press_machine", sets=1), row("sit_to_stand", order=2)).start()
    change(run, LEAVE_OUT)
    assert run.saved("set")[0].origin is Origin.SELF_REPORTED


def test_where_the_sensor_is_gone_that_is_the_reason():
    run = SessionRun(squat(1), row("band_row", order=2), places=("thigh", "band")).start()
    run(SensorChanged(run.t_s, "thigh", False))
    change(run, LEAVE_OUT)
    assert run.saved("set")[0].doubts == ("absent",)


def test_all_left_out_ends_the_session():
    run = SessionRun(squat(2)).start()
    change(run, LEAVE_OUT)
    assert run.screen is Screen.SUMMARY
    (end,) = run.saved("session_end")
    assert (end.sets_done, end.sets_planned, end.stop_reason) == (0, 2, StopReason.OTHER)


def test_a_new_plan_finds_what_was_swapped_and_shortened_done():
    run = SessionRun(squat(3), row("sit_to_stand", order=2)).start()
    change(run, "swap:chair_squat")
    change(run, FEWER_SETS)
    run.do_set()
    run(PlanArrived(run.t_s, plan(squat(3), row("sit_to_stand", order=2), version=2), 0.0))
    assert (run.state.planned.exercise, run.state.set_of_exercise, run.state.sets_today) == ("goblet_squat", 2, 2)


def test_back_off_sets_follow_what_stands_in_for_their_top_set():
    back_off = row("goblet_squat", sets=1, role=Role.BACK_OFF, load_drop_pct=(10.0, 15.0))
    run = SessionRun(squat(1), back_off).start()
    change(run, "swap:chair_squat")
    assert [line.exercise for line in run.state.routine.lines] == ["chair_squat"] * 2
    assert [line.load_drop_pct for line in run.state.routine.lines] == [None, None]


@given(st.lists(st.sampled_from([SWAP + "chair_squat", FEWER_SETS, LEAVE_OUT, KEEP, "set", "rest"]), max_size=14))
def test_whatever_is_changed_every_planned_set_is_done_or_skipped_once(choices):
    run = SessionRun(squat(3), row("clamshell", sets=2, reps=2, per_side=True, order=2)).start()
    for choice in choices:
        if run.screen is Screen.REST:
            run.press()
        if run.screen is not Screen.READY:
            break
        if choice == "set":
            run.do_set(run.state.planned.reps)
        elif choice in offered(run.state):
            change(run, choice)
        assert run.screen is Screen.SUMMARY or len(run.saved("set")) + len(run.state.sets_left) == 7
    sets = run.saved("set")
    assert len({r.number for r in sets}) == len(sets)
    assert run.state.plan == plan(squat(3), row("clamshell", sets=2, reps=2, per_side=True, order=2))
    places = [(r.row, r.side, r.set_of_exercise) for r in sets]
    assert len(set(places)) == len(places)
