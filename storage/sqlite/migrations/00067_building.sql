-- +goose Up

-- Drafts of flows, a row a revision: one without a source says that there is no draft since.
-- Older programs may write on: they know none of these.
CREATE TABLE flow_drafts (
    flow   text    NOT NULL,
    rev    bigint  NOT NULL,
    base   bigint  NOT NULL,
    same   bigint  NOT NULL,
    source text    NOT NULL,
    change text    NOT NULL,
    person text    NOT NULL,
    at     timestamp NOT NULL,
    PRIMARY KEY (flow, rev)
);

-- Who published a version, and why.
CREATE TABLE flow_notes (
    flow    text   NOT NULL,
    version bigint NOT NULL,
    person  text   NOT NULL,
    note    text   NOT NULL,
    PRIMARY KEY (flow, version)
);

-- Flows that are paused or retired: nobody is asked by them. One that is asked has no row.
CREATE TABLE flow_states (
    flow   text NOT NULL PRIMARY KEY,
    state  text NOT NULL,
    person text NOT NULL,
    at     timestamp NOT NULL
);
