-- +goose Up

-- What members of staff are about to send: words wait here for some seconds, until they become a
-- reply of the case, or are taken back. sending says that they cannot be taken back any more,
-- refused why they were not sent.
-- Older programs may write on: they know none of these.
CREATE TABLE pending_replies (
    bucket  smallint  NOT NULL,
    id      text      NOT NULL,
    case_id text      NOT NULL,
    person  text      NOT NULL,
    text    text      NOT NULL,
    due     timestamptz NOT NULL,
    sending boolean   NOT NULL,
    refused text      NOT NULL,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX pending_replies_due ON pending_replies (bucket, due) WHERE refused = '';
CREATE INDEX pending_replies_case ON pending_replies (bucket, case_id) WHERE id > '';
-- What somebody has typed into a box of a case and not sent yet.
CREATE TABLE drafts (
    bucket  smallint  NOT NULL,
    case_id text      NOT NULL,
    person  text      NOT NULL,
    box     text      NOT NULL,
    text    text      NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (bucket, case_id, person, box)
);
-- The views of the list of cases that somebody saved: the filters of its address.
CREATE TABLE saved_views (
    person  text NOT NULL,
    name    text NOT NULL,
    query   text NOT NULL,
    created timestamptz NOT NULL,
    PRIMARY KEY (person, name)
);
