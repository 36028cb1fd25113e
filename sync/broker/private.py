"""A private Mosquitto for the demo and the tests: own folder, own port on this machine only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sync.broker.files import ACL, CONFIG, PASSWORDS, Tls, Whole, access, config, is_bridge, password_lines
from sync.broker.passwords import hashed
from sync.broker.process import Mosquitto, free_port
from sync.certificates import SERVER_CERTIFICATE, SERVER_KEY, server_files
from sync.files import put


class PrivateMosquitto(Mosquitto):
    """A broker in ``folder`` for these users and their passwords; those named ``bridge`` or ``bridge.2`` are bridges.

    ``port`` stays the same over restarts. With ``tls``, ``ca`` is the file that its clients trust; without, it is
    None. What the broker retained is in the folder after :meth:`stop`; without ``persistence`` it forgets everything
    with every end. It must be started by one thread at a time.
    """

    def __init__(
        self, folder: Path, users: Mapping[str, str], *, tls: bool = False, persistence: bool = True
    ) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self._folder = folder.resolve()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ca = str(server_files(self._folder, [self.host]).ca) if tls else None
        self.set_users(users)
        log = self._folder / "mosquitto.log"
        # Started as root it would change to a user who cannot read this folder.
        whole = Whole(user=self._folder.owner(), log=f"file {log}", persistence=persistence)
        served = Tls(SERVER_CERTIFICATE, SERVER_KEY) if tls else None
        put(self._folder / CONFIG, config(self._folder, self.host, self.port, served, whole))
        super().__init__(self._folder / CONFIG, self.host, self.port, log)

    def set_users(self, users: Mapping[str, str]) -> None:
        """Write these users and no others; a running broker heeds it after :meth:`reload`."""
        put(self._folder / PASSWORDS, password_lines({user: hashed(password) for user, password in users.items()}))
        put(self._folder / ACL, access(user for user in users if is_bridge(user)))
