-- +goose Up

-- What a survey shows in its chat is one row, and what is unsettled stands in a queue (decision
-- 0036). Messages from before stay rows of deliveries; programs from before would not see what is
-- in these tables, and are refused from here on.
CREATE TABLE talks (
    bucket   smallint NOT NULL,
    id       text     NOT NULL,
    identity text     NOT NULL,
    platform text     NOT NULL,
    account  text     NOT NULL,
    chat     text     NOT NULL,
    thread   text     NOT NULL,
    started  timestamp NOT NULL,
    settled  timestamp,
    body     text     NOT NULL,
    PRIMARY KEY (bucket, id)
);
-- What a chat shows, and what is old. Neither changes: no index has to know of what does.
CREATE INDEX talks_chat ON talks (bucket, chat);
CREATE INDEX talks_started ON talks (bucket, started);
-- One row for a talk, item being its id, or for a delivery, by its slot; rank and ord are those of
-- what goes first of it. due is NULL if nothing of it waits, epoch if nothing of it is being sent.
CREATE TABLE queue (
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
    PRIMARY KEY (bucket, platform, account, rank, ord, item)
) WITHOUT ROWID;
CREATE INDEX queue_chat ON queue (bucket, chat, ord);
CREATE INDEX queue_sending ON queue (bucket, platform, account, epoch) WHERE epoch IS NOT NULL;
INSERT INTO queue (bucket, platform, account, rank, ord, item, talk, identity, chat, thread, posts, due, epoch)
SELECT bucket, platform, account, rank, ord, slot, false, identity, chat, thread, shown_ref = '',
    CASE WHEN state = 'due' THEN due END, CASE WHEN state = 'sending' THEN epoch END
FROM deliveries WHERE state IN ('due', 'sending');
DROP INDEX deliveries_waiting;
DROP INDEX deliveries_due;
DROP INDEX deliveries_sending;
UPDATE buckets SET protocol = 5;
