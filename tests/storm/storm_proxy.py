"""A network between a station and its broker that can be made as bad as wanted."""

import random
import select
import socket
import struct
import threading
import time

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset instead of the rest."""
CHUNK = 4096


class Proxy:
    """Forwards to ``target`` from ``port`` on this machine. Everything below may be changed at any time.

    ``rate`` in bytes per second and direction, None without limit; ``lose`` is the share of chunks at which the
    connection is reset; ``deaf`` swallows what the broker says, ``mute`` what the station says: the connection is
    then half open, and nobody is told.
    """

    def __init__(self, target, seed=1):
        self.rate, self.lose, self.deaf, self.mute = None, 0.0, False, False
        self.attempts, self.resets, self.swallowed = 0, 0, 0
        self._target, self._chance = target, random.Random(seed)
        self._pairs, self._lock = [], threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="proxy")
        self._thread.start()

    def cut(self):
        """Reset every connection."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            self._reset(pair)
        self._wake.send(b"x")

    def close(self):
        self._wake.close()
        self._thread.join()
        self.cut_off()

    def cut_off(self):
        for pair in self._pairs:
            for one in pair:
                one.close()
        self._listener.close()
        self._woken.close()

    def _reset(self, pair):
        self.resets += 1
        for one in pair:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            one.close()

    def _run(self):
        while True:
            with self._lock:
                pairs = list(self._pairs)
            ends = {one: pair for pair in pairs for one in pair if one.fileno() >= 0}
            ready, _, _ = select.select([self._listener, self._woken, *ends], [], [])
            if self._woken in ready and not self._woken.recv(64):
                return
            if self._listener in ready:
                self._accept()
            for one in ready:
                if one in ends and one.fileno() >= 0:
                    self._forward(one, ends[one])

    def _accept(self):
        station, _ = self._listener.accept()
        self.attempts += 1
        try:
            broker = socket.create_connection(self._target, 5.0)
        except OSError:
            station.close()
            return
        with self._lock:
            self._pairs.append((station, broker))

    def _forward(self, one, pair):
        station, broker = pair
        try:
            chunk = one.recv(CHUNK)
            if chunk and self.rate:
                time.sleep(len(chunk) / self.rate)
            if not chunk or self._chance.random() < self.lose:
                raise ConnectionError("ended, or lost")
            if (self.deaf and one is broker) or (self.mute and one is station):
                self.swallowed += len(chunk)
            else:
                (broker if one is station else station).sendall(chunk)
        except OSError:
            with self._lock:
                mine = pair in self._pairs
                self._pairs = [other for other in self._pairs if other is not pair]
            if mine:
                self._reset(pair)
