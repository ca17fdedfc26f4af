-- +goose Up

-- The conversations of a site in which something was answered, by day: the list of answers, and what a week is counted from.
-- Older programs may write on: the index follows from what they write.
CREATE INDEX read_sessions_day ON read_sessions (bucket, site, day, session, flag, unsatisfied, test) WHERE answered > 0;
