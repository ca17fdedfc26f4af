-- +goose Up

-- The account of the house's identity provider by which a login is entered: issuer, a space, subject; '' = none.
-- Older programs may write on: they leave the column as it is, and let nobody in by it.
ALTER TABLE logins ADD COLUMN outside text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX logins_outside ON logins (outside) WHERE outside > '';
