-- +goose Up

-- When a site was removed: it keeps its name for what happened there, and nobody is asked about
-- it any more.
-- Older programs may write on: to them the site is there as before.
ALTER TABLE sites ADD COLUMN gone timestamptz;
