-- +goose Up

-- The servers that run on this database. Each says every second that it lives (seen: microseconds
-- by the clock of the database), which revision of the configuration is in force in it (0 = it
-- starts), and what of that it cannot read. Who ends takes its row away; one that was killed counts
-- as gone after a while.
-- Older programs may write on: they are not among them.
CREATE TABLE processes (
    id       text   NOT NULL PRIMARY KEY,
    name     text   NOT NULL,
    revision bigint NOT NULL,
    lacks    text   NOT NULL,
    seen     bigint NOT NULL
);
