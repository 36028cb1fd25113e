"""What the patient sees on each screen, as a patient or a clinician would say it."""

from dataclasses import fields, replace
from datetime import date

import pytest

from display.gallery.samples import samples
from display.gallery.states import ALL_USABLE, PLAN, ROUTINE, STATION, at, live, reps
from display.parts import Button, Icon, SensorState, Tone
from display.shapes import (
    AgendaView,
    LoadState,
    NoPlanView,
    ReadyView,
    RestView,
    Segment,
    SetView,
    StoppedView,
    SummaryView,
    View,
)
from display.station_info import StationInfo, Sync
from display.view.agenda import UNSAID
from display.view.by_screen import view
from edge.judge import Cue, CueMemory
from edge.live import Live
from edge.model import Activity, Phase, StopReason, Verdict
from edge.prescription.due import Due
from edge.prescription.lines import Notice, Routine
from edge.prescription.lines import routine as lines_of_day
from edge.prescription.plan import WHOLE
from edge.prescription.programmes import begin, programme, programmes
from edge.prescription.row import Span
from edge.session import Action, Finding, Mixup, Pressed, Screen, SessionState, SetResult, advance
from edge.signal.events import Reason
from edge.tempo import parse_tempo


def set_view(state: SessionState, look: Live | None = None) -> SetView:
    shown = view(state, look or live(Phase.CONCENTRIC, 0.5, 12.0), STATION)
    assert isinstance(shown, SetView)
    return shown


def button(shown: View, button_id: str) -> Button:
    return next(b for b in shown.buttons if b.id == button_id)


def with_tempo(text: str, line: int = 0) -> SessionState:
    planned = replace(ROUTINE.lines[line], tempo=parse_tempo(text))
    lines = (*ROUTINE.lines[:line], planned, *ROUTINE.lines[line + 1 :])
    return at(Screen.SET, routine=Routine(lines), line=line, reps=reps(1))


# ---- the set ----


def test_the_count_is_the_finished_repetitions_and_nothing_else() -> None:
    for done in range(8):
        shown = set_view(at(Screen.SET, reps=reps(done)))
        assert (shown.count, shown.of_reps) == (str(done), "of 8")
        assert len(shown.segments) == 8


def test_a_repetition_outside_its_tolerance_is_counted_and_hollow() -> None:
    shown = set_view(at(Screen.SET, reps=reps(3, 1)))
    assert shown.count == "3"
    assert shown.segments == (Segment.FILLED, Segment.HOLLOW, Segment.FILLED, *[Segment.TO_COME] * 5)


@pytest.mark.parametrize(("for_s", "second"), [(0.0, 1), (0.9, 1), (1.0, 2), (1.56, 2), (3.4, 4)])
def test_seconds_count_up_as_one_counts_aloud(for_s: float, second: int) -> None:
    shown = set_view(at(Screen.SET, reps=reps(5)), live(Phase.ECCENTRIC, for_s, 12.0))
    assert (shown.phase.word, shown.phase.seconds, shown.phase.tone) == ("BACK", second, Tone.LOWER)


def test_a_tempo_of_zero_shows_no_seconds() -> None:
    shown = set_view(with_tempo("3.1.0"), live(Phase.CONCENTRIC, 0.5, 12.0))
    assert (shown.phase.word, shown.phase.seconds) == ("PULL", None)


def test_before_the_first_repetition_nothing_is_counted_up() -> None:
    state = replace(with_tempo("3.1.1.2", line=1), reps=())
    shown = set_view(state, Live(50.0, Activity.RESTING, Phase.TOP, 45.0))
    assert (shown.phase.word, shown.phase.seconds) == ("TALL", None)


def test_between_repetitions_a_rest_with_a_target_is_counted_up() -> None:
    shown = set_view(with_tempo("3.1.1.2", line=1), Live(50.0, Activity.RESTING, Phase.TOP, 48.8))
    assert (shown.phase.word, shown.phase.seconds) == ("TALL", 2)


def test_every_set_view_has_a_stop_that_can_be_pressed() -> None:
    shown = [sample for _, sample in samples() if isinstance(sample, SetView)]
    assert len(shown) == 14
    for sample in shown:
        stop = button(sample, "stop")
        assert (stop.action, stop.enabled, stop.text) == (Action.STOP, True, "STOP")


def test_the_load_column_is_hidden_without_a_load_cell() -> None:
    assert set_view(at(Screen.SET, line=1)).load is None


@pytest.mark.parametrize(
    ("force_kg", "number", "state"),
    [
        (9.9, "9", LoadState.UNDER),
        (10.0, "10", LoadState.INSIDE),
        (14.0, "14", LoadState.INSIDE),
        (14.1, "15", LoadState.OVER),
        (None, "–", LoadState.UNKNOWN),
        (-0.4, "0", LoadState.UNDER),
    ],
)
def test_the_load_is_read_against_its_band(force_kg: float | None, number: str, state: LoadState) -> None:
    load = set_view(at(Screen.SET), live(Phase.TOP, 0.2, force_kg)).load
    assert load is not None
    assert (load.number, load.state, load.labels) == (number, state, ("14", "10"))
    assert 0.0 <= load.fill <= 1.0


def test_cues_come_one_at_a_time_in_the_order_of_safety() -> None:
    too_fast = CueMemory(say=Cue(Verdict.TOO_FAST, Phase.ECCENTRIC))
    praise = CueMemory(say=Cue(Verdict.ON_TARGET))
    over, inside = live(Phase.TOP, 0.4, 16.0), live(Phase.TOP, 0.4, 12.0)
    last = at(Screen.SET, reps=reps(7), cues=too_fast)
    lost = replace(last, usable={**ALL_USABLE, "band": False})
    said = [
        set_view(lost, over),
        set_view(last, over),
        set_view(last, inside),
        set_view(replace(last, cues=praise), inside),
        set_view(replace(last, cues=praise, reps=reps(3)), inside),
        set_view(at(Screen.SET), Live(1.0, Activity.ARMING)),
        set_view(at(Screen.SET), Live(1.0, Activity.RESTING, Phase.BOTTOM)),
    ]
    texts = [shown.cue.text if shown.cue else "" for shown in said]
    assert texts == ["Sensor lost.", "Ease off", "Slower back", "Last one", "Smooth", "Keep still", "Start now"]
    assert set_view(at(Screen.SET, reps=reps(3)), inside).cue is None


@pytest.mark.parametrize(
    ("line", "verdict", "phase", "text", "icon"),
    [
        (1, Verdict.TOO_FAST, Phase.ECCENTRIC, "Slower down", Icon.CLOCK),
        (1, Verdict.TOO_FAST, Phase.CONCENTRIC, "Slower up", Icon.CLOCK),
        (1, Verdict.TOO_SLOW, Phase.CONCENTRIC, "Faster up", Icon.CLOCK),
        (0, Verdict.TOO_FAST, Phase.CONCENTRIC, "Slower pull", Icon.CLOCK),
        (0, Verdict.TOO_SLOW, Phase.TOP, "Hold less", Icon.PAUSE),
        (0, Verdict.SHORT_HOLD, Phase.TOP, "Hold longer", Icon.PAUSE),
        (0, Verdict.TOO_HEAVY, None, "Ease off", Icon.DOWN),
        (0, Verdict.TOO_LIGHT, None, "A bit more", Icon.UP),
    ],
)
def test_a_correction_says_what_to_do(line: int, verdict: Verdict, phase: Phase, text: str, icon: Icon) -> None:
    cue = set_view(at(Screen.SET, line=line, reps=reps(2), cues=CueMemory(say=Cue(verdict, phase)))).cue
    assert cue is not None
    assert (cue.text, cue.icon) == (text, icon)


def test_a_lost_sensor_freezes_the_count_and_asks_to_rest() -> None:
    shown = set_view(at(Screen.SET, reps=reps(4), usable={"band": False}), live(Phase.TOP, 0.4, 12.0))
    assert shown.count == "4"
    assert (shown.phase.word, shown.sensors.label, shown.sensors.state) == ("REST", "Sensor lost", SensorState.LOST)
    assert shown.road.dot_height is None
    assert shown.load is not None
    assert shown.load.number == "–"


def test_a_blind_counter_is_a_lost_sensor() -> None:
    shown = set_view(at(Screen.SET), Live(1.0, Activity.BLIND))
    assert shown.cue is not None
    assert shown.cue.text == "Sensor lost."


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason.GAP, "Sensor lost."),
        (Reason.FROZEN, "Sensor stuck"),
        (Reason.STUCK_AXIS, "Sensor stuck"),
        (Reason.NOT_A_NUMBER, "Sensor fault"),
        (Reason.CLOCK, "Sensor fault"),
    ],
)
def test_a_blind_counter_says_why_in_two_words(reason: Reason, text: str) -> None:
    shown = set_view(at(Screen.SET), Live(1.0, Activity.BLIND, trusted=False, reason=reason))
    assert shown.cue is not None
    assert shown.cue.text == text


def test_a_count_that_may_be_wrong_has_a_question_mark() -> None:
    inside = live(Phase.TOP, 0.4, 12.0)
    state = at(Screen.SET, reps=reps(4))
    assert set_view(state, inside).doubt == ""
    doubtful = set_view(state, replace(inside, uncertain=True))
    assert (doubtful.count, doubtful.doubt) == ("4", "?")
    lost = set_view(state, Live(1.0, Activity.BLIND, uncertain=True))
    assert (lost.count, lost.doubt) == ("4", "?")


def test_cycles_that_wait_to_be_announced_are_shown_as_a_doubt_and_not_as_a_zero() -> None:
    state = at(Screen.SET)
    waiting = [set_view(state, Live(1.0, Activity.ARMING, pending=n)) for n in (0, 2, 60)]
    assert [(shown.count, shown.doubt) for shown in waiting] == [
        ("0", ""),
        ("2", "?"),
        (str(state.planned.reps), "?"),
    ]
    assert all(segment is Segment.TO_COME for segment in waiting[1].segments)


# ---- the other screens ----


def test_without_a_plan_the_patient_is_told_whom_to_call() -> None:
    shown = view(SessionState(), Live(), StationInfo())
    assert isinstance(shown, NoPlanView)
    assert (shown.title, shown.call) == ("Your plan is not here yet.", "Call the clinic.")
    assert shown.buttons == ()


def test_while_the_journal_is_being_opened_nobody_is_told_to_call() -> None:
    shown = view(SessionState(), Live(), StationInfo(sync=Sync.UNKNOWN, clinic_number="020 7946 0018"))
    assert isinstance(shown, NoPlanView)
    assert (shown.title, shown.call, shown.header.note) == ("One moment.", "", "Looking at your notes.")


def test_the_agenda_says_what_how_long_and_has_one_start() -> None:
    shown = view(at(Screen.AGENDA), Live(), STATION)
    assert isinstance(shown, AgendaView)
    assert shown.header.title == "Hello, Ana"
    assert shown.lines == (
        ("Band row", "3 sets of 8", ""),
        ("Goblet squat", "2 sets of 12", ""),
        ("Sit to stand", "2 sets of 10", ""),
    )
    # 3*(8*6.5+60) + 2*(12*7+90) + 2*(10*6+60) s = 924 s
    assert shown.length == "About 13 minutes."
    assert [b.id for b in shown.buttons] == ["start"]


def test_the_agenda_says_what_is_done_today_and_how_far_the_plan_goes() -> None:
    rows = tuple(replace(row, sets=Span(2, 3), reps=Span(8, 12)) for row in PLAN.rows)
    ranged = replace(PLAN, rows=rows)
    today = lines_of_day(ranged, rows)
    shown = view(at(Screen.AGENDA, plan=ranged, routine=today), Live(), STATION)
    assert isinstance(shown, AgendaView)
    assert shown.lines[0] == ("Band row", "2 sets of 8", "plan 2–3 × 8–12")
    grown = replace(today, lines=tuple(replace(line, reps=10, sets=1) for line in today.lines))
    shown = view(at(Screen.AGENDA, plan=ranged, routine=grown), Live(), STATION)
    assert isinstance(shown, AgendaView)
    assert shown.lines[0] == ("Band row", "1 set of 10", "plan 2–3 × 8–12")


@pytest.mark.parametrize("name", sorted(programmes()))
def test_every_range_of_the_programmes_is_said_in_few_letters(name: str) -> None:
    made = begin(programme(name), "patient-0001", "station-0001", "Ana", "2026-09-01T08:00Z", date(2026, 9, 7))
    for row in made.rows:
        shown = view(at(Screen.AGENDA, plan=made, routine=lines_of_day(made, (row,))), Live(), STATION)
        assert isinstance(shown, AgendaView)
        for _, _, plan in shown.lines:
            assert len(plan) <= 16, plan
            assert bool(plan) is (
                row.sets.low < row.sets.high or (row.reps is not None and row.reps.low < row.reps.high)
            )


def test_a_long_agenda_says_how_many_exercises_did_not_fit() -> None:
    routine = Routine(ROUTINE.lines * 3)
    shown = view(at(Screen.AGENDA, routine=routine), Live(), STATION)
    assert isinstance(shown, AgendaView)
    assert (len(shown.lines), shown.more, shown.title) == (3, "and 6 more", "9 exercises today")


def test_the_main_button_waits_for_the_sensor_by_name_and_then_goes_green_by_itself() -> None:
    waiting = view(at(Screen.READY, line=1, usable={"band": True, "thigh": False}), Live(), STATION)
    assert isinstance(waiting, ReadyView)
    begin = button(waiting, "begin")
    assert (begin.text, begin.enabled, begin.main) == ("Waiting for thigh sensor", False, True)
    assert (waiting.sensors[0].label, waiting.sensors[0].word) == ("Thigh sensor", "Waiting")
    begin = button(view(at(Screen.READY, line=1), Live(), STATION), "begin")
    assert (begin.text, begin.enabled) == ("BEGIN", True)


@pytest.mark.parametrize(
    ("mixup", "places", "instruction"),
    [
        (Mixup.SWAPPED, ("thigh", "trunk"), ("Swap the thigh and back sensors.", "Then stand still.")),
        (Mixup.SWAPPED, ("shin", "thigh"), ("Swap the thigh and shin sensors.", "Then stand still.")),
        (Mixup.TURNED, ("thigh",), ("Put the thigh sensor on again.", "Then stand still.")),
        (Mixup.TWINS, ("thigh", "trunk"), ("Two sensors say the same.", "Call the clinic.")),
    ],
)
def test_a_sensor_that_is_not_where_it_belongs_is_the_one_thing_to_do(
    mixup: Mixup, places: tuple[str, ...], instruction: tuple[str, ...]
) -> None:
    state = at(Screen.READY, line=1, misworn=(Finding(mixup, places),))
    shown = view(state, Live(), STATION)
    assert isinstance(shown, ReadyView)
    assert shown.instruction == instruction
    begin = button(shown, "begin")
    assert (begin.text, begin.enabled) == ("Check the sensors", False)
    assert (shown.sensors[0].word, shown.sensors[1].word) == ("Check", "Ready")
    lost = view(state, Live(), StationInfo((("thigh", SensorState.LOST), ("band", SensorState.OK))))
    assert isinstance(lost, ReadyView)
    assert lost.sensors[0].word == "Lost"


def test_get_ready_says_one_instruction_and_the_dose() -> None:
    shown = view(at(Screen.READY), Live(), STATION)
    assert isinstance(shown, ReadyView)
    assert shown.instruction == ("Clip the band to the low hook.", "Sit tall.")
    assert (shown.dose, shown.header.note) == ("8 reps, 10 to 14 kg", "Set 1 of 3")
    assert [text for text, _ in shown.pace] == ["Pull 1", "Hold", "Back 3"]


def test_stop_asks_for_one_of_three_reasons_and_every_answer_is_taken() -> None:
    state = at(Screen.STOPPED, reps=reps(5))
    shown = view(state, Live(), STATION)
    assert isinstance(shown, StoppedView)
    assert [b.text for b in shown.buttons] == ["Pain", "Tired", "Something else"]
    assert {b.value for b in shown.buttons} <= set(StopReason)
    for b in shown.buttons:
        after, _ = advance(state, Pressed(101.0, b.action, b.value))
        assert after.screen in (Screen.REST, Screen.SUMMARY)


REST = at(Screen.REST, rest_ends_s=142.0, set_of_exercise=3, done=(SetResult("band_row", reps(8, 2), 8),))


def test_the_rest_counts_down_and_keeps_the_last_result() -> None:
    shown = view(REST, Live(), STATION)
    assert isinstance(shown, RestView)
    assert (shown.time, shown.unit) == ("42", "seconds")
    assert shown.result == ("8 of 8 reps done.", "7 as planned.")
    assert shown.header.note == "Next: Band row, set 3 of 3"
    long = view(replace(REST, rest_ends_s=250.0), Live(), STATION)
    assert isinstance(long, RestView)
    assert (long.time, long.unit) == ("2:30", "minutes")


def test_effort_has_four_words_with_a_number_each_and_is_answered_once() -> None:
    shown = view(REST, Live(), STATION)
    efforts = [b for b in shown.buttons if b.action is Action.EFFORT]
    assert [(b.text, b.note, b.value) for b in efforts] == [
        ("Easy", "effort 1–3", 2),
        ("Just right", "effort 4–6", 5),
        ("Hard", "effort 7–8", 7),
        ("Too hard", "effort 9–10", 9),
    ]
    answered = view(replace(REST, effort=5), Live(), STATION)
    assert not [b for b in answered.buttons if b.action is Action.EFFORT]


def test_once_the_effort_is_told_the_reserve_until_symptoms_is_asked_in_its_place() -> None:
    answered = view(replace(REST, effort=5), Live(), STATION)
    assert isinstance(answered, RestView)
    assert answered.effort_question == "Reps left until too much?"
    reserves = [b for b in answered.buttons if b.action is Action.RESERVE]
    assert [(b.text, b.value) for b in reserves] == [("None", 0), ("1 or 2", 1), ("3 or 4", 3), ("5 or more", 5)]
    both = view(replace(REST, effort=5, symptom_reserve=3), Live(), STATION)
    assert [b.chosen for b in both.buttons if b.action is Action.RESERVE] == [False, False, True, False]
    assert not any(b.enabled for b in both.buttons if b.action is Action.RESERVE)


def test_pain_is_less_same_or_more_and_may_stay_open() -> None:
    shown = view(REST, Live(), STATION)
    assert [(b.text, b.value) for b in shown.buttons if b.action is Action.PAIN_CHANGE] == [
        ("Less", -1),
        ("Same", 0),
        ("More", 1),
    ]
    assert button(shown, "go_on").enabled


def test_after_the_last_set_there_is_no_clock_only_finish() -> None:
    shown = view(replace(REST, line=3, rest_ends_s=None), Live(), STATION)
    assert isinstance(shown, RestView)
    assert (shown.time, button(shown, "go_on").text) == ("Done", "Finish")
    assert "longer" not in [b.id for b in shown.buttons]


def test_the_summary_praises_only_what_was_done() -> None:
    part = view(at(Screen.SUMMARY, done=REST.done), Live(), replace(STATION, sync=Sync.SENT))
    assert isinstance(part, SummaryView)
    assert part.title == "Enough for today, Ana"
    assert part.numbers == (("8", "of 68 reps done"), ("7", "as planned"), ("1", "of 7 sets done"))
    assert part.header.note == "Sent"
    whole = tuple(SetResult(x.exercise, reps(x.reps), x.reps) for x in ROUTINE.lines for _ in range(x.sets))
    done = view(at(Screen.SUMMARY, line=3, done=whole), Live(), STATION)
    assert isinstance(done, SummaryView)
    assert done.title == "Well done, Ana"


# ---- all of them ----


def test_the_same_arguments_always_give_an_equal_view() -> None:
    for (name, once), (_, again) in zip(samples(), samples(), strict=True):
        assert once == again, name
        assert hash(once) == hash(again), name
        assert all(not isinstance(getattr(once, f.name), list | dict) for f in fields(once)), name


def test_at_most_one_main_action_and_every_physical_button_once() -> None:
    for name, shown in samples():
        assert sum(b.main for b in shown.buttons) <= 1, name
        keys = [b.key for b in shown.buttons if b.key]
        assert len(keys) == len(set(keys)), name
        ids = [b.id for b in shown.buttons]
        assert len(ids) == len(set(ids)), name


def test_every_screen_of_the_session_has_a_view() -> None:
    for screen in Screen:
        assert view(at(screen, done=(SetResult("band_row", reps(8), 8),)), Live(), STATION)


def agenda_with(notices: tuple[Notice, ...], session: int | None, next_at: float | None = None) -> AgendaView:
    due = Due(1, None, WHOLE, replace(ROUTINE, notices=notices), session=session, next_at=next_at)
    shown = view(at(Screen.AGENDA, due=due), Live(), STATION)
    assert isinstance(shown, AgendaView)
    return shown


@pytest.mark.parametrize("notice", [one for one in Notice if one not in UNSAID])
def test_every_notice_is_said_on_the_agenda(notice: Notice) -> None:
    assert agenda_with((notice,), None, 1.8e9).length not in ("", agenda_with((), 1).length)


def test_start_waits_until_something_is_due() -> None:
    assert agenda_with((), 1).buttons[0].enabled
    done = agenda_with((Notice.DONE_TODAY,), None)
    assert not done.buttons[0].enabled
    assert (done.title, done.length) == ("Nothing to do now", "Done for today. See you tomorrow.")


def test_the_patient_hears_nothing_of_a_clock_that_is_not_sure() -> None:
    assert agenda_with((Notice.CLOCK,), 1).length == agenda_with((), 1).length


def test_a_gentle_routine_says_why_and_can_be_begun() -> None:
    gentle = agenda_with((Notice.PLAN_OVER_GENTLE,), 1)
    assert gentle.buttons[0].enabled
    assert gentle.length == "Plan out of date. Gentle routine only."
