"""The agenda as it is seen: what today, how long, START; the clinic's words or a nudge instead of the last lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from display.parts import Button, Header, Key
from display.shapes import AgendaView, MessageView, NudgeView
from display.station_info import StationInfo
from display.view.buttons import main_button
from display.view.doses import counted, dose_of, length_of, minutes_of, name_of, plan_of
from display.view.logbook import log_button
from display.view.station_lines import call_the_clinic, kept
from display.words import say
from edge.library import exercise
from edge.model import PlannedExercise
from edge.prescription.lines import Notice
from edge.records import Side
from edge.session import Action, SessionState

LINES = 4
SHORT = 70
"""A message of so many characters takes the place of two lines of the agenda; a longer one that of three."""
UNSAID = (Notice.LOCKED, Notice.CLOCK)
"""The locked screen speaks for itself; of the clock the patient hears nothing (design guide, section 7)."""


def agenda_view(state: SessionState, station: StationInfo) -> AgendaView:
    """Return the screen."""
    lines, rows = state.routine.lines, _rows(state)
    message = _message(state)
    nudge = _nudge(state) if message is None else None
    room = LINES - (message.slots if message else 1 if nudge else 0)
    shown = rows if len(rows) <= room else rows[: max(room - 1, 1)]
    left_over = len(rows) - len(shown) if room > 1 else 0  # beside one row alone the title says how many there are
    due_now = state.may_start
    return AgendaView(
        header=Header(say("agenda.header", name=state.plan.first_name if state.plan else ""), kept(station)),
        title=counted("agenda.title", len(rows), count=len(rows)) if due_now else say("agenda.nothing_due"),
        length=notice_of(state) or length_of(minutes_of(lines)),
        lines=shown,
        more=say("agenda.more", count=left_over) if left_over else "",
        help=_help(state, station),
        buttons=(
            main_button("start", say("agenda.start"), enabled=due_now),
            *(one.button for one in (message, nudge) if one is not None),
            *log_button(state, key=None if nudge or message else Key.WHITE),
        ),
        nudge=nudge,
        message=message,
    )


def _rows(state: SessionState) -> tuple[tuple[str, str, str], ...]:
    """Exercise, dose, and the plan's range; what is done on either side has one row."""
    lines = state.routine.lines
    both = {replace(line, side=Side.LEFT) for line in lines if line.side is Side.RIGHT} & set(lines)
    return tuple(
        (
            name_of(line),
            say("agenda.a_side", dose=dose_of(line)) if line in both else dose_of(line),
            _plan(state, line),
        )
        for line in lines
        if not (line.side is Side.RIGHT and replace(line, side=Side.LEFT) in both)
    )


def _plan(state: SessionState, line: PlannedExercise) -> str:
    return plan_of(None if state.plan is None or state.routine.gentle else state.plan.row(line.row))


def _help(state: SessionState, station: StationInfo) -> tuple[str, str]:
    places = {exercise(line.exercise).place for line in state.routine.lines}
    over = not places.isdisjoint(state.expired)
    return say("clinic.calibration_over" if over else "clinic.need_help"), call_the_clinic(station)


def notice_of(state: SessionState) -> str:
    """Return why the agenda is not the plan's own routine, or not due now; empty where all is as planned."""
    if state.due is None:
        return ""
    notices = state.due.routine.notices
    notice = next((one for one in Notice if one in notices and one not in UNSAID), None)
    if notice is None:
        return ""
    if notice is Notice.WAIT and state.due.next_at is not None:
        return say("notice.wait", time=f"{datetime.fromtimestamp(state.due.next_at).astimezone():%H:%M}")
    return say(f"notice.{notice}")


def _message(state: SessionState) -> MessageView | None:
    """What the clinic says, in its own words, whole; nothing while anything is locked."""
    if state.message is None or state.locks:
        return None
    text = state.message.text
    button = Button("read", say("clinic.message_read"), Action.READ, key=Key.WHITE)
    return MessageView(say("clinic.message"), text, 2 if len(text) <= SHORT else 3, button)


def _nudge(state: SessionState) -> NudgeView | None:
    """What the agenda reminds of, with its one button."""
    if state.nudge is None:
        return None
    return NudgeView(state.nudge.sentence, Button("nudge", say("coach.ok"), Action.NUDGE, key=Key.WHITE))
