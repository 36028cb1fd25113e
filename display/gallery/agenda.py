"""Sample screens before a session: locked, no plan, the agenda, questions, what was done elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from display.gallery.states import PLAN, ROUTINE, ROWS, STATION, at, seen
from display.shapes import View
from display.station_info import Recording, StationInfo
from display.view.foyer import foyer_view
from edge.care.nudges import Nudge
from edge.model import ClinicMessage
from edge.prescription.lines import Routine, routine
from edge.prescription.row import Span
from edge.records import Form, Locked, Logged, Moment, Severity
from edge.safety.flags import red_flags
from edge.safety.symptoms import QUESTIONS
from edge.session import Screen, SessionState
from edge.session.asking import Asking, Kind, about_flags, about_symptoms
from edge.session.logbook_state import Logbook, Page

NUDGE = Nudge("slot-due", "slot_due", "Time for routine 2 of today. Start when it suits you.", "Start")
MESSAGES = {
    "short": "Leave out the squat until Friday. Walk instead.",
    "long": "Well done this week. Please keep the band low and slow, and stop at the first tingle. We look at "
    "your numbers on Monday and then call you about the next step.",
    "widest": "Now warm up more: WWW marching, mommy walking, swimming warm water when warm outdoors, window wiping.",
    "marks": "Świetnie! Zrób dziś przerwę – jutro znów ćwiczymy. Übung 2 × täglich, “langsam”. Jó munka, őrizd meg!",
}


def agenda_samples() -> Iterator[tuple[str, View]]:
    """Yield what may be seen before anything is trained."""
    for severity in Severity:
        lock = Locked("lock-0001", "patient-0001", severity, (), 0.0)
        yield f"00-locked-{severity.replace('_', '-')}", seen(at(Screen.LOCKED, locks=(lock,)))
    yield "01-not-set-up", foyer_view(STATION, paired=False)
    yield "01-not-ready", foyer_view(StationInfo(), paired=True)
    yield "01-no-plan", seen(SessionState())
    yield "02-agenda", seen(at(Screen.AGENDA))
    yield "02-agenda-recording-off", seen(at(Screen.AGENDA), station=replace(STATION, recording=Recording.DISK_FULL))
    yield "02-agenda-expired", seen(at(Screen.AGENDA, expired=("band",)))
    ranged = replace(PLAN, rows=tuple(replace(row, sets=Span(2, 3), reps=Span(8, 12)) for row in ROWS))
    yield "02-agenda-ranges", seen(at(Screen.AGENDA, plan=ranged, routine=routine(ranged, ranged.rows)))
    yield "02-agenda-nudge", seen(at(Screen.AGENDA, nudge=NUDGE))
    for name, text in MESSAGES.items():
        said = at(Screen.AGENDA, message=ClinicMessage(1, text), nudge=NUDGE)
        yield f"02-agenda-message-{name}", seen(said)
    yield from _asked()
    yield from _logged()


def _asked() -> Iterator[tuple[str, View]]:
    """Every question about symptoms and warning signs."""
    for moment in QUESTIONS:
        for number, question in enumerate(about_symptoms(moment, "session-0001"), 1):
            asking = Asking((question,) * number, 1 if question.kind is not Kind.CHANGE else None)
            asked = at(Screen.ASKING, asking=asking)
            yield f"02-ask-{moment.replace('_', '-')}-{question.name}", seen(asked)
    for form in Form:
        for flag in red_flags().form(form):
            asked = at(Screen.ASKING, asking=Asking(about_flags(form, [flag.name], "session-0001")))
            yield f"02-flag-{form}-{flag.name.replace('_', '-')}", seen(asked)
    late = about_symptoms(Moment.SECOND_DAY, "session-0001", late_days=4)
    yield "02-ask-late", seen(at(Screen.ASKING, asking=Asking(late)))


def _logged() -> Iterator[tuple[str, View]]:
    """What was done away from the station."""
    plan = replace(PLAN, activities=("walk", "outdoor_play", "community_class", "yoga"))
    told = Logged("entry-0001", "walk", "2026-10-05", 25.0, 0.0)
    book = Logbook(today=(told,), entry_id="entry-0002", day="2026-10-05")
    yield "35-agenda-tick-off", seen(at(Screen.AGENDA, plan=plan))
    many = Routine((*ROUTINE.lines, *ROUTINE.lines))
    yield "35-agenda-with-nudge", seen(at(Screen.AGENDA, plan=plan, nudge=NUDGE, routine=many))
    yield "35-agenda-ticked", seen(at(Screen.AGENDA, plan=plan, logbook=book))
    for name, page in (
        ("what", replace(book, what="outdoor_play")),
        ("minutes", replace(book, what="outdoor_play", page=Page.MINUTES, minutes=35)),
        ("effort", replace(book, what="outdoor_play", page=Page.EFFORT, effort=5)),
    ):
        yield f"35-log-{name}", seen(at(Screen.LOG, plan=plan, logbook=page))
