-- +goose Up

-- The views say what figures are counted by (decision 0111): whose surveys, whether an invitation was answered, how far
-- cases came, also of who was erased, and what customers wanted said without its words, by the day on which it came.
-- New columns stand behind the old ones, so that who may read a view may read it still.
-- Older programs may write on: views hold nothing.

DROP VIEW v_cases;
CREATE VIEW v_cases AS WITH c AS (SELECT * FROM cases)
SELECT c.site, coalesce(nullif(s.day, ''), date(c.opened_at / 1000000, 'unixepoch')) AS day, c.state, c.priority,
    coalesce(s.flow, '') AS flow, coalesce(s.service, '') AS service, coalesce(s.staff, '') AS staff, coalesce(s.language, '') AS language,
    coalesce(s.channel, '') AS channel, coalesce(s.level, 0) AS level, coalesce(s.flag, '') AS flag, coalesce(s.test, FALSE) AS test,
    coalesce(json_extract(c.body, '$.resolution.cause'), '') AS cause,
    coalesce(json_extract(c.body, '$.outcome.settled'), '') AS settled, coalesce(json_extract(c.body, '$.outcome.recovered'), '') AS recovered,
    coalesce(CAST(json_extract(c.body, '$.reopens') AS integer), 0) AS reopens,
    CASE WHEN c.identity > '' AND json_extract(c.body, '$.first.acknowledged') > '1971' THEN (unixepoch(json_extract(c.body, '$.first.acknowledged'), 'subsec') - c.opened_at / 1000000.0) / 60 END AS minutes_to_acknowledge,
    CASE WHEN c.identity > '' AND json_extract(c.body, '$.first.contacted') > '1971' THEN (unixepoch(json_extract(c.body, '$.first.contacted'), 'subsec') - c.opened_at / 1000000.0) / 60 END AS minutes_to_contact,
    CASE WHEN c.identity > '' AND json_extract(c.body, '$.first.resolved') > '1971' THEN (unixepoch(json_extract(c.body, '$.first.resolved'), 'subsec') - c.opened_at / 1000000.0) / 60 END AS minutes_to_resolve,
    coalesce(s.class, '') AS class, coalesce(json_extract(c.body, '$.first.acknowledged'), '') > '1971' AS acknowledged,
    coalesce(json_extract(c.body, '$.first.contacted'), '') > '1971' AS contacted, coalesce(json_extract(c.body, '$.first.resolved'), '') > '1971' AS resolved,
    coalesce(json_extract(c.body, '$.outcome.asked'), '') > '1971' AS asked, coalesce(json_extract(c.body, '$.missed'), '[]') AS missed
FROM c LEFT JOIN read_sessions s ON s.bucket = c.bucket AND s.session = c.session;

-- A link may be opened in another bucket than it was made in; one that is nobody's any more says the level itself. An
-- invitation of the first releases does not say whom it asks: it asked customers. Whether one of one's own staff
-- answered a pulse is nobody's business.
DROP VIEW v_invitations;
CREATE VIEW v_invitations AS WITH i AS (
    SELECT v.*, CASE WHEN coalesce(json_extract(v.body, '$.Case'), '') > '' THEN 'recovery'
        WHEN v.flow = 'lost_customer' OR coalesce(json_extract(v.body, '$.Facts.lost'), 0) THEN 'lost'
        ELSE coalesce(nullif(json_extract(v.body, '$.Facts.class'), ''), 'transactional') END AS class
    FROM invitations v
)
SELECT i.flow, i.version, i.site, coalesce(json_extract(i.body, '$.Attributes.service_name'), '') AS service,
    coalesce(json_extract(i.body, '$.Attributes.agent_name'), '') AS staff, coalesce(json_extract(i.body, '$.Channel'), '') AS channel,
    coalesce(json_extract(i.body, '$.Language'), '') AS language, date(i.created_at / 1000000, 'unixepoch') AS day,
    coalesce(json_extract(i.body, '$.ClaimedAt'), '') > '1971' AS redeemed, coalesce(json_extract(i.body, '$.Test'), 0) AS test,
    i.class, CASE WHEN i.class <> 'pulse' THEN coalesce(json_extract(i.body, '$.level'), 0) > 0
        OR EXISTS (SELECT 1 FROM buckets b CROSS JOIN read_sessions s ON s.bucket = b.bucket
        AND s.session = json_extract(i.body, '$.Session') WHERE s.answered > 0 AND s.level > 0) END AS has_answer
FROM i;

CREATE VIEW v_feedback AS WITH f AS (SELECT * FROM feedback)
SELECT f.kind, f.site, coalesce(s.flow, '') AS flow, coalesce(s.class, '') AS class, coalesce(s.service, '') AS service, coalesce(s.staff, '') AS staff,
    coalesce(s.language, '') AS language, coalesce(s.channel, '') AS channel, coalesce(s.level, 0) AS level, date(f.at / 1000000, 'unixepoch') AS day,
    coalesce(s.test, FALSE) AS test
FROM f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session;

DROP VIEW v_words;
CREATE VIEW v_words AS WITH w AS (
    SELECT 'answer' AS kind, a.question, a.text, a.flow, a.site, a.service, a.staff, a.language, a.channel, nullif(a.day, '') AS day, a.test,
        coalesce(s.class, '') AS class
    FROM answers a LEFT JOIN read_sessions s ON s.bucket = a.bucket AND s.session = a.session WHERE a.newest AND NOT a.dropped AND a.kind = 'text' AND a.text > ''
    UNION ALL
    SELECT 'beside', '', o.text, coalesce(s.flow, ''), coalesce(s.site, ''), coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.language, ''),
        coalesce(s.channel, ''), coalesce(nullif(s.day, ''), date(o.at / 1000000, 'unixepoch')), coalesce(s.test, FALSE), coalesce(s.class, '')
    FROM words o LEFT JOIN read_sessions s ON s.bucket = o.bucket AND s.session = o.session WHERE o.inbound AND o.text > ''
    UNION ALL
    SELECT f.kind, '', f.text, coalesce(s.flow, ''), f.site, coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.language, ''),
        coalesce(s.channel, ''), date(f.at / 1000000, 'unixepoch'), coalesce(s.test, FALSE), coalesce(s.class, '')
    FROM feedback f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session WHERE f.text > ''
)
SELECT w.kind, w.question, w.text, w.flow, w.site, w.service, w.staff, w.language, w.channel, w.day, w.test, w.class
FROM w ORDER BY w.day, w.text;
