"""When training stops, holds, goes back a step or goes on: one readable table, and pure functions that ask it."""

from edge.safety.flags import due, flags, lock_for, locked_words, unanswered
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
    "due",
    "findings",
    "flags",
    "found",
    "in_session",
    "later",
    "lock_for",
    "locked_words",
    "table",
    "unanswered",
    "verdict",
    "zone",
]
