-- What the station wrote, what of it the clinic has not confirmed, and the plans it holds.
CREATE TABLE record (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    boot TEXT NOT NULL,
    t_s REAL NOT NULL,
    wall REAL NOT NULL
) STRICT;

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY REFERENCES record (seq),
    -- Why this one can never be sent; it stays, and the others pass it.
    held TEXT
) STRICT;

CREATE TABLE plan (
    version INTEGER PRIMARY KEY,
    payload TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
