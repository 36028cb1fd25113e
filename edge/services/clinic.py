"""What is the clinic's alone: its database and its signing key, as its settings name them."""

from __future__ import annotations

import re
from pathlib import Path

from alembic.util import CommandError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from edge.config import NotYetError, PanelSettings, SettingsError, load_settings
from sync.signing import SIGNING_KEY, SigningError, load_signer
from sync.store.database import upgrade

EXPECTED = "sqlite:////var/lib/steadyrig/panel.db or postgresql://steadyrig@127.0.0.1/steadyrig"


def clinic_signer(config: Path) -> Ed25519PrivateKey:
    """Return the clinic's signing key. Raises SettingsError where there is none, or none that can be used."""
    try:
        return load_signer(Path(load_settings(config, PanelSettings).panel.keys) / SIGNING_KEY)
    except SigningError as exc:
        raise SettingsError(f"{config}: panel.keys: {exc}") from None


def prepare_database(config: Path, url: str) -> None:
    """Bring the clinic's database up to date. Raises SettingsError for one that cannot be opened, or not yet."""
    try:
        upgrade(url)
    except (SQLAlchemyError, ImportError, CommandError) as exc:
        kind = NotYetError if isinstance(exc, OperationalError) else SettingsError
        why, shown = str(exc).splitlines()[0], re.sub(r":[^:@/]*@", ":***@", url)
        if isinstance(exc, CommandError):
            why = f"a newer program has written it ({why}); update this one"
        raise kind(f"{config}: panel.database is {shown!r}: {why}; expected a database such as {EXPECTED}") from None
