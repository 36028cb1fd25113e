"""What else came down to a station, or was refused there: its rule set, and what nobody here has signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.panel import queries
from sync.panel.db import connection
from sync.panel.queries import Found
from sync.signed import NAMES, Kind
from sync.store.items import Written, items, receipts


@dataclass(frozen=True, slots=True)
class Strange:
    """The station refused something that this clinic cannot have signed, told once for each kind."""

    what: str
    at: float
    reason: str


def rule_set(row: Found) -> Written | None:
    """Return the newest rule set of the station of an overview row, None where the shipped rules decide."""
    if row.station_id is None:
        return None
    return next(iter(items(connection(), Kind.RULES, row.station_id, row.id, 1)), None)


def strange(row: Found) -> Sequence[Strange]:
    """Return what the station of an overview row was sent by somebody who is not the clinic, as far as it tells."""
    if row.station_id is None:
        return ()
    found = [
        Strange(NAMES[Kind.PLAN], one.at, one.reason) for one in queries.strange_plans(connection(), row.station_id)
    ]
    for kind in (Kind.RULES, Kind.CLEARANCE, Kind.MESSAGE):
        told = receipts(connection(), kind, row.station_id)
        found += [Strange(NAMES[kind], one.at, one.reason) for one in told if one.version == 0]
    return found
