"""The link between a station and the clinic, as its users know it.

A link promises little on purpose: messages may be lost, doubled and reordered. What must not be lost waits in an
outbox until the other side has confirmed it. Callbacks come from the link's own thread and may only enqueue.
:mod:`sync.mqtt` is the link there is; :mod:`sync.loopback` is one inside a process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


def nothing() -> None:
    """Do nothing, where a caller wants nothing done."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message received. ``settle`` tells the broker that it was dealt with, from any thread."""

    topic: str
    payload: bytes
    settle: Callable[[], None] = nothing


@dataclass(frozen=True, slots=True)
class Will:
    """What is to be published, retained, when this side is gone."""

    topic: str
    payload: bytes


OnMessage = Callable[[Incoming], None]
Done = Callable[[str | None], None]
"""Told None once the broker has a message, else why it has not."""


class Transport(Protocol):
    """A link, started, used and stopped by one thread; its callbacks come from another."""

    @property
    def connected(self) -> bool:
        """Whether a message published now would be sent at once."""

    @property
    def problem(self) -> str | None:
        """Why the link is down, or what was refused last; None while all is well."""

    def start(
        self,
        on_message: OnMessage,
        subscriptions: Sequence[str],
        will: Will | None = None,
        on_connect: Callable[[], None] = nothing,
        live: Sequence[str] = (),
    ) -> None:
        """Connect as soon as possible, and again whenever the link is lost; ``on_connect`` is called each time.

        Of the topics in ``live`` only what is published from now on comes, nothing that is retained.
        """

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, done: Done | None = None) -> None:
        """Send a message at least once while connected; ``done`` is told what became of it, if that is learned."""

    def stop(self) -> None:
        """Disconnect for good: the will is published, and no thread is left."""
