"""What the screen is told about the records, and what the log is told about problems."""

from dataclasses import dataclass

import pytest

from display.view import Sync
from edge.services import Problems
from edge.wiring import sync_state


@dataclass
class KeeperLooks:
    problem: str | None = None
    online: bool = True
    backlog: int = 0


@pytest.mark.parametrize(
    ("keeper", "shown"),
    [
        (KeeperLooks(), Sync.SENT),
        (KeeperLooks(backlog=3), Sync.SAVED_HERE),
        (KeeperLooks(online=False), Sync.SAVED_HERE),
        (KeeperLooks(problem="disk full", online=False, backlog=3), Sync.NOT_SAVED),
        (KeeperLooks(problem="disk full"), Sync.NOT_SAVED),
    ],
)
def test_nothing_is_told_as_saved_while_the_disk_refuses(keeper, shown):
    assert sync_state(keeper) is shown


def test_a_problem_is_told_once_when_it_comes_and_once_when_it_goes(capsys):
    problems = Problems("bridge")
    for broker in (None, None, "refused", "refused", "refused", None, None):
        problems.look(broker=broker)
    assert capsys.readouterr().err.splitlines() == [
        "steadyrig bridge: broker: refused",
        "steadyrig bridge: broker: all is well again",
    ]
