"""Whether a prescription that arrived may be used: the station's last word on what it will train by."""

from __future__ import annotations

from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta, Struct

from edge.prescription.plan import Prescription
from edge.programme import PlanError, parse_prescription
from sync.signing import verify


class _Version(Struct):
    version: Annotated[int, Meta(ge=0, le=1_000_000)]


def judge(payload: str, signature: str, verifier: Ed25519PublicKey, station_id: str, patient_id: str) -> Prescription:
    """Return the plan if the clinic wrote it, for this patient on this station. Raises PlanError with the reason."""
    if not verify(verifier, payload, signature):
        raise PlanError("prescription refused: its signature is not the clinic's")
    plan = parse_prescription(payload)
    if plan.station_id != station_id:
        raise PlanError(f"prescription refused: it is for station {plan.station_id}")
    if plan.patient_id != patient_id:
        raise PlanError(f"prescription refused: it is for patient {plan.patient_id}")
    return plan


def version_of(payload: str, signature: str, verifier: Ed25519PublicKey) -> int:
    """Return the version a refused plan says it has; 0, which no plan has, where that cannot be believed."""
    try:
        return msgspec.json.decode(payload, type=_Version).version if verify(verifier, payload, signature) else 0
    except (ValueError, RecursionError):
        return 0
