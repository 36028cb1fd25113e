"""TLS as a station sees it: the clinic's CA and nobody else's, and a sentence for whatever is refused."""

from __future__ import annotations

import ssl
from collections.abc import Callable

# OpenSSL's own numbers (x509_vfy.h), which Python hands on without names.
NOT_YET_VALID, RAN_OUT = 9, 10
UNKNOWN_CA = frozenset({18, 19, 20, 21})
WRONG_NAME = frozenset({62, 64})


def client_context(ca: str | None = None, ca_pem: str | None = None) -> ssl.SSLContext:
    """Return what a client connects with: it trusts this CA alone, and checks the server's name.

    Raises OSError or ssl.SSLError for a CA that cannot be read.
    """
    context = ssl.create_default_context(cafile=ca, cadata=ca_pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def tell_refusals(context: ssl.SSLContext, told: Callable[[OSError], None]) -> None:
    """Let ``told`` know of every handshake over ``context`` that comes to nothing; the error goes on as before."""

    class Telling(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            try:
                super().do_handshake(block)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except OSError as exc:
                told(exc)
                raise

    context.sslsocket_class = Telling


def explain(error: OSError, host: str) -> str:
    """Return why ``host`` was not trusted, and the way out, in one sentence."""
    code = getattr(error, "verify_code", None)
    if code == RAN_OUT:
        return (
            f"the certificate of {host} has run out, or this computer's clock is wrong; the clinic renews it with "
            "`steadyrig broker renew`"
        )
    if code == NOT_YET_VALID:
        return f"the certificate of {host} has not begun by this computer's clock; the clock must be set first"
    if code in UNKNOWN_CA:
        return (
            f"{host} is not of the clinic this station is paired with: its certificate is signed by another CA; "
            "check mqtt.host and mqtt.ca_file, or pair again"
        )
    if code in WRONG_NAME:
        return f"the certificate of {host} is for other names; the clinic adds {host!r} to broker.names in panel.toml"
    if isinstance(error, TimeoutError):
        return f"{host} does not answer"
    return f"{host} does not speak TLS as expected: {error}; check its port"
