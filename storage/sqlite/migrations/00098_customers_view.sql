-- +goose Up

-- Who is known, one row for each customer and each site at which something of them is kept, so that who may read one
-- site reads nothing of another. A customer of whom nothing is kept anywhere has a row without a site. It has keys, and
-- no names. What was tried, what was answered under a pseudonym, and what one's own staff are asked make nobody known;
-- a browser without a key is nobody.
-- Older programs may write on: views hold nothing.
CREATE VIEW v_customers AS WITH pulses AS (SELECT DISTINCT flow FROM read_sessions WHERE class = 'pulse'),
things AS (
    SELECT c.id AS customer, '' AS site, TRUE AS own, FALSE AS here, TRUE AS counts, date(c.created / 1000000, 'unixepoch') AS day,
        NULL AS asked, NULL AS answered, NULL AS consent
    FROM customers c
    UNION ALL
    SELECT CASE WHEN s.customer <> s.identity THEN s.customer WHEN i.customer > '' THEN i.customer ELSE i.id END, r.site,
        s.customer <> s.identity OR i.customer > '', TRUE, NOT r.test AND r.flow NOT IN (SELECT flow FROM pulses), nullif(r.day, ''),
        NULL, CASE WHEN r.answered > 0 THEN nullif(r.day, '') END, NULL
    FROM sessions s JOIN read_sessions r ON r.bucket = s.bucket AND r.session = s.id
    LEFT JOIN identities i ON i.bucket = s.bucket AND i.id = s.identity
    WHERE s.customer > '' AND (s.customer <> s.identity
        OR i.id IS NOT NULL AND (i.platform <> 'web' OR i.customer > '') AND instr(s.body, '"Mark":"') = 0)
    UNION ALL
    SELECT i.customer, i.site, TRUE, TRUE, NOT coalesce(json_extract(i.body, '$.Test'), 0) AND i.flow NOT IN (SELECT flow FROM pulses)
        AND coalesce(json_extract(i.body, '$.Facts.class'), '') <> 'pulse',
        date(i.created_at / 1000000, 'unixepoch'), date(i.created_at / 1000000, 'unixepoch'), NULL, NULL
    FROM invitations i WHERE i.customer > ''
    UNION ALL
    SELECT a.customer, a.site, TRUE, TRUE, NOT a.test AND a.class <> 'pulse', date(a.made / 1000000, 'unixepoch'),
        date(a.sent / 1000000, 'unixepoch'), NULL, NULL
    FROM asks a WHERE a.customer > ''
    UNION ALL
    SELECT e.customer, e.site, TRUE, TRUE, NOT e.test AND coalesce(json_extract(e.body, '$.customer.kind'), '') <> 'internal',
        date(min(e.at, e.created) / 1000000, 'unixepoch'), NULL, NULL,
        printf('%020d', e.at) || nullif(json_extract(e.body, '$.customer.consent.basis'), '')
    FROM events e WHERE e.customer > ''
),
places AS (
    SELECT h.customer, h.site, min(h.own) AS own, max(h.counts) AS counts, max(h.here AND h.counts) AS here,
        count(*) OVER (PARTITION BY h.customer) AS places, min(h.day) FILTER (WHERE h.counts) AS day, max(h.asked) FILTER (WHERE h.counts) AS asked,
        max(h.answered) FILTER (WHERE h.counts) AS answered, max(h.consent) FILTER (WHERE h.counts) AS consent
    FROM things h GROUP BY h.customer, h.site
),
kinds AS (
    SELECT CASE WHEN i.customer > '' THEN i.customer ELSE i.id END AS customer, i.platform,
        max(CASE WHEN json_extract(i.body, '$.Stopped') > '1971' THEN substr(json_extract(i.body, '$.Stopped'), 1, 10) END) AS stopped,
        max(i.platform <> 'web' AND coalesce(json_extract(i.body, '$.Blocked'), '') < '1971') AS reached,
        max(coalesce(json_extract(i.body, '$.Blocked'), '') > '1971') AS blocked
    FROM identities i GROUP BY 1, 2
),
accounts AS (
    SELECT k.customer, group_concat(k.platform, ' ' ORDER BY k.platform) AS kinds, max(k.stopped) AS stopped, max(k.reached) AS reached, max(k.blocked) AS blocked
    FROM kinds k GROUP BY k.customer
),
tiers AS (SELECT t.customer, date(max(t.at) / 1000000, 'unixepoch') AS since FROM customer_tiers t GROUP BY t.customer)
SELECT p.customer, p.own AS own_key, p.site, min(coalesce(p.day, '9999'), coalesce(date(c.created / 1000000, 'unixepoch'), p.day)) AS known_since,
    coalesce(a.kinds, '') AS accounts, p.asked AS last_asked, p.answered AS last_answered, coalesce(c.tier, '') AS tier,
    CASE WHEN c.tier > '' THEN t.since END AS tier_since,
    CASE WHEN a.stopped > '' THEN 'stopped' WHEN a.reached THEN 'reachable' WHEN a.blocked THEN 'blocked' ELSE 'link' END AS state,
    a.stopped AS stopped, coalesce(substr(p.consent, 21), '') AS consent
FROM places p LEFT JOIN customers c ON p.own AND c.id = p.customer LEFT JOIN accounts a ON a.customer = p.customer
LEFT JOIN tiers t ON p.own AND t.customer = p.customer
WHERE p.counts AND (p.here OR p.places = 1);
