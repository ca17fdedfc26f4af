-- +goose Up

-- Chats of staff that were linked under a name. sites is a JSON list, [] = every site.
-- platform is '' until the chat is linked. gone says since when it cannot be written to,
-- and told that the other chats and the open cases have heard of that.
CREATE TABLE staff_chats (
    name     text NOT NULL PRIMARY KEY,
    sites    text NOT NULL,
    platform text NOT NULL,
    account  text NOT NULL,
    chat     text NOT NULL,
    thread   text NOT NULL,
    created  timestamptz NOT NULL,
    linked   timestamptz,
    gone     timestamptz,
    why      text NOT NULL,
    told     boolean NOT NULL
);
-- One-time codes that link a chat to such a name, as keyed hashes. used is the address
-- of the chat that used it, '' = none yet.
CREATE TABLE chat_codes (
    hash    text NOT NULL PRIMARY KEY,
    name    text NOT NULL,
    expires timestamptz NOT NULL,
    used    text NOT NULL
);

-- From when on staff may be told of a case that has no card of its own yet: it is shown
-- on the card of a storm, waits for a digest, or for the end of a mute. NULL = told.
ALTER TABLE cases ADD COLUMN tell_at timestamptz;
CREATE INDEX cases_untold ON cases (bucket, site, priority, opened_at) WHERE tell_at IS NOT NULL;

-- How many cases opened at a site within a minute: what storms are found by.
CREATE TABLE tallies (
    bucket smallint NOT NULL,
    site   text     NOT NULL,
    minute timestamptz NOT NULL,
    p1     integer  NOT NULL,
    p2     integer  NOT NULL,
    p3     integer  NOT NULL,
    PRIMARY KEY (bucket, site, minute)
);
CREATE INDEX tallies_minute ON tallies (bucket, minute);

-- What customers say by themselves, and praise that is to be passed on. told is NULL
-- while staff have not heard of it.
CREATE TABLE feedback (
    bucket   smallint NOT NULL,
    id       text     NOT NULL,
    kind     text     NOT NULL,
    session  text     NOT NULL,
    identity text     NOT NULL,
    customer text     NOT NULL,
    site     text     NOT NULL,
    owner    text     NOT NULL,
    case_id  text     NOT NULL,
    text     text     NOT NULL,
    at       timestamptz NOT NULL,
    told     timestamptz,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX feedback_at ON feedback (bucket, at) WHERE id > '';
CREATE INDEX feedback_untold ON feedback (bucket, id) WHERE told IS NULL;
