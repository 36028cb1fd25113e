"""Who is online, as one bridge has heard it and the leading bridge writes it down.

Every bridge hears every station, in the order in which the broker says it. Only one writes, so that a slow bridge
cannot write yesterday's word over today's; one that takes the lead writes all it knows.

Nobody is online for ever: the leader renews the moment of those who are, and after a new connection those of whom
the broker says nothing are not. So a page can tell a live word from one that was left behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from sync.store.schema import station

RENEW_S, LIVE_S = 30.0, 120.0
"""How often the leader renews, and for how long a page believes it; our choice, four times as long."""
SETTLE_S = 10.0
"""How long after a new connection the broker may take to tell all it retains."""

_HEARD = (
    update(station)
    # What the broker retains of a revoked station says nothing any more.
    .where(station.c.id == bindparam("station"), station.c.revoked_at.is_(None))
    .values(online=bindparam("is_online"), seen_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class _Word:
    online: bool
    at: float
    heard_s: float


@dataclass(frozen=True, slots=True)
class _Due:
    settle: bool
    """Whoever was not heard on this connection is not online."""
    renew: bool


class Presences:
    """The last word on each station; used by one thread but for :meth:`connected`. Times ``_s`` are monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, _Word] = {}
        self._unwritten: set[str] = set()
        self._connected_s = clock()
        self._settled_s = self._renewed_s = float("-inf")
        self._writing = _Due(settle=False, renew=False)

    def connected(self) -> None:
        """Note, from any thread, that the connection to the broker is new."""
        self._connected_s = self._clock()

    def heard(self, station_id: str, online: bool, at: float) -> None:
        """Note what a station, or the broker in its name, has said at ``at``, in seconds since 1970."""
        self._known[station_id] = _Word(online, at, self._clock())
        self._unwritten.add(station_id)

    def all_anew(self) -> None:
        """Hold everything as unwritten: somebody else may have written since."""
        self._unwritten |= self._known.keys()
        self._settled_s = float("-inf")

    @property
    def due(self) -> bool:
        """Whether there is anything to write."""
        due = self._due()
        return bool(self._unwritten) or due.settle or due.renew

    def write(self, connection: Connection, now: float) -> None:
        """Write what is new, in the caller's transaction; unknown stations leave nothing."""
        due = self._writing = self._due()
        rows: dict[str, tuple[bool, float | None]] = {}
        if due.settle or due.renew:
            held = select(station.c.id, station.c.seen_at).where(station.c.online)
            rows = {name: self._still(name, at, now) for name, at in connection.execute(held)}
        for name in self._unwritten:
            word = self._known[name]
            rows[name] = word.online, now if word.online else word.at
        if rows:
            # In order, so that no two writers of stations ever wait for each other.
            parameters = [{"station": name, "is_online": on, "at": at} for name, (on, at) in sorted(rows.items())]
            connection.execute(_HEARD, parameters)

    def written(self) -> None:
        """Note that it was committed."""
        if self._writing.settle:
            self._settled_s = self._connected_s
        if self._writing.renew:
            self._renewed_s = self._clock()
        self._unwritten.clear()

    def _still(self, name: str, seen_at: float | None, now: float) -> tuple[bool, float | None]:
        """Return whether a station that was online still is, and when that was true last."""
        word = self._known.get(name)
        unheard = word is None or word.heard_s < self._connected_s
        return (False, seen_at) if unheard and self._writing.settle else (True, now)

    def _due(self) -> _Due:
        now_s = self._clock()
        settled = self._settled_s >= self._connected_s or now_s - self._connected_s < SETTLE_S
        return _Due(not settled, now_s - self._renewed_s >= RENEW_S)
