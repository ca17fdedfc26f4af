-- +goose Up

-- Since when a workspace may be served; NULL = nobody has approved it, and its token is not
-- used. Those that are installed count as approved.
-- Older programs may write on: what installs the app by them waits for approval once they are replaced.
ALTER TABLE installations ADD COLUMN approved timestamp;
UPDATE installations SET approved = installed;
-- Links with which one workspace installs the app and is approved by that, as keyed hashes.
-- account is the workspace that it is for, '' = any; used is the one that used it, '' = none yet.
CREATE TABLE install_links (
    hash     text NOT NULL PRIMARY KEY,
    platform text NOT NULL,
    account  text NOT NULL,
    expires  timestamp NOT NULL,
    used     text NOT NULL
);
-- The states of installations that ended, until they would be too old anyway.
CREATE TABLE install_states (
    state   text NOT NULL PRIMARY KEY,
    expires timestamp NOT NULL
);
-- When something began that counts from then on: links of the web chat that were out before
-- keep showing their conversation for a while from here on.
CREATE TABLE moments (
    name text NOT NULL PRIMARY KEY,
    at   timestamp NOT NULL
);
INSERT INTO moments (name, at) VALUES ('links end', CAST(unixepoch('subsec') * 1000000 AS INTEGER));
