-- +goose Up

-- What became of telling other systems what happens, a row a try, kept for 30 days.
-- Older programs may write on: they tell nobody.
CREATE TABLE hook_tries (
    id       text COLLATE "C" NOT NULL PRIMARY KEY,
    endpoint text NOT NULL,
    at       timestamptz NOT NULL,
    message  text NOT NULL,
    news     text NOT NULL,
    lies     smallint NOT NULL, -- the bucket of its slot
    slot     text NOT NULL,
    status   integer NOT NULL,
    took     integer NOT NULL,
    answer   text NOT NULL,
    error    text NOT NULL,
    replay   boolean NOT NULL
);
CREATE INDEX hook_tries_at ON hook_tries (endpoint, at);
CREATE INDEX hook_tries_message ON hook_tries (endpoint, message);
