-- +goose Up

-- What people build their own figures on, in Metabase, Grafana or with SQL: docs/data.md says what
-- each column holds. They tell days and no moments, and neither names, chats, contact answers,
-- nor anything by which two of their rows are known to be one person's. Words stand alone, and in
-- an order of their own. A WITH makes them read-only on every engine.
-- Older programs may write on: views hold nothing.

CREATE VIEW v_answers AS WITH a AS (SELECT * FROM answers)
SELECT a.session, a.question, a.revision, a.newest, a.kind, a.value, a.choices, a.score, a.level, a.flag, a.skipped, a.dropped, a.test,
    a.flow, a.version, a.site, a.service, a.staff, a.language, a.channel, CASE WHEN a.day > '' THEN CAST(a.day AS date) END AS day
FROM a WHERE a.kind <> 'contact';

CREATE VIEW v_sessions AS WITH s AS (SELECT * FROM read_sessions)
SELECT s.session, s.flow, s.version, s.class, s.site, s.service, s.staff, s.language, s.channel, CASE WHEN s.day > '' THEN CAST(s.day AS date) END AS day,
    s.status, s.answered, s.composite, s.level, s.flag, s.unsatisfied, s.has_case, s.test
FROM s;

CREATE VIEW v_cases AS WITH c AS (SELECT * FROM cases)
SELECT c.site, coalesce(CASE WHEN s.day > '' THEN CAST(s.day AS date) END, CAST(c.opened_at AT TIME ZONE 'UTC' AS date)) AS day, c.state, c.priority,
    coalesce(s.flow, '') AS flow, coalesce(s.service, '') AS service, coalesce(s.staff, '') AS staff, coalesce(s.language, '') AS language,
    coalesce(s.channel, '') AS channel, coalesce(s.level, 0) AS level, coalesce(s.flag, '') AS flag, coalesce(s.test, FALSE) AS test,
    coalesce(CAST(c.body AS json) #>> '{resolution,cause}', '') AS cause,
    coalesce(CAST(c.body AS json) #>> '{outcome,settled}', '') AS settled, coalesce(CAST(c.body AS json) #>> '{outcome,recovered}', '') AS recovered,
    coalesce(CAST(CAST(c.body AS json) #>> '{reopens}' AS integer), 0) AS reopens,
    CASE WHEN c.identity > '' AND CAST(c.body AS json) #>> '{first,acknowledged}' > '1971' THEN CAST(extract(epoch FROM CAST(CAST(c.body AS json) #>> '{first,acknowledged}' AS timestamptz) - c.opened_at) / 60 AS double precision) END AS minutes_to_acknowledge,
    CASE WHEN c.identity > '' AND CAST(c.body AS json) #>> '{first,contacted}' > '1971' THEN CAST(extract(epoch FROM CAST(CAST(c.body AS json) #>> '{first,contacted}' AS timestamptz) - c.opened_at) / 60 AS double precision) END AS minutes_to_contact,
    CASE WHEN c.identity > '' AND CAST(c.body AS json) #>> '{first,resolved}' > '1971' THEN CAST(extract(epoch FROM CAST(CAST(c.body AS json) #>> '{first,resolved}' AS timestamptz) - c.opened_at) / 60 AS double precision) END AS minutes_to_resolve
FROM c LEFT JOIN read_sessions s ON s.bucket = c.bucket AND s.session = c.session;

CREATE VIEW v_invitations AS WITH i AS (SELECT * FROM invitations)
SELECT i.flow, i.version, i.site, coalesce(CAST(i.body AS json) #>> '{Attributes,service_name}', '') AS service,
    coalesce(CAST(i.body AS json) #>> '{Attributes,agent_name}', '') AS staff, coalesce(CAST(i.body AS json) #>> '{Channel}', '') AS channel,
    coalesce(CAST(i.body AS json) #>> '{Language}', '') AS language, CAST(i.created_at AT TIME ZONE 'UTC' AS date) AS day,
    coalesce(CAST(i.body AS json) #>> '{ClaimedAt}', '') > '1971' AS redeemed, coalesce(CAST(CAST(i.body AS json) #>> '{Test}' AS boolean), FALSE) AS test
FROM i;

CREATE VIEW v_words AS WITH w AS (
    SELECT 'answer' AS kind, a.question, a.text, a.flow, a.site, a.service, a.staff, a.language, a.channel, CASE WHEN a.day > '' THEN CAST(a.day AS date) END AS day, a.test
    FROM answers a WHERE a.newest AND NOT a.dropped AND a.kind = 'text' AND a.text > ''
    UNION ALL
    SELECT 'beside', '', o.text, coalesce(s.flow, ''), coalesce(s.site, ''), coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.language, ''),
        coalesce(s.channel, ''), coalesce(CASE WHEN s.day > '' THEN CAST(s.day AS date) END, CAST(o.at AT TIME ZONE 'UTC' AS date)), coalesce(s.test, FALSE)
    FROM words o LEFT JOIN read_sessions s ON s.bucket = o.bucket AND s.session = o.session WHERE o.inbound AND o.text > ''
    UNION ALL
    SELECT f.kind, '', f.text, coalesce(s.flow, ''), f.site, coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.language, ''),
        coalesce(s.channel, ''), coalesce(CASE WHEN s.day > '' THEN CAST(s.day AS date) END, CAST(f.at AT TIME ZONE 'UTC' AS date)), coalesce(s.test, FALSE)
    FROM feedback f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session WHERE f.text > ''
)
SELECT w.kind, w.question, w.text, w.flow, w.site, w.service, w.staff, w.language, w.channel, w.day, w.test
FROM w ORDER BY w.day, w.text;
