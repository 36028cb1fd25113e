"""Ed25519 signatures over the exact bytes of a prescription: only the clinic can write a plan."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.files import in_the_way

SIGNING_KEY = "signing.key"
VERIFY_KEY = "verify.pub"


class SigningError(ValueError):
    """A key file that cannot be used; the message names the file and what to do."""


def new_key_pair(folder: Path) -> tuple[Path, Path]:
    """Write a fresh key pair and return (signing key, verify key). Raises SigningError where one stands already."""
    folder.mkdir(parents=True, exist_ok=True)
    private, public = folder / SIGNING_KEY, folder / VERIFY_KEY
    signer = Ed25519PrivateKey.generate()
    secret = signer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    shown = signer.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _write_new(private, secret, 0o600)
    _write_new(public, shown, 0o644)
    return private, public


def _write_new(path: Path, content: bytes, mode: int) -> None:
    # Created with its final mode: the key is at no moment readable by others.
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise SigningError(f"{path} exists; move it away if stations should trust a new key") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def load_signer(path: Path) -> Ed25519PrivateKey:
    """Return the clinic's signing key. Raises SigningError."""
    try:
        loaded = serialization.load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        raise SigningError(
            f"there is no signing key {path}; `steadyrig clinic new-key` makes the clinic's keys"
        ) from None
    except (OSError, ValueError, TypeError) as exc:
        raise SigningError(f"signing key {path} cannot be used: {in_the_way(exc)}") from None
    if not isinstance(loaded, Ed25519PrivateKey):
        raise SigningError(f"signing key {path} is not an Ed25519 key")
    return loaded


def load_verifier(path: Path) -> Ed25519PublicKey:
    """Return the key a station checks plans with. Raises SigningError."""
    try:
        loaded = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, TypeError) as exc:
        raise SigningError(f"verify key {path} cannot be used: {in_the_way(exc)}") from None
    if not isinstance(loaded, Ed25519PublicKey):
        raise SigningError(f"verify key {path} is not an Ed25519 key")
    return loaded


def sign(signer: Ed25519PrivateKey, payload: str) -> str:
    """Return the signature (base64) over the exact text."""
    return base64.b64encode(signer.sign(payload.encode())).decode()


def verify(verifier: Ed25519PublicKey, payload: str, signature: str) -> bool:
    """Return whether the signature was made over exactly this text with the matching key."""
    try:
        verifier.verify(base64.b64decode(signature, validate=True), payload.encode())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
