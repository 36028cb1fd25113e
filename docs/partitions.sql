-- Repetitions and traces by month, for a clinic whose database has outgrown one table each (PostgreSQL 15 or later).
--
-- Run it once as the database's owner, with bridges and panel stopped and a backup at hand:
--     psql "$DATABASE" -v ON_ERROR_STOP=1 -f docs/partitions.sql
-- and then once a year, before the months run out:
--     psql "$DATABASE" -c "SELECT steadyrig_months(24)"
--
-- A row belongs to the month in which it was received. The program neither writes nor reads that column: its default
-- fills it in. That a repetition is there once is the ledger's work (table record), in the same transaction, and the
-- ledger stays whole: a station may send again what it sent long ago. What came before today is one partition.
-- A month that is no longer wanted at hand:  ALTER TABLE rep DETACH PARTITION rep_2026_11;

BEGIN;

CREATE FUNCTION steadyrig_by_month(name text, keys text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this_month date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
BEGIN
    EXECUTE format('ALTER TABLE %I RENAME TO %I', name, name || '_whole');
    EXECUTE format(
        'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS, '
        'month date NOT NULL DEFAULT date_trunc(''month'', now() AT TIME ZONE ''UTC'')::date, '
        'PRIMARY KEY (%s, month)) PARTITION BY RANGE (month)',
        name, name || '_whole', keys
    );
    EXECUTE format(
        'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (MINVALUE) TO (%L)', name || '_before', name, this_month
    );
    -- Takes what no month was made for, so that nothing is ever refused.
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', name || '_later', name);
    EXECUTE format('INSERT INTO %I SELECT *, DATE ''0001-01-01'' FROM %I', name, name || '_whole');
    EXECUTE format('DROP TABLE %I', name || '_whole');
END $$;

CREATE FUNCTION steadyrig_months(ahead integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first date;
    name text;
BEGIN
    FOR number IN 0 .. ahead LOOP
        first := (date_trunc('month', now() AT TIME ZONE 'UTC') + number * interval '1 month')::date;
        FOREACH name IN ARRAY ARRAY['rep', 'trace'] LOOP
            EXECUTE format(
                'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                name || to_char(first, '_YYYY_MM'), name, first, (first + interval '1 month')::date
            );
        END LOOP;
    END LOOP;
END $$;

SELECT steadyrig_by_month('rep', 'station_id, session_id, set_number, number');
SELECT steadyrig_by_month('trace', 'station_id, session_id, set_number, name, part');
SELECT steadyrig_months(24);

COMMIT;
