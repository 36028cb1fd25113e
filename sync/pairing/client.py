"""The station's side of pairing: it looks who is there before it says anything, and makes its own password."""

from __future__ import annotations

import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sync.broker.passwords import hashed
from sync.pairing.codes import PairingCode, read_code
from sync.pairing.messages import (
    LONGEST_LINE,
    Answer,
    Ask,
    Authority,
    Granted,
    Redeem,
    Refused,
    WhoAreYou,
    decode_answer,
    encode,
)
from sync.tls import client_context, explain

DEFAULT_PORT = 8884
PATIENCE_S = 20.0
TRIES = 3


class PairingError(ValueError):
    """A pairing that did not come about; the message says why and what to do."""


class NoAnswerError(PairingError):
    """Nothing came back. The code may have been used all the same: asking again with the same password is safe."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where the clinic's pairing desk is, and the code for it."""

    host: str
    port: int
    code: PairingCode

    def __str__(self) -> str:
        """Return it as the panel shows it: host:port/code."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}/{self.code}"


@dataclass(frozen=True, slots=True)
class Paired:
    """What a station has from its clinic: who it is, its password, the clinic's CA in PEM, and where to connect."""

    granted: Granted
    password: str = field(repr=False)
    ca: str


def read_invitation(typed: str) -> Invitation:
    """Return what stands on the panel, host:port/code. Raises PairingError, or CodeError for the code alone."""
    where, slash, code = typed.strip().rpartition("/")
    host, _, port = where.rpartition(":") if where.rpartition(":")[2].isdigit() else (where, "", str(DEFAULT_PORT))
    if not slash or not host or not 1 <= int(port) <= 65535:
        raise PairingError(
            f"{typed.strip()[:60]!r} refused: expected what the panel shows, such as clinic.example:8884/K7QM-..."
        )
    return Invitation(host.strip("[]"), int(port), read_code(code))


def pair(invitation: Invitation, told: Callable[[str], None] = lambda _words: None) -> Paired:
    """Redeem an invitation and return what the station needs. Raises PairingError.

    The code is sent to nobody but the clinic that it proves. ``told`` hears what is being tried again.
    """
    ca = _authority(invitation)
    context = client_context(ca_pem=ca)
    password = secrets.token_urlsafe(32)
    ask = Redeem(invitation.code.name, invitation.code.secret, hashed(password))
    for left in reversed(range(TRIES)):
        try:
            answer = _ask(invitation, context, ask)
            break
        except NoAnswerError as exc:
            if not left:
                raise
            told(f"{exc}; once more")
    if isinstance(answer, Refused):
        raise PairingError(answer.why)
    if not isinstance(answer, Granted):
        raise PairingError(f"{invitation.host} gave an answer that is none; check the port")
    return Paired(answer, password, ca)


def _authority(invitation: Invitation) -> str:
    """Return the CA of the clinic that made the code, in PEM; nothing of the code has been said by then."""
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    stranger.check_hostname = False
    # Whoever it is: what they show is believed only if the code proves it.
    stranger.verify_mode = ssl.CERT_NONE
    answer = _ask(invitation, stranger, WhoAreYou())
    if not isinstance(answer, Authority):
        raise PairingError(f"{invitation.host} does not say who it is; check the address")
    try:
        ca = x509.load_pem_x509_certificate(answer.pem.encode())
    except ValueError:
        raise PairingError(f"{invitation.host} shows no certificate that can be read") from None
    if not invitation.code.proves(ca.public_bytes(Encoding.DER)):
        raise PairingError(
            f"{invitation.host} is not the clinic that made this code: somebody may be in between; nothing was sent"
        )
    # Written anew from what was proved, and nothing else that stood beside it.
    return ca.public_bytes(Encoding.PEM).decode("ascii")


def _ask(invitation: Invitation, context: ssl.SSLContext, ask: Ask) -> Answer:
    where = invitation.host, invitation.port
    try:
        with (
            socket.create_connection(where, PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname=invitation.host) as connection,
        ):
            connection.sendall(encode(ask))
            return decode_answer(_line(connection))
    except ssl.SSLCertVerificationError as exc:
        raise PairingError(explain(exc, invitation.host)) from None
    except ssl.SSLError as exc:
        raise NoAnswerError(explain(exc, invitation.host)) from None
    except OSError as exc:
        raise NoAnswerError(
            f"no pairing desk answers at {invitation.host}:{invitation.port}: {exc.strerror or exc}; look at the "
            "address on the panel, and whether the panel runs"
        ) from None
    except msgspec.DecodeError:
        raise NoAnswerError(
            f"what answers at {invitation.host}:{invitation.port} is no pairing desk; look at the port on the panel"
        ) from None


def _line(connection: ssl.SSLSocket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) <= LONGEST_LINE and (more := connection.recv(4096)):
        line += more
    return line
