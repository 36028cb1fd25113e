"""The pairing code: what the clinic's panel shows once and the station is told, in 20 characters.

It names an offer (3), carries a secret (8, 40 bits) that opens it, and proves the clinic's CA (7, 35 bits), so that
the station trusts no stranger even on first use. The proof is made with the secret: whoever stands in between knows
neither and cannot look for a CA that would pass, only try one of 27 billion. Two characters notice slips.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from sync.typed import BASE, CHECKS, CodeError, fits, plain, with_checks, written

NAME, SECRET, PROOF = 3, 8, 7
LENGTH = NAME + SECRET + PROOF + CHECKS
GROUP = 4


@dataclass(frozen=True, slots=True)
class PairingCode:
    """What a code says. ``secret`` opens the offer ``name``; ``proof`` is of the CA under which it was made."""

    name: str
    secret: str = field(repr=False)
    proof: str = field(repr=False)

    def __str__(self) -> str:
        """Return it as it is shown and typed, in groups of four."""
        text = with_checks(self.name + self.secret + self.proof)
        return "-".join(text[begin : begin + GROUP] for begin in range(0, LENGTH, GROUP))

    def proves(self, ca: bytes) -> bool:
        """Return whether this is the CA, in DER, of the clinic that made the code."""
        return hmac.compare_digest(self.proof, _proof(self.name, self.secret, ca))


def new_code(ca: bytes) -> PairingCode:
    """Return a fresh code that proves the CA, which is given in DER."""
    name, secret = (written(secrets.randbelow(BASE**length), length) for length in (NAME, SECRET))
    return PairingCode(name, secret, _proof(name, secret, ca))


def read_code(typed: str) -> PairingCode:
    """Return what a typed code says; blanks, hyphens and small letters do not matter.

    Raises CodeError for anything that was typed wrong.
    """
    text = plain(typed)
    if len(text) != LENGTH:
        raise CodeError(f"A pairing code has {LENGTH} characters. Here are {len(text)}.")
    if not fits(text):
        raise CodeError("This code does not fit together. Look at the panel and type it again.")
    return PairingCode(text[:NAME], text[NAME : NAME + SECRET], text[NAME + SECRET : -CHECKS])


def _proof(name: str, secret: str, ca: bytes) -> str:
    digest = hmac.digest((name + secret).encode(), ca, hashlib.sha256)
    return written(int.from_bytes(digest, "big") % BASE**PROOF, PROOF)
