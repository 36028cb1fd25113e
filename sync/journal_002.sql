-- Alerts leave before everything else, and a lock ends by the clinic's signed word alone.
ALTER TABLE outbox ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;

CREATE INDEX outbox_urgent ON outbox (seq) WHERE urgent = 1;

CREATE TABLE clearance (
    number INTEGER PRIMARY KEY,
    lock_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
