-- +goose Up

-- A talk is packed from here on, and an answer is written in front of those before it (decision 0047).
-- Bodies from before are read as they are, and written anew when they change next: nothing is rewritten
-- here. Programs from before would not understand the new ones, and are refused.
ALTER TABLE talks ADD COLUMN packed bytea;
-- Bodies are less than half as long: more of them share a page.
ALTER TABLE talks SET (fillfactor = 30);
-- Before there are statistics, only the key finds a talk by its id.
DROP INDEX talks_chat;
DROP INDEX talks_started;
CREATE INDEX talks_chat ON talks (bucket, chat) WHERE chat > '';
CREATE INDEX talks_started ON talks (bucket, started) WHERE id > '';
UPDATE buckets SET protocol = 6;
