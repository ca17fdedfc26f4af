-- +goose Up

-- Figures of many answers are counted from sums by day (decision 0075). Whoever writes or removes rows of the read
-- model marks their day in the same transaction; a number that is used once tells a new mark from one that somebody
-- counts just now. Programs from before would mark nothing, and are refused.
CREATE TABLE cell_marks (
    bucket smallint NOT NULL,
    day    text NOT NULL, -- "2026-03-05"; a month "2026-03", whose sums over customers are to be made anew
    site   text NOT NULL,
    flow   text NOT NULL,
    seq    bigint NOT NULL, -- 0 and less: it was never counted
    PRIMARY KEY (bucket, day, site, flow)
) WITHOUT ROWID;
CREATE INDEX cell_marks_first ON cell_marks (bucket) WHERE seq <= 0;

-- How many conversations had each level on a day: dim says which of service, staff, language and channel stand in
-- their columns: none (''), one, or 'all'. The bucket is that of the site.
CREATE TABLE cells (
    bucket   smallint NOT NULL,
    dim      text NOT NULL,
    site     text NOT NULL,
    day      text NOT NULL,
    flow     text NOT NULL,
    service  text NOT NULL,
    staff    text NOT NULL,
    language text NOT NULL,
    channel  text NOT NULL,
    l1 bigint NOT NULL, l2 bigint NOT NULL, l3 bigint NOT NULL, l4 bigint NOT NULL, l5 bigint NOT NULL, l6 bigint NOT NULL, l7 bigint NOT NULL,
    PRIMARY KEY (bucket, dim, site, day, flow, service, staff, language, channel)
) WITHOUT ROWID;

-- What the scores of a question add up to, in thousandths.
CREATE TABLE cell_questions (
    bucket        smallint NOT NULL,
    site          text NOT NULL,
    day           text NOT NULL,
    flow          text NOT NULL,
    question      text NOT NULL,
    n             bigint NOT NULL,
    score_sum     bigint NOT NULL,
    score_squares bigint NOT NULL,
    PRIMARY KEY (bucket, site, day, flow, question)
) WITHOUT ROWID;

-- How alike the answers of a customer are: how many customers there were in a month, how many conversations one of
-- them had at most, how many had each level, and the sums over customers of the products of how often they gave two.
CREATE TABLE cell_months (
    bucket    smallint NOT NULL,
    dim       text NOT NULL,
    site      text NOT NULL,
    month     text NOT NULL,
    flow      text NOT NULL,
    key       text NOT NULL,
    customers bigint NOT NULL,
    most      bigint NOT NULL,
    pairs     text NOT NULL,
    PRIMARY KEY (bucket, dim, site, month, flow, key)
) WITHOUT ROWID;

INSERT INTO cell_marks (bucket, day, site, flow, seq)
    SELECT DISTINCT bucket, day, site, flow, 0 FROM read_sessions
    WHERE answered > 0 AND NOT test AND level BETWEEN 1 AND 7 AND length(day) = 10 AND class IN ('transactional', 'relationship');
UPDATE buckets SET protocol = 9;
