"""How the link by MQTT holds on: how often it tries, and what it does where a broker refuses."""

from __future__ import annotations

import random
import socket
import threading
import time
from itertools import pairwise

import pytest

from sync.mqtt import FIRST_RETRY_S, LONGEST_RETRY_S, MqttTransport, retry_delay_s

WITHIN_S = 30.0
CONNECTED = bytes([0x20, 3, 0, 0, 0])
GRANTED, NOT_AUTHORIZED = 0x01, 0x87


class ScriptedBroker:
    """Lets everybody in, and answers the first subscription of each connection with the next of these reasons."""

    def __init__(self, *reasons):
        self.reasons = list(reasons)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while self.reasons:
            connection, _address = self._listener.accept()
            with connection, connection.makefile("rb") as packets:
                self._packet(packets)
                connection.sendall(CONNECTED)
                _kind, subscribe = self._packet(packets)
                connection.sendall(bytes([0x90, 4]) + subscribe[:2] + bytes([0, self.reasons.pop(0)]))
                packets.read()

    @staticmethod
    def _packet(packets):
        kind, length = packets.read(2)
        return kind, packets.read(length)

    def stop(self):
        self._thread.join(WITHIN_S)
        self._listener.close()
        assert not self._thread.is_alive()


def until(true, what):
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline, f"waited {WITHIN_S} s for {what}"
        time.sleep(0.01)


def test_a_subscription_that_is_refused_is_told_and_tried_again():
    broker = ScriptedBroker(NOT_AUTHORIZED, NOT_AUTHORIZED, GRANTED)
    link = MqttTransport("127.0.0.1", broker.port, "a", first_retry_s=0.05, longest_retry_s=0.1)
    said, ready = set(), []
    link.start(lambda _message: None, ["st/a/down/plan"], on_connect=lambda: ready.append(True))
    until(lambda: said.add(link.problem) or link.connected, "the third connection")
    assert "the broker refused a subscription: Not authorized" in said
    assert ready == [True]
    assert link.problem is None
    link.stop()
    broker.stop()


@pytest.mark.parametrize("seed", range(5))
def test_a_link_that_is_down_tries_once_a_second_at_most_and_then_20_times_an_hour(seed):
    chance, at_s, tries_s = random.Random(seed), 0.0, [0.0]
    for failures in range(400):
        at_s += retry_delay_s(failures, chance, FIRST_RETRY_S, LONGEST_RETRY_S)
        tries_s.append(at_s)
    assert min(later - earlier for earlier, later in pairwise(tries_s)) >= 1.0
    steady_s = [moment for moment in tries_s if moment > 3600.0]
    for first, begin_s in enumerate(steady_s):
        assert sum(moment < begin_s + 3600.0 for moment in steady_s[first:]) <= 20
    assert max(later - earlier for earlier, later in pairwise(tries_s)) <= LONGEST_RETRY_S


def test_a_thousand_stations_do_not_come_as_one():
    delays_s = [retry_delay_s(40, random.Random(seed), FIRST_RETRY_S, LONGEST_RETRY_S) for seed in range(1000)]
    busiest = max(sum(begin_s <= delay_s < begin_s + 1 for delay_s in delays_s) for begin_s in range(301))
    assert busiest <= 30, "of 1,000 stations, so many try in the same second"
