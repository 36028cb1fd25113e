"""``steadyrig panel``: the clinician's pages, and the desk where stations redeem pairing codes."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from edge.config import PanelSettings, SettingsError, load_settings
from edge.services.clinic import prepare_database
from edge.waiting import LOOK_S, Problems, absent, when_ready
from sync.certificates import CertificateError, load_certificate, server_files
from sync.files import in_the_way
from sync.pairing.desk import Desk, Place
from sync.pairing.server import PairingServer
from sync.panel.app import create_app
from sync.panel.config import Door, PanelConfig, PanelError
from sync.panel.serve import PanelServer, serve
from sync.signing import VERIFY_KEY, SigningError
from sync.store.database import engine


def run_panel(config: Path, stop: threading.Event) -> None:
    """Serve the panel until ``stop`` is set, and the pairing desk beside it where the settings have one."""
    whole, problems = load_settings(config, PanelSettings), Problems("panel")
    settings = whole.panel
    when_ready(lambda: prepare_database(config, settings.database), problems, stop)
    try:
        prepared = PanelConfig(
            settings.database,
            Path(settings.keys),
            _secret(config, Path(settings.secret_file)),
            hosts=settings.hosts,
            secure_cookies=settings.https,
            clinic_phone=settings.clinic_phone,
            emergency_phone=settings.emergency_phone,
            door=_door(config, whole),
        )
    except PanelError as exc:
        raise SettingsError(f"{config}: panel.secret_file is {settings.secret_file!r}: {exc}") from None
    try:
        app = create_app(prepared)
    except SigningError as exc:
        raise SettingsError(f"{config}: panel.keys: {exc}") from None

    def served() -> PanelServer:
        with _port(config, "panel", settings.host, settings.port):
            return serve(app, settings.host, settings.port)

    with when_ready(served, problems, stop) as server:
        print(f"The panel is at {server.url}", flush=True)
        with _pairing(config, whole, prepared.secret_key, problems, stop) as desk:
            while not stop.wait(LOOK_S):
                problems.look(certificate=desk.problem if desk else None)


@contextmanager
def _port(config: Path, table: str, host: str, port: int) -> Iterator[None]:
    """What the system says of an address to listen at becomes one sentence."""
    try:
        socket.getaddrinfo(host, port)  # waitress would not tell why a name has no address
        yield
    except OSError as exc:
        # asyncio would say the address once more.
        why = os.strerror(exc.errno) if exc.errno and exc.errno > 0 else exc
        raise absent(exc)(
            f"{config}: {table}.host is {host!r}, {table}.port is {port}: {why}; expected an address of this "
            "computer and a free port"
        ) from None


def _door(config: Path, settings: PanelSettings) -> Door | None:
    """Return where stations redeem pairing codes; the first call makes the clinic's certificates."""
    if settings.pairing is None:
        return None
    try:
        files = server_files(Path(settings.panel.keys), settings.broker.names)
        ca = load_certificate(files.ca).public_bytes(Encoding.DER)
    except (CertificateError, OSError) as exc:
        raise SettingsError(f"{config}: panel.keys is {settings.panel.keys!r}: {exc}") from None
    return Door(settings.broker.names[0], settings.pairing.port, ca, files.certificate)


@contextmanager
def _pairing(
    config: Path, settings: PanelSettings, secret: str, problems: Problems, stop: threading.Event
) -> Iterator[PairingServer | None]:
    """Let stations redeem pairing codes within the block, where the settings have a desk for it."""
    table, keys, broker = settings.pairing, Path(settings.panel.keys), settings.broker
    if table is None:
        yield None
        return
    try:
        place = Place(broker.names[0], broker.port, (keys / VERIFY_KEY).read_text("ascii"))
    except OSError as exc:
        raise SettingsError(f"{config}: panel.keys is {str(keys)!r}: {VERIFY_KEY}: {exc.strerror}") from None
    database = engine(settings.panel.database)
    desk = Desk(database, secret, place, time.time)

    def opened() -> PairingServer:
        with _port(config, "pairing", table.host, table.port):
            return PairingServer(desk, lambda: server_files(keys, broker.names), table.host, table.port)

    try:
        with when_ready(opened, problems, stop) as server:
            print(f"Stations redeem pairing codes at {table.host}:{server.port}", flush=True)
            yield server
    finally:
        database.dispose()


def _secret(config: Path, path: Path) -> str:
    """Return the panel's secret; the first start makes one that only this user can read."""
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text("utf-8").strip()
    except OSError as exc:
        raise SettingsError(f"{config}: panel.secret_file is {str(path)!r}: {in_the_way(exc)}") from None
