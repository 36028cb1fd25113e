"""A clinic's broker: its files from the clinic's database, and a Mosquitto that heeds every change of them."""

from __future__ import annotations

import getpass
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from sync.broker.files import ACL, CONFIG, PASSWORDS, BrokerError, Tls, Whole, access, config, password_lines
from sync.broker.passwords import hashed
from sync.broker.process import Mosquitto, PortTakenError
from sync.certificates import CA_CERTIFICATE, SERVER_CERTIFICATE, SERVER_KEY, CertificateError, server_files
from sync.files import put
from sync.store.stations import credentials

LOOK_S = 2.0
"""How often the database is asked who may connect: a revoked station is put off soon after."""
RENEWAL_LOOK_S = 3600.0
RETAINED = "mosquitto.db"


class ClinicFiles:
    """What Mosquitto needs, in ``folder``: certificates by the CA in ``keys``, users from the clinic's database.

    Each bridge gets a password of its own, in a file that only our user, or ``group`` too, may read.
    """

    def __init__(
        self, folder: Path, keys: Path, names: Sequence[str], bridges: Sequence[str], group: str | None = None
    ) -> None:
        self.problem: str | None = None
        """What should be done about the certificate, for people to read."""
        self._folder = folder.resolve()
        self._keys = keys
        self._names = names
        self._group = group
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._bridges = {bridge: hashed(self._password(bridge)) for bridge in bridges}

    def write(self, host: str, port: int, *, whole: bool) -> Path:
        """Write configuration and access list, and return the former; ``whole`` False is for Debian's conf.d."""
        self._put(ACL, access(self._bridges))
        said = Whole(user=getpass.getuser()) if whole else None
        self._put(CONFIG, config(self._folder, host, port, Tls(SERVER_CERTIFICATE, SERVER_KEY), said))
        return self._folder / CONFIG

    def write_users(self, stations: Mapping[str, str]) -> bool:
        """Write who may connect, stations with the hashes of their passwords; return whether that is new."""
        return self._put(PASSWORDS, password_lines({**stations, **self._bridges}))

    def write_certificates(self, *, renewed: bool = True) -> bool:
        """Write the server's certificate, ``renewed`` where that is due; return whether it is new.

        Raises CertificateError where there is none that could be used.
        """
        if renewed:
            self.problem = server_files(self._keys, self._names).problem
        new = [self._put(name, (self._keys / name).read_bytes()) for name in (SERVER_KEY, SERVER_CERTIFICATE)]
        self._put(CA_CERTIFICATE, (self._keys / CA_CERTIFICATE).read_bytes())
        return any(new)

    def _password(self, bridge: str) -> str:
        path = self._folder / f"{bridge}.password"
        if not path.exists():
            self._put(path.name, secrets.token_urlsafe(32) + "\n")
        return path.read_text("ascii").strip()

    def _put(self, name: str, content: str | bytes) -> bool:
        path = self._folder / name
        new = put(path, content, 0o640 if self._group else 0o600)
        if self._group:
            shutil.chown(path, group=self._group)
        return new


class ClinicBroker:
    """Mosquitto with a clinic's files in ``folder``; :meth:`look`, called every few seconds, keeps them current."""

    def __init__(self, files: ClinicFiles, folder: Path, database: Engine, host: str, port: int) -> None:
        self.problem: str | None = None
        """What should be looked at, for people to read; None while all is well."""
        self._files = files
        self._retained = folder.resolve() / RETAINED
        self._database = database
        self._next_renewal_s = 0.0
        self._aside: str | None = None
        self._mosquitto = Mosquitto(files.write(host, port, whole=True), host, port, None)

    def start(self) -> None:
        """Start Mosquitto for those who may connect. Raises BrokerError, CertificateError and SQLAlchemy's errors."""
        self._bring_up_to_date()
        try:
            self._mosquitto.start()
        except PortTakenError:
            raise
        except BrokerError:
            self._start_without_retained()

    def _start_without_retained(self) -> None:
        """Power cuts have left Mosquitto with a file that it refuses to start with; bridges send it all again."""
        aside = self._retained.with_name(f"{RETAINED}.unreadable-{time.time():.0f}")
        if not self._retained.exists():
            raise BrokerError("mosquitto did not start; its own words stand above")
        self._retained.rename(aside)
        try:
            self._mosquitto.start()
        except BrokerError:
            aside.rename(self._retained)
            raise
        self._aside = f"what Mosquitto had kept could not be read and was set aside: {aside}"

    def look(self) -> None:
        """Heed what has changed. Raises BrokerError when Mosquitto is gone."""
        if not self._mosquitto.running:
            raise BrokerError("mosquitto has ended; its own words stand above")
        try:
            if self._bring_up_to_date():
                self._mosquitto.reload()
        except (DBAPIError, CertificateError, OSError) as exc:
            self.problem = f"who may connect cannot be brought up to date: {str(exc).splitlines()[0]}"

    def stop(self) -> None:
        """End Mosquitto, which saves what it retained."""
        self._mosquitto.stop()

    def _bring_up_to_date(self) -> bool:
        due = time.monotonic() >= self._next_renewal_s
        renewed = self._files.write_certificates(renewed=due)
        if due:
            self._next_renewal_s = time.monotonic() + RENEWAL_LOOK_S
        with self._database.connect() as connection:
            stations = credentials(connection)
        changed = self._files.write_users(stations)
        self.problem = self._files.problem or self._aside
        return changed or renewed
