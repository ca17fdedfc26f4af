-- +goose Up

-- What other systems use the API with; no token that works is in here.
-- Older programs may write on: they know none of these.
CREATE TABLE tokens (
    id      text NOT NULL PRIMARY KEY,
    name    text NOT NULL,
    hash    text NOT NULL UNIQUE,
    scopes  text NOT NULL,
    sites   text NOT NULL,
    maker   text NOT NULL,
    made    timestamptz NOT NULL,
    expires timestamptz,
    ended   timestamptz,
    used    timestamptz
);
