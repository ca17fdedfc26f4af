-- +goose Up

-- In which arm of which experiment somebody is asked; '' = in none.
-- Older programs may write on: they know no experiments, leave these as they are, and ask all customers alike.
ALTER TABLE asks ADD COLUMN experiment text NOT NULL DEFAULT '';
ALTER TABLE asks ADD COLUMN arm text NOT NULL DEFAULT '';
CREATE INDEX asks_experiment ON asks (bucket, experiment) WHERE experiment > '';
