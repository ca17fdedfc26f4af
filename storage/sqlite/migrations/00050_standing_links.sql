-- +goose Up

-- Addresses that are printed and hang somewhere: whoever opens one begins a conversation.
-- Older programs may write on: they know none of these.
CREATE TABLE standing_links (
    id       text    NOT NULL PRIMARY KEY,
    name     text    NOT NULL,
    flow     text    NOT NULL,
    site     text    NOT NULL,
    language text    NOT NULL,
    event    text    NOT NULL,
    created  timestamp NOT NULL,
    closed   timestamp,
    opened   bigint  NOT NULL,
    last     timestamp
);
