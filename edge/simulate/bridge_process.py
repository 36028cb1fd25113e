"""One bridge in a process of its own, as ``steadyrig bridge`` is one; it ends with whoever started it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from sync.bridge import Bridge, session_s
from sync.mqtt import BRIDGE_RETRY_S, MqttTransport
from sync.stats import Stats

ONLINE = "online"
LOOK_S, READY_S, END_S = 0.02, 30.0, 30.0


class BridgeError(RuntimeError):
    """A bridge that did not come up; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the broker and the database are, and as whom to come."""

    host: str
    port: int
    ca: str | None
    user: str
    password: str
    database: str


class BridgeProcess:
    """A running bridge. ``pid`` is its process."""

    def __init__(self, wanted: Wanted) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "edge.simulate.bridge_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.pid = self._child.pid
        if (said := self._child.stdin) is not None:
            said.write(json.dumps(asdict(wanted)) + "\n")
            said.flush()

    def wait_online(self) -> None:
        """Return once it is connected. Raises BridgeError where it ends instead."""
        said = self._child.stdout.readline().strip() if self._child.stdout else ""
        if said != ONLINE:
            self.kill()
            raise BridgeError(f"a bridge did not start: {said or 'it said nothing; see above'}")

    def stop(self) -> Stats:
        """Let it finish the batch in hand, end it, and return what it did."""
        try:
            said, _ = self._child.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return Stats()
        return Stats(**json.loads(said)) if said.strip() else Stats()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._child.kill()
        self._child.communicate()


def main() -> None:
    """Be a bridge until standard input ends, then tell what was done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wanted = Wanted(**json.loads(sys.stdin.readline()))
    link = MqttTransport(
        wanted.host,
        wanted.port,
        wanted.user,
        wanted.user,
        wanted.password,
        ca=wanted.ca,
        settle_by_hand=True,
        longest_retry_s=BRIDGE_RETRY_S,
        session_s=session_s(wanted.database),
    )
    bridge = Bridge(link, wanted.database)
    bridge.start()
    try:
        deadline_s = time.monotonic() + READY_S
        while not bridge.online and time.monotonic() < deadline_s:
            time.sleep(LOOK_S)
        print(ONLINE if bridge.online else f"no broker within {READY_S:.0f} s: {link.problem}", flush=True)
        sys.stdin.read()
    finally:
        bridge.stop()
    print(json.dumps(asdict(bridge.stats)))


if __name__ == "__main__":
    main()
