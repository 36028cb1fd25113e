"""Every kind of message there is, in one list: what it carries, whether the broker keeps it, and who answers for it.

The station subscribes by this list, and :mod:`sync.asyncapi` writes it out for people and programs of other makers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from msgspec import Struct

from edge.records import Record
from sync.messages import Ack, Presence, Signed, Up
from sync.signed import Kind

BY_ACK = (
    "By the clinic's message `ack`, which names the record's key after the commit. The broker's own acknowledgement "
    "is not storage: until `ack` comes, the station sends the record again."
)
BY_ITEM = "By a record of kind `item` from the station: `delivered` once it is stored,"
NEWEST = "A newer version takes the place of an older one at the broker."
BY_NOBODY = "By nobody: the newest one stands, and the broker publishes the will when the station is gone."


@dataclass(frozen=True, slots=True)
class Channel:
    """One kind of message. ``acknowledged`` says in a sentence or two by whom it is, and what happens until then."""

    kind: str
    carries: type[Struct]
    acknowledged: str
    retained: bool = False


STATUS = Channel("status", Presence, BY_NOBODY, retained=True)

RECORDS: dict[str, type[Struct]] = {str(one.__struct_config__.tag): one for one in get_args(Record)}
"""What may stand in the field ``record`` of a message up, by the kind in its topic."""

UP = (*(Channel(kind, Up, BY_ACK) for kind in RECORDS), STATUS)
"""From the station: ``st/<station>/up/<kind>``."""

DOWN = (
    Channel(
        "ack",
        Ack,
        "By nobody: where one is lost, the station sends the records again, and the clinic names them again.",
    ),
    Channel(
        Kind.PLAN.value,
        Signed,
        "By a record of kind `receipt` from the station: `delivered` once it is stored, `in_use`, or `rejected` with "
        f"the reason. {NEWEST}",
        retained=True,
    ),
    Channel(Kind.RULES.value, Signed, f"{BY_ITEM} `in_use`, or `rejected` with the reason. {NEWEST}", retained=True),
    Channel(Kind.MESSAGE.value, Signed, f"{BY_ITEM} `read`, or `rejected` with the reason. {NEWEST}", retained=True),
    Channel(
        Kind.CLEARANCE.value,
        Signed,
        "By a record of kind `unlock` from the station, or one of kind `item`: `rejected` with the reason. Until one "
        "comes, the clinic sends the clearance again to a station that comes back.",
    ),
)
"""To the station: ``st/<station>/down/<kind>``."""
