-- +goose Up

-- What other systems called us with in their own form: which call it was, for three days, so that the same one
-- changes nothing twice, and its sealed body, for a day.
-- Older programs may write on: they know none of these.
CREATE TABLE inbound_calls (
    source  text NOT NULL,
    message text COLLATE "C" NOT NULL,
    at      timestamptz NOT NULL,
    status  integer NOT NULL,
    result  text NOT NULL,
    body    text NOT NULL,
    PRIMARY KEY (source, message)
);
CREATE INDEX inbound_calls_at ON inbound_calls (source, at);
