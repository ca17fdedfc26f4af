-- +goose Up

-- Whether another copy of the message may be in the chat.
ALTER TABLE deliveries ADD COLUMN repeated boolean NOT NULL DEFAULT false;
