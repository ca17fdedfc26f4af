-- +goose Up

-- What goes first of what waits in a chat (decision 0016).
-- Older programs may write on: what they want gets the rank of a conversation, and they send in
-- the order that they know.
ALTER TABLE deliveries ADD COLUMN rank integer NOT NULL DEFAULT 50;
UPDATE deliveries SET rank = 40 WHERE kind = 'card' AND shown_ref = '' AND state IN ('due', 'sending');
DROP INDEX deliveries_chat;
DROP INDEX deliveries_unsettled;
-- What a chat shows, in its order; what waits in it, by rank; what waits for an account.
CREATE INDEX deliveries_chat ON deliveries (bucket, chat, ord) WHERE ord > 0;
CREATE INDEX deliveries_waiting ON deliveries (bucket, chat, rank, ord) WHERE rank > 0 AND state IN ('due', 'sending');
CREATE INDEX deliveries_unsettled ON deliveries (bucket, platform, account, rank, ord) WHERE epoch >= 0 AND state IN ('due', 'sending');
