-- +goose Up

-- What a batch began to send of talks is one row, a list of their ids, instead of a row of the queue and two entries
-- for each (decision 0058). The queue keeps what waits, and all that is no talk.
-- Programs from before would not find what is being sent, and are refused.
CREATE TABLE underway (
    bucket smallint NOT NULL,
    batch  bigint   NOT NULL,
    talks  text     NOT NULL,
    PRIMARY KEY (bucket, batch)
);
INSERT INTO underway (bucket, batch, talks)
SELECT q.bucket, row_number() OVER (PARTITION BY q.bucket ORDER BY q.item),
    '1' || json_build_array(json_build_object('p', q.platform, 'a', q.account, 'e', q.epoch, 't', json_build_array(json_build_array(q.chat, q.item))))::text
FROM queue q WHERE q.talk AND q.epoch IS NOT NULL;
DELETE FROM queue WHERE talk AND due IS NULL;
UPDATE queue SET epoch = NULL WHERE talk AND epoch IS NOT NULL;
UPDATE buckets SET version = version + (SELECT count(*) FROM underway);
UPDATE buckets SET protocol = 7;
