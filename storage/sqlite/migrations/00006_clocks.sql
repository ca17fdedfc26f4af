-- +goose Up

-- When something falls due at a case by itself, and the version of the rules by which
-- that was found; holder is who has it. All are empty once the case rests. unposted says
-- that no card of the case hangs anywhere, because there was no chat for it.
ALTER TABLE cases ADD COLUMN due timestamp;
ALTER TABLE cases ADD COLUMN rules integer;
ALTER TABLE cases ADD COLUMN holder text NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN unposted boolean NOT NULL DEFAULT FALSE;
UPDATE cases SET rules = -1 WHERE state IN ('open', 'taken', 'contacted', 'agreed', 'resolved');
UPDATE cases SET holder = coalesce(json_extract(body, '$.holder.id'), '') WHERE state IN ('taken', 'contacted', 'agreed');
CREATE INDEX cases_due ON cases (bucket, due) WHERE due IS NOT NULL;
CREATE INDEX cases_rules ON cases (bucket, rules) WHERE rules IS NOT NULL;
CREATE INDEX cases_holder ON cases (bucket, holder) WHERE holder > '';
CREATE INDEX cases_unposted ON cases (bucket, opened_at) WHERE unposted;

-- Versions of the files with rules; a head is the newest version.
CREATE TABLE rule_heads (
    name    text    NOT NULL PRIMARY KEY,
    version integer NOT NULL
);
CREATE TABLE rules (
    name      text    NOT NULL,
    version   integer NOT NULL,
    source    text    NOT NULL,
    published timestamp NOT NULL,
    PRIMARY KEY (name, version)
);
