-- +goose Up

-- When a class by value was last told again, since when nobody wants a result that is made in the background, and in
-- which order answers to programs grow old.
-- Older programs may write on: a class that they write was told at its moment, and a result that they want is kept for longer.
ALTER TABLE customer_tiers ADD COLUMN confirmed timestamp;
ALTER TABLE kept_results ADD COLUMN wanted_at timestamp;
CREATE INDEX kept_answers_began ON kept_answers (began);
