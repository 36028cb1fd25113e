"""What else came down to a station, or was refused there: its rule set, and what nobody here has signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from edge.records import ForeignRefused
from sync.panel import queries
from sync.panel.db import connection
from sync.panel.queries import Found
from sync.signed import NAMES, Kind
from sync.store.items import Written, items


@dataclass(frozen=True, slots=True)
class Strange:
    """The station refused ``number`` things of a kind that this clinic cannot have signed; the last one, and why."""

    what: str
    number: int
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
    told = [msgspec.json.decode(text, type=ForeignRefused) for text in queries.foreign(connection(), row.station_id)]
    by_kind = {kind: [one for one in told if one.what == kind] for kind in Kind}
    return [Strange(NAMES[kind], len(some), some[-1].at, some[-1].reason) for kind, some in by_kind.items() if some]
