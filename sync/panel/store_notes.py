"""What befell a station's own store, as the patient's page tells it: an alert of the newest two weeks, not more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from edge.records import StoreTold, StoreTrouble
from sync.panel import queries
from sync.panel.config import config
from sync.panel.db import connection
from sync.panel.words import DAY_S, State

SHOWN_S = 14 * DAY_S
"""Long enough to be seen at the next visit, short enough to go by itself. Our choice."""
WORDS: Mapping[StoreTrouble, str] = {
    StoreTrouble.NOT_SAVED: "The station's disk took no records; they wait in its memory until it does.",
    StoreTrouble.UNSENDABLE: "A record on the station can be read no more. It will not come.",
    StoreTrouble.SALVAGED: "The station's file was broken. {count} records were saved from it; it is kept aside.",
}


class Note(NamedTuple):
    """What to say, and when the clinic heard of it: the station's own clock may be what is wrong."""

    said: State
    heard_at: float


def notes(patient_id: str) -> list[Note]:
    """Return what befell the stores of a patient's stations lately, the newest first."""
    since = config().now() - SHOWN_S
    found = queries.store_told(connection(), patient_id, since)
    told = [(msgspec.json.decode(one.body, type=StoreTold), one.received_at) for one in found]
    return [Note(State("act", WORDS[one.what].format(count=one.count)), at) for one, at in told if one.what in WORDS]
