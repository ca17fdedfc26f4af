-- +goose Up

-- One word per thing: cases that opened are counted, and what staff have heard of is
-- announced. Programs from before write by the old names, and are refused from here on.
DROP INDEX cases_opened;
CREATE INDEX cases_opened_at ON cases (bucket, opened_at) WHERE number > 0;
ALTER TABLE tallies RENAME TO cases_opened;
DROP INDEX tallies_minute;
CREATE INDEX cases_opened_minute ON cases_opened (bucket, minute);
ALTER TABLE feedback RENAME COLUMN told TO announced;
DROP INDEX feedback_untold;
CREATE INDEX feedback_unannounced ON feedback (bucket, id) WHERE announced IS NULL;
DROP INDEX cases_untold;
CREATE INDEX cases_unannounced ON cases (bucket, site, priority, opened_at) WHERE tell_at IS NOT NULL;
ALTER TABLE staff_chats RENAME COLUMN told TO announced;
UPDATE buckets SET protocol = 2;
