-- +goose Up

-- Where a case stands on staff's page ('' = it is over) and by when the next of its promises is
-- due; a case without any stands behind those that have one. The index holds all by which the page
-- is made and counted. The cases of before are put in their places as the rules come to them.
-- Older programs may write on: those that would leave a case where it stands are refused since 00034.
ALTER TABLE cases ADD COLUMN standing text NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN clock timestamptz NOT NULL DEFAULT '9999-12-31 00:00:00+00';
UPDATE cases SET rules = -1, clock = coalesce(due, clock), standing = CASE state WHEN 'open' THEN 'free' ELSE 'held' END
    WHERE state IN ('open', 'taken', 'contacted', 'agreed');
CREATE INDEX cases_standing ON cases (bucket, standing, clock, id, site, holder, priority) WHERE standing > '';
CREATE INDEX cases_mine ON cases (bucket, holder, clock, id, standing, site, priority) WHERE holder > '' AND id > '';
