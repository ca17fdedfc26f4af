-- +goose Up

-- The services that other systems tell of. name is the source and its own id; hash tells whether
-- the same was told again.
-- Older programs may write on: they know none of these. Whoever erases a person with one of them
-- erases once more with a newer.
CREATE TABLE events (
    bucket   smallint NOT NULL,
    name     text NOT NULL,
    state    text NOT NULL,
    site     text NOT NULL,
    customer text NOT NULL,
    test     boolean NOT NULL,
    at       timestamptz NOT NULL,
    created  timestamptz NOT NULL,
    changed  timestamptz NOT NULL,
    hash     text NOT NULL,
    body     text NOT NULL,
    PRIMARY KEY (bucket, name)
);
CREATE INDEX events_customer ON events (bucket, customer) WHERE customer > '';
CREATE INDEX events_old ON events (bucket, at);
