"""The link inside one process, with nothing between its ends: for the demo without a broker, and for tests."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence

from paho.mqtt.client import topic_matches_sub

from sync.link import Done, Incoming, OnMessage, Will, nothing


class LoopbackHub:
    """A broker inside this process: filters, shared subscriptions, retained messages and wills, as MQTT has them.

    It keeps no queues for the absent, and delivers in the publisher's thread.
    """

    def __init__(self) -> None:
        self.running = True
        self._lock = threading.RLock()
        self._retained: dict[str, bytes] = {}
        self._clients: list[LoopbackTransport] = []
        self._turns: dict[str, int] = defaultdict(int)

    def transport(self) -> LoopbackTransport:
        """Return a new, unconnected link to this hub."""
        return LoopbackTransport(self)

    def stop(self) -> None:
        """Be gone, as a broker that was killed: every link is lost, no will is published."""
        with self._lock:
            self.running = False
            for client in self._clients:
                client.connected = False

    def start(self) -> None:
        """Be back, with the retained messages; every link connects again."""
        with self._lock:
            self.running = True
            clients = list(self._clients)
        for client in clients:
            client.connect()

    def publish(self, topic: str, payload: bytes, retain: bool) -> int:
        """Deliver a message, keep it if it is to be retained, and return how many received it."""
        with self._lock:
            if retain and payload:
                self._retained[topic] = payload
            elif retain:
                self._retained.pop(topic, None)
            receivers = self._receivers(topic)
        for client in receivers:
            client.receive(topic, payload)
        return len(receivers)

    def retained(self, filters: Sequence[str]) -> list[tuple[str, bytes]]:
        """Return what a new subscriber of these filters is sent; for shared ones nothing, as in MQTT 5."""
        with self._lock:
            return [
                (topic, payload)
                for topic, payload in self._retained.items()
                if any(topic_matches_sub(one, topic) for one in filters)
            ]

    def join(self, client: LoopbackTransport) -> None:
        """Count a link among those to deliver to."""
        with self._lock:
            if client not in self._clients:
                self._clients.append(client)

    def leave(self, client: LoopbackTransport) -> None:
        """Forget a link."""
        with self._lock:
            if client in self._clients:
                self._clients.remove(client)

    def _receivers(self, topic: str) -> list[LoopbackTransport]:
        receivers = []
        shared: dict[str, list[LoopbackTransport]] = defaultdict(list)
        for client in self._clients:
            for one in client.subscriptions if client.connected else ():
                if one.startswith("$share/"):
                    if topic_matches_sub(one.split("/", 2)[2], topic):
                        shared[one].append(client)
                elif topic_matches_sub(one, topic):
                    receivers.append(client)
        for one, group in shared.items():
            self._turns[one] += 1
            receivers.append(group[self._turns[one] % len(group)])
        return receivers


class LoopbackTransport:
    """A link to a :class:`LoopbackHub`. ``cut`` and ``connect`` play a lost and a found network."""

    def __init__(self, hub: LoopbackHub) -> None:
        self.connected = False
        self.problem: str | None = None
        self.subscriptions: tuple[str, ...] = ()
        self._with_retained: tuple[str, ...] = ()
        self._hub = hub
        self._will: Will | None = None
        self._on_message: OnMessage = lambda _message: None
        self._on_connect: Callable[[], None] = nothing

    def start(
        self,
        on_message: OnMessage,
        subscriptions: Sequence[str],
        will: Will | None = None,
        on_connect: Callable[[], None] = nothing,
        live: Sequence[str] = (),
    ) -> None:
        """Connect now, if the hub runs."""
        self._on_message, self._on_connect, self._will = on_message, on_connect, will
        self._with_retained, self.subscriptions = tuple(subscriptions), (*subscriptions, *live)
        self._hub.join(self)
        self.connect()

    def connect(self) -> None:
        """Be connected, and receive what is retained."""
        if self.connected or not self._hub.running:
            return
        self.connected = True
        self._on_connect()
        for topic, payload in self._hub.retained(self._with_retained):
            self.receive(topic, payload)

    def receive(self, topic: str, payload: bytes) -> None:
        """Take a message from the hub."""
        self._on_message(Incoming(topic, payload))

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, done: Done | None = None) -> None:
        """Deliver a message at once; ``done`` is told before this returns."""
        if not self.connected:
            reason: str | None = "not connected"
        else:
            heard = self._hub.publish(topic, payload, retain)
            reason = None if heard or retain else "No matching subscribers"
        if done is not None:
            done(reason)

    def cut(self) -> None:
        """Lose the connection: the hub publishes the will."""
        if self.connected:
            self.connected = False
            if self._will is not None:
                self._hub.publish(self._will.topic, self._will.payload, retain=True)

    def stop(self) -> None:
        """Disconnect for good, leaving the will."""
        self.cut()
        self._hub.leave(self)
