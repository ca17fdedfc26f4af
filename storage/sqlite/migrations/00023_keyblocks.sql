-- +goose Up

-- Of updates that a platform numbers, which were handled: a bit each, 4,096 numbers of an account
-- to a row. id is the account and the number of the block. at is when one of them came last, give
-- or take an hour. Keys of this kind that stand in seen count as long as they are there.
CREATE TABLE keyblocks (
    bucket smallint NOT NULL,
    id     text     NOT NULL,
    at     timestamp NOT NULL,
    bits   blob NOT NULL,
    PRIMARY KEY (bucket, id)
);
-- Keys are removed by walking through them.
DROP INDEX seen_at;
-- Older programs would not see what is in the blocks, and handle it again.
UPDATE buckets SET protocol = 3;
