-- +goose Up

-- Every table that a conversation owns begins with its bucket, and so does each of its
-- keys and indexes (sql rule K1). The bucket's row is the lock under which everything of
-- the bucket is written, and holds its counters.
CREATE TABLE buckets (
    bucket   smallint NOT NULL PRIMARY KEY,
    case_seq bigint   NOT NULL,
    ord      bigint   NOT NULL,
    sessions bigint   NOT NULL,
    answers  bigint   NOT NULL
);

-- Some indexes have a condition that every row fulfils, and that only the statements
-- they are made for repeat: a planner without statistics would otherwise take them, for
-- their leading bucket, where the primary key is meant, and read the whole bucket.

-- Keys of updates that were handled. batch tells whose transaction stored it, for a
-- COMMIT whose answer was lost.
CREATE TABLE seen (
    bucket smallint  NOT NULL,
    key    text      NOT NULL,
    at     timestamp NOT NULL,
    batch  bigint    NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE INDEX seen_at ON seen (bucket, at) WHERE key > '';

CREATE TABLE identities (
    bucket   smallint NOT NULL,
    id       text     NOT NULL,
    session  text     NOT NULL,
    platform text     NOT NULL,
    account  text     NOT NULL,
    person   text     NOT NULL,
    customer text     NOT NULL,
    body     text     NOT NULL,
    PRIMARY KEY (bucket, id)
);

CREATE TABLE invitations (
    bucket     smallint  NOT NULL,
    id         text      NOT NULL,
    flow       text      NOT NULL,
    version    integer   NOT NULL,
    site       text      NOT NULL,
    customer   text      NOT NULL,
    created_at timestamp NOT NULL,
    expires_at timestamp,
    body       text      NOT NULL,
    PRIMARY KEY (bucket, id)
);

CREATE TABLE sessions (
    bucket      smallint  NOT NULL,
    id          text      NOT NULL,
    identity    text      NOT NULL,
    flow        text      NOT NULL,
    version     integer   NOT NULL,
    status      text      NOT NULL,
    site        text      NOT NULL,
    customer    text      NOT NULL,
    invitation  text      NOT NULL,
    case_id     text      NOT NULL,
    started_at  timestamp NOT NULL,
    ended_at    timestamp,
    expires_at  timestamp,
    composite   double precision,
    level       integer   NOT NULL,
    unsatisfied boolean   NOT NULL,
    test        boolean   NOT NULL,
    body        text      NOT NULL,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX sessions_expiring ON sessions (bucket, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX sessions_unsatisfied ON sessions (bucket, customer, started_at) WHERE unsatisfied;

-- Revisions are only ever added; the newest counts.
CREATE TABLE answers (
    bucket   smallint  NOT NULL,
    session  text      NOT NULL,
    question text      NOT NULL,
    revision integer   NOT NULL,
    value    double precision,
    choices  text      NOT NULL,
    text     text      NOT NULL,
    files    text      NOT NULL,
    skipped  boolean   NOT NULL,
    dropped  boolean   NOT NULL,
    at       timestamp NOT NULL,
    PRIMARY KEY (bucket, session, question, revision),
    CONSTRAINT answers_session FOREIGN KEY (bucket, session) REFERENCES sessions (bucket, id)
);

CREATE TABLE cases (
    bucket    smallint  NOT NULL,
    id        text      NOT NULL,
    number    integer   NOT NULL,
    session   text      NOT NULL,
    identity  text      NOT NULL,
    site      text      NOT NULL,
    customer  text      NOT NULL,
    state     text      NOT NULL,
    priority  integer   NOT NULL,
    opened_at timestamp NOT NULL,
    body      text      NOT NULL,
    PRIMARY KEY (bucket, id),
    CONSTRAINT cases_number UNIQUE (bucket, number)
);
CREATE INDEX cases_opened ON cases (bucket, opened_at) WHERE number > 0;

CREATE TABLE case_events (
    bucket  smallint  NOT NULL,
    id      text      NOT NULL,
    case_id text      NOT NULL,
    at      timestamp NOT NULL,
    kind    text      NOT NULL,
    person  text      NOT NULL,
    note    text      NOT NULL,
    PRIMARY KEY (bucket, id),
    CONSTRAINT case_events_case FOREIGN KEY (bucket, case_id) REFERENCES cases (bucket, id)
);
CREATE INDEX case_events_case_at ON case_events (bucket, case_id, at);

-- What a person wrote that was no answer.
CREATE TABLE words (
    bucket  smallint  NOT NULL,
    id      text      NOT NULL,
    session text      NOT NULL,
    case_id text      NOT NULL,
    inbound boolean   NOT NULL,
    text    text      NOT NULL,
    files   text      NOT NULL,
    at      timestamp NOT NULL,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX words_session ON words (bucket, session, at);

-- The outbox: one row per slot. owner is the session or case that the slot's name
-- begins with.
CREATE TABLE deliveries (
    bucket    smallint  NOT NULL,
    slot      text      NOT NULL,
    owner     text      NOT NULL,
    identity  text      NOT NULL,
    platform  text      NOT NULL,
    account   text      NOT NULL,
    chat      text      NOT NULL,
    thread    text      NOT NULL,
    kind      text      NOT NULL,
    ord       bigint    NOT NULL,
    render    text      NOT NULL,
    hash      text      NOT NULL,
    wanted    integer   NOT NULL,
    shown     integer   NOT NULL,
    shown_ref text      NOT NULL,
    shown_sum text      NOT NULL,
    base      integer   NOT NULL,
    state     text      NOT NULL CONSTRAINT deliveries_state CHECK (state IN ('due', 'sending', 'sent', 'failed')),
    due       timestamp NOT NULL,
    attempts  integer   NOT NULL,
    tried     timestamp,
    epoch     bigint    NOT NULL,
    error     text      NOT NULL,
    created   timestamp NOT NULL,
    PRIMARY KEY (bucket, slot)
);
CREATE INDEX deliveries_chat ON deliveries (bucket, chat, state, ord) WHERE ord > 0;
CREATE INDEX deliveries_unsettled ON deliveries (bucket, platform, account, ord) WHERE epoch >= 0 AND state IN ('due', 'sending');
CREATE INDEX deliveries_settled ON deliveries (bucket, due) WHERE state IN ('sent', 'failed');
CREATE INDEX deliveries_failed ON deliveries (bucket, due) WHERE state = 'failed';

-- Updates that could not be handled after five tries.
CREATE TABLE parked (
    bucket   smallint  NOT NULL,
    key      text      NOT NULL,
    platform text      NOT NULL,
    account  text      NOT NULL,
    person   text      NOT NULL,
    payload  text      NOT NULL,
    error    text      NOT NULL,
    at       timestamp NOT NULL,
    PRIMARY KEY (bucket, key)
);

-- Reference tables: small, shared by all buckets.
CREATE TABLE flow_heads (
    flow    text    NOT NULL PRIMARY KEY,
    version integer NOT NULL
);
CREATE TABLE flows (
    flow      text      NOT NULL,
    version   integer   NOT NULL,
    source    text      NOT NULL,
    published timestamp NOT NULL,
    PRIMARY KEY (flow, version)
);
CREATE TABLE sites (
    id       text      NOT NULL PRIMARY KEY,
    name     text      NOT NULL,
    zone     text      NOT NULL,
    language text      NOT NULL,
    created  timestamp NOT NULL
);
CREATE TABLE customers (
    id      text      NOT NULL PRIMARY KEY,
    name    text      NOT NULL,
    tier    text      NOT NULL,
    created timestamp NOT NULL
);
CREATE TABLE accounts (
    platform text      NOT NULL,
    id       text      NOT NULL,
    name     text      NOT NULL,
    seen     timestamp NOT NULL,
    PRIMARY KEY (platform, id)
);
CREATE TABLE moves (
    platform    text NOT NULL,
    account     text NOT NULL,
    chat        text NOT NULL,
    thread      text NOT NULL,
    to_platform text NOT NULL,
    to_account  text NOT NULL,
    to_chat     text NOT NULL,
    to_thread   text NOT NULL,
    PRIMARY KEY (platform, account, chat, thread)
);
-- until is the database's own time in microseconds since 1970.
CREATE TABLE leases (
    name   text   NOT NULL PRIMARY KEY,
    holder text   NOT NULL,
    epoch  bigint NOT NULL,
    until  bigint NOT NULL
);
