-- +goose Up

-- Who may act on cases. roles is JSON: site ('' = every site) to role.
CREATE TABLE staff (
    id      text NOT NULL PRIMARY KEY,
    name    text NOT NULL,
    roles   text NOT NULL,
    created timestamptz NOT NULL,
    gone    timestamptz
);
-- Their identities in chats.
CREATE TABLE staff_links (
    platform text NOT NULL,
    account  text NOT NULL,
    person   text NOT NULL,
    staff    text NOT NULL,
    linked   timestamptz NOT NULL,
    PRIMARY KEY (platform, account, person)
);
-- One-time codes with which a chat identity becomes theirs, as keyed hashes. used is the
-- id of the person who used it, '' = nobody yet.
CREATE TABLE staff_codes (
    hash    text NOT NULL PRIMARY KEY,
    staff   text NOT NULL,
    expires timestamptz NOT NULL,
    used    text NOT NULL
);
