-- +goose Up

-- The queue's rows are known by their chat and item, and only what waits stands in its order: of a message
-- that is claimed as it is stored, two entries instead of three (decision 0057).
-- Older programs may write on: rows and columns are the same, and so is what they ask; they may be slower.
ALTER TABLE queue DROP CONSTRAINT queue_pkey;
ALTER TABLE queue ADD PRIMARY KEY (bucket, chat, item);
DROP INDEX queue_chat;
CREATE INDEX queue_waiting ON queue (bucket, platform, account, rank, ord, item) WHERE due IS NOT NULL;
