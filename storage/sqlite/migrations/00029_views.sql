-- +goose Up

-- What people build their own figures on, in Metabase, Grafana or with SQL: docs/data.md says what
-- each column holds. They tell days and no moments, and neither names, chats, contact answers,
-- nor anything by which two of their rows are known to be one person's. Words stand alone, and in
-- an order of their own. A WITH makes them read-only on every engine.
-- Older programs may write on: views hold nothing.

CREATE VIEW v_answers AS WITH a AS (SELECT * FROM answers)
SELECT a.session, a.question, a.revision, a.newest, a.kind, a.value, a.choices, a.score, a.level, a.flag, a.skipped, a.dropped, a.test,
    a.flow, a.version, a.site, a.service, a.staff, a.language, a.channel, nullif(a.day, '') AS day
FROM a WHERE a.kind <> 'contact';

CREATE VIEW v_sessions AS WITH s AS (SELECT * FROM read_sessions)
SELECT s.session, s.flow, s.version, s.class, s.site, s.service, s.staff, s.language, s.channel, nullif(s.day, '') AS day,
    s.status, s.answered, s.composite, s.level, s.flag, s.unsatisfied, s.has_case, s.test
FROM s;

CREATE VIEW v_cases AS WITH c AS (SELECT * FROM cases)
SELECT c.site, coalesce(nullif(s.day, ''), date(c.opened_at / 1000000, 'unixepoch')) AS day, c.state, c.priority,
    coalesce(s.flow, '') AS flow, coalesce(s.service, '') AS service, coalesce(s.staff, '') AS staff, coalesce(s.language, '') AS language,
    coalesce(s.channel, '') AS channel, coalesce(s.level, 0) AS level, coalesce(s.flag, '') AS flag, coalesce(s.test, FALSE) AS test,
    coalesce(json_extract(c.body, '$.resolution.cause'), '') AS cause,
    coalesce(json_extract(c.body, '$.outcome.settled'), '') AS settled, coalesce(json_extract(c.body, '$.outcome.recovered'), '') AS recovered,
    coalesce(CAST(json_extract(c.body, '$.reopens') AS integer), 0) AS reopens,
    CASE WHEN c.identity > '' AND json_extract(c.body, '$.first.acknowledged') > '1971' THEN (unixepoch(json_extract(c.body, '$.first.acknowledged'), 'subsec') - c.opened_at / 1000000.0) / 60 END AS minutes_to_acknowledge,
    CASE WHEN c.identity > '' AND json_extract(c.body, '$.first.contacted') > '1971' THEN (unixepoch(json_extract(c.body, '$.first.contacted'), 'subsec') - c.opened_at / 1000000.0) / 60 END AS minutes_to_contact,
    CASE WHEN c.identity > '' AND json_extract(c.body, '$.first.resolved') > '1971' THEN (unixepoch(json_extract(c.body, '$.first.resolved'), 'subsec') - c.opened_at / 1000000.0) / 60 END AS minutes_to_resolve
FROM c LEFT JOIN read_sessions s ON s.bucket = c.bucket AND s.session = c.session;

CREATE VIEW v_invitations AS WITH i AS (SELECT * FROM invitations)
SELECT i.flow, i.version, i.site, coalesce(json_extract(i.body, '$.Attributes.service_name'), '') AS service,
    coalesce(json_extract(i.body, '$.Attributes.agent_name'), '') AS staff, coalesce(json_extract(i.body, '$.Channel'), '') AS channel,
    coalesce(json_extract(i.body, '$.Language'), '') AS language, date(i.created_at / 1000000, 'unixepoch') AS day,
    coalesce(json_extract(i.body, '$.ClaimedAt'), '') > '1971' AS redeemed, coalesce(json_extract(i.body, '$.Test'), 0) AS test
FROM i;

CREATE VIEW v_words AS WITH w AS (
    SELECT 'answer' AS kind, a.question, a.text, a.flow, a.site, a.service, a.staff, a.language, a.channel, nullif(a.day, '') AS day, a.test
    FROM answers a WHERE a.newest AND NOT a.dropped AND a.kind = 'text' AND a.text > ''
    UNION ALL
    SELECT 'beside', '', o.text, coalesce(s.flow, ''), coalesce(s.site, ''), coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.language, ''),
        coalesce(s.channel, ''), coalesce(nullif(s.day, ''), date(o.at / 1000000, 'unixepoch')), coalesce(s.test, FALSE)
    FROM words o LEFT JOIN read_sessions s ON s.bucket = o.bucket AND s.session = o.session WHERE o.inbound AND o.text > ''
    UNION ALL
    SELECT f.kind, '', f.text, coalesce(s.flow, ''), f.site, coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.language, ''),
        coalesce(s.channel, ''), coalesce(nullif(s.day, ''), date(f.at / 1000000, 'unixepoch')), coalesce(s.test, FALSE)
    FROM feedback f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session WHERE f.text > ''
)
SELECT w.kind, w.question, w.text, w.flow, w.site, w.service, w.staff, w.language, w.channel, w.day, w.test
FROM w ORDER BY w.day, w.text;
