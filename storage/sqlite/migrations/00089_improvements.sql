-- +goose Up

-- What was changed because of what customers said, and notes about days, as charts mark them. The body holds why, what,
-- who sees to it, and how far it has been told to those who said it.
-- Older programs may write on: they know none of these.
CREATE TABLE improvements (
    id   text PRIMARY KEY,
    site text NOT NULL,
    day  text NOT NULL,
    made timestamp NOT NULL,
    gone timestamp,
    body text NOT NULL
) WITHOUT ROWID;
