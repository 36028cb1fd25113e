-- Whether somebody had set the clock when a record was written, and a short way to what may be dropped for room.
ALTER TABLE record ADD COLUMN sure INTEGER NOT NULL DEFAULT 1;

CREATE INDEX record_trace ON record (seq) WHERE body GLOB '{"kind":"trace"*';

CREATE INDEX record_unsure ON record (boot) WHERE sure = 0;
