-- +goose Up

-- v_cases says how long a case was open and on which day it opened, so that times are counted with those that still
-- wait, as the pages do (decision 0106). New columns stand behind the old ones, so that who may read a view may read it
-- still.
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
    coalesce(json_extract(c.body, '$.outcome.asked'), '') > '1971' AS asked, coalesce(json_extract(c.body, '$.missed'), '[]') AS missed,
    CASE WHEN c.identity > '' AND json_extract(c.body, '$.ended_at') > '1971' THEN (unixepoch(json_extract(c.body, '$.ended_at'), 'subsec') - c.opened_at / 1000000.0) / 60 END AS minutes_to_end,
    CASE WHEN c.identity > '' THEN date(c.opened_at / 1000000, 'unixepoch') END AS day_opened
FROM c LEFT JOIN read_sessions s ON s.bucket = c.bucket AND s.session = c.session;

-- Whoever answered an invitation opened it, wherever that was, as the pages count; of a pulse nothing tells who answered.
DROP VIEW v_invitations;
CREATE VIEW v_invitations AS WITH i AS (
    SELECT v.*, CASE WHEN coalesce(json_extract(v.body, '$.Case'), '') > '' THEN 'recovery'
        WHEN v.flow = 'lost_customer' OR coalesce(json_extract(v.body, '$.Facts.lost'), 0) THEN 'lost'
        ELSE coalesce(nullif(json_extract(v.body, '$.Facts.class'), ''), 'transactional') END AS class
    FROM invitations v
), a AS (
    SELECT i.*, CASE WHEN i.class <> 'pulse' THEN coalesce(json_extract(i.body, '$.level'), 0) > 0
        OR EXISTS (SELECT 1 FROM buckets b CROSS JOIN read_sessions s ON s.bucket = b.bucket
        AND s.session = json_extract(i.body, '$.Session') WHERE s.answered > 0 AND s.level > 0) END AS has_answer
    FROM i
)
SELECT a.flow, a.version, a.site, coalesce(json_extract(a.body, '$.Attributes.service_name'), '') AS service,
    coalesce(json_extract(a.body, '$.Attributes.agent_name'), '') AS staff, coalesce(json_extract(a.body, '$.Channel'), '') AS channel,
    coalesce(json_extract(a.body, '$.Language'), '') AS language, date(a.created_at / 1000000, 'unixepoch') AS day,
    coalesce(json_extract(a.body, '$.ClaimedAt'), '') > '1971' OR coalesce(a.has_answer, 0) AS redeemed,
    coalesce(json_extract(a.body, '$.Test'), 0) AS test, a.class, a.has_answer
FROM a;
