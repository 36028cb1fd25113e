"""The clinic's word that a lock has ended: the only thing that ends one.

It is signed with the clinic's key and names the station, the patient and the one lock it clears. Clearances of a
station are numbered upwards, so that an old one is told from a new one.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta, Struct

from edge.records import Id, WallSeconds
from sync.signing import verify


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


_decoder = msgspec.json.Decoder(Clearance)


def write_clearance(clearance: Clearance) -> str:
    """Return the text that is signed."""
    return msgspec.json.encode(clearance).decode()


def judge_clearance(
    payload: str, signature: str, verifier: Ed25519PublicKey, station_id: str, patient_id: str
) -> Clearance:
    """Return the clearance if the clinic wrote it for this patient on this station. Raises ClearanceError."""
    if not verify(verifier, payload, signature):
        raise ClearanceError("clearance refused: its signature is not the clinic's")
    try:
        clearance = _decoder.decode(payload)
    except (ValueError, RecursionError) as exc:
        raise ClearanceError(f"clearance refused: {exc}") from None
    if clearance.station_id != station_id:
        raise ClearanceError(f"clearance refused: it is for station {clearance.station_id}")
    if clearance.patient_id != patient_id:
        raise ClearanceError(f"clearance refused: it is for patient {clearance.patient_id}")
    return clearance
