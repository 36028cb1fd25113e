"""The journal: all or nothing, harmless repeats, and nothing confirmed is lost to a kill."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge import records
from edge.model import Origin
from edge.records import (
    BandChecked,
    Decided,
    ItemReceipt,
    Locked,
    PlanReceipt,
    Reached,
    SessionStarted,
    Severity,
    Standing,
    StoreTrouble,
    TracePart,
    key,
)
from sync.journal import MIGRATIONS, Conflict, Journal, JournalError, StoredItem, Unfit

WALL = 1_780_000_000.0
RECEIPT = PlanReceipt(1, "delivered", WALL, "")

WRITER = """
import sys
from pathlib import Path
from edge.records import Answered, key
from sync.journal import Journal
journal = Journal(Path(sys.argv[1]))
first = journal.count()
for number in range(first + 1, first + 100_000):
    pair = [Answered(f"session-{number:06}", 1, name, 1) for name in ("effort", "pain_change")]
    journal.append(pair, 1.0, 1.0)
    print(*(key(record) for record in pair), flush=True)
"""


@pytest.fixture
def journal(tmp_path):
    with_file = Journal(tmp_path / "journal.db", "boot-1")
    yield with_file
    with_file.close()


def test_records_come_back_and_wait_until_acknowledged(journal, session):
    records = session()
    journal.append(records, 12.5, WALL)
    waiting = [*journal.waiting(100), *journal.traces(100)]
    in_order = [row.record for row in sorted(waiting, key=lambda row: row.seq)]
    assert in_order == records == list(journal.records())
    assert {(row.boot, row.t_s, row.wall) for row in waiting} == {("boot-1", 12.5, WALL)}
    journal.acknowledge([waiting[0].key, waiting[3].key, "never/heard/of"])
    assert journal.backlog() == len(records) - 2
    assert journal.count() == len(records)
    assert [row.seq for row in journal.waiting(2, after=waiting[3].seq)] == [waiting[4].seq, waiting[5].seq]


def test_the_same_again_is_harmless_even_after_its_acknowledgement(journal, rep):
    journal.append([rep(1), rep(1)], 1.0, WALL)
    journal.acknowledge([key(rep(1))])
    journal.append([rep(1)], 2.0, WALL + 9)
    assert (journal.count(), journal.backlog()) == (1, 0)


def test_other_content_is_refused_and_takes_its_batch_along(journal, rep):
    journal.append([rep(1)], 1.0, WALL)
    with pytest.raises(Conflict, match="rep/1"):
        journal.append([rep(2), rep(1, peak_force_n=5.0)], 2.0, WALL)
    assert list(journal.records()) == [rep(1)]


def test_a_record_that_cannot_be_sent_lets_the_others_pass_and_the_clinic_is_told_which(journal, rep):
    journal.append([rep(1), rep(2)], 1.0, WALL)
    journal.hold(journal.waiting(1)[0].seq, "too large")
    second, told = (row.record for row in journal.waiting(9))
    assert second == rep(2)
    assert (told.what, told.note) == (StoreTrouble.UNSENDABLE, f"{key(rep(1))}: too large")
    assert [row.record for row in journal.alerts(9)] == [told]
    assert journal.backlog() == 2, "what waits to be sent"
    journal.acknowledge([key(rep(2)), key(told)])
    assert journal.backlog() == 0


def test_a_plan_its_predecessor_and_its_receipt_are_kept(journal):
    assert journal.items("plan") == []
    for version, keep_from in ((1, 0), (2, 0), (5, 2)):
        receipt = PlanReceipt(version, "delivered", WALL, "")
        journal.store_item(
            "plan", StoredItem(version, f"plan {version}", "c2ln"), receipt, 1.0, WALL, keep_from=keep_from
        )
    journal.store_item(
        "rules",
        StoredItem(1, "rules 1", "c2ln"),
        ItemReceipt("rules", 1, "delivered", WALL, ""),
        1.0,
        WALL,
        keep_from=9,
    )
    assert journal.items("plan") == [StoredItem(5, "plan 5", "c2ln"), StoredItem(2, "plan 2", "c2ln")]
    assert journal.count() == 4


def test_a_plan_is_not_kept_without_its_receipt(journal):
    with pytest.raises(Unfit):
        journal.store_item("plan", StoredItem(1, "plan", "c2ln"), PlanReceipt(1, "delivered", -1.0, ""), 1.0, WALL)
    assert journal.items("plan") == []


def test_a_receipt_that_was_given_before_is_not_given_again(journal):
    journal.append([RECEIPT], 1.0, WALL)
    journal.store_item("plan", StoredItem(1, "plan", "c2ln"), PlanReceipt(1, "delivered", WALL + 1, ""), 1.0, WALL)
    assert (len(journal.items("plan")), journal.count()) == (1, 1)


def test_a_full_disk_leaves_what_was_there_and_says_so(journal, rep):
    journal.append([rep(1)], 1.0, WALL)
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        journal.append([rep(number) for number in range(2, 900)], 1.0, WALL)
    assert list(journal.records()) == [rep(1)]
    journal._db.execute("PRAGMA max_page_count = 100000")
    journal.append([rep(2)], 1.0, WALL)
    assert journal.backlog() == 2


def test_only_the_owner_may_touch_it(journal):
    caught = []

    def touch():
        try:
            journal.count()
        except sqlite3.ProgrammingError as exc:
            caught.append(exc)

    stranger = threading.Thread(target=touch)
    stranger.start()
    stranger.join()
    assert caught


def test_the_file_is_durable_and_strict(journal, tmp_path):
    assert journal._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert journal._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    with pytest.raises(sqlite3.IntegrityError):
        journal._db.execute("INSERT INTO item VALUES (1, 'plan', 'one', 'x', 'y')")
    assert journal._db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)


def test_a_journal_of_the_future_is_left_alone(tmp_path):
    path = tmp_path / "journal.db"
    Journal(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalError, match="99"):
        Journal(path)


def test_each_run_has_its_own_name(tmp_path):
    runs = [Journal(tmp_path / "journal.db") for _ in range(2)]
    assert runs[0].boot != runs[1].boot
    for run in runs:
        run.close()


def test_killed_in_the_middle_nothing_confirmed_is_lost(tmp_path):
    path, confirmed = tmp_path / "journal.db", []
    for kill_after in (1, 7, 40, 120):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        lines = [child.stdout.readline() for _ in range(kill_after)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        # The kill may have cut the last line short; whole lines name whole pairs.
        confirmed += [name for line in lines if line.endswith("\n") for name in line.split()]
        journal = Journal(path)
        written = [row.key for row in journal.waiting(100_000)]
        assert set(confirmed) <= set(written)
        assert journal.count() == journal.backlog() == len(written)
        assert len(written) % 2 == 0, "a pair was torn apart"
        assert journal._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        journal.close()


def test_the_past_leaves_traces_out_and_keeps_locks_however_old(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    lock = Locked("lock-0001", "patient-1", Severity.EMERGENCY, ("saddle",), 1.0)
    trace = TracePart("session-1", 1, "angle", "deg", 0, 0.0, 0.04, (1.0, 2.0))
    starts = [SessionStarted(f"session-{n}", "patient-1", 1, 1000.0 + n) for n in range(5)]
    journal.append([lock, *starts, trace], 0.0, 1000.0)
    assert journal.past(2) == [lock, *starts[-2:]]
    assert journal.past(100) == [lock, *starts]
    journal.close()


def test_the_past_never_forgets_what_a_dose_or_a_bands_life_follows_from(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    kept = [
        BandChecked("session-0001-band-1", "band_1", True, 1.0),
        Decided(
            "row-0001-a", 1, "session-0001", "row", "band_row", "ease", "1", {}, {}, {}, "", Standing.APPLIED, 1.0
        ),
        Reached("first_session", 1, 1.0),
        records.Tested("session-0001-test-1", "chair_stand", 12.0, "reps", Origin.SENSED, False, 1.0),
    ]
    starts = [SessionStarted(f"session-{n:04}", "patient-1", 1, 1000.0 + n) for n in range(50)]
    journal.append([*kept, *starts], 0.0, 1000.0)
    assert journal.past(3) == [*kept, *starts[-3:]]
    journal.close()
