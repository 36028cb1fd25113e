"""Rows F22, F23, F26 and F48: a disk that is full, fails, or loses its power: nothing is told falsely."""

import math
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import contextmanager

import pytest
from faulty_disk import Disk
from keeper_by_hand import PATIENT, WALL, ByHand, answer

from display.station_info import Sync
from edge.records import Locked, Severity, StoreTold, StoreTrouble, TracePart, key
from edge.wiring import sync_state
from sync.journal import MIGRATIONS, Journal, open_journal
from sync.journal.room import Room
from sync.loopback import LoopbackHub
from sync.messages import decode_up

LONG = bool(os.environ.get("STEADYRIG_LONG"))
LOCK = Locked("lock-0001", PATIENT, Severity.EMERGENCY, ("saddle",), WALL)
MINUTES = 60.0
NOBODY = 65534


@pytest.fixture
def tmp_path(in_memory):
    return in_memory


def trace(number, session="session-0001"):
    return TracePart(
        session, number, "angle", "deg", 0, 0.0, 0.04, tuple(round(i * 0.37 % 90, 2) for i in range(900))
    )


def whole(path):
    """Open a journal as the station does after a power cut; return what it holds."""
    journal = open_journal(path, PATIENT)
    try:
        assert journal.salvaged is None, journal.salvaged
        assert journal._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        held = {key(record): record for record in journal.records()}
        assert journal.backlog() == len(held)
    finally:
        journal.close()
    return held


def troubles(records):
    return [one.what for one in records if isinstance(one, StoreTold)]


# ---- F23: any write or sync fails -------------------------------------------------------------------------------


RECORDS = (answer(1), LOCK, answer(2), trace(3), answer(4))


def calls_to_fail(folder, verifier):
    """Return by number what is written and synced for those records: all, or every sync and some of the rest."""
    folder.mkdir()
    with Disk(folder) as disk:
        station = ByHand(folder, verifier)
        for record in RECORDS:
            assert station.save(record) is None
        station.close()
    assert len(disk.log) > 60
    return [n for n, op in enumerate(disk.log, 1) if LONG or op.what == "sync" or n % 29 == 0]


@pytest.mark.parametrize("lasting", [1, 4])
def test_f23_whichever_write_or_sync_fails_nothing_is_told_as_saved_that_is_not(tmp_path, keys, lasting):
    for first in calls_to_fail(tmp_path / "well", keys[1]):
        folder = tmp_path / f"{first}"
        folder.mkdir()
        with Disk(folder) as disk:
            failing = range(first, first + lasting)
            disk.fail = lambda call, _what, failing=failing: call in failing
            station = ByHand(folder, keys[1])
            for record in RECORDS:
                problem = station.save(record)
                while problem is not None:
                    assert key(record) not in station.saved, f"call {first}"
                    assert "cannot be saved" in problem
                    assert sync_state(station.keeper) is Sync.NOT_SAVED
                    problem = station.work()
                if disk.calls < first and record is not RECORDS[-1]:
                    continue
                # What was told is on the disk, even if the power goes this very moment.
                cut = disk.image(tmp_path / "cut")
                shutil.copy(folder / "journal.locks", cut)
                assert set(station.saved) <= set(whole(cut / "journal.db")), f"call {first} failed"
                shutil.rmtree(cut)
            assert station.saved == [key(record) for record in RECORDS], f"call {first}"
            station.close()
        assert set(whole(folder / "journal.db")) == set(station.saved)


@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_f23_a_book_of_locks_that_cannot_be_written_keeps_the_lock_unsaved(tmp_path, keys, monkeypatch, step):
    station = ByHand(tmp_path, keys[1])
    station.save(answer(1))

    def refuse(*_args, **_options):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(f"sync.journal.lock_book.os.{step}", refuse)
        assert "Input/output error" in station.save(LOCK)
        assert station.saved == [key(answer(1))]
    assert station.work() is None
    assert station.saved[-1] == key(LOCK)
    station.close()


def test_f23_a_disk_that_hangs_is_told_as_not_saved(tmp_path, keys):
    station = ByHand(tmp_path, keys[1])
    station.save(answer(1))
    assert sync_state(station.keeper) is Sync.SAVED_HERE
    station.keeper.save([answer(2)])
    assert sync_state(station.keeper) is Sync.SAVED_HERE
    station.keeper._behind_since_s -= 2.5
    assert station.keeper.problem is None
    assert sync_state(station.keeper) is Sync.NOT_SAVED
    station.keeper._take()
    station.work()
    assert sync_state(station.keeper) is Sync.SAVED_HERE
    station.close()


@contextmanager
def as_somebody_else():
    """Be a user to whom nothing belongs; the superuser may write everywhere."""
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if superuser:
            os.seteuid(0)


@pytest.mark.parametrize("locked", [".", "journal.db", "journal.db-wal", "journal.db-shm"])
@pytest.mark.parametrize("rights", [0o000, 0o555])
def test_f23_what_is_somebody_elses_or_may_only_be_read_is_told_and_loses_nothing(tmp_path, keys, locked, rights):
    folder = tmp_path / "station"
    folder.mkdir()
    before = open_journal(folder / "journal.db", PATIENT)
    before.append([answer(1)], 1.0, WALL)
    left = {one.name: one.read_bytes() for one in folder.iterdir()}
    before.close()
    for name, data in left.items():  # as a kill leaves it
        (folder / name).write_bytes(data)
    for one in (tmp_path, folder, *folder.iterdir()):
        one.chmod(0o777)
    (folder / locked).chmod(rights)
    station = ByHand(folder, keys[1])
    with as_somebody_else():
        assert "cannot be saved" in station.save(answer(2))
    assert sync_state(station.keeper) is Sync.NOT_SAVED
    assert station.saved == []
    (folder / locked).chmod(0o777)
    with as_somebody_else():
        assert station.work() is None
        station.close()
    assert station.saved == [key(answer(2))]
    assert set(whole(folder / "journal.db")) == {key(answer(1)), key(answer(2))}


# ---- F22: the disk is full --------------------------------------------------------------------------------------


def test_f22_a_full_disk_takes_a_whole_session_out_of_the_reserve_and_traces_make_room(
    tmp_path, keys, session, monkeypatch
):
    with Disk(tmp_path) as disk:
        monkeypatch.setattr("sync.journal.room.shutil.disk_usage", lambda _path: disk)
        station = ByHand(tmp_path, keys[1], Room(tmp_path / "journal.db", reserve_bytes=2_000_000))
        station.save(*session(8, "session-old1"), *(trace(number, "session-old1") for number in range(2, 40)))
        station.journal().acknowledge([key(trace(2, "session-old1"))])
        disk.full_at = disk.used
        told = [record for record in session(200, "session-new1") if not isinstance(record, TracePart)]
        for record in (*told, trace(1, "session-new1")):
            assert station.save(record) is None
        held = whole_now(station)
        assert {key(record) for record in told} <= set(station.saved) & set(held)
        assert key(trace(1, "session-new1")) not in station.saved, "there is no room for traces"
        assert key(trace(2, "session-old1")) not in held, "the clinic has this one"
        assert {StoreTrouble.TRACES_DROPPED} == set(troubles(held.values()))
        assert not (tmp_path / "journal.reserve").exists()
        disk.full_at = None
        station.save(trace(9, "session-new1"))
        assert (tmp_path / "journal.reserve").stat().st_size == 2_000_000, "held back again once there is room"
        assert key(trace(9, "session-new1")) in station.saved
        station.close()


def whole_now(station):
    return {key(record): record for record in station.journal().records()}


def test_f22_a_disk_full_for_ten_minutes_loses_nothing_says_not_saved_and_raises_an_alert(tmp_path, keys, session):
    hub, heard = LoopbackHub(), []
    clinic = hub.transport()
    clinic.start(lambda message: heard.append(decode_up(message.payload).record), ["st/+/up/store"])
    link = hub.transport()
    link.start(lambda _message: None, [], None, lambda: None)
    with Disk(tmp_path) as disk:
        station = ByHand(tmp_path, keys[1], Room(tmp_path / "journal.db", reserve_bytes=10), transport=link)
        station.save(answer(1))
        disk.full_at = 0
        records = session(40)
        for record in records:
            station.t_s += 10 * MINUTES / len(records)
            assert station.save(record) is not None
            assert sync_state(station.keeper) is Sync.NOT_SAVED
        assert station.saved == [key(answer(1))]
        assert [one.what for one in heard] == [StoreTrouble.NOT_SAVED], "told at once, once, without the disk"
        disk.full_at = None
        assert station.work() is None
        held = whole_now(station)
        assert {key(record) for record in records} <= set(station.saved) <= set(held)
        assert held[key(heard[0])] == heard[0], "the same alert waits in the outbox: a repeat is harmless"
        assert station.journal().alerts(9)[0].record == heard[0]
        stamps = [row.t_s for row in station.journal().waiting(99) if row.record in records]
        assert stamps == sorted(stamps)
        assert stamps[-1] - stamps[0] > 9 * MINUTES, "each record keeps the moment it was handed over"
        station.close()
    clinic.stop()
    link.stop()


def test_f22_memory_lets_traces_go_and_nothing_else(tmp_path, keys, monkeypatch):
    monkeypatch.setattr("sync.saver.MOST_IN_MEMORY", 10)
    with Disk(tmp_path) as disk:
        station = ByHand(tmp_path, keys[1], Room(tmp_path / "journal.db", reserve_bytes=10))
        station.save(answer(1))
        disk.full_at = 0
        for number in range(2, 12):
            station.save(answer(number), trace(number))
        disk.full_at = None
        station.work()
        held = whole_now(station)
        assert {key(answer(number)) for number in range(1, 12)} <= set(held)
        assert StoreTrouble.TRACES_DROPPED in troubles(held.values())
        assert station.keeper.backlog == len(held)
        station.close()


def test_f22_when_pages_run_out_traces_go_those_that_the_clinic_has_first(tmp_path, monkeypatch):
    monkeypatch.setattr("sync.journal.journal.MAKE_ROOM_BYTES", 15_000)
    path = tmp_path / "journal.db"
    journal = Journal(path, "boot-1", Room(path, reserve_bytes=10))
    journal.append([trace(number) for number in range(1, 31)], 1.0, WALL)
    journal.acknowledge([key(trace(number)) for number in (20, 25)])
    journal._db.execute(f"PRAGMA max_page_count = {journal._db.execute('PRAGMA page_count').fetchone()[0]}")
    gone, number = [], 0
    while len(gone) < 3:
        number += 1
        journal.append([answer(number)], 1.0, WALL)
        there = {key(record) for record in journal.records()}
        gone += [one for one in range(1, 31) if one not in gone and key(trace(one)) not in there]
    assert set(gone) == {20, 25, *range(1, len(gone) - 1)}
    assert {key(answer(one)) for one in range(1, number + 1)} <= there
    assert journal.backlog() == len(there), "what was dropped waits no more"
    journal.close()


CRAMPED = textwrap.dedent(
    """
    import resource, signal, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from keeper_by_hand import ByHand, answer
    from edge.records import key
    folder = Path(sys.argv[1])
    station = ByHand(folder, None)
    station.save(answer(1))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft = max(one.stat().st_size for one in folder.iterdir()) + 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))
    refused = 0
    for number in range(2, 80):
        told = len(station.saved)
        if station.save(answer(number)) is not None:
            refused += 1
            assert len(station.saved) == told
    assert refused
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert station.work() is None, station.keeper.problem
    assert station.saved == [key(answer(one)) for one in range(1, number + 1)], station.saved
    station.close()
    print(number)
    """
)


def test_f22_a_file_that_may_not_grow_is_told_and_takes_everything_once_it_may(tmp_path):
    folder = tmp_path / "station"
    folder.mkdir()
    child = subprocess.run(
        [sys.executable, "-c", CRAMPED, str(folder), os.path.dirname(__file__)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert len(whole(folder / "journal.db")) == int(child.stdout)


def test_f22_the_budget_is_kept_by_traces_alone(tmp_path):
    path = tmp_path / "journal.db"
    journal = Journal(path, "boot-1", Room(path, most_bytes=600_000, reserve_bytes=10))
    for number in range(1, 101):
        journal.append([answer(number), trace(number)], 1.0, WALL)
    there = {key(record): record for record in journal.records()}
    assert {key(answer(number)) for number in range(1, 101)} <= set(there)
    kept = [number for number in range(1, 101) if key(trace(number)) in there]
    assert kept == list(range(kept[0], 101)), "the newest stay"
    assert 40 < len(kept) < 100
    told = [one for one in there.values() if isinstance(one, StoreTold)]
    assert sum(one.count for one in told) == 100 - len(kept), "what was dropped is written down"
    assert path.stat().st_size < 650_000
    assert not [row for row in journal.alerts(9) if isinstance(row.record, StoreTold)]
    journal.close()


def test_f22_when_all_else_fills_the_journal_the_newest_curves_live_until_they_are_sent(tmp_path, monkeypatch):
    monkeypatch.setattr("sync.journal.journal.NEWEST_TRACES", 3)
    path = tmp_path / "journal.db"
    journal = Journal(path, "boot-1", Room(path, most_bytes=50_000, reserve_bytes=10))
    journal.append([answer(number) for number in range(1, 901)], 1.0, WALL)
    assert path.stat().st_size + path.with_name("journal.db-wal").stat().st_size > 50_000
    for number in range(901, 911):
        journal.append([trace(number)], 1.0, WALL)
        journal.append([answer(number)], 1.0, WALL)
    there = {key(record) for record in journal.records()}
    assert {key(answer(number)) for number in range(1, 911)} <= there
    kept = [number for number in range(901, 911) if key(trace(number)) in there]
    assert kept == list(range(905, 911)), "seven were too many, of which the newest three stayed"
    assert [row.key for row in journal.traces(9)] == [key(trace(number)) for number in kept]
    assert troubles(journal.records()) == [StoreTrouble.TRACES_DROPPED], "told once"
    journal.close()


def test_f22_a_reserve_that_a_kill_left_unfinished_is_none(tmp_path):
    path = tmp_path / "journal.db"
    path.with_suffix(".reserve").write_bytes(bytes(10))
    room = Room(path, reserve_bytes=1_000)
    assert room.tight
    room.hold_back()
    assert path.with_suffix(".reserve").stat().st_size == 1_000
    assert not room.tight


def test_f22_the_reserve_is_held_back_again_at_the_cost_of_older_broken_journals(tmp_path, monkeypatch):
    path = tmp_path / "journal.db"
    for day in range(1, 5):
        path.with_name(f"journal-2026010{day}-000000-ab12.broken").write_bytes(bytes(10_000))
    with Disk(tmp_path) as disk:
        monkeypatch.setattr("sync.journal.room.shutil.disk_usage", lambda _path: disk)
        disk.full_at = 50_000
        Room(path, reserve_bytes=4_000).hold_back()
    assert path.with_suffix(".reserve").exists()
    assert len(list(tmp_path.glob("*.broken"))) == 3, "no more than was needed"


def test_f22_a_disk_that_is_full_from_the_very_start_is_told_and_takes_everything_later(tmp_path, keys):
    with Disk(tmp_path) as disk:
        disk.full_at = 0
        station = ByHand(tmp_path, keys[1])
        assert station.work() is not None
        assert station.keeper.backlog is None
        assert sync_state(station.keeper) is Sync.NOT_SAVED
        for number in range(1, 20):
            assert station.save(answer(number)) is not None
        assert station.saved == []
        for size in range(0, 100_000, 5_000):  # room comes little by little
            disk.full_at = disk.used + size
            station.work()
        disk.full_at = None
        assert station.work() is None
        assert station.saved == [key(answer(number)) for number in range(1, 20)]
        station.close()
    assert set(station.saved) <= set(whole(tmp_path / "journal.db"))


def test_f22_the_alert_is_sent_again_until_the_broker_has_it(tmp_path, keys):
    hub = LoopbackHub()
    link = hub.transport()
    station = ByHand(tmp_path, keys[1], transport=link)
    with Disk(tmp_path) as disk:
        disk.full_at = 0
        station.save(answer(1))
        station.t_s += 30.0
        station.work()
        link.start(lambda _message: None, [], None, lambda: None)  # the network comes late
        station.work()  # and nobody listens yet
        heard = []
        clinic = hub.transport()
        clinic.start(lambda message: heard.append(decode_up(message.payload).record), ["st/+/up/store"])
        for _ in range(3):
            station.work()
        assert [one.what for one in heard] == [StoreTrouble.NOT_SAVED], "told once"
    station.close()
    clinic.stop()
    link.stop()


def test_a_warning_sign_reaches_the_clinic_while_the_disk_refuses_and_once_more_from_the_disk(tmp_path, keys):
    hub, heard = LoopbackHub(), []
    clinic, link = hub.transport(), hub.transport()
    clinic.start(lambda message: heard.append(decode_up(message.payload)), ["st/+/up/#"])
    link.start(lambda _message: None, [], None, lambda: None)
    with Disk(tmp_path) as disk:
        station = ByHand(tmp_path, keys[1], transport=link)
        station.save(answer(1))
        del heard[:]
        disk.full_at = 0
        station.save(answer(2))
        station.t_s += 1.0
        station.keeper._disk_retry_s = math.inf  # the disk is not looked at again for long
        station.keeper.save([LOCK])
        station.keeper._take()
        for _ in range(3):
            station.keeper._work()
        assert [(one.record, one.t_s) for one in heard] == [(LOCK, station.t_s)], "at once, alone, and once"
        disk.full_at = None
        assert station.work() is None
        assert [one.record for one in heard[1:]] == [LOCK, answer(2)]
        station.close()
    clinic.stop()
    link.stop()


# ---- F26: the power goes ----------------------------------------------------------------------------------------


def power_cuts(disk, tmp_path):
    """Make the disk as it is after each operation: only what was synced, all of it, and with the last write torn."""
    ways = ({}, {"unsynced": True}, {"unsynced": True, "torn": True})
    step = 1 if LONG else 11
    for until in range(len(disk.log) + 1):
        for number, way in enumerate(ways):
            if (until + number) % step == 0 or until == len(disk.log):
                cut = disk.image(tmp_path / "cut", until, **way)
                yield until, cut
                shutil.rmtree(cut)


def test_f26_wherever_the_power_goes_the_last_repetition_that_was_saved_is_there(tmp_path, session):
    folder = tmp_path / "station"
    folder.mkdir()
    records, told_at = session(10), []
    with Disk(folder) as disk:
        journal = open_journal(folder / "journal.db", PATIENT)
        for record in records:
            journal.append([record], 1.0, WALL)
            told_at.append((len(disk.log), key(record)))
        journal.close()
        told_at.append((len(disk.log), key(records[-1])))
    for until, cut in power_cuts(disk, tmp_path):
        told = [name for at, name in told_at if at <= until]
        held = list(whole(cut / "journal.db"))
        assert held[: len(told)] == list(dict.fromkeys(told)), f"cut after {until}"
        assert len(held) <= len(told) + 1, "all of a record or nothing of it"


# ---- F48: an update of the journal is interrupted -----------------------------------------------------------------


def test_f48_a_migration_cut_off_at_any_step_leaves_the_old_or_the_new_journal_with_everything(
    tmp_path, old_journal, session
):
    folder = tmp_path / "station"
    folder.mkdir()
    old_journal(folder / "journal.db", session())
    with Disk(folder) as disk:
        Journal(folder / "journal.db").close()
    versions = set()
    for until, cut in power_cuts(disk, tmp_path):
        looked = sqlite3.connect(cut / "journal.db")
        versions |= set(looked.execute("PRAGMA user_version").fetchone())
        assert looked.execute("SELECT count(*) FROM record").fetchone() == (len(session()),), f"cut after {until}"
        looked.close()
        assert list(whole(cut / "journal.db").values()) == session()
    assert versions == {1, len(MIGRATIONS)}
