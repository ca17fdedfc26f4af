-- +goose Up

-- One word per thing: cases that opened are counted, and what staff have heard of is
-- announced. Programs from before write by the old names, and are refused from here on.
ALTER INDEX cases_opened RENAME TO cases_opened_at;
ALTER TABLE tallies RENAME TO cases_opened;
ALTER INDEX tallies_pkey RENAME TO cases_opened_pkey;
ALTER INDEX tallies_minute RENAME TO cases_opened_minute;
ALTER TABLE feedback RENAME COLUMN told TO announced;
ALTER INDEX feedback_untold RENAME TO feedback_unannounced;
ALTER INDEX cases_untold RENAME TO cases_unannounced;
ALTER TABLE staff_chats RENAME COLUMN told TO announced;
UPDATE buckets SET protocol = 2;
