-- +goose Up

-- The invitations of a site by when they were made, with their surveys: those of a few surveys are found among any number
-- of others without reading these. Reports of who stays away, and of one survey, ask so.
-- Older programs may write on: the index follows from what they write.
DROP INDEX invitations_made;
CREATE INDEX invitations_made ON invitations (bucket, site, created_at, flow);
