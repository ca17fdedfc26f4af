-- +goose Up

-- The invitations of a site by when they were made: what reports count how many were asked from.
-- Older programs may write on: the index follows from what they write.
CREATE INDEX invitations_made ON invitations (bucket, site, created_at);
