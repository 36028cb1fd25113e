-- Everything signed in one table, whose journal it is, and raw traces behind all that matters more.
CREATE TABLE item (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    payload TEXT NOT NULL,
    signature TEXT NOT NULL,
    UNIQUE (kind, version)
) STRICT;

INSERT INTO item (kind, version, payload, signature) SELECT 'plan', version, payload, signature FROM plan;

INSERT INTO item (kind, version, payload, signature) SELECT 'clearance', number, payload, signature FROM clearance;

DROP TABLE plan;

DROP TABLE clearance;

CREATE TABLE owner (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    station TEXT NOT NULL,
    patient TEXT NOT NULL
) STRICT;

DROP INDEX record_trace;

CREATE INDEX record_trace ON record (seq) WHERE body GLOB '{"kind":"trace*';

UPDATE outbox SET urgent = -1 WHERE seq IN (SELECT seq FROM record WHERE body GLOB '{"kind":"trace*');

CREATE INDEX outbox_record ON outbox (seq) WHERE urgent >= 0;

CREATE INDEX outbox_trace ON outbox (seq) WHERE urgent < 0;
