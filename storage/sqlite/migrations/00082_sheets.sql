-- +goose Up

-- How sheets with these columns were read last, so that the next one is read so. It holds no row of theirs.
-- Older programs may write on: they ask anew what the columns are.
CREATE TABLE sheet_maps (
    header text NOT NULL PRIMARY KEY,
    body   text NOT NULL,
    used   timestamp NOT NULL
);

-- Who was erased since a day, so that a sheet that waits in which they stand goes.
CREATE INDEX forgotten_day ON forgotten (day);
