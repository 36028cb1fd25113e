"""What Mosquitto is configured with, the same for a clinic, the demo and the tests.

A station writes and reads below its own name and nowhere else; its user name is its client id, so that no station can
push another one off; nobody is anonymous.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.records import ID_SHAPE
from sync.broker.passwords import HASHED

BRIDGE_USER = "bridge"
BRIDGE_SHAPE = r"bridge(\.[a-z0-9]{1,30})?"
"""``bridge``, ``bridge.2``, ``bridge.east``: each bridge has a user of its own, and none could be a station's id."""
LARGEST_PACKET = 256 * 1024
CONFIG, ACL, PASSWORDS = "steadyrig.conf", "steadyrig.acl", "steadyrig.passwords"

_BRIDGE = re.compile(BRIDGE_SHAPE)
_USER = re.compile(f"{ID_SHAPE}|{BRIDGE_SHAPE}")
_BRIDGE_RULES = """\
user {user}
topic read st/+/up/#
topic readwrite st/+/down/#

"""
_STATION_RULES = """\
pattern write st/%u/up/#
pattern read st/%u/down/#
"""
_RULES = """\
# Written by `steadyrig broker`; changes made by hand are lost.
per_listener_settings false
listener {port} {host}
{tls}allow_anonymous false
password_file {folder}/{passwords}
acl_file {folder}/{acl}
use_username_as_clientid true
max_packet_size {largest}
max_inflight_messages 1000
# What waits for one absent client: whichever is reached first. Nothing depends on it, stations send again.
max_queued_messages 10000
max_queued_bytes 67108864
persistent_client_expiration 14d
set_tcp_nodelay true
sys_interval 0
"""
_TLS = """\
certfile {folder}/{certificate}
keyfile {folder}/{key}
tls_version tlsv1.2
"""
_WHOLE = """\
persistence {persistence}
persistence_location {folder}/
autosave_interval 60
log_dest {log}
log_type error
log_type warning
log_type notice
user {user}
"""
"""What Debian's own mosquitto.conf says already, and Mosquitto does not take twice."""


class BrokerError(RuntimeError):
    """A broker that cannot be configured or started; the message says why."""


@dataclass(frozen=True, slots=True)
class Tls:
    """The names of certificate and key, in the folder of the configuration."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class Whole:
    """What a configuration says that is not an addition to Debian's: the account, and where the log goes.

    Without ``persistence`` the broker forgets everything when it ends.
    """

    user: str
    log: str = "stderr"
    persistence: bool = True


def config(folder: Path, host: str, port: int, tls: Tls | None, whole: Whole | None) -> str:
    """Return Mosquitto's configuration with all its files in ``folder``.

    With ``tls`` there is no listener without it. ``whole`` None gives a file for Debian's ``conf.d``.
    """
    lines = _RULES.format(
        host=host,
        port=port,
        folder=folder,
        passwords=PASSWORDS,
        acl=ACL,
        largest=LARGEST_PACKET,
        tls=_TLS.format(folder=folder, certificate=tls.certificate, key=tls.key) if tls else "",
    )
    return lines + (
        _WHOLE.format(folder=folder, log=whole.log, user=whole.user, persistence=str(whole.persistence).lower())
        if whole
        else ""
    )


def is_bridge(user: str) -> bool:
    """Return whether a user may read and write what is of all stations."""
    return _BRIDGE.fullmatch(user) is not None


def access(bridges: Iterable[str]) -> str:
    """Return who may read and write what. Raises BrokerError for a bridge that could be taken for a station."""
    rules = ""
    for user in bridges:
        if not is_bridge(user):
            raise BrokerError(f"bridge user {user!r} refused: expected bridge, bridge.2, bridge.east and the like")
        rules += _BRIDGE_RULES.format(user=user)
    return rules + _STATION_RULES


def password_lines(users: Mapping[str, str]) -> str:
    """Return the password file for users and their hashes.

    Raises BrokerError for a name that could be more than itself in the access list, and for a text that is no hash.
    """
    for user, hash_ in users.items():
        if not _USER.fullmatch(user):
            raise BrokerError(
                f"user {user[:40]!r} refused: expected 8 to 40 small letters, digits and -, or a bridge"
            )
        if not HASHED.fullmatch(hash_):
            raise BrokerError(f"the password of {user} is not a hash as Mosquitto keeps it")
    return "".join(f"{user}:{hash_}\n" for user, hash_ in sorted(users.items()))
