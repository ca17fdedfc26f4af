-- +goose Up

-- Who has a draft open now, and at which part of it: a row a page. It says so anew every few seconds
-- and takes its row away when it is left; what was not said anew is not true any more.
-- Older programs may write on: they know none of these.
CREATE TABLE presences (
    draft  text NOT NULL,
    tab    text NOT NULL,
    person text NOT NULL,
    part   text NOT NULL,
    seen   timestamptz NOT NULL,
    PRIMARY KEY (draft, tab)
);
