"""When training stops, holds, goes back a step or goes on: one readable table, and pure functions that ask it."""

from edge.safety.flags import form_due, lock_for, locked_words, red_flags, unanswered
from edge.safety.situation import AfterSet, Asked, Beginning, FollowUp, InSet, Situation, findings, verdict
from edge.safety.symptoms import QUESTIONS, Zone, in_session, later, zone
from edge.safety.table import Action, Finding, Rule, Verdict, found, table

__all__ = [
    "QUESTIONS",
    "Action",
    "AfterSet",
    "Asked",
    "Beginning",
    "Finding",
    "FollowUp",
    "InSet",
    "Rule",
    "Situation",
    "Verdict",
    "Zone",
    "findings",
    "form_due",
    "found",
    "in_session",
    "later",
    "lock_for",
    "locked_words",
    "red_flags",
    "table",
    "unanswered",
    "verdict",
    "zone",
]
