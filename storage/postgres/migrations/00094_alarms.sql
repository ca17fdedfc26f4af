-- +goose Up

-- Alarms that went off: more or fewer answers of a site were unsatisfied than usual. The body holds since when, of how many,
-- by what it went off, its picture, and who knows of it.
-- Older programs may write on: they know none of these, and keep none.
CREATE TABLE alarms (
    id    text COLLATE "C" PRIMARY KEY,
    site  text NOT NULL,
    kind  text NOT NULL,
    day   text COLLATE "C" NOT NULL,
    made  timestamptz NOT NULL,
    ended text NOT NULL,
    body  text NOT NULL
);
CREATE INDEX alarms_of ON alarms (site, day);
