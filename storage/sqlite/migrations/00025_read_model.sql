-- +goose Up

-- A conversation's row holds every revision of its answers; answers are rows for reports, made
-- from the conversations in the background (decision 0027). Programs from before write answers
-- in the turn and none of this, and are refused from here on.

-- What only the rows had goes into the conversation: the revisions that its body lacks.
UPDATE sessions SET body = substr(body, 1, length(body) - 1) || ',"Earlier":' || (
    SELECT json_group_array(json(o.answer)) FROM (
        SELECT json_object(
            'q', a.question, 'v', a.value, 'c', CASE WHEN a.choices = '' THEN NULL ELSE json(a.choices) END, 't', a.text,
            'f', CASE WHEN a.files = '' THEN NULL ELSE json(a.files) END, 's', json(CASE WHEN a.skipped THEN 'true' ELSE 'false' END), 'r', a.revision,
            'at', strftime('%Y-%m-%dT%H:%M:%S', a.at / 1000000, 'unixepoch') || printf('.%06dZ', a.at % 1000000),
            'd', json(CASE WHEN a.dropped THEN 'true' ELSE 'false' END)) AS answer
        FROM answers a WHERE a.bucket = sessions.bucket AND a.session = sessions.id
        AND (a.question, a.revision) NOT IN (SELECT json_extract(x.value, '$.q'), json_extract(x.value, '$.r') FROM json_each(sessions.body, '$.answers') AS x)
        ORDER BY a.at, a.revision, a.question) AS o) || '}'
WHERE EXISTS (
    SELECT 1 FROM answers a WHERE a.bucket = sessions.bucket AND a.session = sessions.id
    AND (a.question, a.revision) NOT IN (SELECT json_extract(x.value, '$.q'), json_extract(x.value, '$.r') FROM json_each(sessions.body, '$.answers') AS x));
DROP TABLE answers;

-- One row a revision. day is that of the event at the site.
CREATE TABLE answers (
    bucket   smallint NOT NULL,
    session  text     NOT NULL,
    question text     NOT NULL,
    revision integer  NOT NULL,
    newest   boolean  NOT NULL,
    kind     text     NOT NULL,
    value    double precision,
    choices  text     NOT NULL,
    text     text     NOT NULL,
    score    double precision,
    level    integer  NOT NULL,
    flag     text     NOT NULL,
    skipped  boolean  NOT NULL,
    dropped  boolean  NOT NULL,
    test     boolean  NOT NULL,
    at       timestamp NOT NULL,
    flow     text     NOT NULL,
    version  integer  NOT NULL,
    site     text     NOT NULL,
    service  text     NOT NULL,
    staff    text     NOT NULL,
    language text     NOT NULL,
    channel  text     NOT NULL,
    day      text     NOT NULL,
    PRIMARY KEY (bucket, session, question, revision)
) WITHOUT ROWID;
-- One row a conversation.
CREATE TABLE read_sessions (
    bucket      smallint NOT NULL,
    session     text     NOT NULL,
    flow        text     NOT NULL,
    version     integer  NOT NULL,
    class       text     NOT NULL,
    site        text     NOT NULL,
    service     text     NOT NULL,
    staff       text     NOT NULL,
    language    text     NOT NULL,
    channel     text     NOT NULL,
    day         text     NOT NULL,
    status      text     NOT NULL,
    answered    integer  NOT NULL,
    composite   double precision,
    level       integer  NOT NULL,
    flag        text     NOT NULL,
    unsatisfied boolean  NOT NULL,
    has_case    boolean  NOT NULL,
    test        boolean  NOT NULL,
    PRIMARY KEY (bucket, session)
) WITHOUT ROWID;
-- Which conversations a transaction changed; the numbers rise with the version in the bucket's
-- row. What is folded is removed.
CREATE TABLE changes (
    bucket   smallint NOT NULL,
    seq      bigint   NOT NULL,
    at       timestamp NOT NULL,
    sessions text     NOT NULL,
    PRIMARY KEY (bucket, seq)
) WITHOUT ROWID;
-- The lock under which a bucket is folded: up to which number it is, and behind which session
-- a pass over all goes on ('' = it begins, NULL = none is under way) that came to so many.
CREATE TABLE folds (
    bucket smallint NOT NULL PRIMARY KEY,
    mark   bigint   NOT NULL,
    pass   text,
    passed bigint   NOT NULL
);
INSERT INTO folds (bucket, mark, pass, passed) SELECT bucket, 0, '', 0 FROM buckets;
UPDATE buckets SET protocol = 4;
