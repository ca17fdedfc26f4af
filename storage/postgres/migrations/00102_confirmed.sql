-- +goose Up

-- When a class by value was last told again, since when nobody wants a result that is made in the background, and in
-- which order answers to programs grow old. Marks of sums have the order that this program walks them in.
-- Older programs may write on: a class that they write was told at its moment, and a result that they want is kept for longer.
ALTER TABLE customer_tiers ADD COLUMN confirmed timestamptz;
ALTER TABLE kept_results ADD COLUMN wanted_at timestamptz;
CREATE INDEX kept_answers_began ON kept_answers (began);
ALTER TABLE cell_marks ALTER COLUMN day TYPE text COLLATE "C", ALTER COLUMN site TYPE text COLLATE "C", ALTER COLUMN flow TYPE text COLLATE "C";
