"""The link by MQTT 5: connects, stays connected, and tells what became of each message."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from sync.link import Done, Incoming, OnMessage, Will, nothing
from sync.tls import client_context, explain, tell_refusals

FIRST_RETRY_S, LONGEST_RETRY_S = 2.0, 300.0
BRIDGE_RETRY_S = 0.5
"""The longest wait of a bridge: there are few, they stand beside their broker, and all stations wait for them. What
these send meanwhile is refused and comes later: with 2 s, 1 % of a storm took 15 s, with this 1.5 s (docs/scale.md).
"""
LEAST_SHARE = 0.6
"""Of a delay: never more than one try in a second, and never more than 20 in an hour once the longest is reached."""
STEADY_S = 60.0
"""A connection that held this long was a good one: the next retry is a first one again."""
KEEPALIVE_S = 30
SESSION_S = 7 * 24 * 3600
"""How long a broker keeps a subscriber's queue while it is away; nothing depends on it."""
IN_FLIGHT = 64
UNSETTLED = 1000
"""How many messages a broker may have sent us that we have not settled."""
WILL_TOO = 0x04
"""MQTT 5's reason for a disconnect after which the broker publishes the will."""
NO_SUBSCRIBER = 0x10
NOTHING_RETAINED = 2
"""MQTT 5's way to subscribe without being sent what is retained."""


def retry_delay_s(failures: int, chance: random.Random, first_s: float, longest_s: float) -> float:
    """Return how long to wait after so many failures: doubling, and spread so that stations do not come as one.

    The longest delay is spread too: it is what a thousand stations wait for while their broker is down.
    """
    return min(longest_s, first_s * 2.0 ** min(failures, 16)) * chance.uniform(LEAST_SHARE, 1.0)


class MqttTransport:
    """A link by MQTT 5, quality of service 1; with ``ca`` by TLS, trusting that CA alone.

    With ``settle_by_hand`` the broker keeps what was not settled, and sends it again after a reconnect within
    ``session_s``.
    """

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        username: str | None = None,
        password: str | None = None,
        *,
        ca: str | None = None,
        settle_by_hand: bool = False,
        session_s: int = SESSION_S,
        first_retry_s: float = FIRST_RETRY_S,
        longest_retry_s: float = LONGEST_RETRY_S,
    ) -> None:
        self.problem: str | None = None
        self.connected = False
        self._where = host, port
        self._retry_s = first_retry_s, longest_retry_s
        self._properties = _connect_properties(session_s)
        self._chance = random.Random()
        self._failures = 0
        self._connected_at = 0.0
        self._connection = 0
        self._greeted = False
        self._outcomes = _Outcomes()
        self._subscriptions: list[tuple[str, SubscribeOptions]] = []
        self._on_message: OnMessage = lambda _message: None
        self._on_connect: Callable[[], None] = nothing
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=settle_by_hand
        )
        self._client.username_pw_set(username, password)
        self._refused: str | None = None
        if ca is not None:
            context = client_context(ca)
            tell_refusals(context, self._tls_refused)
            self._client.tls_set_context(context)

    def start(
        self,
        on_message: OnMessage,
        subscriptions: Sequence[str],
        will: Will | None = None,
        on_connect: Callable[[], None] = nothing,
        live: Sequence[str] = (),
    ) -> None:
        """Start the network thread, which connects and stays connected."""
        self._on_message, self._on_connect = on_message, on_connect
        self._subscriptions = [
            *((topic, SubscribeOptions(qos=1)) for topic in subscriptions),
            *((topic, SubscribeOptions(qos=1, retainHandling=NOTHING_RETAINED)) for topic in live),
        ]
        client = self._client
        client.on_connect, client.on_connect_fail = self._connack, self._lost_before
        client.on_subscribe, client.on_disconnect = self._suback, self._lost
        client.on_publish, client.on_message = self._puback, self._received
        client.on_socket_open = _send_small_packets_at_once
        # Before connecting: afterwards paho refuses it.
        client.max_inflight_messages_set(IN_FLIGHT)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.connect_async(*self._where, keepalive=KEEPALIVE_S, clean_start=False, properties=self._properties)
        self._begin()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, done: Done | None = None) -> None:
        """Send a message at least once; while not connected it is not even queued, and ``done`` is told so."""
        done = done or (lambda _reason: None)
        if not self.connected:
            done("not connected")
            return
        # paho sends what it took, now or after a reconnect, whatever its return code says.
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        self._outcomes.expect(sent.mid, done if not retain else _unheard_is_fine(done))

    def stop(self) -> None:
        """Disconnect, leaving the will, and wait for the network thread to end."""
        self.connected = False
        self._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, identifier=WILL_TOO))
        self._end()

    def _begin(self) -> None:
        """Let paho's own thread connect, and stay connected."""
        self._client.loop_start()

    def _end(self) -> None:
        self._client.loop_stop()

    def _retry_in(self, delay_s: float) -> None:
        # paho doubles its delay without any chance in it; equal bounds make it take ours.
        self._client.reconnect_delay_set(delay_s, delay_s)  # type: ignore[arg-type]  # sleeps any float

    def _connack(self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _props: Any) -> None:
        self._greeted = True
        if reason.is_failure:
            self.problem = f"the broker refused the connection: {reason}"
            return
        self._connection += 1
        self._connected_at = time.monotonic()
        if self._subscriptions:
            client.subscribe(self._subscriptions)
        else:
            self._ready()

    def _suback(self, client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _props: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if not refused:
            self._ready()
            return
        self.problem = f"the broker refused a subscription: {refused[0]}"
        # A connection that hears nothing would be kept alive for ever; as one that is lost it is tried again.
        if isinstance(connection := client.socket(), socket.socket):
            connection.shutdown(socket.SHUT_RDWR)

    def _ready(self) -> None:
        self.problem = None
        self.connected = True
        self._on_connect()

    def _lost(self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _props: Any) -> None:
        greeted, self._greeted = self._greeted, False
        if self.connected:
            self.problem = f"the connection was lost: {reason}"
        elif not greeted:
            self.problem = (
                f"what answers at {self._where[0]}:{self._where[1]} hung up before it greeted; look at mqtt.port "
                "and at mqtt.ca_file, which turns TLS on"
            )
        if self.connected and time.monotonic() - self._connected_at >= STEADY_S:
            self._failures = 0
        self.connected = False
        self._plan_retry()

    def _tls_refused(self, error: OSError) -> None:
        self._refused = explain(error, self._where[0])

    def _lost_before(self, _client: Client, _data: Any) -> None:
        refused, self._refused = self._refused, None
        self.problem = refused or f"no broker answers at {self._where[0]}:{self._where[1]}"
        self._plan_retry()

    def _plan_retry(self) -> None:
        self._retry_in(retry_delay_s(self._failures, self._chance, *self._retry_s))
        self._failures += 1

    def _puback(self, _client: Client, _data: Any, mid: int, reason: ReasonCode, _props: Any) -> None:
        unheard = reason.value == NO_SUBSCRIBER
        if reason.is_failure:
            self.problem = f"the broker refused a message: {reason}"
        self._outcomes.learn(mid, str(reason) if reason.is_failure or unheard else None)

    def _received(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        connection = self._connection

        def settle() -> None:
            # An identifier of an earlier connection may by now belong to another message.
            if connection == self._connection:
                client.ack(message.mid, message.qos)

        try:
            self._on_message(Incoming(message.topic, bytes(message.payload), settle))
        except Exception as exc:  # an error here would end the network thread, unseen
            self.problem = f"a message could not be taken: {exc}"


def _send_small_packets_at_once(_client: Client, _data: Any, connection: Any) -> None:
    """Spare each answer the 40 ms that TCP would wait to fill a packet."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _connect_properties(session_s: int) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho gives no types here
    properties.SessionExpiryInterval = session_s
    properties.ReceiveMaximum = UNSETTLED
    return properties


def _unheard_is_fine(done: Done) -> Done:
    """A retained message has its place at the broker, with or without anybody listening now."""
    return lambda reason: done(None if reason == "No matching subscribers" else reason)


class _Outcomes:
    """Brings the broker's answers and those who wait for them together, whichever comes first."""

    def __init__(self) -> None:
        # paho calls back with its own locks held, so ours is never held while calling paho.
        self._lock = threading.Lock()
        self._expected: dict[int, Done] = {}
        self._early: dict[int, str | None] = {}

    def expect(self, mid: int, done: Done) -> None:
        with self._lock:
            known = mid in self._early
            reason = self._early.pop(mid, None)
            if not known:
                self._expected[mid] = done
        if known:
            done(reason)

    def learn(self, mid: int, reason: str | None) -> None:
        with self._lock:
            done = self._expected.pop(mid, None)
            if done is None:
                self._early[mid] = reason
        if done is not None:
            done(reason)
