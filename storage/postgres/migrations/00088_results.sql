-- +goose Up

-- Figures that take too long for a page to wait for: they are made in the background and kept with their moment.
-- An empty body is one that somebody wants and that is not made yet.
-- Older programs may write on: they know none of these, and what is in it follows from the rest.
CREATE TABLE kept_results (
    kind    text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    made_at timestamptz NOT NULL,
    body    text NOT NULL,
    PRIMARY KEY (kind, key)
);
