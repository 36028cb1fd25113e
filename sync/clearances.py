"""The clinic's word that a lock has ended: the only thing that ends one.

It is signed with the clinic's key and names the station, the patient and the one lock it clears. Clearances of a
station are numbered upwards, so that an old one is told from a new one. A clearance has no days: it speaks of one
lock, and ends with it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.records import Id, WallSeconds


class ClearanceError(ValueError):
    """A clearance that clears nothing; the message says why."""


class Clearance(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="clearance"):
    """Lock ``lock_id`` of this patient on this station is cleared by the clinician ``cleared_by``.

    The reason stays in the clinic's database: it may say more about the patient than a station should know.
    """

    station_id: Id
    patient_id: Id
    lock_id: Id
    number: Annotated[int, Meta(ge=1, le=1_000_000)]
    cleared_by: Annotated[str, Meta(min_length=1, max_length=80)]
    cleared_at: WallSeconds

    @property
    def version(self) -> int:
        """Its number."""
        return self.number


_decoder = msgspec.json.Decoder(Clearance)


def write_clearance(clearance: Clearance) -> str:
    """Return the text that is signed."""
    return msgspec.json.encode(clearance).decode()


def read_clearance(payload: str) -> Clearance:
    """Read the text that was signed. Raises ValueError for anything else."""
    return _decoder.decode(payload)
