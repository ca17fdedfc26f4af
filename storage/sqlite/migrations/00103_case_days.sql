-- +goose Up

-- What figures need of the cases that opened on a day at a site, side by side (decision 0103): '' while it is to be put
-- together anew. Whoever writes a case, or its conversation's row, empties the day in the same transaction. Of the cases
-- that are there every day is to be put together first; seq tells one emptying from the next.
CREATE TABLE case_days (
    bucket    smallint NOT NULL,
    site      text NOT NULL,
    day       text NOT NULL, -- UTC, "2026-03-05"
    seq       bigint NOT NULL,
    first_day text NOT NULL, -- of those that figures put the cases on
    last_day  text NOT NULL,
    facts     text NOT NULL,
    PRIMARY KEY (bucket, site, day)
);
CREATE INDEX case_days_stale ON case_days (bucket, day) WHERE facts = '';
CREATE INDEX case_days_last ON case_days (bucket, last_day, first_day, site);
CREATE INDEX cases_session ON cases (bucket, session) WHERE session > '';
-- What one's own staff, mystery guests and those who stay away say is found without going through what customers say.
CREATE INDEX read_sessions_others ON read_sessions (bucket, class, site, day) WHERE answered > 0 AND class NOT IN ('transactional', 'relationship');
INSERT INTO case_days (bucket, site, day, seq, first_day, last_day, facts)
    SELECT DISTINCT bucket, site, strftime('%Y-%m-%d', opened_at / 1000000, 'unixepoch'), 1, '', '', '' FROM cases WHERE number > 0;
UPDATE buckets SET protocol = 10;
