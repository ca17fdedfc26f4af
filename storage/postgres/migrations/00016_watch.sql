-- +goose Up

-- Which setting holds the address of a chat of staff; '' = it was linked with a code. What
-- announced says is of the chat's state, gone or there: the chats that are there now have
-- nothing to announce.
-- Older programs may write on: they link chats, and know the chats of the settings like linked ones.
ALTER TABLE staff_chats ADD COLUMN setting text NOT NULL DEFAULT '';
UPDATE staff_chats SET announced = TRUE WHERE gone IS NULL;
