-- +goose Up

-- The queue's rows are known by their chat and item, and only what waits stands in its order: of a message
-- that is claimed as it is stored, two entries instead of three (decision 0057).
-- Older programs may write on: rows and columns are the same, and so is what they ask; they may be slower.
CREATE TABLE queue_by_chat (
    bucket   smallint NOT NULL,
    platform text     NOT NULL,
    account  text     NOT NULL,
    rank     integer  NOT NULL,
    ord      bigint   NOT NULL,
    item     text     NOT NULL,
    talk     boolean  NOT NULL,
    identity text     NOT NULL,
    chat     text     NOT NULL,
    thread   text     NOT NULL,
    posts    boolean  NOT NULL,
    due      timestamp,
    epoch    bigint,
    PRIMARY KEY (bucket, chat, item)
) WITHOUT ROWID;
INSERT INTO queue_by_chat SELECT bucket, platform, account, rank, ord, item, talk, identity, chat, thread, posts, due, epoch FROM queue;
DROP TABLE queue;
ALTER TABLE queue_by_chat RENAME TO queue;
CREATE INDEX queue_waiting ON queue (bucket, platform, account, rank, ord, item) WHERE due IS NOT NULL;
CREATE INDEX queue_sending ON queue (bucket, platform, account, epoch) WHERE epoch IS NOT NULL;
