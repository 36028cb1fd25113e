"""The demo's link: a private Mosquitto where it is installed, else the same outbox over an in-process hub."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.demo.clinic import STATION_ID
from sync.broker import BRIDGE_USER, PrivateMosquitto
from sync.link import Transport
from sync.loopback import LoopbackHub
from sync.mqtt import MqttTransport


@dataclass(frozen=True, slots=True)
class Link:
    """Both ends of the link, and what is between them: ``mosquitto`` or ``loopback``."""

    name: str
    station_end: Transport
    bridge_end: Transport


@contextmanager
def open_link(folder: Path, *, with_broker: bool) -> Iterator[Link]:
    """Yield a link whose broker, if any, lives in ``folder`` and ends with the block. Raises BrokerError."""
    if not with_broker:
        hub = LoopbackHub()
        yield Link("loopback", hub.transport(), hub.transport())
        return
    passwords = {user: secrets.token_urlsafe(24) for user in (STATION_ID, BRIDGE_USER)}
    broker = PrivateMosquitto(folder, passwords, tls=True)
    broker.start()

    def transport(user: str, *, settle_by_hand: bool) -> MqttTransport:
        return MqttTransport(
            broker.host, broker.port, user, user, passwords[user], ca=broker.ca, settle_by_hand=settle_by_hand
        )

    try:
        yield Link(
            "mosquitto",
            transport(STATION_ID, settle_by_hand=False),
            transport(BRIDGE_USER, settle_by_hand=True),
        )
    finally:
        broker.stop()
