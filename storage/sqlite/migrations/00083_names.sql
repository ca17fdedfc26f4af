-- +goose Up

-- The words of the names of chat accounts, and their user names behind an "@", by which people are
-- found: a row a word (decision 0069). They are filled from what is stored once this is applied.
-- Programs from before would store names that nobody finds, and are refused.
CREATE TABLE names (
    bucket smallint NOT NULL,
    word   text NOT NULL,
    id     text NOT NULL,
    PRIMARY KEY (bucket, word, id)
) WITHOUT ROWID;

-- The same of the organisation's own customers, who belong to no bucket.
CREATE TABLE customer_names (
    word text NOT NULL,
    id   text NOT NULL,
    PRIMARY KEY (word, id)
) WITHOUT ROWID;

-- Chat accounts by what their platform calls them. Those of the web chat are known by the id alone.
CREATE INDEX identities_person ON identities (bucket, person) WHERE platform <> 'web';

INSERT INTO revision (name, number) VALUES ('names', 0);
UPDATE buckets SET protocol = 8;
