-- A short way to the sessions of a run, whatever their clock was; the other one led to every record of it.
DROP INDEX record_unsure;

CREATE INDEX record_session ON record (boot) WHERE body GLOB '{"kind":"session"*';
