"""A part of a trial in a process of its own, which ends with whoever started it.

Both sides speak in lines of JSON: the parent says what is wanted, the child says that it is ready, and once its input
ends what it did.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

READY = "ready"
END_S = 30.0


class ChildError(RuntimeError):
    """A child that did not come up; the message holds what it said."""


class Child:
    """A running ``module``. ``pid`` is its process."""

    def __init__(self, module: str, wanted: Any) -> None:
        self._module = module
        self._child = subprocess.Popen(  # noqa: S603 - our own arguments
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.pid = self._child.pid
        if (said := self._child.stdin) is not None:
            said.write(json.dumps(wanted) + "\n")
            said.flush()

    def wait_ready(self) -> None:
        """Return once it can begin. Raises ChildError where it ends instead."""
        said = self._child.stdout.readline().strip() if self._child.stdout else ""
        if said != READY:
            self.kill()
            raise ChildError(f"{self._module} did not start: {said or 'it said nothing; see above'}")

    def stop(self) -> Any:
        """Let it finish what it has in hand, end it, and return what it did; None where it does not tell."""
        try:
            said, _ = self._child.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        return json.loads(said) if said.strip() else None

    def kill(self) -> None:
        """End it as a power cut would."""
        self._child.kill()
        self._child.communicate()


def wanted() -> Any:
    """Return, in the child, what the parent wants. Ctrl-C at a terminal is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return json.loads(sys.stdin.readline())
