"""The two directions of a station's traffic: ``st/<station>/up/<kind>`` and ``st/<station>/down/<kind>``."""

from __future__ import annotations

import re

from edge.records import ID_SHAPE

ALL_UP = "st/+/up/#"
"""What the only bridge of a clinic subscribes to."""
SHARED_UP = f"$share/bridge/{ALL_UP}"
"""What one of several bridges subscribes to: each message goes to one of them."""
PRESENCE_UP = "st/+/up/status"
"""Brokers send no retained message to a shared subscription, so presence is subscribed to once more."""
RETAINED_DOWN = ("plan", "rules", "message")
"""Kinds of which the broker keeps the last one that went by for each station: bridges listen to them."""

_UP = re.compile(rf"st/({ID_SHAPE})/up/([a-z0-9_]{{1,40}})")
_FROM = re.compile(rf"st/({ID_SHAPE})/up(/.*)?", re.DOTALL)
_DOWN = re.compile(rf"st/({ID_SHAPE})/down/({'|'.join(RETAINED_DOWN)})")


def up(station_id: str, kind: str) -> str:
    """Return the topic on which a station publishes messages of this kind."""
    return f"st/{station_id}/up/{kind}"


def down(station_id: str, kind: str) -> str:
    """Return the topic on which a station receives messages of this kind."""
    return f"st/{station_id}/down/{kind}"


def parse_up(topic: str) -> tuple[str, str]:
    """Return (station id, kind) of an upward topic. Raises ValueError for any other topic."""
    match = _UP.fullmatch(topic)
    if match is None:
        raise ValueError(f"topic {topic[:80]!r} is not st/<station>/up/<kind>")
    return match[1], match[2]


def station_of(topic: str) -> str | None:
    """Return the station that alone may publish on this topic, whatever the rest of it; None where there is none."""
    match = _FROM.fullmatch(topic)
    return None if match is None else match[1]


def retained_for(topic: str) -> tuple[str, str] | None:
    """Return (station id, kind) of a topic on which the broker keeps what the clinic signed, None for any other."""
    match = _DOWN.fullmatch(topic)
    return None if match is None else (match[1], match[2])
