"""The station's journal: one SQLite file with every record, and an outbox of those the clinic has not confirmed.

:func:`open_journal` is the way in for a station: it salvages what a broken file still holds. See ``docs/store.md``.
"""

from sync.journal.journal import Journal
from sync.journal.opening import open_journal
from sync.journal.rows import (
    Conflict,
    JournalBroken,
    JournalError,
    RecordRefused,
    Salvaged,
    Stamp,
    StoredItem,
    Unfit,
    Waiting,
)
from sync.journal.schema import MIGRATIONS
from sync.journal.whose import check_whose

__all__ = [
    "MIGRATIONS",
    "Conflict",
    "Journal",
    "JournalBroken",
    "JournalError",
    "RecordRefused",
    "Salvaged",
    "Stamp",
    "StoredItem",
    "Unfit",
    "Waiting",
    "check_whose",
    "open_journal",
]
