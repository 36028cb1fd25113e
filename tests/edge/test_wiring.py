"""What the screen is told about the records, and what the log is told about problems."""

from dataclasses import dataclass

import pytest

from display.gallery.states import at
from display.shapes import AgendaView, SummaryView
from display.station_info import Recording, StationInfo, Sync
from display.view.by_screen import view
from drivers.shelf import Trouble
from edge.live import Live
from edge.session import Screen
from edge.waiting import Problems
from edge.wiring import RECORDING, recording_state, sync_state


@dataclass
class KeeperLooks:
    problem: str | None = None
    online: bool = True
    backlog: int | None = 0
    behind_s: float = 0.0
    repaired: bool = False


@pytest.mark.parametrize(
    ("keeper", "shown"),
    [
        (KeeperLooks(), Sync.SENT),
        (KeeperLooks(backlog=3), Sync.SAVED_HERE),
        (KeeperLooks(online=False), Sync.SAVED_HERE),
        (KeeperLooks(backlog=None), Sync.UNKNOWN),
        (KeeperLooks(backlog=None, online=False), Sync.UNKNOWN),
        (KeeperLooks(backlog=None, problem="disk full"), Sync.NOT_SAVED),
        (KeeperLooks(problem="disk full", online=False, backlog=3), Sync.NOT_SAVED),
        (KeeperLooks(problem="disk full"), Sync.NOT_SAVED),
        (KeeperLooks(behind_s=1.9), Sync.SENT),
        (KeeperLooks(behind_s=2.1), Sync.NOT_SAVED),
        (KeeperLooks(repaired=True), Sync.REPAIRED),
        (KeeperLooks(repaired=True, problem="disk full"), Sync.NOT_SAVED),
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


@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b", "\u2028", "\x85", "\u202e", "\x00"])
def test_a_problem_that_quotes_a_stranger_is_one_line_of_the_log(capsys, sign):
    Problems("bridge").look(broker=f"a batch{sign}steadyrig bridge: broker: all is well again")
    assert capsys.readouterr().err == (
        "steadyrig bridge: broker: a batch steadyrig bridge: broker: all is well again\n"
    )


@dataclass
class RecorderLooks:
    trouble: Trouble | None = None


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize("screen", [Screen.AGENDA, Screen.SUMMARY])
def test_a_recording_that_is_off_is_told_where_records_are_told_and_stops_nothing(trouble, screen):
    info = StationInfo(sync=Sync.SENT, recording=recording_state(RecorderLooks(trouble)))
    shown = view(at(screen), Live(), info)
    assert isinstance(shown, AgendaView | SummaryView)
    assert shown.header.note.startswith("Recording is off: disk")
    assert shown.buttons[0].enabled
    unsaved = view(at(screen), Live(), StationInfo(sync=Sync.NOT_SAVED, recording=RECORDING[trouble]))
    assert unsaved.header.note.startswith("Not saved yet")


def test_a_recorder_that_is_well_or_switched_off_is_not_spoken_of():
    assert recording_state(None) is recording_state(RecorderLooks()) is Recording.FINE
