-- +goose Up

-- Passkeys of a login, as JSON; secrets are none among them.
-- Older programs may write on: they leave the column as it is.
ALTER TABLE logins ADD COLUMN passkeys text NOT NULL DEFAULT '';
