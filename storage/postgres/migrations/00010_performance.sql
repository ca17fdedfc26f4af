-- +goose Up

-- Raised by every transaction that writes to the bucket, so that a program knows whether
-- what it remembers of the bucket still holds.
ALTER TABLE buckets ADD COLUMN version bigint NOT NULL DEFAULT 0;
ALTER TABLE sessions SET (fillfactor = 60);
