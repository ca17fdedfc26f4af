-- +goose Up

-- What was answered to requests of other systems that carried a key of their own, for a day: sent again, they are
-- answered the same and have no second effect. Keys and bodies are hashes, answers are sealed; status 0 is under way.
-- Older programs may write on: they keep no answers, and their requests carry no keys that count.
CREATE TABLE kept_answers (
    token  text NOT NULL,
    key    text NOT NULL,
    body   text NOT NULL,
    began  timestamp NOT NULL,
    status integer NOT NULL,
    answer text NOT NULL,
    PRIMARY KEY (token, key)
) WITHOUT ROWID;
