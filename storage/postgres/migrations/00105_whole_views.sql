-- +goose Up

-- The views say what figures are counted by (decision 0111): whose surveys, whether an invitation was answered, how far
-- cases came, also of who was erased, and what customers wanted said without its words, by the day on which it came.
-- New columns stand behind the old ones, so that who may read a view may read it still.
-- Older programs may write on: views hold nothing.

CREATE OR REPLACE VIEW v_cases AS WITH c AS (SELECT * FROM cases)
SELECT c.site, coalesce(CASE WHEN s.day > '' THEN CAST(s.day AS date) END, CAST(c.opened_at AT TIME ZONE 'UTC' AS date)) AS day, c.state, c.priority,
    coalesce(s.flow, '') AS flow, coalesce(s.service, '') AS service, coalesce(s.staff, '') AS staff, coalesce(s.language, '') AS language,
    coalesce(s.channel, '') AS channel, coalesce(s.level, 0) AS level, coalesce(s.flag, '') AS flag, coalesce(s.test, FALSE) AS test,
    coalesce(CAST(c.body AS json) #>> '{resolution,cause}', '') AS cause,
    coalesce(CAST(c.body AS json) #>> '{outcome,settled}', '') AS settled, coalesce(CAST(c.body AS json) #>> '{outcome,recovered}', '') AS recovered,
    coalesce(CAST(CAST(c.body AS json) #>> '{reopens}' AS integer), 0) AS reopens,
    CASE WHEN c.identity > '' AND CAST(c.body AS json) #>> '{first,acknowledged}' > '1971' THEN CAST(extract(epoch FROM CAST(CAST(c.body AS json) #>> '{first,acknowledged}' AS timestamptz) - c.opened_at) / 60 AS double precision) END AS minutes_to_acknowledge,
    CASE WHEN c.identity > '' AND CAST(c.body AS json) #>> '{first,contacted}' > '1971' THEN CAST(extract(epoch FROM CAST(CAST(c.body AS json) #>> '{first,contacted}' AS timestamptz) - c.opened_at) / 60 AS double precision) END AS minutes_to_contact,
    CASE WHEN c.identity > '' AND CAST(c.body AS json) #>> '{first,resolved}' > '1971' THEN CAST(extract(epoch FROM CAST(CAST(c.body AS json) #>> '{first,resolved}' AS timestamptz) - c.opened_at) / 60 AS double precision) END AS minutes_to_resolve,
    coalesce(s.class, '') AS class, coalesce(CAST(c.body AS json) #>> '{first,acknowledged}', '') > '1971' AS acknowledged,
    coalesce(CAST(c.body AS json) #>> '{first,contacted}', '') > '1971' AS contacted, coalesce(CAST(c.body AS json) #>> '{first,resolved}', '') > '1971' AS resolved,
    coalesce(CAST(c.body AS json) #>> '{outcome,asked}', '') > '1971' AS asked, coalesce(CAST(c.body AS json) #>> '{missed}', '[]') AS missed
FROM c LEFT JOIN read_sessions s ON s.bucket = c.bucket AND s.session = c.session;

-- A link may be opened in another bucket than it was made in; one that is nobody's any more says the level itself. An
-- invitation of the first releases does not say whom it asks: it asked customers. Whether one of one's own staff
-- answered a pulse is nobody's business.
CREATE OR REPLACE VIEW v_invitations AS WITH i AS (
    SELECT v.*, CAST(v.body AS json) AS b, CASE WHEN coalesce(CAST(v.body AS json) #>> '{Case}', '') > '' THEN 'recovery'
        WHEN v.flow = 'lost_customer' OR coalesce(CAST(v.body AS json) #>> '{Facts,lost}', '') = 'true' THEN 'lost'
        ELSE coalesce(nullif(CAST(v.body AS json) #>> '{Facts,class}', ''), 'transactional') END AS class
    FROM invitations v
)
SELECT i.flow, i.version, i.site, coalesce(i.b #>> '{Attributes,service_name}', '') AS service, coalesce(i.b #>> '{Attributes,agent_name}', '') AS staff,
    coalesce(i.b #>> '{Channel}', '') AS channel, coalesce(i.b #>> '{Language}', '') AS language, CAST(i.created_at AT TIME ZONE 'UTC' AS date) AS day,
    coalesce(i.b #>> '{ClaimedAt}', '') > '1971' AS redeemed, coalesce(CAST(i.b #>> '{Test}' AS boolean), FALSE) AS test,
    i.class, CASE WHEN i.class <> 'pulse' THEN s.session IS NOT NULL OR coalesce(CAST(i.b #>> '{level}' AS integer), 0) > 0 END AS has_answer
FROM i LEFT JOIN (SELECT r.session FROM read_sessions r WHERE r.answered > 0 AND r.level > 0) s ON s.session = i.b #>> '{Session}';

CREATE VIEW v_feedback AS WITH f AS (SELECT * FROM feedback)
SELECT f.kind, f.site, coalesce(s.flow, '') AS flow, coalesce(s.class, '') AS class, coalesce(s.service, '') AS service, coalesce(s.staff, '') AS staff,
    coalesce(s.language, '') AS language, coalesce(s.channel, '') AS channel, coalesce(s.level, 0) AS level, CAST(f.at AT TIME ZONE 'UTC' AS date) AS day,
    coalesce(s.test, FALSE) AS test
FROM f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session;

CREATE OR REPLACE VIEW v_words AS WITH w AS (
    SELECT 'answer' AS kind, a.question, a.text, a.flow, a.site, a.service, a.staff, a.language, a.channel, CASE WHEN a.day > '' THEN CAST(a.day AS date) END AS day, a.test,
        coalesce(s.class, '') AS class
    FROM answers a LEFT JOIN read_sessions s ON s.bucket = a.bucket AND s.session = a.session WHERE a.newest AND NOT a.dropped AND a.kind = 'text' AND a.text > ''
    UNION ALL
    SELECT 'beside', '', o.text, coalesce(s.flow, ''), coalesce(s.site, ''), coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.language, ''),
        coalesce(s.channel, ''), coalesce(CASE WHEN s.day > '' THEN CAST(s.day AS date) END, CAST(o.at AT TIME ZONE 'UTC' AS date)), coalesce(s.test, FALSE), coalesce(s.class, '')
    FROM words o LEFT JOIN read_sessions s ON s.bucket = o.bucket AND s.session = o.session WHERE o.inbound AND o.text > ''
    UNION ALL
    SELECT f.kind, '', f.text, coalesce(s.flow, ''), f.site, coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.language, ''),
        coalesce(s.channel, ''), CAST(f.at AT TIME ZONE 'UTC' AS date), coalesce(s.test, FALSE), coalesce(s.class, '')
    FROM feedback f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session WHERE f.text > ''
)
SELECT w.kind, w.question, w.text, w.flow, w.site, w.service, w.staff, w.language, w.channel, w.day, w.test, w.class
FROM w ORDER BY w.day, w.text;
