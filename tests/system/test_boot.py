"""A computer starts by itself, and its services in any order: each waits for what is not there, and none gives up."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from edge import clinic
from sync.broker import available, free_port
from sync.postgres import PrivatePostgres
from sync.postgres import available as postgres_available

PANEL = """
[panel]
port = {web}
https = false
database = "{database}"
keys = "{folder}/keys"
secret_file = "{folder}/panel.secret"
[mqtt]
port = {port}
username = "bridge"
password_file = "{folder}/broker/bridge.password"
ca_file = "{folder}/keys/ca.crt"
[broker]
port = {port}
folder = "{folder}/broker"
[pairing]
port = {pairing}
"""
WITHIN_S = 60.0
WELL = "waiting: all is well again"


class Service:
    """One of our commands as a process, with all that it has said."""

    def __init__(self, config, *command):
        self.said = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge", *command, "--config", str(config)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self.said += line

    def says(self, words):
        """Wait until it has said so; a service that ended says nothing more."""
        deadline = time.monotonic() + WITHIN_S
        while words not in self.said:
            assert self._process.poll() is None, f"it ended: {self.said}"
            assert time.monotonic() < deadline, f"waited for {words!r} and heard {self.said!r}"
            time.sleep(0.05)

    def end(self):
        """Ask it to end, and return its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(WITHIN_S)
        finally:
            self._process.kill()
            self._reader.join()
            self._process.stdout.close()


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "panel.toml"

    def write(database="sqlite:///{folder}/panel.db"):
        web, port, pairing = (free_port() for _ in range(3))
        url = database.format(folder=tmp_path)
        path.write_text(PANEL.format(folder=tmp_path, database=url, web=web, port=port, pairing=pairing))
        return path, port, pairing

    return write


@pytest.fixture
def start():
    services = []

    def run(config, *command):
        services.append(Service(config, *command))
        return services[-1]

    yield run
    assert [service.end() for service in services] == [0] * len(services)


def taken(port):
    """Listen where somebody else is to."""
    return socket.create_server(("127.0.0.1", port))


@pytest.mark.skipif(not postgres_available(), reason="PostgreSQL's server is not installed")
@pytest.mark.timeout(300)  # processes of their own, on a machine that may be busy
def test_bridge_and_panel_wait_for_a_postgresql_that_comes_up_late(settings, start):
    with PrivatePostgres() as server:
        server.stop()
        config, _, _ = settings(server.url())
        clinic.new_key(config)
        bridge, panel = start(config, "bridge"), start(config, "panel")
        for service in (bridge, panel):
            service.says("waiting: ")
            assert "panel.database is 'postgresql+psycopg://steadyrig:***@" in service.said
        server.start()
        bridge.says(WELL)
        panel.says("The panel is at")


@pytest.mark.skipif(not available(), reason="mosquitto is not installed")
@pytest.mark.timeout(300)
def test_broker_and_desk_wait_for_their_ports_and_the_bridge_for_its_broker(settings, start):
    config, port, pairing = settings()
    clinic.new_key(config)
    with taken(port), taken(pairing):
        bridge, panel = start(config, "bridge"), start(config, "panel")
        bridge.says("mqtt.password_file")  # the broker's first start makes it
        broker = start(config, "broker", "run")
        panel.says(
            f"waiting: {config}: pairing.host is '127.0.0.1', pairing.port is {pairing}: Address already in use"
        )
        broker.says(f"127.0.0.1:{port}: Address already in use")
    broker.says("The broker is at")
    panel.says("Stations redeem pairing codes at")
    bridge.says(WELL)
