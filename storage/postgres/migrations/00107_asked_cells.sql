-- +goose Up

-- Who was asked is added up by day as well (decision 0113): how many invitations were not opened, opened and not
-- answered, and answered with each level, by the day on which they were made, UTC. A day "m2026-03" is what the days of a
-- month add up to. Whoever writes an invitation, or the level of what was answered to it, marks its day "a2026-03-05" in
-- cell_marks in the same transaction; a month is marked "a2026-03". Programs from before would mark nothing, and are refused.
-- Whoever writes has its bucket before it marks days, and so does this.
UPDATE buckets SET protocol = 13;
CREATE TABLE asked_cells (
    bucket   smallint NOT NULL, -- of the site, as of cells
    site     text NOT NULL,
    day      text NOT NULL,
    flow     text NOT NULL,
    class    text NOT NULL,
    unopened bigint NOT NULL,
    unsaid   bigint NOT NULL,
    l1 bigint NOT NULL, l2 bigint NOT NULL, l3 bigint NOT NULL, l4 bigint NOT NULL, l5 bigint NOT NULL, l6 bigint NOT NULL, l7 bigint NOT NULL,
    PRIMARY KEY (bucket, site, day, flow, class)
);

-- How alike what became of the invitations of a customer is: how many customers were asked in a month, and how often one
-- of them at most, how many answered, and how often, and the sums of the outcomes and over customers of their products.
CREATE TABLE asked_months (
    bucket    smallint NOT NULL,
    site      text NOT NULL,
    month     text NOT NULL,
    flow      text NOT NULL,
    class     text NOT NULL,
    customers bigint NOT NULL,
    most      bigint NOT NULL,
    answerers bigint NOT NULL,
    spoken    bigint NOT NULL,
    pairs     text NOT NULL,
    PRIMARY KEY (bucket, site, month, flow, class)
);

-- Days that were never counted are looked for apart: those of invitations come behind those of conversations.
DROP INDEX cell_marks_first;
CREATE INDEX cell_marks_first ON cell_marks (bucket, day) WHERE seq <= 0;
INSERT INTO cell_marks (bucket, day, site, flow, seq)
    SELECT DISTINCT bucket, 'a' || to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), site, flow, 0 FROM invitations;
