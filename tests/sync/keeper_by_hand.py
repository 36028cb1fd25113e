"""A keeper whose thread is the test, on a clock that the test turns."""

from edge.records import Answered
from sync.journal import open_journal
from sync.journal.room import Room
from sync.keeper import Keeper
from sync.loopback import LoopbackHub

PATIENT, STATION, WALL = "patient-a-0001", "station-a-0001", 1_780_000_000.0


class ByHand:
    """Saves what it is given, step by step; ``saved`` is what it said was on the disk, ``told`` what it said else."""

    def __init__(self, folder, verifier, room=None, **options):
        self.path, self.t_s, self.wall, self.sure = folder / "journal.db", 100.0, WALL, True
        self.saved, self.past, self.locks, self.dated, self.opened = [], [], [], [], 0
        options.setdefault("boot", "boot-1")
        boot = options.pop("boot")
        room = Room(self.path, reserve_bytes=100_000) if room is None else room

        def opened():
            self.opened += 1
            return open_journal(self.path, PATIENT, boot, room, wall=lambda: self.wall)

        self.keeper = Keeper(
            opened, options.pop("transport", None) or LoopbackHub().transport(), STATION, PATIENT, verifier,
            now=lambda: self.t_s, wall=lambda: self.wall, sure=lambda: self.sure, on_plan=lambda _plan: None,
            on_saved=self.saved.extend, on_past=self.past.extend, on_lock=self.locks.append,
            on_dated=self.dated.extend, **options,
        )  # fmt: skip

    def save(self, *records):
        self.keeper.save(records)
        self.keeper._take()
        return self.work()

    def work(self):
        """Let the keeper try at once, however long it wanted to wait."""
        self.keeper._disk_retry_s = 0.0
        self.keeper._work()
        return self.keeper.problem

    def journal(self):
        return self.keeper._journal

    def close(self):
        self.keeper._close()


def answer(number, value=1):
    """A small record; its key is ``session-0001/<number>/answer/effort``."""
    return Answered("session-0001", number, "effort", value)
