-- +goose Up

-- A talk is packed from here on, and an answer is written in front of those before it (decision 0047).
-- Bodies from before are read as they are, and written anew when they change next: nothing is rewritten
-- here. Programs from before would not understand the new ones, and are refused.
ALTER TABLE talks ADD COLUMN packed blob;
UPDATE buckets SET protocol = 6;
