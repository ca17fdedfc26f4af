-- +goose Up

-- v_cases says how long a case was open and on which day it opened, so that times are counted with those that still
-- wait, as the pages do (decision 0106). New columns stand behind the old ones, so that who may read a view may read it
-- still.
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
    coalesce(CAST(c.body AS json) #>> '{outcome,asked}', '') > '1971' AS asked, coalesce(CAST(c.body AS json) #>> '{missed}', '[]') AS missed,
    CASE WHEN c.identity > '' AND CAST(c.body AS json) #>> '{ended_at}' > '1971' THEN CAST(extract(epoch FROM CAST(CAST(c.body AS json) #>> '{ended_at}' AS timestamptz) - c.opened_at) / 60 AS double precision) END AS minutes_to_end,
    CASE WHEN c.identity > '' THEN CAST(c.opened_at AT TIME ZONE 'UTC' AS date) END AS day_opened
FROM c LEFT JOIN read_sessions s ON s.bucket = c.bucket AND s.session = c.session;

-- What an invitation says is read out of its record once, and not anew for each column: a count by month of a million of
-- them takes a third of the time. Whoever answered opened it, wherever that was, as the pages count; of a pulse nothing
-- tells who answered.
CREATE OR REPLACE VIEW v_invitations AS WITH i AS (
    SELECT v.flow, v.version, v.site, v.created_at, b.*, CASE WHEN coalesce(b."Case", '') > '' THEN 'recovery'
        WHEN v.flow = 'lost_customer' OR coalesce(b."Facts" #>> '{lost}', '') = 'true' THEN 'lost'
        ELSE coalesce(nullif(b."Facts" #>> '{class}', ''), 'transactional') END AS class
    FROM invitations v CROSS JOIN LATERAL json_to_record(CAST(v.body AS json)) AS b ("Attributes" json, "Facts" json, "Channel" text, "Language" text,
        "Session" text, "Case" text, "ClaimedAt" text, "Test" boolean, level integer)
)
SELECT i.flow, i.version, i.site, coalesce(i."Attributes" #>> '{service_name}', '') AS service, coalesce(i."Attributes" #>> '{agent_name}', '') AS staff,
    coalesce(i."Channel", '') AS channel, coalesce(i."Language", '') AS language, CAST(i.created_at AT TIME ZONE 'UTC' AS date) AS day,
    coalesce(i."ClaimedAt", '') > '1971' OR i.class <> 'pulse' AND (s.session IS NOT NULL OR coalesce(i.level, 0) > 0) AS redeemed, coalesce(i."Test", FALSE) AS test,
    i.class, CASE WHEN i.class <> 'pulse' THEN s.session IS NOT NULL OR coalesce(i.level, 0) > 0 END AS has_answer
FROM i LEFT JOIN (SELECT r.session FROM read_sessions r WHERE r.answered > 0 AND r.level > 0) s ON s.session = i."Session";
