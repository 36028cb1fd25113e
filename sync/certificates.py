"""The clinic's own small certificate authority: one CA, one certificate for the broker and the pairing desk.

Certificates of ours begin in 1970: a station without a battery for its clock may wake up there, and must still be
able to speak with its clinic. Nobody needs the right time to fetch the time.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync.files import in_the_way, put

CA_KEY, CA_CERTIFICATE = "ca.key", "ca.crt"
SERVER_KEY, SERVER_CERTIFICATE = "server.key", "server.crt"
BEGINS_AT = datetime(1970, 1, 1, tzinfo=UTC)
CA_LASTS = timedelta(days=20 * 365)
SERVER_LASTS = timedelta(days=2 * 365)
RENEW_BEFORE = timedelta(days=60)
"""A certificate is renewed so long before its end, and where that cannot be done it is told from then on. Ours."""
SOON = timedelta(days=2)
"""Renewal is tried every hour: what was not done after so long is not done by itself."""


class CertificateError(ValueError):
    """A certificate that cannot be made or used; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """Where the server's certificate and key and the clinic's CA are, until when they hold, and what is wrong."""

    ca: Path
    certificate: Path
    key: Path
    ends_at: datetime
    problem: str | None = None


def server_files(
    folder: Path, names: Sequence[str], now: datetime | None = None, *, anew: bool = False
) -> ServerFiles:
    """Return a certificate for these host names and addresses, made or renewed where that is due, or ``anew``.

    The first call makes the clinic's CA in ``folder``. Raises CertificateError where no usable certificate is there
    and none can be made. ``problem`` tells that one could not be renewed in time.
    """
    now = now or datetime.now(UTC)
    if not names:
        raise CertificateError("a server needs at least one name or address; expected for example clinic.example")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _one_at_a_time(folder):
        if not (folder / CA_CERTIFICATE).exists():
            _make_ca(folder, now)
        ca = load_certificate(folder / CA_CERTIFICATE)
        held = None if anew else _held(folder, ca, names)
        if held is not None and held.not_valid_after_utc - now > RENEW_BEFORE:
            return _files(folder, held)
        try:
            return _files(folder, _issue(folder, ca, names, now))
        except CertificateError as exc:
            if held is None or held.not_valid_after_utc <= now:
                raise
            return _files(folder, held, f"the server's certificate ends on {_day(held)}: {exc}")


def load_certificate(path: Path) -> x509.Certificate:
    """Return the certificate in a file. Raises CertificateError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise CertificateError(f"certificate {path} cannot be used: {in_the_way(exc)}") from None


def overdue(certificate: Path, now: datetime) -> timedelta | None:
    """Return for how long a certificate still holds that ought to have been renewed days ago; None while all is well.

    Raises CertificateError for one that cannot be read.
    """
    left = load_certificate(certificate).not_valid_after_utc - now
    return left if left < RENEW_BEFORE - SOON else None


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Panel and broker may start together; only one of them makes what is missing."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _files(folder: Path, held: x509.Certificate, problem: str | None = None) -> ServerFiles:
    certificate, key = folder / SERVER_CERTIFICATE, folder / SERVER_KEY
    return ServerFiles(folder / CA_CERTIFICATE, certificate, key, held.not_valid_after_utc, problem)


def _day(certificate: x509.Certificate) -> str:
    return certificate.not_valid_after_utc.date().isoformat()


def _held(folder: Path, ca: x509.Certificate, names: Sequence[str]) -> x509.Certificate | None:
    """Return the server's certificate if it is of this CA, has its key, and is for exactly these names."""
    try:
        held = load_certificate(folder / SERVER_CERTIFICATE)
        held.verify_directly_issued_by(ca)
        key = serialization.load_pem_private_key((folder / SERVER_KEY).read_bytes(), None)
        shown = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # missing, damaged or foreign: whatever it is, a new one is made
        return None
    fits = key.public_key() == held.public_key() and shown == _alternative_names(names)
    return held if fits else None


def _make_ca(folder: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    # A name of its own, so that nobody takes the CA of one clinic for that of another.
    name = _name(f"Steadyrig clinic {x509.random_serial_number() % 10**8:08d}")
    sign_only = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        _certificate(name, name, key.public_key(), key.public_key(), now + CA_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(sign_only, critical=True)
        .sign(key, hashes.SHA256())
    )
    put(folder / CA_KEY, _pem(key), 0o600)
    put(folder / CA_CERTIFICATE, made.public_bytes(serialization.Encoding.PEM), 0o644)


def _issue(folder: Path, ca: x509.Certificate, names: Sequence[str], now: datetime) -> x509.Certificate:
    signer = _ca_key(folder / CA_KEY, ca)
    ends_at = min(now + SERVER_LASTS, ca.not_valid_after_utc)
    if ends_at - now <= RENEW_BEFORE:
        raise CertificateError(
            f"the clinic's CA {folder / CA_CERTIFICATE} ends on {_day(ca)}; move {CA_KEY} and {CA_CERTIFICATE} away, "
            "start anew, and pair every station again"
        )
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        _certificate(_name(names[0][:64]), ca.subject, key.public_key(), signer.public_key(), ends_at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_alternative_names(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    put(folder / SERVER_KEY, _pem(key), 0o600)
    put(folder / SERVER_CERTIFICATE, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return made


def _ca_key(path: Path, ca: x509.Certificate) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as exc:
        raise CertificateError(
            f"the clinic's CA key {path} cannot be used: {in_the_way(exc)}; or restore it"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != ca.public_key():
        raise CertificateError(f"the clinic's CA key {path} does not belong to its certificate; restore it")
    return key


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    ends_at: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINS_AT)
        .not_valid_after(ends_at)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative_names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_alternative_name(name) for name in names])


def _alternative_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError as exc:
        raise CertificateError(f"server name {name!r} cannot stand in a certificate: {exc}") from None


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
