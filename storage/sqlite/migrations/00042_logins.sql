-- +goose Up

-- Who may sign in to the pages. name is what is typed, folded what tells equal ones; password is
-- a hash by argon2id, '' = none; second is sealed; recovery are hashes of codes.
-- Older programs may write on: a member of staff whom they remove keeps no way in, as every
-- page asks whether the person is there.
CREATE TABLE logins (
    id       text NOT NULL PRIMARY KEY,
    staff    text NOT NULL,
    name     text NOT NULL,
    folded   text NOT NULL,
    shown    text NOT NULL,
    password text NOT NULL,
    owner    boolean NOT NULL,
    second   text NOT NULL,
    step     bigint NOT NULL,
    recovery text NOT NULL,
    language text NOT NULL,
    look     text NOT NULL,
    created  timestamp NOT NULL,
    seen     timestamp
);
CREATE UNIQUE INDEX logins_folded ON logins (folded);
CREATE UNIQUE INDEX logins_staff ON logins (staff) WHERE staff > '';
-- The row that every change of logins locks first: the last owner stays whoever changes at once.
INSERT INTO revision (name, number) VALUES ('logins', 1);

-- Browsers that are signed in; the database holds nothing that opens one.
CREATE TABLE web_sessions (
    id      text NOT NULL PRIMARY KEY,
    hash    text NOT NULL,
    login   text NOT NULL,
    created timestamp NOT NULL,
    seen    timestamp NOT NULL,
    fresh   timestamp,
    device  text NOT NULL,
    address text NOT NULL
);
CREATE UNIQUE INDEX web_sessions_hash ON web_sessions (hash);
CREATE INDEX web_sessions_login ON web_sessions (login);
CREATE INDEX web_sessions_seen ON web_sessions (seen);

-- Links that make one thing once, as hashes. used is what spent it, '' = nothing yet.
CREATE TABLE one_time_links (
    hash    text NOT NULL PRIMARY KEY,
    kind    text NOT NULL,
    who     text NOT NULL,
    made    timestamp NOT NULL,
    expires timestamp NOT NULL,
    used    text NOT NULL
);

-- How often a password was tried, by a hash of who was named from where, and of where alone.
CREATE TABLE login_tries (
    key   text NOT NULL PRIMARY KEY,
    tries bigint NOT NULL,
    at    timestamp NOT NULL,
    until timestamp NOT NULL
);
CREATE INDEX login_tries_at ON login_tries (at);

-- What was changed, by whom. Nothing in it is a customer's word.
CREATE TABLE audit (
    id      text NOT NULL PRIMARY KEY,
    at      timestamp NOT NULL,
    who     text NOT NULL,
    role    text NOT NULL,
    origin  text NOT NULL,
    what    text NOT NULL,
    subject text NOT NULL,
    was     text NOT NULL,
    became  text NOT NULL
);
CREATE INDEX audit_who ON audit (who, id);
CREATE INDEX audit_what ON audit (what, id);
CREATE INDEX audit_subject ON audit (subject, id);
