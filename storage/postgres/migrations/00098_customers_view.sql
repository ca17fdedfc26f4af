-- +goose Up

-- Who is known, one row for each customer and each site at which something of them is kept, so that who may read one
-- site reads nothing of another. A customer of whom nothing is kept anywhere has a row without a site. It has keys, and
-- no names. What was tried, what was answered under a pseudonym, and what one's own staff are asked make nobody known;
-- a browser without a key is nobody.
-- Older programs may write on: views hold nothing.
CREATE VIEW v_customers AS WITH pulses AS (SELECT DISTINCT flow FROM read_sessions WHERE class = 'pulse'),
things AS (
    SELECT c.id AS customer, '' AS site, TRUE AS own, FALSE AS here, TRUE AS counts, CAST(c.created AT TIME ZONE 'UTC' AS date) AS day,
        CAST(NULL AS date) AS asked, CAST(NULL AS date) AS answered, CAST(NULL AS text) AS consent
    FROM customers c
    UNION ALL
    SELECT CASE WHEN s.customer <> s.identity THEN s.customer WHEN i.customer > '' THEN i.customer ELSE i.id END, r.site,
        s.customer <> s.identity OR i.customer > '', TRUE, NOT r.test AND r.flow NOT IN (SELECT flow FROM pulses), CAST(nullif(r.day, '') AS date),
        NULL, CASE WHEN r.answered > 0 THEN CAST(nullif(r.day, '') AS date) END, NULL
    FROM sessions s JOIN read_sessions r ON r.bucket = s.bucket AND r.session = s.id
    LEFT JOIN identities i ON i.bucket = s.bucket AND i.id = s.identity
    WHERE s.customer > '' AND (s.customer <> s.identity
        OR i.id IS NOT NULL AND (i.platform <> 'web' OR i.customer > '') AND position('"Mark":"' IN s.body) = 0)
    UNION ALL
    SELECT i.customer, i.site, TRUE, TRUE, NOT coalesce(CAST(CAST(i.body AS json) #>> '{Test}' AS boolean), FALSE) AND i.flow NOT IN (SELECT flow FROM pulses)
        AND coalesce(CAST(i.body AS json) #>> '{Facts,class}', '') <> 'pulse',
        CAST(i.created_at AT TIME ZONE 'UTC' AS date), CAST(i.created_at AT TIME ZONE 'UTC' AS date), NULL, NULL
    FROM invitations i WHERE i.customer > ''
    UNION ALL
    SELECT a.customer, a.site, TRUE, TRUE, NOT a.test AND a.class <> 'pulse', CAST(a.made AT TIME ZONE 'UTC' AS date),
        CAST(a.sent AT TIME ZONE 'UTC' AS date), NULL, NULL
    FROM asks a WHERE a.customer > ''
    UNION ALL
    SELECT e.customer, e.site, TRUE, TRUE, NOT e.test AND coalesce(CAST(e.body AS json) #>> '{customer,kind}', '') <> 'internal',
        CAST(least(e.at, e.created) AT TIME ZONE 'UTC' AS date), NULL, NULL,
        to_char(e.at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || nullif(CAST(e.body AS json) #>> '{customer,consent,basis}', '')
    FROM events e WHERE e.customer > ''
),
places AS (
    SELECT h.customer, h.site, bool_and(h.own) AS own, bool_or(h.counts) AS counts, bool_or(h.here AND h.counts) AS here,
        count(*) OVER (PARTITION BY h.customer) AS places, min(h.day) FILTER (WHERE h.counts) AS day, max(h.asked) FILTER (WHERE h.counts) AS asked,
        max(h.answered) FILTER (WHERE h.counts) AS answered, max(h.consent) FILTER (WHERE h.counts) AS consent
    FROM things h GROUP BY h.customer, h.site
),
accounts AS (
    SELECT CASE WHEN i.customer > '' THEN i.customer ELSE i.id END AS customer, string_agg(DISTINCT i.platform, ' ' ORDER BY i.platform) AS kinds,
        max(CASE WHEN CAST(i.body AS json) #>> '{Stopped}' > '1971' THEN left(CAST(i.body AS json) #>> '{Stopped}', 10) END) AS stopped,
        bool_or(i.platform <> 'web' AND coalesce(CAST(i.body AS json) #>> '{Blocked}', '') < '1971') AS reached,
        bool_or(coalesce(CAST(i.body AS json) #>> '{Blocked}', '') > '1971') AS blocked
    FROM identities i GROUP BY 1
),
tiers AS (SELECT t.customer COLLATE "default" AS customer, CAST(max(t.at) AT TIME ZONE 'UTC' AS date) AS since FROM customer_tiers t GROUP BY 1)
SELECT p.customer, p.own AS own_key, p.site, least(p.day, CAST(c.created AT TIME ZONE 'UTC' AS date)) AS known_since, coalesce(a.kinds, '') AS accounts,
    p.asked AS last_asked, p.answered AS last_answered, coalesce(c.tier, '') AS tier, CASE WHEN c.tier > '' THEN t.since END AS tier_since,
    CASE WHEN a.stopped > '' THEN 'stopped' WHEN a.reached THEN 'reachable' WHEN a.blocked THEN 'blocked' ELSE 'link' END AS state,
    CAST(a.stopped AS date) AS stopped, coalesce(substr(p.consent, 21), '') AS consent
FROM places p LEFT JOIN customers c ON p.own AND c.id = p.customer LEFT JOIN accounts a ON a.customer = p.customer
LEFT JOIN tiers t ON p.own AND t.customer = p.customer
WHERE p.counts AND (p.here OR p.places = 1);
