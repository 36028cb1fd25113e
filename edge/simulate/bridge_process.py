"""One bridge in a process of its own, as ``steadyrig bridge`` is one; it ends with whoever started it."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass

from edge.simulate.child import READY, Child, wanted
from sync.bridge import Bridge, session_s
from sync.mqtt import BRIDGE_RETRY_S, MqttTransport
from sync.stats import Stats

LOOK_S, READY_S = 0.02, 30.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the broker and the database are, and as whom to come."""

    host: str
    port: int
    ca: str | None
    user: str
    password: str
    database: str


class BridgeProcess(Child):
    """A running bridge."""

    def __init__(self, where: Wanted) -> None:
        super().__init__("edge.simulate.bridge_process", asdict(where))

    def stop(self) -> Stats:
        """Let it finish the batch in hand, end it, and return what it did."""
        return Stats(**(super().stop() or {}))


def main() -> None:
    """Be a bridge until standard input ends, then tell what was done."""
    where = Wanted(**wanted())
    link = MqttTransport(
        where.host,
        where.port,
        where.user,
        where.user,
        where.password,
        ca=where.ca,
        settle_by_hand=True,
        longest_retry_s=BRIDGE_RETRY_S,
        session_s=session_s(where.database),
    )
    bridge = Bridge(link, where.database)
    bridge.start()
    try:
        deadline_s = time.monotonic() + READY_S
        while not bridge.online and time.monotonic() < deadline_s:
            time.sleep(LOOK_S)
        print(READY if bridge.online else f"no broker within {READY_S:.0f} s: {link.problem}", flush=True)
        sys.stdin.read()
    finally:
        bridge.stop()
    print(json.dumps(asdict(bridge.stats)))


if __name__ == "__main__":
    main()
