"""``steadyrig bridge``: carries records and plans between the broker and the clinic's database."""

from __future__ import annotations

import threading
from pathlib import Path

from edge.config import PanelSettings, load_settings
from edge.services.clinic import prepare_database
from edge.services.link import open_link
from edge.waiting import LOOK_S, Problems, when_ready
from sync.bridge import Bridge, session_s
from sync.mqtt import BRIDGE_RETRY_S, MqttTransport


def run_bridge(config: Path, stop: threading.Event) -> None:
    """Carry records and plans until ``stop`` is set."""
    settings, problems = load_settings(config, PanelSettings), Problems("bridge")
    when_ready(lambda: prepare_database(config, settings.panel.database), problems, stop)

    def transport() -> MqttTransport:
        return open_link(
            config,
            settings.mqtt,
            settings.mqtt.username or "bridge",
            settle_by_hand=True,
            longest_retry_s=BRIDGE_RETRY_S,
            session_s=session_s(settings.panel.database),
        )

    # The broker's first start makes the bridge's password.
    link = when_ready(transport, problems, stop)
    bridge = Bridge(link, settings.panel.database)
    bridge.start()
    try:
        while not stop.wait(LOOK_S):
            problems.look(broker=link.problem, database=bridge.problem)
    finally:
        bridge.stop()
