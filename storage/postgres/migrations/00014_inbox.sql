-- +goose Up

-- The open cases, newest first: on a page of staff they stand before however many are closed.
-- Older programs may write on: the index follows from what they write.
CREATE INDEX cases_active ON cases (bucket, opened_at, id) WHERE state IN ('open', 'taken', 'contacted', 'agreed');
