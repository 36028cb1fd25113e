"""The link to the broker that the settings of a service name."""

from __future__ import annotations

from pathlib import Path

from edge.config import MqttTable, SettingsError
from edge.waiting import absent
from sync.mqtt import LONGEST_RETRY_S, SESSION_S, MqttTransport


def open_link(
    config: Path,
    mqtt: MqttTable,
    client_id: str,
    *,
    settle_by_hand: bool,
    longest_retry_s: float = LONGEST_RETRY_S,
    session_s: int = SESSION_S,
) -> MqttTransport:
    """Return the link, not started yet. Raises SettingsError for a file it names that is wrong, or not there yet."""
    try:
        return MqttTransport(
            mqtt.host,
            mqtt.port,
            client_id,
            mqtt.username or None,
            mqtt.password() or None,
            ca=mqtt.ca_file or None,
            settle_by_hand=settle_by_hand,
            longest_retry_s=longest_retry_s,
            session_s=session_s,
        )
    except SettingsError as exc:
        raise type(exc)(f"{config}: {exc}") from None
    except OSError as exc:
        raise absent(exc)(
            f"{config}: mqtt.ca_file is {mqtt.ca_file!r}: {exc.strerror or exc}; expected a CA certificate"
        ) from None
