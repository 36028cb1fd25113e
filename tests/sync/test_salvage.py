"""Row F27: a journal that cannot be read at the start is kept aside, what is readable lives on, a lock in any case.

Nothing of the broken file is ever written over; whoever dies in the middle of it is followed by one who goes on.
"""

import itertools
import os
import random
import shutil
import sqlite3
import time
from contextlib import suppress

import pytest
from faulty_disk import Disk
from keeper_by_hand import PATIENT, WALL, ByHand, answer
from killed_child import by_write, killed

from display.station_info import Sync
from edge.model import StopReason
from edge.records import STORE_LOST, Locked, SessionEnded, Severity, StoreTold, StoreTrouble, TracePart, Unlocked, key
from edge.wiring import sync_state
from sync.journal import MIGRATIONS, Journal, JournalError, StoredItem, open_journal
from sync.journal.room import Room

LOCK = Locked("lock-0001", PATIENT, Severity.EMERGENCY, ("saddle",), WALL)
STARTS_S = 30.0
LONG = bool(os.environ.get("STEADYRIG_LONG"))


def trace(number):
    return TracePart("session-0001", number, "angle", "deg", 0, 0.0, 0.04, tuple(n * 0.5 for n in range(3000)))


@pytest.fixture
def tmp_path(in_memory):
    return in_memory


@pytest.fixture
def filled(tmp_path, session):
    """A journal in use: 40 sessions, a lock, curves longer than a page, a plan; some of it in its log alone."""
    path = tmp_path / "journal.db"
    journal = open_journal(path, PATIENT)
    records = [
        record for n in range(40) for record in session(9, f"session-{n:04d}") if key(record) != "plan/1/in_use"
    ]
    journal.append(records, 1.0, WALL)
    journal.append([LOCK, *(trace(number) for number in range(2, 6))], 2.0, WALL)
    told = SessionEnded("session-9999", WALL, 1, 1, StopReason.TARGET)
    journal.store_item("plan", StoredItem(3, '{"version":3,"rows":[]}', "c2ln"), told, 1.0, WALL)
    journal.close()
    return path, [*records, LOCK, *(trace(number) for number in range(2, 6)), told]


def broken_files(path):
    return sorted(path.parent.glob("journal-*.broken"))


def reopened(path):
    """Open what was broken, look that all is as it must be, and return what was kept, by key."""
    before = path.read_bytes() if path.exists() else None
    began = time.monotonic()
    journal = open_journal(path, PATIENT, wall=lambda: WALL)
    assert time.monotonic() - began < STARTS_S
    assert journal.salvaged is not None
    assert journal._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    held = {key(record): record for record in journal.records()}
    told = [one for one in held.values() if isinstance(one, StoreTold) and one.what is StoreTrouble.SALVAGED]
    assert len(told) == 1
    assert told[0] in [row.record for row in journal.alerts(9)], "the clinic is told first"
    assert journal.backlog() == len(held), "what the clinic has is not known: all is sent again"
    if before is not None:
        assert broken_files(path)[-1].read_bytes() == before, "the broken file is as it was"
    journal.append([answer(77)], 3.0, WALL)
    journal.close()
    assert open_journal(path, PATIENT).salvaged is None
    return {name: record for name, record in held.items() if record not in told}


def noise(path, pages, seed):
    """Write noise over some pages of a file."""
    chance, data = random.Random(seed), bytearray(path.read_bytes())
    for page in pages:
        data[page * 4096 : (page + 1) * 4096] = chance.randbytes(4096)
    path.write_bytes(bytes(data))


BROKEN = {
    "its header is gone": lambda path: noise_at(path, 0, 100),
    "its first page is gone": lambda path: noise(path, [0], 1),
    "one page is noise": lambda path: noise(path, [5], 2),
    "every seventh page is noise": lambda path: noise(path, range(0, path.stat().st_size // 4096, 7), 3),
    "it is cut in the middle": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100]),
}


def noise_at(path, start, end):
    data = bytearray(path.read_bytes())
    data[start:end] = random.Random(4).randbytes(end - start)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", BROKEN)
def test_f27_what_is_readable_lives_on(filled, how):
    path, records = filled
    BROKEN[how](path)
    held = reopened(path)
    wanted = {key(record): record for record in records}
    assert {name: record for name, record in held.items() if wanted.get(name) != record} == {}, "nothing is made up"
    least = {"its header is gone": len(wanted), "its first page is gone": len(wanted)}.get(how, 0.4 * len(wanted))
    assert len(held) >= least
    assert held[key(LOCK)] == LOCK


@pytest.mark.parametrize("content", [b"", bytes(50_000), b"no journal at all\n" * 999])
def test_f27_a_file_with_nothing_in_it_is_known_for_one_and_its_locks_stand(filled, content):
    path, _ = filled
    path.write_bytes(content)
    assert set(reopened(path)) == {key(LOCK)}


def test_f27_a_journal_that_is_gone_is_told_and_its_locks_stand(filled):
    path, _ = filled
    path.unlink()
    assert set(reopened(path)) == {key(LOCK)}


def test_f27_rows_that_are_in_the_log_alone_are_salvaged_too(tmp_path, session):
    path = tmp_path / "journal.db"
    journal = Journal(path)
    journal.append(session(), 1.0, WALL)
    held_open = sqlite3.connect(path)  # as a kill leaves it: the log is not brought into the file
    held_open.execute("SELECT count(*) FROM record").fetchone()
    journal.append([answer(2)], 1.0, WALL)
    left = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    held_open.close()
    journal.close()
    for name, data in left.items():
        (tmp_path / name).write_bytes(data)
    noise_at(path, 0, path.stat().st_size)
    log = path.with_name("journal.db-wal")
    noise_at(log, 56, 156)  # its first page is that of the header
    spoilt = log.read_bytes()
    assert set(reopened(path)) == {key(record) for record in (*session(), answer(2))}
    (aside,) = broken_files(path)
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == spoilt


def test_f27_a_log_that_is_gone_or_noise_loses_its_rows_and_no_lock(tmp_path, session):
    for number, spoil in enumerate((lambda log: log.unlink(), lambda log: log.write_bytes(b"noise" * 9999))):
        path = tmp_path / f"{number}" / "journal.db"
        path.parent.mkdir()
        journal = Journal(path)
        journal.append(session(), 1.0, WALL)
        journal._empty_log()
        journal.append([LOCK, answer(2)], 1.0, WALL)  # a lock is brought into the file itself, with all before it
        journal.append([answer(3)], 1.0, WALL)
        left = {one.name: one.read_bytes() for one in path.parent.iterdir()}
        journal.close()
        for name, data in left.items():
            (path.parent / name).write_bytes(data)
        spoil(path.with_name("journal.db-wal"))
        journal = open_journal(path, PATIENT)
        assert journal.salvaged is None, "the file itself is whole"
        held = list(journal.records())
        assert held == [*session(), LOCK, answer(2)]
        assert [row.record for row in journal.alerts(9)] == [LOCK]
        journal.close()


def test_f27_where_nobody_can_tell_whether_a_lock_was_in_force_training_is_locked(filled, keys):
    path, _ = filled
    path.write_bytes(bytes(9000))
    path.with_suffix(".locks").write_bytes(b"noise")
    station = ByHand(path.parent, keys[1])
    station.work()
    (lock,) = station.locks
    assert (lock.flags, lock.severity, lock.patient_id) == ((STORE_LOST,), Severity.SEE_CLINICIAN, PATIENT)
    station.close()
    again = ByHand(path.parent, keys[1])
    again.work()
    assert again.locks == [lock], "until the clinic clears it"
    again.close()


def test_f27_a_lock_that_was_cleared_stays_cleared(filled, keys):
    path, _ = filled
    journal = open_journal(path, PATIENT)
    item = StoredItem(1, '{"kind":"clearance","number":1}', "c2ln")
    journal.store_item("clearance", item, Unlocked(LOCK.lock_id, WALL, "Dr K. Lind"), 1.0, WALL)
    journal.close()
    path.write_bytes(b"")
    journal = open_journal(path, PATIENT)
    assert journal.items("clearance") == [item]
    assert journal.locks() == [LOCK]
    journal.close()


def test_f27_the_patient_is_told_and_the_past_goes_on(filled, keys):
    path, records = filled
    noise_at(path, 0, 100)
    station = ByHand(path.parent, keys[1])
    station.work()
    assert sync_state(station.keeper) is Sync.REPAIRED
    assert {key(one) for one in station.past} >= {key(one) for one in records if not isinstance(one, TracePart)}
    assert station.locks == [LOCK]
    assert station.journal().items("plan") == [StoredItem(3, '{"version":3,"rows":[]}', "c2ln")]
    station.close()
    for boot, told in (("boot-1", Sync.REPAIRED), ("boot-2", Sync.SAVED_HERE)):
        again = ByHand(path.parent, keys[1], boot=boot)
        again.work()
        assert sync_state(again.keeper) is told, "until the computer is started anew"
        again.close()


def test_f27_a_second_broken_file_does_not_take_the_place_of_the_first(filled):
    path, _ = filled
    for content in (bytes(5000), bytes(6000), bytes(7000)):
        path.write_bytes(content)
        open_journal(path, PATIENT, wall=lambda: 0.0).close()
    assert sorted(one.stat().st_size for one in broken_files(path)) == [5000, 6000, 7000]


@pytest.mark.parametrize("step", range(1, 9))
def test_f27_killed_at_any_step_the_next_start_goes_on(filled, monkeypatch, step):
    path, records = filled
    noise_at(path, 0, 100)
    path.with_name("journal.db-wal").write_bytes(b"noise" * 999)
    before, calls = path.read_bytes(), 0

    class Killed(BaseException):
        pass

    def dies(work):
        def call(*args):
            nonlocal calls
            calls += 1
            if calls == step:
                raise Killed
            return work(*args)

        return call

    with monkeypatch.context() as killing:
        killing.setattr("sync.journal.salvage.os.replace", dies(os.replace))
        killing.setattr("sync.journal.salvage.sync_folder", dies(lambda _folder: None))
        with suppress(Killed):
            open_journal(path, PATIENT).close()
        assert calls == step, "there is such a step"
    journal = open_journal(path, PATIENT)
    assert {key(one) for one in journal.records()} >= {key(one) for one in records}
    journal.close()
    (aside,) = broken_files(path)
    assert aside.read_bytes() == before
    assert not [one for one in path.parent.iterdir() if one.suffix in (".part", ".salvaged")]


def test_f27_killed_without_warning_at_any_write_the_next_start_goes_on(filled, tmp_path):
    path, records = filled
    noise_at(path, 0, 100)
    broken, before = path.read_bytes(), {one.name: one.read_bytes() for one in path.parent.iterdir() if one.is_file()}
    folder = tmp_path / "killed"
    copy = folder / path.name
    for step in itertools.count(1, 1 if LONG else 23):
        folder.mkdir()
        for name, data in before.items():
            (folder / name).write_bytes(data)
        came_so_far = killed(lambda: open_journal(copy, PATIENT).close(), folder, by_write, step)
        journal = open_journal(copy, PATIENT)
        assert {key(one) for one in journal.records()} >= {key(one) for one in records}, f"killed at {step}"
        assert journal.locks() == [LOCK]
        journal.close()
        assert [one.read_bytes() for one in broken_files(copy)] == [broken], f"killed at {step}"
        assert not [one for one in folder.iterdir() if one.suffix in (".part", ".salvaged")]
        shutil.rmtree(folder)
        if not came_so_far:
            break
    assert step > 46, "it was killed at all"


def test_f27_a_row_of_noise_hides_no_other(tmp_path, session):
    journal = Journal(tmp_path / "journal.db")
    journal.append(session(), 1.0, WALL)
    journal._db.execute('UPDATE record SET body = \'{"kind":"rep",#\' WHERE seq = 3')
    assert len(list(journal.records())) == len(session()) - 1
    assert len(journal.past(99)) == len([one for one in session() if not isinstance(one, TracePart)]) - 1
    assert len(journal.waiting(99)) == len([one for one in session() if not isinstance(one, TracePart)]) - 1
    journal.close()


def test_f27_a_journal_of_a_newer_program_is_left_alone_and_the_way_out_told(filled):
    path, _ = filled
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match=f"version {len(MIGRATIONS) + 1}.*update it"):
        open_journal(path, PATIENT)
    assert path.read_bytes() == before
    assert not broken_files(path)


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_f27_an_old_journal_is_salvaged_into_one_of_today(tmp_path, old_journal, session, version):
    path = tmp_path / "journal.db"
    old_journal(path, session(), version=version)
    noise_at(path, 0, 100)
    path.with_suffix(".locks").unlink(missing_ok=True)
    journal = open_journal(path, PATIENT)
    held = list(journal.records())
    assert {key(one) for one in held} >= {key(one) for one in session()}
    assert any(isinstance(one, Locked) for one in held), "there was no book of locks yet: unknown is never open"
    journal.close()


def test_f27_a_row_that_does_not_name_itself_is_no_record(tmp_path, session):
    path = tmp_path / "journal.db"
    journal = open_journal(path, PATIENT)
    journal.append(session(), 1.0, WALL)
    journal._db.execute("UPDATE record SET key = 'session-0001/1/rep/99' WHERE seq = 3")
    journal.close()
    noise_at(path, 0, 100)
    assert set(reopened(path)) == {key(record) for record in session()} - {key(session()[2])}


def test_f27_a_folder_in_the_journals_place_is_set_aside(filled):
    path, _ = filled
    path.unlink()
    path.mkdir()
    journal = open_journal(path, PATIENT, wall=lambda: WALL)
    assert journal.salvaged.why == "it was a folder"
    assert journal.locks() == [LOCK]
    assert broken_files(path)[0].is_dir()
    journal.close()


@pytest.mark.parametrize("version", [-1, 0, 2, len(MIGRATIONS) - 1, 77_000])
def test_f27_a_version_that_is_noise_is_no_newer_program(filled, version):
    path, records = filled
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    assert set(reopened(path)) == {key(record) for record in records}


def test_f27_a_start_of_a_session_that_is_noise_stops_nothing(filled, keys):
    path, _ = filled
    db = sqlite3.connect(path)
    db.execute("UPDATE record SET body = substr(body, 1, 60) || '#' WHERE key = 'session-0007/session'")
    db.execute("DELETE FROM owner")  # as in a journal of before its owner was noted
    db.commit()
    db.close()
    station = ByHand(path.parent, keys[1])
    for number in (77, 78):
        assert station.save(answer(number)) is None
    assert station.saved == [key(answer(77)), key(answer(78))]
    assert station.opened == 1
    station.close()


@pytest.mark.parametrize("whole", [True, False])
def test_f27_a_repetition_with_a_turned_bit_is_none_and_the_clinic_never_hears_of_it(tmp_path, session, whole):
    path = tmp_path / "journal.db"
    journal = open_journal(path, PATIENT)
    journal.append(session(), 1.0, WALL)
    journal.close()
    data = path.read_bytes()
    assert data.count(b'"range_value":81.25') == 8
    path.write_bytes(data.replace(b'"range_value":81.25', b'"range_value":91.25', 1))
    if not whole:
        noise_at(path, 0, 100)
    journal = open_journal(path, PATIENT)
    assert (journal.salvaged is None) is whole
    held = [one for one in journal.records() if not isinstance(one, StoreTold)]
    assert len(held) == len(session()) - 1
    assert all(one in session() for one in held)
    sent = {row.key for row in (*journal.waiting(99), *journal.traces(99))}
    assert {key(one) for one in held} == {name for name in sent if not name.startswith("store/")}
    journal.close()


def test_f27_a_log_that_could_not_be_linked_is_never_given_back_over_newer_rows(
    tmp_path, old_journal, session, monkeypatch
):
    path = tmp_path / "journal.db"
    old_journal(path, session())
    reader = sqlite3.connect(path)  # as a kill leaves it: the log is there
    reader.execute("PRAGMA journal_mode=WAL")
    reader.execute("PRAGMA user_version = 1")
    reader.commit()
    left = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    reader.close()
    for name, data in left.items():
        (tmp_path / name).write_bytes(data)

    def refuse(*_args):
        raise OSError(1, "Operation not permitted")

    with monkeypatch.context() as foreign:
        foreign.setattr("sync.journal.opening.os.link", refuse)
        foreign.setattr("sync.journal.journal.write_book", refuse)
        with pytest.raises(OSError, match="not permitted"):
            open_journal(path, PATIENT)
    journal = open_journal(path, PATIENT)
    assert journal.salvaged is None
    assert list(journal.records()) == session()
    journal.close()


def test_f27_broken_files_make_room_the_oldest_first_and_the_newest_stay(filled):
    path, _ = filled
    room = Room(path, reserve_bytes=10)
    for number in range(5):
        aside = path.with_name(f"journal-2026010{number}-000000-ab12.broken")
        aside.write_bytes(bytes(1000))
        aside.with_name(f"{aside.name}-wal").write_bytes(b"log")
    assert [room.let_broken_go() for _ in range(5)] == [True, True, True, False, False]
    assert [one.name[8:16] for one in broken_files(path)] == ["20260103", "20260104"]
    assert len(list(path.parent.glob("*.broken-wal"))) == 2


def test_f27_where_there_is_no_room_for_two_journals_the_curves_stay_behind_and_nothing_else(filled, monkeypatch):
    path, records = filled
    noise_at(path, 0, 100)
    oldest = [path.with_name(f"journal-2026010{number}-000000-ab12.broken") for number in range(3)]
    for one in oldest:
        one.write_bytes(bytes(1000))
    summaries = [one for one in records if not isinstance(one, TracePart)]
    with Disk(path.parent) as disk:
        monkeypatch.setattr("sync.journal.room.shutil.disk_usage", lambda _path: disk)
        disk.full_at = disk.used + path.stat().st_size - 40_000
        journal = open_journal(path, PATIENT, room=Room(path, reserve_bytes=10), wall=lambda: WALL)
        held = {key(record) for record in journal.records() if not isinstance(record, StoreTold)}
        assert held == {key(record) for record in summaries}
        assert journal.salvaged.why.endswith("no room for its curves")
        assert not oldest[0].exists()
        assert oldest[2].exists()
        journal.close()


# ---- several files at once ----------------------------------------------------------------------------------------


def spoilt(chance, data):
    """Return what a bad disk makes of a file, None where it is gone."""
    data = bytearray(data)
    match chance.choice(["well", "well", "bit", "noise", "cut", "zeros", "empty", "gone"]):
        case "bit":
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case "noise":
            for _ in range(chance.randint(1, 6)):
                at, size = chance.randrange(len(data)), chance.choice([16, 100, 4096])
                data[at : at + size] = chance.randbytes(min(size, len(data) - at))
        case "cut":
            del data[chance.randrange(len(data)) :]
        case "zeros":
            data = bytes(len(data))
        case "empty":
            data = b""
        case "gone":
            return None
    return bytes(data)


@pytest.fixture
def killed_in_use(tmp_path):
    """The files of a station that was killed, and what was written; the lock came before the last records."""
    path = tmp_path / "journal.db"
    journal = open_journal(path, PATIENT, room=Room(path, reserve_bytes=50_000))
    journal.append(
        [*(answer(number) for number in range(1, 150)), *(trace(number) for number in range(2, 8))], 1.0, WALL
    )
    journal.append([LOCK], 2.0, WALL)
    journal.append([answer(number) for number in range(150, 200)], 3.0, WALL)
    written = {key(record): record for record in journal.records()}
    files = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    journal.close()
    return files, written


def test_f27_whatever_is_spoilt_together_the_station_saves_on_makes_nothing_up_and_opens_no_lock(
    killed_in_use, tmp_path
):
    files, written = killed_in_use
    folder = tmp_path / "station"
    for seed in range(1000 if LONG else 40):
        chance = random.Random(seed)
        folder.mkdir()
        left = {name: data for name, whole in files.items() if (data := spoilt(chance, whole)) is not None}
        if not left.get("journal.db") and {"journal.locks", "journal.reserve"}.isdisjoint(left):
            left |= {"journal.locks": b""}  # without any of them it is a new station
        for name, data in left.items():
            (folder / name).write_bytes(data)
        station = ByHand(folder, None)
        assert station.work() is None, f"seed {seed}"
        assert station.save(answer(777)) is None, f"seed {seed}"
        assert station.locks, f"seed {seed}: training is open"
        held = {key(one): one for one in station.journal().records() if not isinstance(one, StoreTold | Locked)}
        assert held.pop(key(answer(777))) == answer(777)
        assert {name: one for name, one in held.items() if written.get(name) != one} == {}, f"seed {seed}"
        station.close()
        journal = open_journal(folder / "journal.db", PATIENT)
        assert journal.salvaged is None, f"seed {seed}"
        journal.close()
        shutil.rmtree(folder)
