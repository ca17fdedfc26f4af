-- +goose Up

-- What processes compare with what they have read: every write to flows, rules, sites,
-- accounts, installations, moved chats, staff and their chats raises it in its transaction.
-- Older programs may write on: what they change without raising it is read within minutes,
-- because every process reads everything again that often.
CREATE TABLE revision (
    name   text   NOT NULL PRIMARY KEY,
    number bigint NOT NULL
);
INSERT INTO revision (name, number) VALUES ('configuration', 1);
