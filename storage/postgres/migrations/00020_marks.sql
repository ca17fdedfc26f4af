-- +goose Up

-- How many pseudonyms a bucket has given: each is made from its number, so that no two are the
-- same.
-- Older programs may write on: they give marks that follow from the person, which look
-- otherwise.
ALTER TABLE buckets ADD COLUMN marks bigint NOT NULL DEFAULT 0;
