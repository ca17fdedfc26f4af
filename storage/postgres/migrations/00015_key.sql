-- +goose Up

-- By what the operator's SECRET_KEY is told from another one: one row, once the key was proved.
-- naming is the key by which links, codes and ids are named, sealed with SECRET_KEY; '' = the
-- same one.
-- Older programs may write on: they go by SECRET_KEY, which stays until somebody replaces it with
-- a newer program.
CREATE TABLE secret_key (
    name   text NOT NULL PRIMARY KEY,
    proof  text NOT NULL,
    naming text NOT NULL,
    since  timestamptz NOT NULL
);
