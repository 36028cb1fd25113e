"""What a panel is told at its start, and refuses to start with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from flask import current_app

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
SHORTEST_SECRET = 32
PLACEHOLDERS = ("change", "placeholder", "example", "secret", "password", "default", "todo", "xxxx")


class PanelError(ValueError):
    """A panel that must not start, or an account that must not exist; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where stations are told to redeem pairing codes, and the clinic's CA, in DER, that the codes prove.

    ``certificate`` is the file that broker and pairing desk show, None where nobody here looks after it.
    """

    host: str
    port: int
    ca: bytes = field(repr=False)
    certificate: Path | None = None


@dataclass(frozen=True, slots=True)
class PanelConfig:
    """Settings of one panel; creating it checks the secret.

    The telephone numbers are those on the pocket card, empty where they are written in by hand.
    Without a ``door`` no station is paired by code.
    ``now`` gives seconds since 1970 UTC. ``zone`` is the clinic's time zone, None for the computer's own.
    ``secure_cookies`` None means: on, unless the panel answers on this computer only, where there is no TLS.
    """

    db_url: str
    key_folder: Path
    secret_key: str = field(repr=False)
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    secure_cookies: bool | None = None
    clinic_phone: str = ""
    emergency_phone: str = ""
    door: Door | None = None
    now: Callable[[], float] = time.time
    zone: tzinfo | None = None

    def __post_init__(self) -> None:
        """Refuse a secret that others could know."""
        if not strong(self.secret_key, SHORTEST_SECRET):
            raise PanelError(
                f"secret_key is empty, shorter than {SHORTEST_SECRET} characters or a placeholder; make one with: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )

    @property
    def secure(self) -> bool:
        """True when browsers may send cookies over TLS only."""
        return not LOOPBACK.issuperset(self.hosts) if self.secure_cookies is None else self.secure_cookies


def strong(text: str, shortest: int) -> bool:
    """Return False for what is short, repeats itself, or was meant to be replaced."""
    held = text.lower()
    return len(text) >= shortest and len(set(text)) > 5 and not any(word in held for word in PLACEHOLDERS)


def at(now: float | None) -> float:
    """Return ``now``, or where none was given what the computer's clock says."""
    return time.time() if now is None else now


def config() -> PanelConfig:
    """Return the settings of the panel that answers the present request."""
    held: PanelConfig = current_app.config["PANEL"]
    return held
