-- +goose Up

-- For how many days each class of data of people is kept. What is not here is kept for good.
CREATE TABLE retention (
    class text    NOT NULL PRIMARY KEY,
    days  integer NOT NULL
);
-- Who is not to be invited although nothing else is known of them: a keyed hash of the name
-- or the chat account. why: erased, stopped.
CREATE TABLE forgotten (
    hash text      NOT NULL PRIMARY KEY,
    why  text      NOT NULL,
    day  timestamptz NOT NULL
);
-- Who is being erased, until that is done.
CREATE TABLE erasures (
    id    text      NOT NULL PRIMARY KEY,
    begun timestamptz NOT NULL,
    body  text      NOT NULL
);
-- Processes that find another number of erasures forget what they remember. scrubbed is 1 once
-- the file of an embedded database was written anew since removed data is overwritten.
INSERT INTO revision (name, number) VALUES ('erasures', 0);
INSERT INTO revision (name, number) VALUES ('scrubbed', 0);

-- By these everything of one person is found, and what is older than its days. silent says that
-- the words of a conversation are gone, because they were kept as long as was said.
-- Older programs may write on: what they write is found by these as well.
ALTER TABLE sessions ADD COLUMN silent boolean NOT NULL DEFAULT FALSE;
CREATE INDEX identities_customer ON identities (bucket, customer) WHERE customer > '';
CREATE INDEX invitations_customer ON invitations (bucket, customer) WHERE customer > '';
CREATE INDEX cases_identity ON cases (bucket, identity) WHERE identity > '';
CREATE INDEX feedback_identity ON feedback (bucket, identity) WHERE identity > '';
CREATE INDEX words_case ON words (bucket, case_id) WHERE case_id > '';
CREATE INDEX sessions_ended ON sessions (bucket, ended_at) WHERE ended_at IS NOT NULL AND identity > '';
CREATE INDEX sessions_words ON sessions (bucket, ended_at) WHERE ended_at IS NOT NULL AND NOT silent;
