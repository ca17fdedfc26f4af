-- +goose Up

-- A conversation's row holds every revision of its answers; answers are rows for reports, made
-- from the conversations in the background (decision 0027). Programs from before write answers
-- in the turn and none of this, and are refused from here on.

-- What only the rows had goes into the conversation: the revisions that its body lacks.
UPDATE sessions SET body = left(sessions.body, -1) || ',"Earlier":' || e.list || '}' FROM (
    SELECT s.bucket, s.id, (
        SELECT json_agg(json_build_object(
            'q', a.question, 'v', a.value, 'c', CASE WHEN a.choices = '' THEN NULL ELSE CAST(a.choices AS json) END, 't', a.text,
            'f', CASE WHEN a.files = '' THEN NULL ELSE CAST(a.files AS json) END, 's', a.skipped, 'r', a.revision,
            'at', to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'd', a.dropped) ORDER BY a.at, a.revision, a.question)
        FROM answers a WHERE a.bucket = s.bucket AND a.session = s.id
        AND NOT (a.question || ' ' || CAST(a.revision AS text) = ANY (s.held))) AS list
    FROM (SELECT c.bucket, c.id, ARRAY(
        SELECT (x ->> 'q') || ' ' || (x ->> 'r') FROM json_array_elements(coalesce(CAST(c.body AS json) -> 'answers', '[]')) AS x) AS held
        FROM sessions c OFFSET 0) AS s) AS e
WHERE e.bucket = sessions.bucket AND e.id = sessions.id AND e.list IS NOT NULL;
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
    at       timestamptz NOT NULL,
    flow     text     NOT NULL,
    version  integer  NOT NULL,
    site     text     NOT NULL,
    service  text     NOT NULL,
    staff    text     NOT NULL,
    language text     NOT NULL,
    channel  text     NOT NULL,
    day      text     NOT NULL,
    PRIMARY KEY (bucket, session, question, revision)
);
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
);
-- Which conversations a transaction changed; the numbers rise with the version in the bucket's
-- row. What is folded is removed.
CREATE TABLE changes (
    bucket   smallint NOT NULL,
    seq      bigint   NOT NULL,
    at       timestamptz NOT NULL,
    sessions text     NOT NULL,
    PRIMARY KEY (bucket, seq)
);
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
