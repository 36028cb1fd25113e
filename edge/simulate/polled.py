"""The station's link without a thread of its own, so that one loop can own a thousand of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode

from sync.mqtt import MqttTransport

SocketChanged = Callable[["PolledTransport", Any, bool, bool], None]
"""Told (link, socket, whether it is open, whether there is something to write)."""


class PolledTransport(MqttTransport):
    """:class:`sync.mqtt.MqttTransport`, driven from outside: same messages, same backoff, same reason codes.

    Whoever owns it calls :meth:`connect` at ``due_s`` (monotonic, None while connected or stopped), :meth:`read` and
    :meth:`write` when the socket is ready, and :meth:`tend` about once a second.
    """

    due_s: float | None = None

    def __init__(self, *where: Any, changed: SocketChanged, **options: Any) -> None:
        super().__init__(*where, **options)
        self._changed = changed
        self._stopped = False

    def connect(self) -> None:
        """Try to connect now."""
        self.due_s = None
        try:
            self._client.reconnect()
        except OSError:
            self._lost_before(self._client, None)

    def read(self) -> None:
        """Take what has come, also what TLS has taken from the socket already."""
        self._client.loop_read()
        while (pending := getattr(self._client.socket(), "pending", None)) is not None and pending():
            self._client.loop_read()

    def write(self) -> None:
        """Send what waits."""
        self._client.loop_write()

    def tend(self) -> None:
        """Keep the connection alive, and notice one that is not."""
        self._client.loop_misc()

    def _begin(self) -> None:
        client = self._client
        opened = client.on_socket_open

        def open_socket(one: Client, data: Any, socket: Any) -> None:
            if opened is not None:
                opened(one, data, socket)
            self._changed(self, socket, True, False)

        client.on_socket_open = open_socket
        client.on_socket_close = lambda _client, _data, socket: self._changed(self, socket, False, False)
        client.on_socket_register_write = lambda _client, _data, socket: self._changed(self, socket, True, True)
        client.on_socket_unregister_write = lambda _client, _data, socket: self._changed(self, socket, True, False)
        self.due_s = time.monotonic()

    def _end(self) -> None:
        self._stopped, self.due_s = True, None
        while self._client.want_write() and self._client.loop_write() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            pass

    def _retry_in(self, delay_s: float) -> None:
        if not self._stopped:
            self.due_s = time.monotonic() + delay_s
