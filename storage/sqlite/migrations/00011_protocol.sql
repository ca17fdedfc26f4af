-- +goose Up

-- By which rules programs write to the bucket (decision 0009): whoever writes by others
-- finds no row to lock, and so changes nothing.
ALTER TABLE buckets ADD COLUMN protocol integer NOT NULL DEFAULT 1;
-- Programs from before that number was there name these columns in the statements that
-- come before all else, a bucket's lock and a lease: they fail from here on.
ALTER TABLE buckets RENAME COLUMN case_seq TO cases;
ALTER TABLE leases RENAME COLUMN until TO expires;
