"""Many stations in one thread: a selector for their sockets, and a look at each of them a few times a second."""

from __future__ import annotations

import resource
import selectors
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.simulate.clinic import Clinic
from edge.simulate.polled import PolledTransport
from edge.simulate.station import SimulatedStation

LOOK_EVERY_S = 0.25
"""How often each station is looked at in any case: what to send again, and whether the connection lives."""
WAIT_S = 0.02
FILES_EACH, FILES_BESIDE = 2, 200
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Fleet:
    """All stations of a ``clinic``. Only :meth:`run` moves anything, in the caller's thread."""

    def __init__(self, clinic: Clinic, verifier: Ed25519PublicKey) -> None:
        self.delays_s: list[float] = []
        """From the first sending of each record to its confirmation."""
        self.planned: dict[str, float] = {}
        """When each station took a plan, monotonic."""
        _allow_files(FILES_EACH * len(clinic.stations) + FILES_BESIDE)
        self._selector = selectors.DefaultSelector()
        self._of: dict[PolledTransport, SimulatedStation] = {}
        self.stations = [self._station(clinic, name, verifier) for name in clinic.stations]
        self._looks = 0
        self._looked_s = time.monotonic()

    def start(self) -> None:
        """Let every station begin to connect."""
        for station in self.stations:
            station.start()

    def run(self, done: Callable[[], bool], until_s: float, each: Callable[[], None] = lambda: None) -> bool:
        """Let the stations live until ``done``, and return whether it was before ``until_s`` (monotonic).

        ``each`` is called a few times a second, for progress and for what the trial does meanwhile.
        """
        while time.monotonic() < until_s:
            self._turn()
            if self._looks == 0:
                each()
                if done():
                    return True
        return done()

    def stop(self) -> None:
        """Disconnect every station and give all sockets back."""
        for station in self.stations:
            station.link.stop()
        self._selector.close()

    @property
    def online(self) -> int:
        """How many stations are connected and subscribed."""
        return sum(station.link.connected for station in self.stations)

    @property
    def backlog(self) -> int:
        """How many records the clinic has not confirmed."""
        return sum(station.outbox.backlog() for station in self.stations)

    @property
    def sent(self) -> int:
        """How many messages with a record were sent, repeats among them."""
        return sum(station.sender.sent for station in self.stations)

    def _station(self, clinic: Clinic, name: str, verifier: Ed25519PublicKey) -> SimulatedStation:
        where = clinic.broker.host, clinic.broker.port, name, name, clinic.passwords[name]
        link = PolledTransport(*where, ca=clinic.broker.ca, changed=self._changed)
        station = SimulatedStation(name, link, verifier, self.delays_s.append, self._note_plan)
        self._of[link] = station
        return station

    def _note_plan(self, name: str) -> None:
        self.planned[name] = time.monotonic()

    def _turn(self) -> None:
        """Serve the sockets that are ready, then as many stations as are due for a look."""
        touched = dict.fromkeys(self._serve(self._selector.select(WAIT_S)))
        for station in (*touched, *self._due()):
            station.step()

    def _serve(self, ready: Sequence[tuple[selectors.SelectorKey, int]]) -> Iterable[SimulatedStation]:
        for chosen, events in ready:
            link: PolledTransport = chosen.data
            if events & READ:
                link.read()
            if events & WRITE:
                link.write()
            yield self._of[link]

    def _due(self) -> Iterable[SimulatedStation]:
        """Yield the stations whose turn it is: a part of them each time, all of them every ``LOOK_EVERY_S``."""
        now_s = time.monotonic()
        share = min(1.0, (now_s - self._looked_s) / LOOK_EVERY_S)
        first, last = self._looks, min(len(self.stations), self._looks + 1 + int(share * len(self.stations)))
        self._looked_s, self._looks = now_s, last % len(self.stations)
        for station in self.stations[first:last]:
            if station.link.due_s is not None and now_s >= station.link.due_s:
                station.link.connect()
            station.link.tend()
            yield station

    def _changed(self, link: PolledTransport, socket: Any, is_open: bool, writes: bool) -> None:
        known = self._selector.get_map().get(socket) if socket.fileno() >= 0 else None
        wanted = READ | WRITE if writes else READ
        if not is_open:
            if known is not None:
                self._selector.unregister(socket)
        elif known is None:
            self._selector.register(socket, wanted, link)
        elif known.events != wanted:
            self._selector.modify(socket, wanted, link)


def _allow_files(wanted: int) -> None:
    """Let this process, and the broker it starts, have that many sockets, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (min(wanted, hard) if hard != resource.RLIM_INFINITY else wanted, hard)
        )
