"""Who is online, as one bridge has heard it and the leading bridge writes it down.

Every bridge hears every station, in the order in which the broker says it. Only one writes, so that a slow bridge
cannot write yesterday's word over today's; one that takes the lead writes all it knows.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, update

from sync.store.schema import station

_HEARD = (
    update(station)
    .where(station.c.id == bindparam("station"))
    .values(online=bindparam("is_online"), seen_at=bindparam("at"))
)


class Presences:
    """The last word on each station; used by one thread."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bool, float]] = {}
        self._unwritten: set[str] = set()

    def heard(self, station_id: str, online: bool, at: float) -> None:
        """Note what a station, or the broker in its name, has said at ``at``, in seconds since 1970."""
        self._known[station_id] = online, at
        self._unwritten.add(station_id)

    def all_anew(self) -> None:
        """Hold everything as unwritten: somebody else may have written since."""
        self._unwritten |= self._known.keys()

    @property
    def unwritten(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._unwritten)

    def write(self, connection: Connection) -> None:
        """Write what is new; :meth:`written` tells that it was committed. Unknown stations leave nothing."""
        # In order, so that no two writers of stations ever wait for each other.
        rows = [(name, *self._known[name]) for name in sorted(self._unwritten)]
        connection.execute(_HEARD, [{"station": name, "is_online": on, "at": at} for name, on, at in rows])

    def written(self) -> None:
        """Forget what was to be written."""
        self._unwritten.clear()
