-- +goose Up

-- Which card or relayed message is the one that somebody replies to: the deliveries
-- themselves are the reference from (account, chat, message) to the case.
CREATE INDEX deliveries_shown ON deliveries (bucket, chat, shown_ref) WHERE kind IN ('card', 'relay');
-- How staff sign what they write to customers.
ALTER TABLE sites ADD COLUMN signs text NOT NULL DEFAULT '';
