"""What is shown before the station can begin: it is nobody's yet, or something it needs is not there."""

from __future__ import annotations

from display.views import Header, NoPlanView
from display.words import say


def foyer_view(clinic_number: str, *, paired: bool) -> NoPlanView:
    """Return one sentence and whom to call. The patient has nothing to type; the log has the technician's way out."""
    call = say("clinic.call", number=clinic_number) if clinic_number else say("clinic.call_clinic")
    title = say("foyer.not_ready") if paired else say("foyer.not_set_up")
    return NoPlanView(Header(say("no_plan.header"), ""), title, call)
