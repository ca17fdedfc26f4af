-- +goose Up

-- How often each choice of a question was taken stands beside the sums by day (decision 0112): whoever counts a day
-- counts it, too. Programs from before would not, and are refused.
-- Whoever writes has its bucket before it marks days, and so does this.
UPDATE buckets SET protocol = 12;

-- Days of which it was never counted what was chosen: until it is, this is read one by one.
ALTER TABLE cell_marks ADD COLUMN unchosen boolean NOT NULL DEFAULT FALSE;
CREATE INDEX cell_marks_unchosen ON cell_marks (bucket) WHERE unchosen;

-- A line a question: how many answered it, and how many took each choice, by level.
CREATE TABLE cell_choices (
    bucket smallint NOT NULL,
    site   text NOT NULL,
    day    text NOT NULL,
    flow   text NOT NULL,
    taken  text NOT NULL,
    PRIMARY KEY (bucket, site, day, flow)
) WITHOUT ROWID;

-- A line a question: how alike what a customer chose was in a month.
CREATE TABLE cell_choice_months (
    bucket smallint NOT NULL,
    site   text NOT NULL,
    month  text NOT NULL,
    flow   text NOT NULL,
    alike  text NOT NULL,
    PRIMARY KEY (bucket, site, month, flow)
) WITHOUT ROWID;

-- A mark gets another number: who counts its day just now takes it away by the number that it had.
INSERT INTO cell_marks (bucket, day, site, flow, seq, unchosen)
    SELECT bucket, day, site, flow, 1, TRUE FROM cells WHERE dim = '' AND length(day) = 10
    ON CONFLICT (bucket, day, site, flow) DO UPDATE SET seq = CASE WHEN cell_marks.seq <= 0 THEN cell_marks.seq - 1 ELSE cell_marks.seq + 1 END, unchosen = TRUE;
